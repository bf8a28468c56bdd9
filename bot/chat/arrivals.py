"""Reading what Telegram hands over, as far as it must be read before it can be dealt with.

An update is a dict until it has been read by itself: whatever is wrong with one costs that one.
"""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from telegram import (
    ChatMember,
    ChatMemberAdministrator,
    ChatMemberBanned,
    ChatMemberOwner,
    ChatMemberRestricted,
    Message,
)
from telegram.constants import ChatMemberStatus, MessageOriginType, UpdateType

from bot.errors import SahmanError

#: "At most 52 significant bits", as the Bot API says of its largest numbers.
_MOST_ID = 2**52
_LAST_DATE = 2**32
#: No field of Telegram's: python-telegram-bot hands on what it does not know.
_ATTACHED_AS = "sahman_attached"
_KINDS = frozenset(UpdateType)
_Fields = Mapping[str, Any]  # names to types, or to fields of their own
_USER: _Fields = {
    "id": int, "is_bot": bool, "first_name": str, "last_name": str, "username": str,
    "language_code": str,
}  # fmt: skip
_CHAT: _Fields = {
    "id": int, "type": str, "title": str, "username": str, "first_name": str, "is_forum": bool,
}  # fmt: skip
_ANSWERED: _Fields = {"message_id": int, "date": int, "chat": _CHAT}
_LOCATION: _Fields = {"latitude": float, "longitude": float}
_ORIGIN: _Fields = {"type": str, "date": int, "chat": _CHAT, "message_id": int}
_MESSAGE: _Fields = {
    "message_id": int, "message_thread_id": int, "is_topic_message": bool, "date": int,
    "edit_date": int, "chat": _CHAT, "from": _USER, "sender_chat": _CHAT, "text": str,
    "caption": str, "media_group_id": str, "is_automatic_forward": bool, "location": _LOCATION,
    "forward_origin": _ORIGIN,
    "migrate_to_chat_id": int, "migrate_from_chat_id": int, "reply_to_message": _ANSWERED,
}  # fmt: skip
#: What may be odd or in part missing, and costs nothing but itself.
_OPTIONAL = frozenset(
    {"reply_to_message", "forward_origin", "location", "caption", "media_group_id",
     "is_automatic_forward"}
)  # fmt: skip
_DATES = frozenset({"date", "edit_date"})
#: What somebody may send that has no text: each is answered with a word of what can be.
ATTACHED = (
    "sticker", "voice", "video_note", "audio", "animation", "photo", "video", "document",
    "venue", "location", "contact", "poll", "dice", "game", "story", "paid_media", "checklist",
)  # fmt: skip
_TAP: _Fields = {"id": str, "from": _USER, "message": _MESSAGE, "chat_instance": str, "data": str}
_CHANGE: _Fields = {
    "chat": _CHAT, "from": _USER, "date": int,
    "old_chat_member": ChatMember, "new_chat_member": ChatMember,
}  # fmt: skip
_INLINE: _Fields = {"id": str, "from": _USER, "query": str, "offset": str}
_KEPT: _Fields = {
    "message": _MESSAGE,
    "edited_message": _MESSAGE,
    "channel_post": _MESSAGE,
    "callback_query": _TAP,
    "inline_query": _INLINE,
    "my_chat_member": _CHANGE,
    "chat_member": _CHANGE,
}
_MEMBERS: Mapping[str, type[ChatMember]] = {
    ChatMemberStatus.ADMINISTRATOR: ChatMemberAdministrator,
    ChatMemberStatus.BANNED: ChatMemberBanned,
    ChatMemberStatus.OWNER: ChatMemberOwner,
    ChatMemberStatus.RESTRICTED: ChatMemberRestricted,
}
_MEMBER: _Fields = {"status": str, "user": _USER}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One update as Telegram wrote it: a dict that nobody has read yet."""

    update_id: int
    chat: int  #: whose order it keeps; 0: nobody's
    wire: dict[str, Any] = field(repr=False)


class WrongType(SahmanError):
    """A field of an update is not what the Bot API says: leave that update."""


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


def keep_what_is_read(wire: dict[str, Any]) -> dict[str, Any]:
    """Return an update with nothing in it but what handlers read.

    So a sticker of next year's kind, a poll of an older server, or nonsense where nobody looks
    costs nothing: python-telegram-bot builds all of an update or none. Raises WrongType for a field
    that is not what the Bot API says: a database would store a word where an id belongs.
    """
    kept: dict[str, Any] = {"update_id": wire["update_id"]}
    for kind, fields in _KEPT.items():
        if kind in wire:
            kept[kind] = _keep(kind, wire[kind], fields)
            if fields is _MESSAGE:
                kept[kind] |= _keep_attached(wire[kind])
    return kept


def name_attached(message: Message) -> str:
    """Return what a message holds beside its words: a sticker, a photo; "" for nothing."""
    return str(message.api_kwargs.get(_ATTACHED_AS, ""))


def _keep_attached(message: dict[str, Any]) -> dict[str, str]:
    """Keep of a sticker or a photo that it was one, and nothing of it."""
    found = next((name for name in ATTACHED if message.get(name) is not None), "")
    return {_ATTACHED_AS: found} if found else {}


def _keep(whole: str, part: Any, fields: _Fields) -> Any:
    if not isinstance(part, dict):
        raise WrongType(whole)
    kept: dict[str, Any] = {}
    for name, wanted in fields.items():
        value = part.get(name)
        if value is None:
            continue
        if name in _DATES:
            # No handler reads it, so no odd one costs an answer; 0 would say "inaccessible".
            kept[name] = value if type(value) is int and 0 <= value <= _LAST_DATE else 1
        elif wanted is ChatMember:
            kept[name] = _keep_member(name, value)
        elif name in _OPTIONAL:
            with contextlib.suppress(WrongType):
                kept.update(_keep_optional(name, value, wanted))
        elif isinstance(wanted, dict):
            kept[name] = _keep(name, value, wanted)
        elif _is(value, wanted):
            kept[name] = value
        else:
            raise WrongType(name)
    return kept


def _keep_optional(name: str, value: Any, wanted: Any) -> dict[str, Any]:
    if not isinstance(wanted, dict):
        return {name: value} if _is(value, wanted) else {}
    kept = _keep(name, value, wanted)
    if name == "forward_origin":
        # Of whom it was forwarded from, only a channel matters; nobody else is kept.
        is_channel = kept.get("type") == MessageOriginType.CHANNEL and kept.keys() >= wanted.keys()
        anybody = {"type": MessageOriginType.HIDDEN_USER, "date": 1, "sender_user_name": ""}
        return {name: kept if is_channel else anybody}
    return {name: kept} if name != "location" or kept.keys() >= wanted.keys() else {}


def _keep_member(name: str, member: Any) -> dict[str, Any]:
    """Keep somebody's rights; those that an older server does not know of, they do not have."""
    kept = _keep(name, member, _MEMBER)
    rights = {name: value for name, value in member.items() if isinstance(value, bool)}
    for right in _find_rights(kept.get("status", "")):
        rights.setdefault(right, False)
    return {**rights, **kept}


@cache
def _find_rights(status: str) -> Collection[str]:
    """Return what python-telegram-bot wants to be told of a member with this status."""
    known = _MEMBERS.get(status)
    if known is None:
        return ()
    parameters = inspect.signature(known).parameters.values()
    return {each.name for each in parameters if each.default is each.empty} - {"user"}


def _is(value: Any, wanted: type) -> bool:
    if wanted is int:
        return type(value) is int and abs(value) <= _MOST_ID
    if wanted is float:
        return type(value) in (int, float) and math.isfinite(value)
    return isinstance(value, wanted)


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
