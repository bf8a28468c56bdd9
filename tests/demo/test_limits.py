"""Telegram's limits as the server applies them, on a clock of the test's own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import aiohttp

from bot.demo.bot_api import BotApi
from bot.demo.limits import Limiter, Limits
from tests.demo.conftest import ANI, Bot

NEVER = -math.inf


@dataclass
class Seconds:
    """A clock that stands until it is moved."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


def _send(limiter: Limiter, chat_id: int, *, wrote_s: float = NEVER, paid: bool = False) -> int:
    """Return how long one send is told to wait, in seconds; 0 when it is taken."""
    refusal = limiter.refusal(chat_id, wrote_s=wrote_s, paid=paid)
    if refusal is None:
        return 0
    assert refusal.code == 429
    return int((refusal.parameters or {})["retry_after"])


def test_a_chat_takes_a_burst_of_three_and_then_one_a_second() -> None:
    clock = Seconds()
    limiter = Limiter(Limits(), clock)
    assert [_send(limiter, ANI) for _ in range(4)] == [0, 0, 0, 1]
    clock.now_s += 1
    assert [_send(limiter, ANI) for _ in range(2)] == [0, 1]


def test_a_group_takes_twenty_in_any_minute() -> None:
    clock = Seconds()
    limiter = Limiter(Limits(), clock)
    for _ in range(20):
        assert _send(limiter, -5) == 0
        clock.now_s += 1
    assert _send(limiter, -5) == 40
    clock.now_s += 40
    assert _send(limiter, -5) == 0


def test_an_even_thirty_a_second_is_never_refused() -> None:
    clock = Seconds()
    limiter = Limiter(Limits(total_burst=1), clock)
    for chat_id in range(1, 3000):
        assert _send(limiter, chat_id) == 0
        clock.now_s += 1 / 30


def test_too_many_in_all_close_the_door_to_all_for_three_seconds() -> None:
    clock = Seconds()
    limiter = Limiter(Limits(), clock)
    assert [_send(limiter, chat_id) for chat_id in range(1, 32)] == [0] * 30 + [3]
    clock.now_s += 1.5
    assert _send(limiter, 99) == 2
    clock.now_s += 1.5
    assert _send(limiter, 99) == 0


def test_the_mild_reading_closes_it_for_one_second() -> None:
    limiter = Limiter(Limits().softened(), Seconds())
    assert [_send(limiter, chat_id) for chat_id in range(1, 32)][-1] == 1


def test_an_answer_to_who_just_wrote_passes_the_closed_door() -> None:
    clock = Seconds()
    limiter = Limiter(Limits(), clock)
    for chat_id in range(1, 32):
        _send(limiter, chat_id)
    assert _send(limiter, 500, wrote_s=clock.now_s - 2) == 0
    assert _send(limiter, 501, wrote_s=clock.now_s - 60) == 3


def test_an_answer_still_counts_in_its_own_chat() -> None:
    clock = Seconds()
    limiter = Limiter(Limits(), clock)
    waits = [_send(limiter, ANI, wrote_s=clock.now_s) for _ in range(4)]
    assert waits == [0, 0, 0, 1]


def test_paid_sends_have_a_thousand_a_second_of_their_own() -> None:
    limiter = Limiter(Limits(), Seconds())
    assert [_send(limiter, chat_id, paid=True) for chat_id in range(1, 1002)] == [0] * 1000 + [3]


async def test_the_server_says_how_long_to_wait_in_the_body_and_in_a_header(
    api: BotApi, http: aiohttp.ClientSession
) -> None:
    api.limits = Limits()
    url = f"{api.url}/bot1:token/sendMessage"
    for number in range(4):
        async with http.post(url, json={"chat_id": ANI, "text": str(number)}) as response:
            answer = await response.json()
    assert response.status == 429
    assert response.headers["Retry-After"] == "1"
    assert answer == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    assert len(api.messages(ANI)) == 3


async def test_what_is_no_message_is_never_limited(api: BotApi, bot: Bot) -> None:
    api.limits = Limits(total_per_s=1, total_burst=1)
    for _ in range(5):
        await bot.get("sendChatAction", chat_id=ANI, action="typing")
        await bot.get("getMe")


async def test_the_server_counts_calls_refusals_and_doubles(api: BotApi, bot: Bot) -> None:
    api.limits = Limits(private_burst=2)
    for text in ("one", "one", "three"):
        await bot.ask("sendMessage", chat_id=ANI, text=text)
    assert api.tally.wire() == {
        "calls": {"sendMessage": 3},
        "refused": {429: 1},
        "sent": 2,
        "chats": 1,
        "duplicates": 1,
    }
    await api.reset()
    assert api.tally.wire()["sent"] == 0
