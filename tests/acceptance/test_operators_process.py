"""Operators of a real process: they let people in, and hear of what goes wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.demo import BotApi
from bot.demo.feeds import FeedServer
from tests.acceptance.process import TOKEN, Person, running
from tests.cli.commands import sahman
from tests.cli.test_mistakes import write_feeds

pytestmark = pytest.mark.slow

_OPERATOR, _STRANGER = 101, 202


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    """A Bot API server."""
    api = BotApi(TOKEN)
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
async def settings(tmp_path: Path, telegram: BotApi) -> AsyncIterator[dict[str, str]]:
    """A Sahman that lets in only whom its operator does."""
    news = FeedServer()
    await news.start()
    news.add_item("alpha", "Talks on the border")
    yield {
        "api_url": telegram.url,
        "database_url": f"sqlite:///{tmp_path}/sahman.db",
        "feeds": write_feeds(tmp_path, news.feed_url("alpha")),
        "access": "approved",
        "admins": str(_OPERATOR),
        "contact": "a@example.org",
    }
    await news.stop()


async def test_an_operator_lets_a_stranger_in_and_is_told_of_a_loop_of_restarts(
    tmp_path: Path, telegram: BotApi, settings: dict[str, str]
) -> None:
    async with aiohttp.ClientSession() as session:
        operator = Person(session, telegram.url, _OPERATOR)
        stranger = Person(session, telegram.url, _STRANGER)
        await operator.arrive("Ani", "en")
        await stranger.arrive("Олег", "ru")
        async with running(tmp_path, **settings) as process:
            await process.wait_for_log("feed_polled")
            await operator.write("/start")
            assert "операторы" in (await stranger.write("/add граница")).lower()
            await stranger.tap("Попросить доступ")
            await _until_told(operator, "🔔 Олег asks to be let in.")
            await operator.tap("Let in")
            await _until_told(stranger, "Операторы открыли вам доступ")
            await _until_told(stranger, "Sahman читает новости")
            assert "граница" in await stranger.write("/add граница")
            status = await operator.write("/status")
            assert status.startswith("🟢 Sahman works.")
            assert "Subscribers: 2" in status
        for _ in range(2):
            async with running(tmp_path, **settings):
                pass  # killed each time
        async with running(tmp_path, **settings) as process:
            await _until_told(operator, "Sahman was started 4 times within an hour")
            assert await process.stop() == 0
        told = (await sahman("check", token=TOKEN, **settings)).errors
        assert "! Sahman was started 4 times within an hour" in " ".join(told.split())


async def _until_told(person: Person, words: str) -> None:
    for _ in range(450):
        if any(words in text for text in await person.texts()):
            return
        await asyncio.sleep(0.1)
    raise AssertionError((words, await person.texts()))
