"""Trouble between a bot and Telegram, each kind as a bot meets it."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from bot.demo import faults
from bot.demo.bot_api import BotApi
from bot.demo.faults import Faults
from tests.demo.conftest import ANI, Bot


async def _say(bot: Bot, text: str = "barev") -> None:
    await bot.get("sendMessage", chat_id=ANI, text=text)


async def _say_in_vain(http: aiohttp.ClientSession, api: BotApi, within_s: float = 0.3) -> None:
    timeout = aiohttp.ClientTimeout(total=within_s)
    url = f"{api.url}/bot1:token/sendMessage"
    async with http.post(url, json={"chat_id": ANI, "text": "barev"}, timeout=timeout):
        pass


async def test_a_flood_names_the_seconds_to_wait(api: BotApi, bot: Bot) -> None:
    api.faults.plan(faults.flooded(7), "sendMessage")
    answer = await bot.ask("sendMessage", chat_id=ANI, text="x")
    assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 7})
    await _say(bot)


async def test_a_proxys_error_is_a_page_and_no_json(
    api: BotApi, http: aiohttp.ClientSession
) -> None:
    api.faults.plan(faults.error_page(502))
    async with http.get(f"{api.url}/bot1:token/getMe") as response:
        assert (response.status, response.content_type) == (502, "text/html")
        assert "502 Bad Gateway" in await response.text()


async def test_a_broken_server_says_so_in_json(api: BotApi, bot: Bot) -> None:
    api.faults.plan(faults.broken(500))
    assert await bot.refusal("getMe") == (500, "Internal Server Error")


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_cut_connection_leaves_the_bot_in_doubt(
    api: BotApi, bot: Bot, http: aiohttp.ClientSession, accepted: bool
) -> None:
    api.faults.plan(faults.cut(accepted=accepted), "sendMessage")
    with pytest.raises(aiohttp.ClientConnectionError):
        await _say_in_vain(http, api, within_s=5)
    assert len(api.messages(ANI)) == accepted
    await _say(bot)


@pytest.mark.parametrize("accepted", [False, True])
async def test_silence_lasts_until_the_bot_hangs_up(
    api: BotApi, bot: Bot, http: aiohttp.ClientSession, accepted: bool
) -> None:
    api.faults.plan(faults.silent(accepted=accepted), "sendMessage")
    with pytest.raises(TimeoutError):
        await _say_in_vain(http, api)
    assert len(api.messages(ANI)) == accepted
    await _say(bot)


async def test_a_late_answer_comes_after_the_message_is_there(api: BotApi, bot: Bot) -> None:
    api.faults.plan(faults.late(0.3), "sendMessage")
    asking = asyncio.create_task(_say(bot))
    await api.wait_messages(ANI)
    assert not asking.done()
    await asking


async def test_a_server_that_stops_lets_the_unanswered_go(
    api: BotApi, http: aiohttp.ClientSession
) -> None:
    api.faults.plan(faults.silent(accepted=True), "sendMessage")
    asking = asyncio.create_task(_say_in_vain(http, api, within_s=30))
    await api.wait_messages(ANI)
    started = time.monotonic()
    await api.stop()
    assert time.monotonic() - started < 2
    with pytest.raises(aiohttp.ClientConnectionError):
        await asking


async def test_a_token_may_be_forgotten_and_a_rival_may_poll(api: BotApi, bot: Bot) -> None:
    api.faults.plan(faults.conflict(), "getUpdates")
    assert (await bot.refusal("getUpdates"))[0] == 409
    api.faults.plan(faults.unauthorized(), times=None)
    for method in ("getMe", "getUpdates"):
        assert await bot.refusal(method) == (401, "Unauthorized")
    api.faults.clear()
    await bot.get("getMe")


async def test_every_answer_takes_as_long_as_the_way_to_telegram(api: BotApi, bot: Bot) -> None:
    api.latency_s = 0.2
    started = time.monotonic()
    await _say(bot)
    assert time.monotonic() - started >= 0.2


def test_trouble_strikes_the_chosen_methods_chats_and_times() -> None:
    planned = Faults()
    planned.plan(faults.broken(), "sendMessage", "editMessageText", chats=[5], times=2)
    hit = [
        planned.before(method, {"chat_id": chat_id}) is not None
        for method, chat_id in (
            ("sendMessage", 6),
            ("sendMessage", "5"),
            ("getMe", 5),
            ("editMessageText", 5),
            ("sendMessage", 5),
        )
    ]
    assert hit == [False, True, False, True, False]


def test_chance_is_drawn_from_a_seed() -> None:
    def strikes(seed: int) -> list[bool]:
        planned = Faults()
        planned.plan(faults.broken(), times=None, probability=0.3, seed=seed)
        return [planned.before("getMe", {}) is not None for _ in range(200)]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)
    assert 30 <= sum(strikes(1)) <= 90
