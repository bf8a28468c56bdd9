"""The inbox: updates that arrived, dealt with one after another within a chat, chats side by side.

Telegram hands out a hundred updates at a time, and no further ones before those are confirmed. So
what takes long and what floods is stored: then it may be confirmed, nobody waits behind it, and it
is dealt with from the database, in order, by whichever process lives.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.chat.arrivals import Arrival
from bot.delivery.retry import next_retry_ms
from bot.errors import DatabaseError
from bot.storage.receiving import Receiving, WaitingUpdate

_log = logging.getLogger(__name__)

#: What is not dealt with by then is stored, so that those behind it need not wait.
PATIENCE_S = 0.25
#: A chat of which more than these wait floods: what it sends further is stored at once.
_MOST_WAITING = 20
_READ_AT_ONCE = 20
_LONGEST_WAIT_S = 30.0


@dataclass(slots=True, eq=False)
class _Waiting:
    arrival: Arrival
    #: True once dealt with; False when its effects could not be stored.
    done: asyncio.Future[bool]
    stored: bool = False

    @property
    def settled(self) -> bool:
        """Whether it may be confirmed."""
        return self.stored or (self.done.done() and self.done.result())


@dataclass(slots=True)
class _Lane:
    """One chat's updates: those in memory first, then those in the database, which came later."""

    chat: int
    waiting: deque[_Waiting] = field(default_factory=deque)
    #: Some are in the database, or on their way there: what comes now goes behind them.
    behind: bool = False
    storing: int = 0
    #: Nothing is on its way into the database.
    quiet: asyncio.Event = field(default_factory=asyncio.Event)

    def begin_storing(self) -> None:
        self.behind = True
        self.storing += 1
        self.quiet.clear()

    def end_storing(self) -> None:
        self.storing -= 1
        if not self.storing:
            self.quiet.set()


class Inbox:
    """Hands updates to *serve*, which raises DatabaseError when their effects were not stored.

    *owner* is the name of this process.
    """

    def __init__(
        self,
        receiving: Receiving,
        serve: Callable[[Arrival], Awaitable[None]],
        owner: str,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._receiving = receiving
        self._serve = serve
        self._patience_s = patience_s
        self._owner = owner
        self._lanes: dict[int, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work: dict[int, _Waiting] = {}

    async def take(self, arrivals: Sequence[Arrival]) -> set[int]:
        """Deal with updates, or store those that take long; then they may be confirmed.

        Return the ids of those that may not: they could be neither dealt with nor stored.
        """
        mine: list[_Waiting] = []
        flooding: list[_Waiting] = []
        for arrival in arrivals:
            waiting = self._at_work.get(arrival.update_id)
            if waiting is None:
                waiting = _Waiting(arrival, asyncio.get_running_loop().create_future())
                lane = self._open(arrival.chat)
                if lane.behind or len(lane.waiting) >= _MOST_WAITING:
                    flooding.append(waiting)
                    lane.behind = True
                else:
                    lane.waiting.append(waiting)
                    self._at_work[arrival.update_id] = waiting
            mine.append(waiting)
        await self._store(flooding)
        at_work = [each.done for each in mine if each.arrival.update_id in self._at_work]
        if at_work:
            await asyncio.wait(at_work, timeout=self._patience_s)
        await self._store([each for each in mine if not each.stored and not each.done.done()])
        return {each.arrival.update_id for each in mine if not each.settled}

    async def adopt(self) -> None:
        """Take over what lies stored of processes that live no more, and keep hold of one's own.

        Raises DatabaseError.
        """
        for chat in await self._receiving.adopt_waiting(self._owner):
            self._open(chat, behind=True)

    async def close(self) -> None:
        """End what is at work; what is stored is anybody's, the rest was never confirmed."""
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(DatabaseError):
            await self._receiving.release_waiting(self._owner)

    def _open(self, chat: int, *, behind: bool = False) -> _Lane:
        lane = self._lanes.get(chat)
        if lane is None:
            lane = self._lanes[chat] = _Lane(chat)
            lane.quiet.set()
            task = asyncio.create_task(self._work(lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        lane.behind = lane.behind or behind
        return lane

    async def _store(self, late: Sequence[_Waiting]) -> None:
        """Store updates; those that no handler has begun with are left to the database."""
        if not late:
            return
        lanes = {each.arrival.chat: self._open(each.arrival.chat) for each in late}
        for lane in lanes.values():
            lane.begin_storing()
            for each in [each for each in late if each in lane.waiting]:
                lane.waiting.remove(each)
                del self._at_work[each.arrival.update_id]
        try:
            await self._receiving.store_waiting(
                [
                    WaitingUpdate(each.arrival.update_id, each.arrival.chat, _write(each.arrival))
                    for each in late
                ],
                self._owner,
            )
            for each in late:
                each.stored = True
            # Some handler ended in the meantime: nobody else will take its row away.
            await self._forget([each.arrival.update_id for each in late if each.done.done()])
        except DatabaseError as error:
            _log.warning("updates_not_stored", extra={"count": len(late), "reason": str(error)})
        finally:
            for lane in lanes.values():
                lane.end_storing()

    async def _work(self, lane: _Lane) -> None:
        """Deal with one chat's updates until there are none."""
        try:
            while lane.waiting or lane.behind:
                if lane.waiting:
                    await self._work_in_memory(lane)
                else:
                    await self._work_through_stored(lane)
        finally:
            self._lanes.pop(lane.chat, None)

    async def _work_in_memory(self, lane: _Lane) -> None:
        first = lane.waiting.popleft()
        dealt_with = await self._try(first.arrival)
        failed = [] if dealt_with else [*lane.waiting]  # they come again, in their order
        for each in (first, *failed):
            each.done.set_result(dealt_with)
            self._at_work.pop(each.arrival.update_id, None)
        if failed:
            lane.waiting.clear()
        if first.stored and dealt_with:
            await self._forget([first.arrival.update_id])

    async def _work_through_stored(self, lane: _Lane) -> None:
        await lane.quiet.wait()
        try:
            stored = await self._receiving.load_waiting(lane.chat, self._owner, _READ_AT_ONCE)
        except DatabaseError:
            await asyncio.sleep(1)
            return
        if not stored and not lane.storing:
            lane.behind = False
        failures = 0
        for each in stored:
            while not await self._try(Arrival(each.update_id, each.chat_id, json.loads(each.wire))):
                failures += 1
                await asyncio.sleep(min(_LONGEST_WAIT_S, next_retry_ms(failures) / 1000))
        await self._forget([each.update_id for each in stored])

    async def _try(self, arrival: Arrival) -> bool:
        """Say whether the update is dealt with, well or badly: False only to try it again."""
        try:
            await self._serve(arrival)
        except DatabaseError:
            return False
        return True

    async def _forget(self, update_ids: Collection[int]) -> None:
        while update_ids:
            try:
                await self._receiving.forget_waiting(update_ids)
            except DatabaseError:
                await asyncio.sleep(1)
            else:
                return


def _write(arrival: Arrival) -> str:
    # In ASCII: what no database takes (NUL, half a surrogate) stays written as an escape.
    return json.dumps(arrival.wire)
