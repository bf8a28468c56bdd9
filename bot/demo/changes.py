"""What happened in the chats, in order, for whoever watches: the page, and waiting tests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

KEPT = 5000


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened in one chat."""

    seq: int
    kind: str
    chat_id: int
    data: dict[str, Any]


class Changes:
    """A log of the last changes that can be waited on."""

    def __init__(self) -> None:
        self._log: list[Change] = []
        self._waiters: set[asyncio.Future[None]] = set()
        self.seq = 0
        self.closed = False

    def add(self, kind: str, chat_id: int, **data: Any) -> None:
        """Note a change and wake whoever waits."""
        self.seq += 1
        self._log.append(Change(self.seq, kind, chat_id, data))
        if len(self._log) > KEPT * 2:
            del self._log[:KEPT]
        self._wake()

    def after(self, seq: int) -> list[Change]:
        """Return the changes that came after *seq*."""
        newer = self.seq - seq
        return self._log[-newer:] if newer > 0 else []

    def oldest(self) -> int:
        """Return the number below which changes are no longer kept."""
        return self._log[0].seq - 1 if self._log else self.seq

    async def wait(self, deadline: float) -> bool:
        """Wait for the next change; return False at *deadline* (monotonic) or when closing."""
        left = deadline - time.monotonic()
        if left <= 0 or self.closed:
            return False
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waiter, left)
        finally:
            self._waiters.discard(waiter)
        return waiter.done() and not waiter.cancelled() and not self.closed

    def reopen(self) -> None:
        """Let people wait again after `close`."""
        self.closed = False

    def close(self) -> None:
        """Let every waiter go."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
