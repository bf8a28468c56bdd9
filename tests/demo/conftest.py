"""A Bot API server and a feed server for each test, and a plain client for the bot's side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.demo.bot_api import BotApi
from bot.demo.feeds import FeedServer

ANI = 101


class Bot:
    """Asks the server as a bot does, over HTTP, with JSON bodies."""

    def __init__(self, api: BotApi, session: aiohttp.ClientSession) -> None:
        self._api = api
        self._session = session

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the whole answer, and check that the HTTP status agrees with it."""
        url = f"{self._api.url}/bot1:token/{method}"
        async with self._session.post(url, json=parameters) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == (200 if answer["ok"] else answer["error_code"])
            return answer

    async def get(self, method: str, **parameters: Any) -> Any:
        """Return the result of a call that must succeed."""
        answer = await self.ask(method, **parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **parameters: Any) -> tuple[int, str]:
        """Return code and text of a call that must be refused."""
        answer = await self.ask(method, **parameters)
        assert not answer["ok"], answer
        return answer["error_code"], answer["description"]


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """A running server that knows Ani, who has spoken to the bot."""
    server = BotApi()
    await server.start()
    server.add_user(ANI, "Ani", language_code="hy", started=True)
    yield server
    await server.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def bot(api: BotApi, http: aiohttp.ClientSession) -> Bot:
    """The bot of that server."""
    return Bot(api, http)


@pytest.fixture
async def feeds() -> AsyncIterator[FeedServer]:
    """A running feed server without feeds."""
    server = FeedServer()
    await server.start()
    yield server
    await server.stop()
