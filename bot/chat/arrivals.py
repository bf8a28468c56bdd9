"""Reading what Telegram hands over, as far as it must be read before it can be dealt with.

An update is a dict until it has been read by itself: whatever is wrong with one costs that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from telegram.constants import UpdateType

from bot.chat.inbox import Arrival

#: "At most 52 significant bits", as the Bot API says of its largest numbers.
_MOST_ID = 2**52
_KINDS = frozenset(UpdateType)
# What handlers read; python-telegram-bot builds its objects from whatever stands there.
_NUMBERS = (
    "message_id", "message_thread_id", "date", "migrate_to_chat_id", "migrate_from_chat_id",
)  # fmt: skip
_WORDS = ("text", "data")
_OF_SOMEBODY = ("chat", "from", "sender_chat")
_NAMES = ("type", "language_code", "username", "title")


def read_arrival(wire: object) -> Arrival | None:
    """Return an update with its id and chat; None for what bears no id that can be confirmed."""
    if not isinstance(wire, dict):
        return None
    update_id = wire.get("update_id")
    if not isinstance(update_id, int) or isinstance(update_id, bool):
        return None
    if not 0 <= update_id <= _MOST_ID:
        return None
    return Arrival(update_id, _find_chat(wire), wire)


def find_wrong_type(wire: dict[str, Any]) -> str:
    """Return the first field that is not of the type that the Bot API gives it; "" if none.

    Only of those that handlers read: a database would store a word where an id belongs.
    """
    for name, content in wire.items():
        if name == "update_id" or not isinstance(content, dict):
            continue
        inside = content.get("message")
        for part in (content, inside) if isinstance(inside, dict) else (content,):
            wrong = _find_wrong(part, _NUMBERS, _WORDS)
            for each in _OF_SOMEBODY:
                somebody = part.get(each, {})
                if not isinstance(somebody, dict):
                    return each
                wrong = wrong or _find_wrong(somebody, ("id",), _NAMES)
            if wrong:
                return wrong
    return ""


def _find_wrong(part: dict[str, Any], numbers: Iterable[str], words: Iterable[str]) -> str:
    for name in numbers:
        number = part.get(name, 0)
        if not isinstance(number, int) or isinstance(number, bool) or abs(number) > _MOST_ID:
            return name
    return next((name for name in words if not isinstance(part.get(name, ""), str)), "")


def name_kind(wire: object) -> str:
    """Return what kind of update it is, for the log; never a word of its own."""
    found = _KINDS & wire.keys() if isinstance(wire, dict) else frozenset()
    return " ".join(sorted(found)) or "unknown"


def _find_chat(wire: dict[str, Any]) -> int:
    """Return the chat whose order an update keeps, or the person's where there is no chat."""
    for name, content in wire.items():
        if name != "update_id" and isinstance(content, dict):
            message = content.get("message")
            inside = message if isinstance(message, dict) else {}
            for holder in (content.get("chat"), inside.get("chat"), content.get("from")):
                found = holder.get("id") if isinstance(holder, dict) else None
                if isinstance(found, int) and abs(found) <= _MOST_ID:
                    return int(found)
    return 0
