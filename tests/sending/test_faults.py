"""Trouble on the way to Telegram: nothing is lost, what was taken once is sent at most twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bot.demo import faults
from bot.demo.faults import Fault
from bot.errors import TokenRefused
from bot.model import DeliveryState
from bot.sending import verdicts
from bot.storage.tables import delivery
from bot.telegram_api import transport
from tests.loopback import ANI, Sahman
from tests.samples import follow, open_chat, rows_of

# Most of it is waiting for what never comes.
pytestmark = pytest.mark.slow

READERS = range(1001, 1013)
STORIES = ("Border one", "Border two")
_PATIENCE_S = 30.0


@pytest.fixture
async def village(idle: Sahman, monkeypatch: pytest.MonkeyPatch) -> Sahman:
    """Twelve people follow "border"; Sahman has not been started; retries come soon."""
    monkeypatch.setattr(verdicts, "next_retry_ms", lambda retries: 20)
    for reader in READERS:
        idle.api.add_user(reader, f"Reader {reader}", started=True)
        await follow(idle.storage, await open_chat(idle.storage, reader), "border")
    idle.api.add_user(ANI, "Ani", language_code="en", started=True)
    return idle


def _everyone_once(fault: Fault) -> Callable[[Sahman], None]:
    def plan(village: Sahman) -> None:
        for reader in READERS:
            village.api.faults.plan(fault, "sendMessage", chats=[reader])

    return plan


async def _all_sent(village: Sahman) -> None:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while True:
        states = Counter(row["state"] for row in rows_of(village.storage, delivery))
        if states == {DeliveryState.SENT: len(READERS) * len(STORIES)}:
            return
        assert asyncio.get_running_loop().time() < deadline, states
        await asyncio.sleep(0.02)


def _copies(village: Sahman) -> list[int]:
    """Return how often each reader was told each story."""
    return [
        sum(story in message.text for message in village.api.messages(reader))
        for reader in READERS
        for story in STORIES
    ]


@pytest.mark.parametrize(
    "fault",
    [
        faults.broken(500),
        faults.broken(503),
        faults.error_page(502),
        faults.flooded(1),
        faults.cut(accepted=False),
    ],
    ids=["500", "503", "page of HTML", "429", "cut before"],
)
async def test_what_was_not_taken_is_sent_once(village: Sahman, fault: Fault) -> None:
    _everyone_once(fault)(village)
    village.start()
    await village.news(*STORIES)
    await _all_sent(village)
    assert set(_copies(village)) == {1}


@pytest.mark.parametrize(
    "fault",
    [faults.silent(accepted=True), faults.silent(accepted=False), faults.late(2.0)],
    ids=["taken, never answered", "neither taken nor answered", "answered too late"],
)
async def test_what_was_not_answered_in_time_is_sent_again_once(
    village: Sahman, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_READ_S", 0.6)
    _everyone_once(fault)(village)
    village.start()
    await village.news(*STORIES)
    await _all_sent(village)
    copies = _copies(village)
    assert set(copies) <= {1, 2}
    if fault.accepted:
        assert copies.count(2) >= len(READERS)


async def test_a_connection_cut_after_the_message_was_taken_doubles_it_at_most(
    village: Sahman,
) -> None:
    _everyone_once(faults.cut(accepted=True))(village)
    village.start()
    await village.news(*STORIES)
    await _all_sent(village)
    assert Counter(_copies(village)) == {1: len(READERS), 2: len(READERS)}


async def test_connections_cut_for_a_while_lose_nothing(village: Sahman) -> None:
    for reader in READERS:
        village.api.faults.plan(faults.cut(accepted=False), "sendMessage", chats=[reader], times=4)
    village.start()
    await village.news(*STORIES)
    await _all_sent(village)
    assert set(_copies(village)) == {1}


async def test_a_message_whose_every_connection_is_cut_is_not_repeated_for_ever(
    village: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "_MOST_CUTS", 3)
    for reader in READERS:
        village.api.faults.plan(faults.cut(accepted=True), "sendMessage", chats=[reader], times=99)
    village.start()
    await village.news(STORIES[0])
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while any(row["state"] == DeliveryState.PENDING for row in rows_of(village.storage, delivery)):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    assert all(row["doubtful"] for row in rows_of(village.storage, delivery))
    assert max(_copies(village)) == 4


async def test_what_may_have_been_taken_is_repeated_over_a_connection_of_its_own(
    village: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead connection in the pool would swallow the second copy too."""
    fresh = []
    send_once = village.sender._messenger._send_once

    async def watching(*given: Any) -> int:
        fresh.append(transport.over_fresh_connection.get())
        return await send_once(*given)

    monkeypatch.setattr(village.sender._messenger, "_send_once", watching)
    village.api.faults.plan(faults.cut(accepted=True), "sendMessage", chats=[READERS[0]])
    village.start()
    await village.news(STORIES[0])
    for reader in READERS:
        await village.api.wait_messages(reader, count=2 if reader == READERS[0] else 1)
    assert Counter(fresh) == {False: len(READERS), True: 1}


async def test_while_telegram_is_gone_everything_waits_and_then_goes_out_once(
    village: Sahman,
) -> None:
    port = int(village.api.url.rpartition(":")[2])
    await village.api.stop()
    village.start()
    await village.news(*STORIES)
    await asyncio.sleep(0.3)
    assert {row["state"] for row in rows_of(village.storage, delivery)} == {DeliveryState.PENDING}
    await village.api.start(port=port)
    await _all_sent(village)
    assert set(_copies(village)) == {1}
    await village.say("/help")


async def test_trouble_by_chance_in_every_kind_loses_nothing(village: Sahman) -> None:
    for seed, fault in enumerate(
        (faults.broken(500), faults.error_page(502), faults.cut(accepted=False), faults.flooded(1))
    ):
        village.api.faults.plan(fault, times=6, probability=0.2, seed=seed)
    village.start()
    await village.news(*STORIES)
    await _all_sent(village)
    assert set(_copies(village)) == {1}
    await village.say("/help")


async def test_a_token_that_telegram_forgot_stops_both_and_marks_nothing_sent(
    village: Sahman,
) -> None:
    village.api.faults.plan(faults.unauthorized(), times=None)
    village.start()
    await village.news(*STORIES)
    ended = await asyncio.wait_for(asyncio.gather(*village.tasks, return_exceptions=True), 20)
    assert [type(each) for each in ended] == [TokenRefused, TokenRefused]
    states = {row["state"] for row in rows_of(village.storage, delivery)}
    assert states == {DeliveryState.PENDING}


async def test_a_rival_that_receives_stops_receiving_alone_and_not_for_ever(
    village: Sahman,
) -> None:
    village.api.faults.plan(faults.conflict(), "getUpdates", times=5)
    village.start()
    await village.news(*STORIES)
    await _all_sent(village)
    assert set(_copies(village)) == {1}
    await village.say("/help")


async def test_an_update_whose_answer_was_lost_is_answered_again_without_a_second_effect(
    village: Sahman,
) -> None:
    village.api.faults.plan(faults.cut(accepted=True), "getUpdates", times=2)
    village.start()
    await village.say("/add border")
    await village.silence()
    assert await village.keywords() == ["border"]
