"""Replies on their way: each chat has a lane of its own, bounded, in order, one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.log import where

_log = logging.getLogger(__name__)

#: What may wait in one lane: no person reads more answers than these at once.
MOST_WAITING = 20
#: A reply that takes longer than this hangs; then only the newest of those behind it still waits.
HANGING_S = 3.0

Reply = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Lane:
    waiting: deque[Reply] = field(default_factory=deque)
    begun_at: float = 0.0  #: when the one on its way began
    dropped: int = 0


class Replies:
    """Sends replies without anybody waiting for them: no update, and no other chat.

    Keeps nothing over a restart: the effect of what was asked is stored by then, and who gets no
    answer asks again. What does not fit into a lane is dropped, the oldest first, and logged.
    """

    def __init__(self) -> None:
        self._lanes: dict[int, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, chat_id: int, reply: Reply) -> None:
        """Let *reply* go out once those before it in its chat have."""
        lane = self._lanes.get(chat_id)
        if lane is None:
            lane = self._lanes[chat_id] = _Lane()
            task = asyncio.create_task(self._go(chat_id, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        lane.waiting.append(reply)
        now_s = asyncio.get_running_loop().time()
        hangs = lane.begun_at > 0 and now_s - lane.begun_at > HANGING_S
        while len(lane.waiting) > (1 if hangs else MOST_WAITING):
            lane.waiting.popleft()
            lane.dropped += 1

    async def finish(self, within_s: float) -> None:
        """Wait for what is on its way, at most so long; then give up the rest."""
        if self._tasks:
            await asyncio.wait([*self._tasks], timeout=within_s)
        for task in [*self._tasks]:
            task.cancel()

    @property
    def are_on_their_way(self) -> bool:
        """Whether any reply is not delivered yet."""
        return bool(self._lanes)

    async def _go(self, chat_id: int, lane: _Lane) -> None:
        loop = asyncio.get_running_loop()
        try:
            while lane.waiting:
                reply = lane.waiting.popleft()
                lane.begun_at = loop.time()
                try:
                    await reply()
                except Exception as error:  # a bug in one costs no other
                    _log.error("reply_broke", extra={"chat": chat_id, "where": where(error)})
        finally:
            del self._lanes[chat_id]
            if lane.dropped:
                _log.warning("replies_dropped", extra={"chat": chat_id, "count": lane.dropped})
