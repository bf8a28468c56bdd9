"""A plain python-telegram-bot doing Sahman's chat work on Sahman's database: for bench.chat.

    echo '{"url": .., "database": .., "broadcast": [chat ids]}' | python -m bench.plain_chat

Updates side by side (`concurrent_updates`), each answer awaited, the library's own transport. It
looks words up and stores them by the same code as Sahman; what it leaves out is everything around.
Prints a line once it asks for updates; ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, datetime
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, CommandHandler

from bot import language
from bot.intake import find_words, to_stored
from bot.matching import parse_keyword
from bot.model import ChatKind, Item, Subscriber
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate

_TOKEN = "123456:bench-token-of-no-value-at-all-000000"
_HELP = "<b>What you can type</b>\n" + "A line of help that says what can be typed.\n" * 12
_RATE = 25


class Plain:
    """The handlers."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def help(self, update: Update, context: Any) -> None:
        """Answer the same to all."""
        assert update.message
        await update.message.reply_text(_HELP, parse_mode="HTML")

    async def add(self, update: Update, context: Any) -> None:
        """Follow a word, and say what it would have caught."""
        assert update.message
        now = datetime.now(UTC)
        typed = " ".join(context.args)
        query = await asyncio.to_thread(parse_keyword, typed)

        def find(item: Item) -> tuple[str, ...] | None:
            return find_words(query, item)

        asked = to_stored(typed, query)
        reader = await self._open(update.message.chat_id, now)
        keywords = self._storage.keywords
        looked_back = await keywords.look_back(asked.anchors, find, now)
        await keywords.add(reader.id, asked, looked_back, find, now)
        await update.message.reply_text(f"Added: {typed}", parse_mode="HTML")

    async def latest(self, update: Update, context: Any) -> None:
        """Show the newest items about a word."""
        assert update.message
        query = await asyncio.to_thread(parse_keyword, " ".join(context.args))
        items = await self._storage.items.load_holding(
            query.anchors, lambda item: find_words(query, item) is not None, before=None, limit=6
        )
        said = "\n".join(f"• {item.title}" for item in items[:5]) or "Nothing yet."
        await update.message.reply_text(said)

    async def _open(self, chat_id: int, now: datetime) -> Subscriber:
        wanted = Subscriber(
            id=0, chat_id=chat_id, topic=0, language="en", zone="Asia/Yerevan",
            digest_times=("09:00",), digest_when_empty=True, paused=False, next_digest_at=None,
            created_at=now,
        )  # fmt: skip
        found = await self._storage.subscribers.load(chat_id, 0)
        return found or await self._storage.subscribers.open(wanted, ChatKind.PRIVATE)


async def run(job: dict[str, Any]) -> None:
    """Answer, and send a broadcast meanwhile, until SIGTERM."""
    language.load()
    engine = make_engine(job["database"])
    migrate(engine)
    database = Database(engine)
    plain = Plain(Storage(database))
    application = (
        ApplicationBuilder()
        .token(_TOKEN)
        .base_url(f"{job['url']}/bot")
        .concurrent_updates(True)
        .connection_pool_size(256)
        .build()
    )
    for name, handler in (("help", plain.help), ("add", plain.add), ("latest", plain.latest)):
        application.add_handler(CommandHandler(name, handler))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def broadcast() -> None:
        for chat_id in job["broadcast"]:
            await application.bot.send_message(chat_id, _HELP, parse_mode="HTML")
            await asyncio.sleep(1 / _RATE)

    async with application:
        await application.start()
        assert application.updater
        await application.updater.start_polling(timeout=10)
        print("ready", flush=True)
        sending = asyncio.create_task(broadcast())
        await stop.wait()
        sending.cancel()
        await application.updater.stop()
        await application.stop()
    database.close()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(run(json.loads(sys.stdin.readline())))
