"""When the sender looks for more and stores what became of it, without a database or Telegram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest

from bot.errors import DatabaseError
from bot.model import ChatKind, Delivery, DeliveryKind
from bot.sending.composer import Composed
from bot.sending.sender import Sender
from bot.storage.deliveries import Claim, Outcome
from tests.samples import NOW, subscriber


def delivery(number: int) -> Delivery:
    return Delivery(
        id=number, kind=DeliveryKind.ALERT, ref=f"story:{number}",
        subscriber=subscriber(id=number, chat_id=number), chat_kind=ChatKind.PRIVATE, lease=1,
        part=0, doubtful=False, retries=0, story_id=number, after_item=0, upto_item=0,
        created_at=NOW,
    )  # fmt: skip


class Office:
    """The outbox, who composes and who sends, all in memory."""

    def __init__(self) -> None:
        self.owed: list[int] = []
        #: Each transaction: how many outcomes it stored, and for how many it had room.
        self.transactions: list[tuple[int, int]] = []
        self.settled: list[int] = []
        self.sending_takes_s = 0.0
        self.away = 0
        self.sent: list[int] = []
        self.sender = Sender(self, self, self, rate=1000, clock=lambda: NOW)  # type: ignore[arg-type]

    async def settle_and_claim(
        self, outcomes: Sequence[Outcome], room: int, rate: float, now: datetime
    ) -> Claim:
        await asyncio.sleep(0.002)
        if self.away:
            self.away -= 1
            raise DatabaseError("away")
        self.transactions.append((len(outcomes), room))
        self.settled += [each.delivery.id for each in outcomes]
        claimed, self.owed = self.owed[:room], self.owed[room:]
        return Claim(tuple(map(delivery, claimed)), 1000)

    async def load(self, deliveries: Sequence[Delivery]) -> Mapping[int, Any]:
        return {}

    async def compose(self, owed: Delivery, alerted: Any, now: datetime) -> Composed:
        return Composed((str(owed.id),))

    async def send(self, chat_id: int, *given: Any, **named: Any) -> int:
        await asyncio.sleep(self.sending_takes_s)
        self.sent.append(chat_id)
        return chat_id

    async def until_settled(self, count: int) -> None:
        await until(lambda: len(self.settled) >= count)


async def until(true: Callable[[], object]) -> None:
    """Wait for what happens beside the test."""
    for _ in range(2_000):
        if true():
            return
        await asyncio.sleep(0.002)
    assert true()


@asynccontextmanager
async def running(office: Office) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(office.sender.run(stop))
    yield stop
    stop.set()
    office.sender.wake()
    await asyncio.wait_for(task, 10)


async def test_what_is_owed_at_the_start_is_sent_and_each_outcome_stored_once() -> None:
    office = Office()
    office.owed = list(range(1, 301))
    async with running(office):
        await office.until_settled(300)
    assert sorted(office.sent) == sorted(office.settled) == list(range(1, 301))


async def test_outcomes_wait_for_others_and_are_stored_together() -> None:
    office = Office()
    office.owed = list(range(1, 301))
    office.sending_takes_s = 0.03
    async with running(office):
        await office.until_settled(300)
    assert len([stored for stored, _ in office.transactions if stored]) < 10


async def test_what_is_owed_while_nothing_else_is_done_is_looked_for_when_told() -> None:
    office = Office()
    async with running(office):
        await until(lambda: office.transactions)
        office.owed = [7]
        office.sender.wake()
        before = asyncio.get_running_loop().time()
        await office.until_settled(1)
        assert asyncio.get_running_loop().time() - before < 0.9, "not only at the next look"


async def test_who_is_told_while_a_claim_is_made_looks_again() -> None:
    office = Office()
    look = office.settle_and_claim

    async def telling(*given: Any) -> Claim:
        claim = await look(*given)
        if len(office.transactions) == 1:
            office.owed = [7]  # what this claim did not see
            office.sender.wake()
        return claim

    office.settle_and_claim = telling  # type: ignore[method-assign]
    async with running(office):
        before = asyncio.get_running_loop().time()
        await office.until_settled(1)
        assert asyncio.get_running_loop().time() - before < 0.9


@pytest.mark.slow
async def test_one_that_stops_claims_nothing_more_and_stores_what_is_on_its_way() -> None:
    office = Office()
    office.owed = list(range(1, 1_001))
    office.sending_takes_s = 0.2
    async with running(office) as stop:
        await until(lambda: office.transactions)
        stop.set()
        begun = len(office.transactions)
    assert sorted(office.settled) == sorted(office.sent)
    assert [room for _, room in office.transactions[begun:]] == [0] * (
        len(office.transactions) - begun
    )
    assert office.owed


async def test_a_database_that_was_away_costs_no_outcome() -> None:
    office = Office()
    office.owed = [1, 2, 3]
    async with running(office):
        await until(lambda: office.sent)
        office.away = 2
        await office.until_settled(3)
    assert sorted(office.settled) == [1, 2, 3]


async def test_nothing_is_claimed_one_by_one_while_much_is_on_its_way() -> None:
    office = Office()
    office.owed = list(range(1, 2_001))
    office.sending_takes_s = 0.02
    async with running(office):
        await office.until_settled(1_200)
    assert min(room for _, room in office.transactions if room) >= 32
