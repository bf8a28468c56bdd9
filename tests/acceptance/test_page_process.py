"""The operator's page of a real process, and what asks whether that process lives."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.demo import BotApi
from bot.demo.feeds import FeedServer
from tests.acceptance.process import TOKEN, running
from tests.cli.commands import sahman
from tests.cli.test_mistakes import write_feeds

pytestmark = pytest.mark.slow

_PAGE_TOKEN = "a-token-of-the-test-and-of-no-value"


@pytest.fixture
async def news() -> AsyncIterator[FeedServer]:
    """A newsroom."""
    server = FeedServer()
    await server.start()
    server.add_item("alpha", "Talks on the border")
    yield server
    await server.stop()


@pytest.fixture
async def settings(tmp_path: Path, news: FeedServer) -> AsyncIterator[dict[str, str]]:
    """A Bot API and a feed, for a process with a page on a port of its own."""
    telegram = BotApi(TOKEN)
    await telegram.start()
    yield {
        "api_url": telegram.url,
        "database_url": f"sqlite:///{tmp_path}/sahman.db",
        "feeds": write_feeds(tmp_path, news.feed_url("alpha")),
        "page": "",
        "contact": "a@example.org",
    }
    await telegram.stop()


async def test_a_process_serves_its_page_tells_machines_and_ends_in_time_with_the_page_open(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    settings |= {"listen": f"127.0.0.1:{_free_port()}", "page_token": _PAGE_TOKEN}
    url = f"http://{settings['listen']}"
    async with running(tmp_path, **settings) as process, aiohttp.ClientSession() as session:
        await process.wait_for_log("feed_polled")
        bearer = {"Authorization": f"Bearer {_PAGE_TOKEN}"}
        async with session.get(f"{url}/metrics", headers=bearer) as answer:
            assert "sahman_new_items_total 1.0" in await answer.text()
        async with session.get(f"{url}/readyz") as answer:
            assert (answer.status, (await answer.json())["troubles"]) == (200, [])
        async with session.get(url) as answer:
            assert answer.status == 401
        for _ in range(100):
            if (await sahman("health", **settings)).code == 0:
                break
            await asyncio.sleep(0.2)
        assert (await sahman("health", **settings)).code == 0
        process.freeze()
        frozen = await sahman("health", **settings)
        assert (frozen.code, "/healthz" in frozen.errors) == (1, True), "it listens, and is frozen"
        process.thaw()
        assert await process.stop() == 0
        assert _PAGE_TOKEN not in process.log.read_text()
    assert (await sahman("health", **settings)).code == 1


async def test_a_port_that_is_taken_ends_only_who_was_told_to_listen_there(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        for command in ("run", "check"):
            said = (await sahman(command, token=TOKEN, listen=listen, **settings)).sentence()
            assert said.startswith(f"BOT_LISTEN: cannot listen on {listen}")


async def test_two_processes_without_settings_share_one_machine(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    beside = {**settings, "database_url": f"sqlite:///{other}/sahman.db"}
    async with running(tmp_path, **settings) as first, running(other, **beside) as second:
        # Whoever has the port by default, one of them cannot.
        said = [each.log.read_text() for each in (first, second)]
        assert any("page_not_served" in log for log in said)
        assert "cannot listen on 127.0.0.1:8080" in "".join(said)
        assert await first.stop() == 0
        assert await second.stop() == 0


async def test_check_says_why_the_page_is_not_served(settings: dict[str, str]) -> None:
    checked = await sahman("check", token=TOKEN, listen="0.0.0.0:0", **settings)
    assert checked.code == 0
    assert "! the operator's page is not served: BOT_LISTEN=0.0.0.0:0 is open" in checked.errors
    assert "BOT_PAGE_TOKEN" in checked.errors


async def test_check_counts_operators_who_have_not_written(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    settings |= {"page": "no", "admins": "101,102"}
    before = await sahman("check", token=TOKEN, **settings)
    assert "BOT_ADMINS" not in before.errors, "nobody can have written yet"
    async with running(tmp_path, **settings) as process:
        assert await process.stop() == 0
    checked = await sahman("check", token=TOKEN, **settings)
    assert checked.code == 0
    assert "! 2 of BOT_ADMINS have not written to the bot" in checked.errors


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
