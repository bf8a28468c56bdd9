"""Telegram's sending limits, as far as they are known; off until a test or a bench asks for them.

Telegram says (Bot FAQ, Bot API): about 30 messages a second in all, about one a second in one chat
with short bursts, 20 a minute in a group, up to 1,000 a second with `allow_paid_broadcast`; a
refused send is told to wait by `retry_after`. Exact numbers are not published: "you shouldn't
assume any particular limits, you just need to properly handle 429" (tdlib/td#396).

Assumed here, each on the strict side: a burst is one second's worth; who exceeds the total has all
sends refused for `penalty_s`; edits count as sends; a group's 20 count in any 60 seconds; what is
refused counts nothing. An answer to a chat that wrote in the last `answer_within_s` seconds does
not count against the total (no broadcast, says grammy.dev/advanced/flood), only against the chat.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.demo.refusal import Refusal, too_many

COUNTED = frozenset(
    {
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "editMessageText",
        "editMessageMedia",
        "editMessageReplyMarkup",
    }
)
_GROUP_WINDOW_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a bot may send; as they stand, the strict reading of what is known."""

    total_per_s: float = 30.0
    total_burst: int = 30
    paid_per_s: float = 1000.0
    paid_burst: int = 1000
    penalty_s: float = 3.0
    private_per_s: float = 1.0
    private_burst: int = 3
    group_per_min: int = 20
    answer_within_s: float = 10.0

    def softened(self) -> Limits:
        """Return these with the short penalty that a mild reading gives."""
        return replace(self, penalty_s=1.0)


class _Bucket:
    """Holds up to *burst* sends and gains *per_s* of them a second."""

    __slots__ = ("_at_s", "_burst", "_level", "_per_s")

    def __init__(self, per_s: float, burst: int, now_s: float) -> None:
        self._per_s, self._burst = per_s, float(burst)
        self._level, self._at_s = float(burst), now_s

    def lacks_s(self, now_s: float) -> float:
        """Return how many seconds are missing for one more send; 0 when there is room."""
        self._level = min(self._burst, self._level + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        # What was summed up in floating point must not refuse a send that is exactly due.
        return max(0.0, (1.0 - self._level - 1e-6) / self._per_s)

    def take(self) -> None:
        self._level -= 1.0


class Limiter:
    """Counts the sends of one bot and refuses those that exceed its `Limits`.

    *clock* returns seconds that only grow.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        now_s = clock()
        self._total = _Bucket(limits.total_per_s, limits.total_burst, now_s)
        self._paid = _Bucket(limits.paid_per_s, limits.paid_burst, now_s)
        self._private: dict[int, _Bucket] = {}
        self._groups: dict[int, deque[float]] = {}
        self._refused_until_s = -math.inf

    def refusal(self, chat_id: int, *, wrote_s: float, paid: bool) -> Refusal | None:
        """Return why one more send to *chat_id* is refused now, or None and count it.

        *wrote_s* is when a person last wrote or tapped there, by the same clock.
        """
        now_s = self._clock()
        answer = now_s - wrote_s <= self.limits.answer_within_s
        total = self._paid if paid else self._total
        if not answer and now_s < self._refused_until_s:
            return too_many(self._refused_until_s - now_s)
        if wait_s := self._chat_lacks_s(chat_id, now_s):
            return too_many(wait_s)
        if not answer:
            if total.lacks_s(now_s):
                self._refused_until_s = now_s + self.limits.penalty_s
                return too_many(self.limits.penalty_s)
            total.take()
        if chat_id > 0:
            self._private[chat_id].take()
        else:
            self._groups[chat_id].append(now_s)
        return None

    def _chat_lacks_s(self, chat_id: int, now_s: float) -> float:
        # Telegram numbers persons upwards from 1, groups and channels downwards from -1.
        if chat_id > 0:
            bucket = self._private.get(chat_id)
            if bucket is None:
                limits = self.limits
                bucket = _Bucket(limits.private_per_s, limits.private_burst, now_s)
                self._private[chat_id] = bucket
            return bucket.lacks_s(now_s)
        sent = self._groups.setdefault(chat_id, deque())
        while sent and now_s - sent[0] >= _GROUP_WINDOW_S:
            sent.popleft()
        if len(sent) < self.limits.group_per_min:
            return 0.0
        return sent[0] + _GROUP_WINDOW_S - now_s
