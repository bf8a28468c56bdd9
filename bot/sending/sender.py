"""The sender: claims what is owed, sends each in its slot, stores what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.delivery.pace import HORIZON_MS, count_in_flight
from bot.errors import DatabaseError
from bot.sending.composer import Composer
from bot.sending.courier import Courier, boot_time
from bot.storage.deliveries import Claim, Deliveries, Outcome
from bot.telegram_api.messenger import Messenger

_log = logging.getLogger(__name__)

#: Looked for so often when nobody in this process says that something is owed.
_IDLE_S = 1.0
_IDLE_ALONE_S = 0.25
#: Half of what a claim's slots last: the next is made while there are some left.
_CLAIM_EVERY_S = HORIZON_MS / 2000
#: Outcomes are stored together, so often at the most. What Telegram took in between goes out twice
#: if the process is killed just then: two or three messages at 25 a second.
_SETTLE_EVERY_S = 0.1
_LONGEST_AWAY_S = 5.0


class Sender:
    """Sends deliveries until told to stop; of its own failures none loses a message.

    Each message is brought by a task of its own, in its slot. The loop only decides when the next
    transaction pays, which stores outcomes and claims more. Until then it rests:

    - *settling*, where there are outcomes: until others have joined them;
    - *idle*, where there is room for more: until it is time to look, or `wake` says that something
      is owed;
    - *busy*, where there is not: until something that is on its way has ended;
    - *stopping*: as busy, but nothing more is claimed; it is over once all outcomes are stored;
    - *away*, when the database cannot be used: ever longer, the outcomes kept.

    What is claimed and then lost with the process goes out again when its lease ends.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        composer: Composer,
        messenger: Messenger,
        *,
        rate: float,
        clock: Callable[[], datetime],
        alone: bool = False,
        told: Callable[[Sequence[Outcome]], None] = lambda outcomes: None,
    ) -> None:
        """*alone* says that other processes find what is owed, so that nobody calls `wake`.

        *told* is told of outcomes once they are stored.
        """
        self._deliveries = deliveries
        self._rate = rate
        self._clock = clock
        self._tell = told
        self._idle_s = _IDLE_ALONE_S if alone else _IDLE_S
        self._in_flight = count_in_flight(rate)
        # Those under way, and those whose slot comes within the horizon.
        self._claimable = self._in_flight + math.ceil(rate * HORIZON_MS / 1000)
        self._courier = Courier(composer, messenger, clock, self._in_flight)
        self._sending: set[asyncio.Task[Sequence[Outcome]]] = set()
        self._outcomes: list[Outcome] = []
        #: Something may be owed now, whatever `_look_at_s` says.
        self._owed = True
        self._look_at_s = math.inf
        #: The first outcomes need not wait for others.
        self._settle_at_s = -math.inf
        #: Set when the loop has something to think over.
        self._stirred = asyncio.Event()

    def wake(self) -> None:
        """Say that something may be owed now."""
        self._owed = True
        self._stirred.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is owed until *stop*; what is on its way then is waited for and stored.

        Raises TokenRefused when Telegram no longer knows the bot.
        """
        failures = 0
        while not stop.is_set() or self._sending or self._outcomes:
            rest_s = self._rest_s(stop)
            if rest_s > 0:
                await self._rest(rest_s)
                continue
            try:
                await self._settle_and_claim(self._room(stop) if self._looks_now() else 0)
            except DatabaseError as error:
                # What was sent is kept here and stored when the database is back.
                failures += 1
                _log.error("outbox_unavailable", extra={"reason": str(error)})
                self._owed = True
                await asyncio.sleep(min(_LONGEST_AWAY_S, 0.1 * 2**failures))
                continue
            failures = 0
            if self._courier.refused is not None:
                raise self._courier.refused

    async def abandon(self) -> None:
        """Drop what is on its way; its lease ends by itself and it is sent again."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _room(self, stop: asyncio.Event) -> int:
        """Return how many may be claimed: none when stopping, and not one by one when busy."""
        room = self._claimable - len(self._sending)
        return room if room >= self._in_flight // 4 and not stop.is_set() else 0

    def _looks_now(self) -> bool:
        return self._owed or asyncio.get_running_loop().time() >= self._look_at_s

    def _rest_s(self, stop: asyncio.Event) -> float:
        """Return how long no transaction pays; 0 or less: one does now."""
        now_s = asyncio.get_running_loop().time()
        rests_s = [self._idle_s]
        if self._outcomes:
            rests_s.append(self._settle_at_s - now_s)
        if self._room(stop):
            rests_s.append(0.0 if self._looks_now() else self._look_at_s - now_s)
        return min(rests_s)

    async def _rest(self, seconds: float) -> None:
        self._stirred.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), seconds)

    async def _settle_and_claim(self, room: int) -> None:
        """Store the outcomes at hand and claim up to *room* more, in one transaction."""
        loop = asyncio.get_running_loop()
        settling = list(self._outcomes)
        if room:
            self._owed = False  # who says so from here on may mean what this claim does not see
        began_s, claimed_s = loop.time(), boot_time()
        claim = await self._deliveries.settle_and_claim(settling, room, self._rate, self._clock())
        del self._outcomes[: len(settling)]
        self._tell(settling)
        self._settle_at_s = began_s + _SETTLE_EVERY_S
        if not room:
            return
        self._look_at_s = began_s + _CLAIM_EVERY_S
        await self._begin(claim, claimed_s)
        if claim.fanning and await self._deliveries.expand(self._rate):
            self._owed = True
        elif not claim.deliveries:
            self._look_at_s = loop.time() + min(claim.wait_ms / 1000, self._idle_s)

    async def _begin(self, claim: Claim, claimed_s: float) -> None:
        """Begin to send what was claimed, each in its slot."""
        began_s = asyncio.get_running_loop().time()
        errands, outcomes = await self._courier.load(claim.deliveries)
        self._outcomes.extend(outcomes)
        for errand in errands:
            at_s = began_s + errand[0].slot_ms / 1000
            task = asyncio.create_task(self._courier.bring(errand, at_s, claimed_s))
            self._sending.add(task)
            task.add_done_callback(self._brought)

    def _brought(self, task: asyncio.Task[Sequence[Outcome]]) -> None:
        self._sending.discard(task)
        # Not stirred by each of them: those that come until the next transaction join the first.
        if not self._outcomes:
            self._stirred.set()
        if not task.cancelled():
            self._outcomes.extend(task.result())
