"""Floods: who writes faster than anybody reads is obeyed, and answered again once they slow down.

A token bucket for each person and each chat; pure but for what it remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

#: So many answers come at once, and so many a second afterwards: to a person, and to a group,
#: to which Telegram takes twenty messages a minute.
_BURST = 20.0
_PERSON_PER_S = 1.0
_GROUP_PER_S = 1 / 3
#: Who was silenced is answered again when this much of the burst has come back.
_CALM = _BURST / 2
_MOST_REMEMBERED = 10_000


class Manner(Enum):
    """How an update is answered; what it asks for is done in any case."""

    ANSWER = auto()
    WARN = auto()  #: with the one sentence that says why no answers follow
    SILENT = auto()


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float
    silenced: bool = False

    def take(self, per_s: float, now_s: float) -> Manner:
        self.tokens = min(_BURST, self.tokens + (now_s - self.at_s) * per_s)
        self.at_s = now_s
        if self.silenced and self.tokens < _CALM:
            self.tokens = max(0.0, self.tokens - 1)  # who goes on writing does not slow down
            return Manner.SILENT
        self.silenced = self.tokens < 1
        if self.silenced:
            return Manner.WARN
        self.tokens -= 1
        return Manner.ANSWER


class Floods:
    """Judges updates by how many came before from their person and in their chat."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}

    def judge(self, person: int, chat: int, now_s: float) -> Manner:
        """Count one update of *person* in *chat* (a group if it is another id); say how to answer.

        *now_s* is of a clock that only goes forward.
        """
        manner = self._find(person, now_s).take(_PERSON_PER_S, now_s)
        if chat != person and manner is Manner.ANSWER:
            manner = self._find(chat, now_s).take(_GROUP_PER_S, now_s)
        return manner

    def _find(self, who: int, now_s: float) -> _Bucket:
        bucket = self._buckets.pop(who, None) or _Bucket(_BURST, now_s)
        self._buckets[who] = bucket  # the last in order is the last that wrote
        if len(self._buckets) > _MOST_REMEMBERED:
            del self._buckets[next(iter(self._buckets))]
        return bucket
