"""The world around a Sahman process: Telegram, three newsrooms, people, an empty database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.demo import BotApi
from bot.demo.feeds import FeedServer
from tests.acceptance.process import TOKEN, Person


@dataclass
class World:
    """Telegram, three newsrooms and the settings of a Sahman between them."""

    telegram: BotApi
    news: FeedServer
    session: aiohttp.ClientSession
    settings: dict[str, str]

    def person(self, user_id: int) -> Person:
        return Person(self.session, self.telegram.url, user_id)

    async def print_item(self, feed: str, title: str, summary: str = "", **more: str) -> None:
        body = {"title": title, "summary": summary, **more}
        async with self.session.post(f"{self.news.url}/_items/{feed}", json=body) as answer:
            assert answer.status == 200, await answer.text()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty SQLite file; in the slow tests a PostgreSQL database too."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/sahman.db"


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    telegram, news = BotApi(TOKEN), FeedServer()
    await telegram.start()
    await news.start()
    languages = {"english": "en", "russian": "ru", "armenian": "hy"}
    for feed, language in languages.items():
        news.add_feed(feed, title=feed, language=language)
    config = {
        "publishers": {"Sample": {"country": "AM", "kind": "independent"}},
        "feeds": [
            {
                "name": feed,
                "url": news.feed_url(feed),
                "publisher": "Sample",
                "language": language,
                "every_s": 1,
                "allow_private": True,
            }
            for feed, language in languages.items()
        ],
    }
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(json.dumps(config), encoding="utf-8")
    settings = {
        "api_url": telegram.url,
        "database_url": database_url,
        "feeds": str(feeds),
    }
    async with aiohttp.ClientSession() as session:
        yield World(telegram, news, session, settings)
    await telegram.stop()
    await news.stop()
