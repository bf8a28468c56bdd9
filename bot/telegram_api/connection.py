"""Reaching Telegram: the bot, the application that serves its updates, the first hello."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import SecretStr
from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder

from bot.delivery.retry import next_retry_ms
from bot.errors import AnswerUnreadable, TokenRefused, TryLater
from bot.model import Telegram
from bot.telegram_api.refusals import translate
from bot.telegram_api.transport import AiohttpRequest, NotTelegrams, Reach, written_fields

_log = logging.getLogger(__name__)

#: python-telegram-bot's Application, none of whose six type parameters we use.
AnyApplication = Application[Any, Any, Any, Any, Any, Any]

#: What Telegram is asked to hand over.
ALLOWED_UPDATES = (
    "message", "edited_message", "channel_post", "callback_query", "inline_query",
    "my_chat_member", "chat_member",
)  # fmt: skip
#: How many updates Telegram may bring at the same time; of one chat, one after the other.
WEBHOOK_CONNECTIONS = 40
_LONGEST_WAIT_S = 30.0


def make_bot(token: str, api_url: str, proxy: SecretStr | None = None) -> Bot:
    """Return python-telegram-bot's Bot over our transport, for any Bot API server."""
    reach = Reach()
    return Bot(
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=AiohttpRequest(proxy=proxy, reach=reach),
        get_updates_request=AiohttpRequest(connections=4, proxy=proxy, reach=reach),
    )


def how_reached(bot: Bot | None, now: datetime) -> Telegram:
    """Return how Telegram was last reached by this bot; of none, nothing is known."""
    if bot is None:
        return Telegram()
    reach, now_s = getattr(bot.request, "reach", Reach()), asyncio.get_running_loop().time()

    def when(at_s: float | None) -> datetime | None:
        return None if at_s is None else now - timedelta(seconds=now_s - at_s)

    return Telegram(
        answered_at=when(reach.answered_s),
        failing_since=when(reach.failing_since_s),
        ahead_s=_compare_clocks(reach, now, now_s),
    )


def _compare_clocks(reach: Reach, now: datetime, now_s: float) -> float | None:
    """Return how much later our clock is than that of the last answer; None where nobody knows."""
    if reach.dated is None:
        return None
    written, came_s = reach.dated
    try:
        theirs = parsedate_to_datetime(written)
    except ValueError:
        return None
    if theirs.tzinfo is None:
        return None
    return (now - timedelta(seconds=now_s - came_s) - theirs).total_seconds()


def make_application(bot: Bot) -> AnyApplication:
    """Return an Application without an updater: receiving is our own (see `chat/receive.py`)."""
    return ApplicationBuilder().bot(bot).updater(None).build()


async def close_bot(bot: Bot) -> None:
    """Close the bot's connections, whether or not Telegram ever answered it."""
    await bot.request.shutdown()


async def ask_who_i_am(bot: Bot) -> None:
    """Ask Telegram once whether it knows the bot.

    Raises TokenRefused when it does not, TryLater when it cannot be asked.
    """
    try:
        async with bot:
            return
    except TelegramError as error:
        raise _refused(error) from error
    finally:
        await close_bot(bot)


async def introduce(application: AnyApplication) -> str:
    """Introduce the bot to Telegram once; return why Telegram cannot be asked, or "".

    Raises TokenRefused.
    """
    try:
        await application.initialize()
    except TelegramError as error:
        refused = _refused(error)
        if isinstance(refused, TokenRefused):
            raise refused from error
        return str(refused)
    return ""


async def connect(application: AnyApplication, stop: asyncio.Event) -> bool:
    """Introduce the bot to Telegram, as often as it takes; False when *stop* came first.

    Raises TokenRefused.
    """
    failures = 0
    while not stop.is_set():
        why_not = await introduce(application)
        if not why_not:
            return True
        failures += 1
        _log.warning("telegram_unreachable", extra={"reason": why_not})
        wait_s = min(_LONGEST_WAIT_S, next_retry_ms(failures) / 1000)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait_s)
    return False


async def fetch_updates(bot: Bot, offset: int, limit: int, wait_s: int) -> list[Any]:
    """Return up to *limit* updates from *offset* on as Telegram wrote them, or none after *wait_s*.

    Not by `Bot.get_updates`, which reads all or none of them, and logs what it could not read.
    Raises SahmanError; AnswerUnreadable when they are no JSON.
    """
    wanted = {
        "offset": str(offset),
        "limit": str(limit),
        "timeout": str(wait_s),
        "allowed_updates": json.dumps(ALLOWED_UPDATES),
    }
    try:
        # The connection of its own that make_bot gave it for this; it has no public name.
        answer = await bot._request[0].post(
            f"{bot.base_url}/getUpdates", written_fields(wanted), read_timeout=wait_s + 10
        )
    except NotTelegrams as error:
        raise AnswerUnreadable(error.first_update_id) from error
    except TelegramError as error:
        raise translate(error) from error
    if not isinstance(answer, list):
        raise TryLater("the answer to getUpdates is no list")
    return answer


async def clear_webhook(bot: Bot) -> None:
    """Let Telegram hand updates to who asks; those that wait stay. Raises SahmanError.

    A webhook left behind would refuse long polling with a 409.
    """
    try:
        await bot.delete_webhook(drop_pending_updates=False)
    except TelegramError as error:
        raise translate(error) from error


async def set_webhook(bot: Bot, url: str, secret: str) -> None:
    """Let Telegram bring updates to *url*, each with *secret* in a header. Raises SahmanError."""
    try:
        await bot.set_webhook(
            url,
            secret_token=secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=WEBHOOK_CONNECTIONS,
        )
    except TelegramError as error:
        raise translate(error) from error


async def fetch_webhook(bot: Bot) -> tuple[str, str]:
    """Return where Telegram brings updates to ("": nowhere), and what last went wrong there.

    Raises SahmanError.
    """
    try:
        found = await bot.get_webhook_info()
    except TelegramError as error:
        raise translate(error) from error
    return found.url, found.last_error_message or ""


def _refused(error: TelegramError) -> TokenRefused | TryLater:
    # Here a 404 is no missing method: the token is malformed, or the address is wrong.
    refused = translate(error)
    if isinstance(error, InvalidToken) or isinstance(refused, TokenRefused):
        # Not Telegram's sentence: of a malformed token it holds the token itself.
        return TokenRefused("it does not know this bot")
    return TryLater(str(refused))
