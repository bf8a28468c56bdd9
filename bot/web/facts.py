"""Facts for the page, /readyz and /metrics: read from the database, and kept for some seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.pace import current_rate
from bot.delivery.readiness import Trouble, find_troubles
from bot.errors import DatabaseError
from bot.model import Overview, Pulse, Telegram
from bot.storage.overview import Overviews

_log = logging.getLogger(__name__)

_PULSE_KEPT_S = 3.0
_OVERVIEW_KEPT_S = 10.0
#: What takes long to read is kept for so many times as long: watching must cost little.
_KEPT_TIMES = 20.0
#: A database that hangs is one that cannot be used.
_MAY_TAKE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How everything stands at an instant."""

    at: datetime
    troubles: tuple[Trouble, ...]
    pulse: Pulse | None  #: None: the database cannot be used
    telegram: Telegram
    rate: float  #: messages a second that may leave
    overview: Overview | None = None


class FactsDesk:
    """Gives facts that are at most some seconds old, however many ask."""

    def __init__(
        self,
        overviews: Overviews,
        telegram: Callable[[datetime], Telegram],
        clock: Callable[[], datetime],
        rate: float,
        admins: Collection[int] = (),
    ) -> None:
        """*rate* is what the operator allows to leave in a second; *admins*: operators' chats."""
        self._overviews = overviews
        self._telegram = telegram
        self._rate = rate
        self._admins = admins
        self.clock = clock
        self._pulse: Pulse | None = None
        self._overview: Overview | None = None
        self._pulse_until_s = self._overview_until_s = float("-inf")
        self._reading = asyncio.Lock()
        self._warned = False

    def forget(self) -> None:
        """Read everything anew the next time: something was changed here."""
        self._pulse_until_s = self._overview_until_s = float("-inf")

    async def load(self, *, whole: bool) -> Facts:
        """Return the facts; with *whole*, all that is shown, else what decides if it works."""
        async with self._reading:
            try:
                async with asyncio.timeout(_MAY_TAKE_S):
                    await self._read(whole=whole)
            except (DatabaseError, TimeoutError) as error:
                self.forget()
                self._pulse = self._overview = None
                if not self._warned:
                    _log.warning("facts_not_read", extra={"reason": str(error) or "no answer"})
                self._warned = True
            else:
                self._warned = False
        now = self.clock()
        telegram, pulse = self._telegram(now), self._pulse
        lowered = (pulse.lowered_rate, pulse.lowered_s_ago * 1000) if pulse else (0.0, 0.0)
        return Facts(
            at=now,
            troubles=find_troubles(pulse, telegram, now),
            pulse=pulse,
            telegram=telegram,
            rate=current_rate(self._rate, *lowered),
            overview=self._overview if whole else None,
        )

    async def _read(self, *, whole: bool) -> None:
        time_s = asyncio.get_running_loop().time
        began_s = time_s()
        if began_s >= self._pulse_until_s:
            self._pulse = await self._overviews.load_pulse()
            took_s = time_s() - began_s
            self._pulse_until_s = time_s() + max(_PULSE_KEPT_S, _KEPT_TIMES * took_s)
        began_s = time_s()
        if whole and began_s >= self._overview_until_s:
            self._overview = await self._overviews.load(self.clock(), self._admins)
            took_s = time_s() - began_s
            self._overview_until_s = time_s() + max(_OVERVIEW_KEPT_S, _KEPT_TIMES * took_s)
