"""Rounds: what is due is claimed a little ahead and asked, so many feeds at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from bot.model import Feed

#: Feeds asked at the same time, at most two of one host.
CONCURRENCY = 16
_CLAIM = 64
#: Claimed and not asked yet: with so many in stock, no more are claimed.
_AHEAD = 48
#: Between two claims: one costs as much as ten polls.
_CLAIM_PAUSE_S = 0.05


class Rounds:
    """Asks the feeds that are due until none is, and claims them meanwhile.

    Asking needs no loop: a poll that ends makes way for the next feed in stock. The loop of a round
    only decides when to claim. It is in one of these states:

    - *claiming*: storage is asked for more;
    - *waiting*, as nothing was due: until a poll has ended, for then its host is free for another,
      or, where patience was asked for, until more may have come due;
    - *resting*: until a claim pays again, at once when nobody is asked meanwhile;
    - *stocked*: until enough of what was claimed has been asked;
    - *over*: a claim has found nothing, nothing is under way, and nothing was when it began.
    """

    def __init__(
        self,
        claim: Callable[[int], Awaitable[list[Feed]]],
        poll: Callable[[Feed], Coroutine[Any, Any, object]],
    ) -> None:
        """*claim* returns at most so many feeds that are ours to ask; *poll* asks one of them."""
        self._claim = claim
        self._poll = poll
        self._stock: deque[Feed] = deque()
        self._asked: dict[asyncio.Task[object], Feed] = {}
        self._claiming: asyncio.Task[int] | None = None
        #: Set when a poll ends.
        self._ended = asyncio.Event()
        #: Set while no poll is under way.
        self._idle = asyncio.Event()
        #: Set while there is room for more in stock.
        self._roomy = asyncio.Event()

    @property
    def under_way(self) -> int:
        """How many feeds are asked just now."""
        return len(self._asked)

    async def run(self, patience_s: float | None = None) -> None:
        """Ask until nothing is due any more and nothing is under way.

        With a *patience_s*, what comes due meanwhile is begun without waiting for a slow feed.
        Raises what *claim* raises; what is under way goes on all the same.
        """
        loop = asyncio.get_running_loop()
        while True:
            self._ended.clear()
            # Shielded: what it claims would be nobody's if the round were ended just then.
            self._claiming = asyncio.create_task(self._fill_stock())
            found = await asyncio.shield(self._claiming)
            rest_until_s = loop.time() + (_CLAIM_PAUSE_S if found < _CLAIM else 0.0)
            if not found:
                if not self._asked and not self._ended.is_set():
                    return
                await _within(self._ended, patience_s)
            await _within(self._idle, rest_until_s - loop.time())
            await self._roomy.wait()

    async def finish(self, within_s: float) -> list[Feed]:
        """Let polls that are under way end; drop what takes longer.

        Returns the feeds that were claimed and not asked, or not to the end.
        """
        if self._claiming is not None:
            await asyncio.gather(self._claiming, return_exceptions=True)
        left = [*self._stock]
        self._stock.clear()
        if self._asked:
            _, late = await asyncio.wait(self._asked, timeout=within_s)
            left += [self._asked[task] for task in late]
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        return left

    async def _fill_stock(self) -> int:
        found = await self._claim(_CLAIM)
        self._stock.extend(found)
        self._ask()
        return len(found)

    def _ask(self) -> None:
        """Ask as many of what is in stock as there is room for."""
        while self._stock and len(self._asked) < CONCURRENCY:
            feed = self._stock.popleft()
            task = asyncio.create_task(self._poll(feed))
            self._asked[task] = feed
            task.add_done_callback(self._make_way)
        _show(self._idle, not self._asked)
        _show(self._roomy, len(self._stock) < _AHEAD)

    def _make_way(self, task: asyncio.Task[object]) -> None:
        del self._asked[task]
        self._ended.set()
        self._ask()


def _show(state: asyncio.Event, holds: bool) -> None:
    if holds:
        state.set()
    else:
        state.clear()


async def _within(event: asyncio.Event, seconds: float | None) -> None:
    """Wait for *event*, so long at the most; None: as long as it takes."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
