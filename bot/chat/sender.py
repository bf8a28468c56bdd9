"""The sender: claims what is owed, sends it evenly paced, stores what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime

from bot.chat.compose import Composer
from bot.chat.messenger import Messenger
from bot.delivery.retry import is_given_up, next_retry_ms
from bot.errors import (
    ChatMoved,
    DatabaseError,
    RecipientGone,
    SahmanError,
    TokenRefused,
    TryLater,
)
from bot.model import Delivery
from bot.storage.deliveries import LEASE_MS, Deliveries, Fate, Outcome

_log = logging.getLogger(__name__)

#: Rate times latency: 25 a second at half a second each are 13 on their way.
IN_FLIGHT = 16
#: A send that could outlive its lease is not begun: another sender may hold the chat by then.
_LATEST_START_S = LEASE_MS / 1000 - 18
_IDLE_S = 1.0


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
    ) -> None:
        self._deliveries = deliveries
        self._composer = composer
        self._messenger = messenger
        self._rate = rate
        self._clock = clock
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._outcomes: list[Outcome] = []
        self._refused: TokenRefused | None = None

    def wake(self) -> None:
        """Say that something may be owed now."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is owed until *stop*; what is on its way then is waited for and stored.

        Raises TokenRefused when Telegram no longer knows the bot.
        """
        failures = 0
        while not stop.is_set() or self._sending or self._outcomes:
            self._wake.clear()
            settling = list(self._outcomes)
            room = 0 if stop.is_set() else IN_FLIGHT - len(self._sending)
            began = _boot_time()
            try:
                claim = await self._deliveries.turn(settling, room, self._rate)
                more = room > 0 and await self._deliveries.expand()
            except DatabaseError as error:
                # What was sent is kept here and stored when the database is back.
                failures += 1
                _log.error("outbox_unavailable", extra={"reason": str(error)})
                await asyncio.sleep(min(5.0, 0.1 * 2**failures))
                continue
            failures = 0
            del self._outcomes[: len(settling)]
            for owed in claim.deliveries:
                task = asyncio.create_task(self._send(owed, began))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            if self._refused is not None:
                raise self._refused
            if more or self._outcomes:
                continue
            pause_s = 1 / self._rate if claim.deliveries else claim.wait_ms / 1000
            await self._sleep(min(pause_s, _IDLE_S), stop)

    async def abandon(self) -> None:
        """Drop what is on its way; its lease ends by itself and it is sent again."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _sleep(self, seconds: float, stop: asyncio.Event) -> None:
        if stop.is_set():
            seconds = 0.05  # only what is on its way is waited for
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _send(self, owed: Delivery, claimed_s: float) -> None:
        try:
            outcome = await self._attempt(owed, claimed_s)
        except Exception as error:
            # A bug in composing one message must not stop all others; it is tried again later.
            _log.exception("delivery_broke", extra={"delivery": owed.id})
            outcome = self._later(owed, repr(error), None)
        if outcome is not None:
            self._outcomes.append(outcome)
            self._wake.set()

    async def _attempt(self, owed: Delivery, claimed_s: float) -> Outcome | None:
        composed = await self._composer.compose(owed, self._clock())
        if not composed.messages[owed.part :]:
            fate = Fate.SENT if owed.part else Fate.EMPTY
            return Outcome(delivery=owed, fate=fate)
        if _boot_time() - claimed_s > _LATEST_START_S:
            return None  # the lease may end before the answer comes: let it, another will send
        chat = owed.subscriber.chat_id
        last = owed.part == len(composed.messages) - 1
        done = Fate.SENT if last else Fate.PART_SENT
        try:
            message_id = await self._messenger.send(
                chat,
                owed.subscriber.topic,
                composed.messages[owed.part],
                composed.keyboard if last else None,
                unasked=True,
            )
        except TryLater as error:
            if error.ambiguous and owed.doubtful:
                _log.warning("delivery_doubtful", extra={"delivery": owed.id})
                return Outcome(delivery=owed, fate=done, doubtful=True, error=error.reason)
            return self._later(owed, error.reason, error.wait_s, ambiguous=error.ambiguous)
        except RecipientGone as error:
            _log.info("chat_gone", extra={"chat": chat, "reason": error.reason})
            return Outcome(delivery=owed, fate=Fate.GONE, error=error.reason)
        except ChatMoved as error:
            _log.info("chat_moved", extra={"chat": chat, "to": error.new_chat_id})
            return Outcome(delivery=owed, fate=Fate.MOVED, new_chat_id=error.new_chat_id)
        except TokenRefused as error:
            self._refused = error
            return self._later(owed, str(error), None)
        except SahmanError as error:
            _log.error("delivery_given_up", extra={"delivery": owed.id, "reason": str(error)})
            return Outcome(delivery=owed, fate=Fate.REJECTED, error=str(error))
        _log.info("delivery_sent", extra={"delivery": owed.id, "kind": owed.kind.name.lower()})
        return Outcome(
            delivery=owed, fate=done, message_id=message_id, doubtful=owed.doubtful and last
        )

    def _later(
        self, owed: Delivery, reason: str, wait_s: float | None, *, ambiguous: bool = False
    ) -> Outcome:
        if is_given_up(owed.created_at, self._clock()):
            _log.error("delivery_given_up", extra={"delivery": owed.id, "reason": reason})
            return Outcome(delivery=owed, fate=Fate.REJECTED, error=reason)
        asked = wait_s is not None
        wait_ms = int(wait_s * 1000) if wait_s is not None else next_retry_ms(owed.retries)
        _log.warning(
            "delivery_deferred",
            extra={"delivery": owed.id, "reason": reason, "wait_ms": wait_ms},
        )
        return Outcome(
            delivery=owed,
            fate=Fate.LATER,
            error=reason,
            wait_ms=wait_ms,
            doubtful=ambiguous,
            asked_to_wait=asked,
        )


def _boot_time() -> float:
    """Return a clock that no one sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
