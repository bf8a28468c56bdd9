"""A real Chromium, a Bot API server with three people, and a bot that follows a script."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, async_playwright

from bot.demo.bot_api import BotApi
from bot.demo.personas import add_personas

# A browser that keeps to this machine: no updates, no accounts, no news from its maker.
_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium(own: str) -> str | None:
    """Return a Chromium: the one named by SAHMAN_CHROMIUM, the system's, or playwright's *own*."""
    named = os.environ.get("SAHMAN_CHROMIUM")
    found = [named] if named else [shutil.which(name) for name in _NAMES]
    return next((path for path in [*found, own] if path and Path(path).exists()), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, or a skipped test where none is installed."""
    async with async_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        if path is None:
            pytest.skip("no Chromium: install Debian's chromium, or set SAHMAN_CHROMIUM")
        launched = await playwright.chromium.launch(
            executable_path=path, args=_ARGUMENTS.split(" ")
        )
        yield launched
        await launched.close()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A running server with the three people of the demo."""
    server = BotApi()
    await server.start()
    add_personas(server)
    yield server
    await server.stop()


@pytest.fixture
async def page(browser: Browser, api: BotApi) -> AsyncIterator[Page]:
    """The chat page on a phone; any error in its scripts fails the test."""
    opened = await browser.new_page(viewport={"width": 390, "height": 844})
    opened.set_default_timeout(10_000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    # Refusals of the content policy are told on the console only.
    opened.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    yield opened
    await opened.close()
    assert errors == []


class ScriptedBot:
    """Answers /start with a keyboard, a tap with an edit, and anything else in bold."""

    def __init__(self, api: BotApi, session: aiohttp.ClientSession) -> None:
        self._api = api
        self._session = session

    async def ask(self, method: str, **parameters: Any) -> Any:
        """Return the result of one call, which must succeed."""
        url = f"{self._api.url}/bot1:token/{method}"
        async with self._session.post(url, json=parameters) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def run(self) -> None:
        """Introduce the bot, then follow the script for ever."""
        for language, text in (
            ("hy", "ավելացնել բառ"),
            ("ru", "добавить слово"),
            ("", "add a word"),
        ):
            commands = [
                {"command": "add", "description": text},
                {"command": "help", "description": "?"},
            ]
            await self.ask("setMyCommands", commands=commands, language_code=language)
        await self.ask("setMyDescription", description="Գրում եմ՝ ինչ խնդրեք։", language_code="hy")
        offset = 0
        while True:
            for update in await self.ask("getUpdates", offset=offset, timeout=30):
                offset = update["update_id"] + 1
                await self._follow(update)

    async def _follow(self, update: dict[str, Any]) -> None:
        if query := update.get("callback_query"):
            message = query["message"]
            place = {"chat_id": message["chat"]["id"], "message_id": message["message_id"]}
            alert = query["data"] == "erase"
            answer = {"text": f"took {query['data']}", "show_alert": alert}
            await self.ask("answerCallbackQuery", callback_query_id=query["id"], **answer)
            if not alert:
                await self.ask("editMessageText", **place, text=f"added: {query['data']}")
        elif message := update.get("message"):
            chat_id = message["chat"]["id"]
            if message["text"] == "/start":
                keys = [("սահման", "border"), ("Ջնջել", "erase")]
                keyboard = [[{"text": text, "callback_data": data} for text, data in keys]]
                await self.ask(
                    "sendMessage",
                    chat_id=chat_id,
                    text="Բարև։",
                    reply_markup={"inline_keyboard": keyboard},
                )
            else:
                text = message["text"].replace("&", "&amp;").replace("<", "&lt;")
                await self.ask(
                    "sendMessage", chat_id=chat_id, text=f"<b>{text}</b>", parse_mode="HTML"
                )


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[ScriptedBot]:
    """The scripted bot at work."""
    async with aiohttp.ClientSession() as session:
        scripted = ScriptedBot(api, session)
        running = asyncio.create_task(scripted.run())
        yield scripted
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
