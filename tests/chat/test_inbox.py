"""The inbox: order within a chat, nobody behind another, nothing lost when it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat.inbox import Arrival, Inbox
from bot.errors import DatabaseError
from bot.storage import Storage
from bot.storage.tables import waiting_update
from tests.loopback import until
from tests.samples import change_rows, count_rows

ANI, OLEG = 101, 202


def arrivals(chat: int, ids: range) -> list[Arrival]:
    """Return updates of one chat."""
    return [Arrival(each, chat, {"update_id": each, "chat": chat}) for each in ids]


class Desk:
    """Deals with updates: those of held chats only when they are let go."""

    def __init__(self) -> None:
        self.dealt_with: list[int] = []
        self.held: dict[int, asyncio.Event] = {}
        self.broken: set[int] = set()

    async def serve(self, arrival: Arrival) -> None:
        if arrival.chat in self.held:
            await self.held[arrival.chat].wait()
        if arrival.update_id in self.broken:
            raise DatabaseError("away")
        self.dealt_with.append(arrival.update_id)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Storage over each of the two engines; PostgreSQL's in `make check`."""
    found: Storage = request.getfixturevalue(f"{request.param}_storage")
    return found


@pytest.fixture
def desk() -> Desk:
    """Who deals with them."""
    return Desk()


@pytest.fixture
async def inbox(storage: Storage, desk: Desk) -> AsyncIterator[Inbox]:
    """An inbox of little patience."""
    inbox = Inbox(storage.receiving, desk.serve, "first", patience_s=0.05)
    yield inbox
    for event in desk.held.values():
        event.set()
    await inbox.close()


async def test_what_is_dealt_with_in_time_is_never_stored(
    inbox: Inbox, desk: Desk, storage: Storage
) -> None:
    assert await inbox.take([*arrivals(ANI, range(1, 4)), *arrivals(OLEG, range(4, 6))]) == set()
    assert sorted(desk.dealt_with) == [1, 2, 3, 4, 5]
    assert count_rows(storage, waiting_update) == 0


async def test_a_chat_that_hangs_holds_up_no_other_and_keeps_its_order(
    inbox: Inbox, desk: Desk, storage: Storage
) -> None:
    desk.held[OLEG] = asyncio.Event()
    assert await inbox.take([*arrivals(OLEG, range(1, 4)), *arrivals(ANI, range(4, 6))]) == set()
    assert desk.dealt_with == [4, 5]
    assert count_rows(storage, waiting_update) == 3, "the one at work is kept as well"
    assert await inbox.take([*arrivals(OLEG, range(6, 8)), *arrivals(ANI, range(8, 9))]) == set()
    desk.held[OLEG].set()
    await until(lambda: len(desk.dealt_with) == 8)
    assert [each for each in desk.dealt_with if each in (1, 2, 3, 6, 7)] == [1, 2, 3, 6, 7]
    await until(lambda: count_rows(storage, waiting_update) == 0)


async def test_a_flood_is_stored_at_once_and_dealt_with_in_order(
    inbox: Inbox, desk: Desk, storage: Storage
) -> None:
    desk.held[OLEG] = asyncio.Event()
    for first in range(1, 301, 100):
        assert await inbox.take(arrivals(OLEG, range(first, first + 100))) == set()
    assert await inbox.take(arrivals(ANI, range(301, 302))) == set()
    assert desk.dealt_with == [301]
    desk.held[OLEG].set()
    await until(lambda: len(desk.dealt_with) == 301)
    assert desk.dealt_with[1:] == list(range(1, 301))


async def test_what_a_dead_process_stored_is_gone_on_with_by_another(
    inbox: Inbox, desk: Desk, storage: Storage
) -> None:
    desk.held[OLEG] = asyncio.Event()
    assert await inbox.take(arrivals(OLEG, range(1, 4))) == set()
    another = Desk()
    successor = Inbox(storage.receiving, another.serve, "second")
    await successor.adopt()
    assert another.dealt_with == [], "the first one lives"
    change_rows(storage, waiting_update, held_until=1)
    await successor.adopt()
    await until(lambda: len(another.dealt_with) == 3)
    assert another.dealt_with == [1, 2, 3]
    await successor.close()


async def test_one_that_ends_leaves_its_own_to_others_at_once(storage: Storage, desk: Desk) -> None:
    desk.held[OLEG] = asyncio.Event()
    leaving = Inbox(storage.receiving, desk.serve, "first", patience_s=0.05)
    assert await leaving.take(arrivals(OLEG, range(1, 4))) == set()
    await leaving.close()
    another = Desk()
    successor = Inbox(storage.receiving, another.serve, "second")
    await successor.adopt()
    await until(lambda: len(another.dealt_with) == 3)
    await successor.close()


async def test_what_cannot_be_stored_is_not_confirmed_nor_what_follows_it_in_its_chat(
    inbox: Inbox, desk: Desk
) -> None:
    desk.broken = {2}
    took = await inbox.take([*arrivals(ANI, range(1, 4)), *arrivals(OLEG, range(4, 6))])
    assert took == {2, 3}
    desk.broken = set()
    assert await inbox.take(arrivals(ANI, range(2, 4))) == set()
    assert sorted(desk.dealt_with) == [1, 2, 3, 4, 5]


async def test_what_takes_long_while_the_database_is_away_is_not_confirmed(
    inbox: Inbox, desk: Desk, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*given: Any) -> None:
        raise DatabaseError("away")

    desk.held[OLEG] = asyncio.Event()
    monkeypatch.setattr(storage.receiving, "store_waiting", away)
    assert await inbox.take(arrivals(OLEG, range(1, 3))) == {1, 2}
    monkeypatch.undo()
    taking = asyncio.create_task(inbox.take(arrivals(OLEG, range(1, 3))))
    desk.held[OLEG].set()
    assert await taking == set()
    await until(lambda: len(desk.dealt_with) == 2)
    assert desk.dealt_with == [1, 2], "the one at work was not begun a second time"


@pytest.mark.slow
async def test_a_stored_one_is_tried_until_its_effects_are_stored(
    inbox: Inbox, desk: Desk, storage: Storage
) -> None:
    desk.held[OLEG] = asyncio.Event()
    desk.broken = {2}
    await inbox.take(arrivals(OLEG, range(1, 4)))
    desk.held[OLEG].set()
    await until(lambda: desk.dealt_with == [1])
    desk.broken = set()
    await until(lambda: desk.dealt_with == [1, 2, 3])
