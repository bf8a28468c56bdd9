"""Plain bots that send the same messages as Sahman, each in the way its library is usually used.

Started by bench/send.py with the Python of an environment that holds bench/rivals.txt; imports
nothing of ours. Reads one line of JSON (url, texts, first_chat, chats, messages) and sends once it
has read it; writes one line of JSON when all is sent or lost. Each also answers `/latest` with a
fixed text, its updates handled side by side.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import sys
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

_TOKEN = "123456:bench-token-of-no-value-at-all-000000"
_WORKERS = 50
_TRIES = 100
_LATEST = "<b>Latest</b>\n\n" + "\n".join(f"{n}. A headline of usual length" for n in range(5))

Send = Callable[[int, str], Awaitable[Any]]


async def broadcast(job: dict[str, Any], send: Send) -> dict[str, Any]:
    """Send all messages with so many workers; count what ended with an error."""
    messages = iter(range(job["messages"]))
    lost = 0
    began = _cpu_s()

    async def work() -> None:
        nonlocal lost
        for number in messages:
            story, place = divmod(number, job["chats"])
            try:
                await send(job["first_chat"] + place, job["texts"][story])
            except Exception:
                lost += 1

    await asyncio.gather(*(work() for _ in range(_WORKERS)))
    return {"lost_by_its_own_count": lost, "cpu_s": _cpu_s() - began}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def run_ptb(job: dict[str, Any], limiter: bool) -> dict[str, Any]:
    """python-telegram-bot: with its AIORateLimiter, or with the usual loop around RetryAfter."""
    from telegram.error import NetworkError, RetryAfter
    from telegram.ext import AIORateLimiter, ApplicationBuilder, CommandHandler

    warnings.simplefilter("ignore")
    builder = ApplicationBuilder().token(_TOKEN).base_url(f"{job['url']}/bot")
    builder = builder.concurrent_updates(True)
    if limiter:
        builder = builder.rate_limiter(AIORateLimiter(max_retries=5))
    application = builder.build()

    async def latest(update: Any, _: Any) -> None:
        await update.message.reply_text(_LATEST, parse_mode="HTML")

    application.add_handler(CommandHandler("latest", latest))
    bot = application.bot

    async def send(chat_id: int, text: str) -> None:
        await bot.send_message(chat_id, text, parse_mode="HTML", disable_web_page_preview=True)

    async def send_again(chat_id: int, text: str) -> None:
        for _ in range(_TRIES):
            try:
                return await send(chat_id, text)
            except RetryAfter as error:
                wait = error.retry_after
                await asyncio.sleep(wait if isinstance(wait, int) else wait.total_seconds())
            except NetworkError:
                await asyncio.sleep(1)
        raise TimeoutError

    async with application:
        await application.start()
        await application.updater.start_polling()
        result = await broadcast(job, send if limiter else send_again)
        await _linger()
        await application.updater.stop()
        await application.stop()
    return result


async def run_aiogram(job: dict[str, Any]) -> dict[str, Any]:
    """aiogram with the loop around TelegramRetryAfter that its documentation shows."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.exceptions import TelegramNetworkError, TelegramRetryAfter
    from aiogram.filters import Command
    from aiogram.types import LinkPreviewOptions, Message

    session = AiohttpSession(api=TelegramAPIServer.from_base(job["url"]))
    bot = Bot(_TOKEN, session=session)
    dispatcher = Dispatcher()
    no_preview = LinkPreviewOptions(is_disabled=True)

    @dispatcher.message(Command("latest"))
    async def latest(message: Message) -> None:
        await message.answer(_LATEST, parse_mode="HTML")

    async def send(chat_id: int, text: str) -> None:
        for _ in range(_TRIES):
            try:
                await bot.send_message(
                    chat_id, text, parse_mode="HTML", link_preview_options=no_preview
                )
            except TelegramRetryAfter as error:
                await asyncio.sleep(error.retry_after)
            except TelegramNetworkError:
                await asyncio.sleep(1)
            else:
                return
        raise TimeoutError

    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    result = await broadcast(job, send)
    await _linger()
    await dispatcher.stop_polling()
    await polling
    await session.close()
    return result


async def _linger() -> None:
    # Answers that waited behind the broadcast still count.
    await asyncio.sleep(5)


def main() -> None:
    """Run the rival that is named."""
    logging.disable(logging.CRITICAL)
    job = json.loads(sys.stdin.readline())
    match sys.argv[1]:
        case "ptb-limiter":
            result = asyncio.run(run_ptb(job, limiter=True))
        case "ptb":
            result = asyncio.run(run_ptb(job, limiter=False))
        case _:
            result = asyncio.run(run_aiogram(job))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
