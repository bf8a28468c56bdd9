"""The same process against a Bot API server that nobody here wrote (PyPI: lo-bot-api-emulator).

It is strict where Telegram is lenient: parameters and methods that it does not model get 400 and
501, and its getMe tells no username.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator

from bot.demo.feeds import FeedServer
from tests.acceptance.process import TOKEN, running, until

ANI = {"id": 101, "is_bot": False, "first_name": "Ani", "language_code": "hy"}


class Emulator(LoBotApiEmulator):
    """The emulator, with an ear for the texts that it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    async def read_request(self, request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
        fields, uploads = await super().read_request(request)
        if "link_preview_options" not in fields and "text" in fields:
            self.texts.append(str(fields["text"]))
        return fields, uploads

    async def say(self, update_id: int, text: str) -> None:
        """Let Ani write *text* to the bot."""
        message = {
            "message_id": update_id,
            "date": 1_789_000_000,
            "chat": {"id": 101, "type": "private", "first_name": "Ani"},
            "from": ANI,
            "text": text,
        }
        await self.enqueue_update({"update_id": update_id, "message": message}, token=TOKEN)


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[Emulator, str]]:
    fake = Emulator()
    runner = web.AppRunner(fake.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield fake, f"http://{host}:{port}"
    await runner.cleanup()


@pytest.mark.slow
async def test_alerts_arrive_through_a_server_that_refuses_what_is_cosmetic(
    emulator: tuple[Emulator, str], tmp_path: Path
) -> None:
    fake, url = emulator
    news = FeedServer()
    await news.start()
    news.add_item("alpha", "Quiet so far")
    feeds = tmp_path / "feeds.yaml"
    alpha = {
        "name": "alpha",
        "url": news.feed_url("alpha"),
        "publisher": "Sample",
        "language": "en",
        "every_s": 1,
        "allow_private": True,
    }
    publishers = {"Sample": {"country": "AM", "kind": "independent"}}
    feeds.write_text(json.dumps({"publishers": publishers, "feeds": [alpha]}), encoding="utf-8")
    database = f"sqlite:///{tmp_path}/x.db"
    async with running(tmp_path, api_url=url, feeds=str(feeds), database_url=database) as sahman:
        await sahman.wait_for_log("feed=alpha")
        await fake.say(1, "/start")
        await fake.say(2, "/add border")
        await until(lambda: len(fake.texts) >= 2, 20, lambda: (fake.texts, fake.requests))
        news.add_item("alpha", "Shots heard near the border")
        await until(
            lambda: any("Shots heard" in text for text in fake.texts), 20, lambda: fake.requests
        )
        assert await sahman.stop() == 0
        log = sahman.log.read_text()
    assert sum("Shots heard" in text for text in fake.texts) == 1
    assert {request["status"] for request in fake.requests} >= {200, 400}
    assert "parameter_refused" in log
    assert "Traceback" not in log
    await news.stop()
