"""From Telegram's refusals to what we do about them; nobody else sees `telegram.error`."""

from __future__ import annotations

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

# Of the 400s, these speak of the chat and not of the message (telegram-bot-api, Client.cpp).
_CHAT_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was deactivated",
    "bot is not a member",
)
# These of an evening: an admin takes a right away and gives it back, and nobody tells the bot.
_CHAT_CLOSED = (
    "chat_write_forbidden",
    "chat_restricted",
    "not enough rights",
    "need administrator rights",
    "have no rights to send",
)
_TOPIC_GONE = ("message thread not found", "topic_closed", "topic_deleted")


def translate(error: TelegramError) -> SahmanError:
    """Return our error for Telegram's, named by what to do; `raise ... from error` is the caller's.

    The order matters: in python-telegram-bot a BadRequest is a NetworkError too, and caught as one
    a text that Telegram refuses would be sent for ever.
    """
    # python-telegram-bot appends a proxy's whole error page.
    said = error.message.split(". Parsing the server response")[0]
    lowered = said.lower()
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
        case BadRequest() | Forbidden() if any(sign in lowered for sign in _CHAT_CLOSED):
            return TryLater(said, of_chat=True)
        case BadRequest() if any(sign in lowered for sign in _CHAT_GONE):
            return RecipientGone(said)
        case Forbidden():
            return RecipientGone(said)
        case BadRequest():
            return MessageRejected(said)
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


def _seconds(error: RetryAfter) -> float:
    # An int that warns of tomorrow's timedelta; the attribute behind it is a timedelta today.
    wait = error._retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
