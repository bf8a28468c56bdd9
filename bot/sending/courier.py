"""The courier: brings one delivery to its reader in its slot, and says what became of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.errors import DatabaseError, SahmanError, TokenRefused
from bot.model import Delivery
from bot.sending.composer import Composed, Composer
from bot.sending.verdicts import Verdicts
from bot.storage.deliveries import LEASE_MS, Outcome
from bot.storage.matches import Alerted
from bot.telegram_api.messenger import Messenger

_log = logging.getLogger(__name__)

#: A send that could outlive its lease is not begun: another sender may hold the chat by then.
_LATEST_START_S = LEASE_MS / 1000 - 22

#: A delivery, and what the alerts in it tell.
Errand = tuple[Delivery, Mapping[int, Alerted]]


class Courier:
    """Composes and sends; no failure comes out of it, each becomes an outcome."""

    def __init__(
        self,
        composer: Composer,
        messenger: Messenger,
        clock: Callable[[], datetime],
        requests: int,
    ) -> None:
        """*requests* is how many may be under way at a time."""
        self._composer = composer
        self._messenger = messenger
        self._clock = clock
        self._requests = asyncio.Semaphore(requests)
        self._verdicts = Verdicts(clock)
        #: Set once Telegram no longer knows the bot.
        self.refused: TokenRefused | None = None

    async def load(
        self, deliveries: Sequence[Delivery]
    ) -> tuple[Sequence[Errand], Sequence[Outcome]]:
        """Return what these deliveries tell, and the outcomes of those that cannot be read."""
        try:
            alerted = await self._composer.load(deliveries)
        except Exception as error:
            # One that cannot be read, by a bug of ours, must not hold up those claimed with it.
            if len(deliveries) <= 1 or isinstance(error, DatabaseError):
                _log.exception("deliveries_not_read")
                broken = (self._verdicts.broken(owed, error) for owed in deliveries)
                return (), [outcome for outcomes in broken for outcome in outcomes]
            apart = [await self.load([owed]) for owed in deliveries]
            return (
                [errand for errands, _ in apart for errand in errands],
                [outcome for _, outcomes in apart for outcome in outcomes],
            )
        return [(owed, alerted) for owed in deliveries], ()

    async def bring(self, errand: Errand, at_s: float, claimed_s: float) -> Sequence[Outcome]:
        """Send one delivery, not before *at_s* of the loop's clock; return what became of it.

        *claimed_s* is when it was claimed, on the clock of `boot_time`.
        """
        owed, alerted = errand
        try:
            composed = await self._composer.compose(owed, alerted, self._clock())
            wait_s = at_s - asyncio.get_running_loop().time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            async with self._requests:
                return await self._attempt(owed, composed, claimed_s)
        except Exception as error:
            # A bug in composing one message must not stop all others; it is tried again later.
            _log.exception("delivery_broke", extra={"delivery": owed.id})
            return self._verdicts.broken(owed, error)

    async def _attempt(
        self, owed: Delivery, composed: Composed, claimed_s: float
    ) -> Sequence[Outcome]:
        if not composed.messages[owed.part :]:
            return self._verdicts.nothing_to_say(owed, composed)
        if boot_time() - claimed_s > _LATEST_START_S:
            return ()  # the lease may end before the answer comes: let it, another will send
        try:
            message_id = await self._deliver(owed, composed)
        except TokenRefused as error:
            self.refused = error
            return self._verdicts.failed(owed, composed, error)
        except SahmanError as error:
            return self._verdicts.failed(owed, composed, error)
        return self._verdicts.sent(owed, composed, message_id)

    async def _deliver(self, owed: Delivery, composed: Composed) -> int:
        chat_id, message = owed.subscriber.chat_id, composed.messages[owed.part]
        last = owed.part == len(composed.messages) - 1
        keyboard = composed.keyboard if last else None
        if composed.message_id is not None:
            await self._messenger.edit(
                chat_id, composed.message_id, message, keyboard, preview=composed.preview
            )
            return composed.message_id
        again = any(each.doubtful for each in (owed, *composed.told))
        return await self._messenger.send(
            chat_id,
            owed.subscriber.topic,
            message,
            keyboard,
            unasked=True,
            again=again,
            reply_to=composed.reply_to,
            silent=composed.silent,
            preview=composed.preview,
        )


def boot_time() -> float:
    """Return a clock that no one sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
