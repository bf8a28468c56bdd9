"""From Telegram's refusals to what we do about them; nobody else sees `telegram.error`."""

from __future__ import annotations

import re
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.errors import (
    AnotherReceiver,
    ChatMoved,
    MessageRejected,
    RecipientGone,
    SahmanError,
    TokenRefused,
    TopicGone,
    TryLater,
)
from bot.telegram_api.transport import AnswerLost, NotSent

# What says that a chat is gone: blocked, deactivated, kicked, deleted, and nothing else
# (telegram-bot-api, Client.cpp). The old server says it as 400, the newer ones as 403.
_CHAT_GONE = (
    "bot was blocked",
    "user is deactivated",
    "bot was kicked",
    "bot is not a member",
    "group chat was deleted",
    "can't initiate conversation",
    "can't send messages to bots",
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deactivated",
    "channel_private",
    "input_user_deactivated",
    "user_is_blocked",
)
# These of an evening: an admin takes a right away and gives it back, and nobody tells the bot.
_CHAT_CLOSED = (
    "chat_write_forbidden",
    "chat_restricted",
    "not enough rights",
    "need administrator rights",
    "have no rights to send",
    "slowmode",
    "slow mode",
    "chat_send_plain_forbidden",
    "chat_guest_send_forbidden",
)
_TOPIC_GONE = ("message thread not found", "topic_deleted", "topic_id_invalid")
_TOPIC_CLOSED = ("topic_closed",)
# These say that the text or what hangs on it is to blame.
_TEXT_REFUSED = (
    "parse entities", "message is too long", "message_too_long", "text is empty", "message text",
    "must be non-empty", "must be encoded in utf-8", "entities_too_long", "entity",
    "reply_markup", "reply markup", "button", "inline keyboard",
)  # fmt: skip
# A message that was deleted, or is too old or another's: it will never be edited.
_NOT_TO_BE_EDITED = ("to edit not found", "can't be edited", "message_id_invalid")

_WORD = re.compile(r"\w{3,}")


def translate(error: TelegramError, sent: str = "") -> SahmanError:
    """Return our error for Telegram's, named by what to do; `raise ... from error` is the caller's.

    Its reason goes into logs and tables, so words of *sent* that Telegram quotes are left out.

    The order matters: in python-telegram-bot a BadRequest is a NetworkError too, and caught as one
    a text that Telegram refuses would be sent for ever.
    """
    # python-telegram-bot appends a proxy's whole error page.
    said = error.message.split(". Parsing the server response")[0]
    lowered = said.lower()
    said = _leave_out(said, sent)
    match error:
        case ChatMigrated():
            return ChatMoved(said, error.new_chat_id)
        case RetryAfter():
            return TryLater(said, wait_s=_seconds(error))
        case Conflict():
            return AnotherReceiver(said)
        case InvalidToken() if "not found" not in lowered:
            return TokenRefused(said)
        case BadRequest() if any(sign in lowered for sign in _TOPIC_GONE):
            return TopicGone(said)
        case BadRequest() | Forbidden() if any(sign in lowered for sign in _TOPIC_CLOSED):
            return TryLater(said, of_topic=True)
        case BadRequest() | Forbidden() if any(sign in lowered for sign in _CHAT_CLOSED):
            return TryLater(said, of_chat=True)
        case BadRequest() | Forbidden() if any(sign in lowered for sign in _CHAT_GONE):
            return RecipientGone(said)
        case Forbidden():
            # Whatever it is: a chat that refuses may take it another day.
            return TryLater(said, of_chat=True)
        case BadRequest():
            known = any(sign in lowered for sign in (*_TEXT_REFUSED, *_NOT_TO_BE_EDITED))
            return MessageRejected(said, known=known)
        case NotSent():
            return TryLater(said)
        case AnswerLost():
            return TryLater(said, ambiguous=True, cut=True)
        case TimedOut():
            return TryLater(said, ambiguous=True)
        case NetworkError():
            return TryLater(said)
        case _:
            # An InvalidToken of a 404 too: a method that the server lacks, or a proxy's mood.
            return TryLater(said)


def _leave_out(said: str, sent: str) -> str:
    if not sent:
        return said
    words = set(_WORD.findall(sent.lower()))
    return _WORD.sub(lambda word: "…" if word[0].lower() in words else word[0], said)


def _seconds(error: RetryAfter) -> float:
    # An int that warns of tomorrow's timedelta; the attribute behind it is a timedelta today.
    wait = error._retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
