"""How the bot learns what happened: long polling, and webhooks."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.demo.bot_api import BotApi
from tests.demo.conftest import ANI, Bot


async def test_updates_come_again_until_a_higher_offset_confirms_them(
    api: BotApi, bot: Bot
) -> None:
    """Nothing is lost when a bot dies between reading and confirming."""
    for word in ("one", "two", "three"):
        api.send_text(ANI, word)
    first = await bot.get("getUpdates", limit=2)
    again = await bot.get("getUpdates", limit=2)
    assert [each["message"]["text"] for each in first] == ["one", "two"]
    assert again == first
    rest = await bot.get("getUpdates", offset=first[-1]["update_id"] + 1)
    assert [each["message"]["text"] for each in rest] == ["three"]
    assert await bot.get("getUpdates", offset=rest[-1]["update_id"] + 1) == []


async def test_a_long_poll_ends_with_the_first_news_or_in_time(api: BotApi, bot: Bot) -> None:
    """And not by asking in a loop."""
    started = time.monotonic()
    assert await bot.get("getUpdates", timeout=1) == []
    assert time.monotonic() - started >= 0.9
    poll = asyncio.create_task(bot.get("getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    api.send_text(ANI, "news")
    (update,) = await asyncio.wait_for(poll, 2)
    assert update["message"]["text"] == "news"


async def test_the_older_of_two_pollers_is_told_of_the_conflict(api: BotApi, bot: Bot) -> None:
    """A bot that restarted must not wait for its dead self."""
    older = asyncio.create_task(bot.refusal("getUpdates", timeout=20))
    await asyncio.sleep(0.1)
    newer = asyncio.create_task(bot.get("getUpdates", timeout=20))
    assert await asyncio.wait_for(older, 2) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance"
        " is running",
    )
    api.send_text(ANI, "still here")
    assert len(await asyncio.wait_for(newer, 2)) == 1


async def test_only_asked_kinds_of_updates_are_kept(api: BotApi, bot: Bot) -> None:
    """And the wish stays until it is changed."""
    await bot.get("getUpdates", allowed_updates=["callback_query"])
    api.send_text(ANI, "not wanted")
    assert await bot.get("getUpdates") == []
    await bot.get("getUpdates", allowed_updates=[])
    api.send_text(ANI, "wanted")
    assert len(await bot.get("getUpdates")) == 1


async def test_stopping_answers_who_still_polls(http: aiohttp.ClientSession) -> None:
    """A server that hangs at its end would hang every test."""
    api = BotApi()
    await api.start()
    poll = asyncio.create_task(Bot(api, http).get("getUpdates", timeout=50))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    await api.stop()
    assert await poll == []
    assert time.monotonic() - started < 2


@pytest.mark.slow
async def test_a_server_that_comes_back_still_knows_everything(api: BotApi, bot: Bot) -> None:
    """An outage of Telegram loses neither updates nor messages, and polls wait again."""
    port = int(api.url.rpartition(":")[2])
    await bot.get("sendMessage", chat_id=ANI, text="before")
    api.send_text(ANI, "kept")
    await api.stop()
    with pytest.raises(aiohttp.ClientError):
        await bot.get("getMe")
    await api.start(port=port)
    (update,) = await bot.get("getUpdates")
    assert update["message"]["text"] == "kept"
    assert [message.text for message in api.messages(ANI)] == ["before"]
    started = time.monotonic()
    assert await bot.get("getUpdates", offset=update["update_id"] + 1, timeout=1) == []
    assert time.monotonic() - started >= 0.9


@pytest.fixture
async def hook(http: aiohttp.ClientSession) -> Any:
    """A bot's own door: notes what comes, and answers with the statuses it is told."""
    came: list[tuple[str, dict[str, Any]]] = []
    statuses: list[int] = []

    async def take(request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        came.append((secret, await request.json()))
        return web.Response(status=statuses.pop(0) if statuses else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", came, statuses
    await runner.cleanup()


async def test_a_webhook_is_called_with_its_secret_and_again_until_it_says_yes(
    api: BotApi, bot: Bot, hook: Any
) -> None:
    """In order, each until any 2xx answer."""
    url, came, statuses = hook
    statuses.append(500)
    await bot.get("setWebhook", url=url, secret_token="s3cret")
    assert (await bot.refusal("getUpdates"))[0] == 409
    api.send_text(ANI, "one")
    api.send_text(ANI, "two")
    for _ in range(100):
        if len(came) == 3:
            break
        await asyncio.sleep(0.02)
    assert [update["message"]["text"] for _, update in came] == ["one", "one", "two"]
    assert {secret for secret, _ in came} == {"s3cret"}
    info = await bot.get("getWebhookInfo")
    assert info["pending_update_count"] == 0
    assert "500" in info["last_error_message"]
    await bot.get("deleteWebhook")
    assert await bot.get("getUpdates") == []


async def test_a_webhook_needs_https_unless_it_is_on_this_machine(bot: Bot) -> None:
    """As Telegram's own server does when it runs locally."""
    assert await bot.refusal("setWebhook", url="http://example.org/hook") == (
        400,
        "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    )
