"""Rounds: when feeds are claimed and asked, without feeds or storage."""

from __future__ import annotations

import asyncio
import contextlib

from bot.jobs.rounds import CONCURRENCY, Rounds
from bot.model import Feed
from tests.samples import feed


class Due:
    """What is due, and how it is claimed and asked."""

    def __init__(self, count: int = 0) -> None:
        self.due = [feed(id=number + 1) for number in range(count)]
        self.claims: list[int] = []
        self.asked: list[int] = []
        self.most = 0
        self.claim_takes_s = 0.0
        self.slow: dict[int, float] = {}
        self.rounds = Rounds(self.claim, self.poll)

    async def claim(self, room: int) -> list[Feed]:
        claimed, self.due = self.due[:room], self.due[room:]
        self.claims.append(len(claimed))
        await asyncio.sleep(self.claim_takes_s)
        return claimed

    async def poll(self, each: Feed) -> None:
        self.most = max(self.most, self.rounds.under_way)
        self.asked.append(each.id)
        await asyncio.sleep(self.slow.get(each.id, 0.001))


async def asked(due: Due, numbers: list[int]) -> None:
    """Wait until these feeds have been asked."""
    for _ in range(500):
        if due.asked == numbers:
            return
        await asyncio.sleep(0.01)
    assert due.asked == numbers


async def test_all_that_is_due_is_asked_once_and_no_more_at_a_time_than_agreed() -> None:
    due = Due(200)
    await due.rounds.run()
    assert sorted(due.asked) == list(range(1, 201))
    assert due.most == CONCURRENCY
    assert due.rounds.under_way == 0
    assert due.claims[-1] == 0
    assert len(due.claims) < 10, "claimed in lots, not one by one"


async def test_a_round_in_which_nothing_is_due_is_one_claim() -> None:
    due = Due()
    await asyncio.wait_for(due.rounds.run(patience_s=60), 5)
    assert due.claims == [0]


async def test_a_host_that_a_poll_frees_is_claimed_for_in_the_same_round() -> None:
    due = Due(1)
    later = feed(id=2)

    async def poll(each: Feed) -> None:
        await asyncio.sleep(0.02)  # the claim behind this one finds nothing meanwhile
        if each.id == 1:
            due.due.append(later)
        due.asked.append(each.id)

    await Rounds(due.claim, poll).run()
    assert due.asked == [1, 2]


async def test_what_comes_due_is_begun_beside_a_slow_feed() -> None:
    due = Due(1)
    due.slow[1] = 30.0
    going_on = asyncio.create_task(due.rounds.run(patience_s=0.02))
    await asked(due, [1])
    due.due.append(feed(id=2))
    await asked(due, [1, 2])
    going_on.cancel()
    assert [each.id for each in await due.rounds.finish(0.01)] == [1]


async def test_a_claim_costs_too_much_to_be_made_at_every_end_of_a_poll() -> None:
    due = Due(10)
    due.slow = {number: 0.01 * number for number in range(1, 11)}
    await due.rounds.run()
    assert len(due.claims) < 8


async def test_what_was_claimed_when_a_round_was_ended_is_given_back() -> None:
    due = Due(CONCURRENCY + 3)
    due.claim_takes_s = 0.05
    due.slow = dict.fromkeys(range(1, CONCURRENCY + 1), 0.02)
    going_on = asyncio.create_task(due.rounds.run())
    await asyncio.sleep(0.01)
    going_on.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await going_on
    left = await due.rounds.finish(5)
    assert [each.id for each in left] == [CONCURRENCY + 1, CONCURRENCY + 2, CONCURRENCY + 3]
    assert sorted(due.asked) == list(range(1, CONCURRENCY + 1)), "begun, and let end"
