"""Reading what Telegram hands over, as far as it must be read before it can be dealt with.

An update is a dict until it has been read by itself: whatever is wrong with one costs that one.
"""

from __future__ import annotations

from typing import Any

from telegram.constants import UpdateType

from bot.chat.inbox import Arrival

#: "At most 52 significant bits", as the Bot API says of its largest numbers.
_MOST_ID = 2**52
_KINDS = frozenset(UpdateType)


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
