"""The sender: claims what is owed, sends each in its slot, stores what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.delivery.pace import HORIZON_MS, count_in_flight
from bot.errors import DatabaseError, SahmanError, TokenRefused
from bot.model import Delivery
from bot.sending.composer import Composed, Composer
from bot.sending.verdicts import Verdicts
from bot.storage.deliveries import LEASE_MS, Claim, Deliveries, Outcome
from bot.storage.matches import Alerted
from bot.telegram_api.messenger import Messenger

_log = logging.getLogger(__name__)

#: A send that could outlive its lease is not begun: another sender may hold the chat by then.
_LATEST_START_S = LEASE_MS / 1000 - 22
#: Looked for so often when nobody in this process says that something is owed.
_IDLE_S = 1.0
_IDLE_ALONE_S = 0.25
#: Outcomes are stored together, so often at the most. What Telegram took in between goes out twice
#: if the process is killed just then: two or three messages at 25 a second.
_SETTLE_EVERY_S = 0.1


class Sender:
    """Sends deliveries until told to stop; of its own failures none loses a message.

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
    ) -> None:
        """*alone* says that other processes find what is owed, so that nobody calls `wake`."""
        self._deliveries = deliveries
        self._composer = composer
        self._messenger = messenger
        self._rate = rate
        self._clock = clock
        self._idle_s = _IDLE_ALONE_S if alone else _IDLE_S
        self._in_flight = count_in_flight(rate)
        self._requests = asyncio.Semaphore(self._in_flight)
        # Those under way, and those whose slot comes within the horizon.
        self._claimable = self._in_flight + math.ceil(rate * HORIZON_MS / 1000)
        self._verdicts = Verdicts(clock)
        self._stirred = asyncio.Event()
        self._claim_at_s = 0.0
        self._settle_at_s = 0.0
        self._sending: set[asyncio.Task[None]] = set()
        self._outcomes: list[Outcome] = []
        self._refused: TokenRefused | None = None

    def wake(self) -> None:
        """Say that something may be owed now."""
        self._claim_at_s = 0.0
        self._stirred.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is owed until *stop*; what is on its way then is waited for and stored.

        Raises TokenRefused when Telegram no longer knows the bot.
        """
        failures = 0
        while not stop.is_set() or self._sending or self._outcomes:
            self._stirred.clear()
            room = self._room(stop)
            try:
                await self._settle_and_claim(room)
            except DatabaseError as error:
                # What was sent is kept here and stored when the database is back.
                failures += 1
                _log.error("outbox_unavailable", extra={"reason": str(error)})
                await asyncio.sleep(min(5.0, 0.1 * 2**failures))
                continue
            failures = 0
            if self._refused is not None:
                raise self._refused
            await self._sleep(stop)

    async def abandon(self) -> None:
        """Drop what is on its way; its lease ends by itself and it is sent again."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _room(self, stop: asyncio.Event) -> int:
        """Return how many to claim now: none before it is time, and not one by one when busy."""
        if stop.is_set() or asyncio.get_running_loop().time() < self._claim_at_s:
            return 0
        room = self._claimable - len(self._sending)
        return room if room >= self._in_flight // 4 else 0

    async def _settle_and_claim(self, room: int) -> None:
        now_s = asyncio.get_running_loop().time()
        settling = list(self._outcomes) if room or now_s >= self._settle_at_s else []
        if not settling and not room:
            return
        self._settle_at_s = now_s + _SETTLE_EVERY_S
        claimed_s = _boot_time()
        if room:
            self._claim_at_s = asyncio.get_running_loop().time() + HORIZON_MS / 2000
        claim = await self._deliveries.settle_and_claim(settling, room, self._rate, self._clock())
        del self._outcomes[: len(settling)]
        if not room:
            return
        await self._begin(claim, claimed_s)
        if claim.fanning and await self._deliveries.expand(self._rate):
            self._claim_at_s = 0.0
        elif not claim.deliveries and self._claim_at_s:
            wait_s = min(claim.wait_ms / 1000, self._idle_s)
            self._claim_at_s = asyncio.get_running_loop().time() + wait_s

    async def _begin(self, claim: Claim, claimed_s: float) -> None:
        """Begin to send what was claimed, each in its slot."""
        began_s = asyncio.get_running_loop().time()
        for owed, alerted in await self._load(claim.deliveries):
            at_s = began_s + owed.slot_ms / 1000
            task = asyncio.create_task(self._send(owed, alerted, at_s, claimed_s))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _load(
        self, deliveries: Sequence[Delivery]
    ) -> Sequence[tuple[Delivery, Mapping[int, Alerted]]]:
        try:
            alerted = await self._composer.load(deliveries)
        except Exception as error:
            # One that cannot be read, by a bug of ours, must not hold up those claimed with it.
            if len(deliveries) <= 1 or isinstance(error, DatabaseError):
                _log.exception("deliveries_not_read")
                for owed in deliveries:
                    self._settle(self._verdicts.broken(owed, error))
                return ()
            return [pair for owed in deliveries for pair in await self._load([owed])]
        return [(owed, alerted) for owed in deliveries]

    async def _sleep(self, stop: asyncio.Event) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._outcomes:
            # Not woken by each of them.
            at_s = self._settle_at_s
            if not stop.is_set() and self._claim_at_s > now_s:
                at_s = min(at_s, self._claim_at_s)
            await asyncio.sleep(0.0 if self._room(stop) else max(0.0, at_s - now_s))
            return
        if stop.is_set() and not self._sending:
            return
        seconds = self._claim_at_s - now_s
        if stop.is_set() or self._claimable - len(self._sending) < self._in_flight // 4:
            seconds = self._idle_s  # only what is on its way is waited for
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), max(0.0, min(seconds, self._idle_s)))

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        self._outcomes.extend(outcomes)
        self._stirred.set()

    async def _send(
        self, owed: Delivery, alerted: Mapping[int, Alerted], at_s: float, claimed_s: float
    ) -> None:
        try:
            composed = await self._composer.compose(owed, alerted, self._clock())
            wait_s = at_s - asyncio.get_running_loop().time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            async with self._requests:
                outcomes = await self._attempt(owed, composed, claimed_s)
        except Exception as error:
            # A bug in composing one message must not stop all others; it is tried again later.
            _log.exception("delivery_broke", extra={"delivery": owed.id})
            outcomes = self._verdicts.broken(owed, error)
        self._settle(outcomes)

    async def _attempt(
        self, owed: Delivery, composed: Composed, claimed_s: float
    ) -> Sequence[Outcome]:
        if not composed.messages[owed.part :]:
            return self._verdicts.nothing_to_say(owed)
        if _boot_time() - claimed_s > _LATEST_START_S:
            return ()  # the lease may end before the answer comes: let it, another will send
        try:
            message_id = await self._deliver(owed, composed)
        except TokenRefused as error:
            self._refused = error
            return self._verdicts.failed(owed, composed, error)
        except SahmanError as error:
            return self._verdicts.failed(owed, composed, error)
        return self._verdicts.sent(owed, composed, message_id)

    async def _deliver(self, owed: Delivery, composed: Composed) -> int:
        chat_id, message = owed.subscriber.chat_id, composed.messages[owed.part]
        last = owed.part == len(composed.messages) - 1
        keyboard = composed.keyboard if last else None
        if composed.message_id is not None:
            await self._messenger.edit(chat_id, composed.message_id, message, keyboard)
            return composed.message_id
        again = any(each.doubtful for each in (owed, *composed.told))
        return await self._messenger.send(
            chat_id, owed.subscriber.topic, message, keyboard, unasked=True, again=again
        )


def _boot_time() -> float:
    """Return a clock that no one sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
