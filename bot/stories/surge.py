"""What is surging: a keyword's stories of the last hour against the same hours of two weeks."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.model import Telling
from bot.stories.voices import find_voice, is_voice

HISTORY = timedelta(days=14)
#: So long is counted together; a keyword's notices are at least so far apart.
WINDOW = timedelta(hours=1)
QUIET_AFTER = timedelta(hours=6)
FEWEST_STORIES = 5
_FEWEST_FAMILIES = 2
_TIMES_THE_USUAL = 3
#: A keyword that is hardly ever in the news is not so rare that any five stories surge.
_FLOOR = 0.5
#: How seldom chance alone may bring so many.
_CHANCE = 0.001
#: The same hour of other days, and those beside it.
_BESIDE = 1
#: Of those hours, so many must have been heard.
_SHARE_HEARD = 0.5
#: What is seen right after a silence was printed in it: not judged until it is so many hours past.
_CATCHING_UP_HOURS = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SurgeReason(StrEnum):
    """Why stories surge, or do not."""

    SURGE = "surge"
    FEW = "few"
    ONE_FAMILY = "one_family"
    YOUNG = "young"  #: less than two weeks are known
    CATCHING_UP = "catching_up"  #: sources were silent a moment ago
    USUAL = "usual"  #: not so many times the usual
    CHANCE = "chance"  #: chance alone may bring as many


@dataclass(frozen=True, slots=True, kw_only=True)
class SurgeVerdict:
    """Whether stories surge, and by which numbers."""

    reason: SurgeReason
    stories: int
    families: int
    usual: float = 0.0  #: stories in such an hour
    #: Hours of the history that were left out, for sources were silent in them.
    left_out: tuple[int, ...] = ()

    @property
    def is_surge(self) -> bool:
        """Whether there are unusually many."""
        return self.reason is SurgeReason.SURGE


def decide_surge(
    recent: Sequence[Sequence[Telling]],
    history: Mapping[int, int],
    silent: Collection[int],
    known_since: datetime,
    now: datetime,
) -> SurgeVerdict:
    """Return whether the stories of the last hour are unusually many.

    *recent* is what tells each story that began in it, *history* how many began in each hour (see
    `hour_of`), *silent* the hours in which sources were silent. Before *known_since* nobody
    counted.
    """
    voiced = [story for story in recent if any(map(is_voice, story))]
    stories, families = len(voiced), count_families(voiced)

    def verdict(reason: SurgeReason, usual: float = 0.0, *left_out: int) -> SurgeVerdict:
        return SurgeVerdict(
            reason=reason, stories=stories, families=families, usual=usual, left_out=left_out
        )

    if stories < FEWEST_STORIES:
        return verdict(SurgeReason.FEW)
    if families < _FEWEST_FAMILIES:
        return verdict(SurgeReason.ONE_FAMILY)
    if known_since > now - HISTORY:
        return verdict(SurgeReason.YOUNG)
    this = hour_of(now)
    if any(hour in silent for hour in range(this - _CATCHING_UP_HOURS, this + 1)):
        return verdict(SurgeReason.CATCHING_UP)
    hours = _same_hours(now)
    heard = [hour for hour in hours if hour not in silent]
    left_out = [hour for hour in hours if hour in silent]
    if len(heard) < _SHARE_HEARD * len(hours):
        return verdict(SurgeReason.YOUNG, 0.0, *left_out)
    usual = sum(history.get(hour, 0) for hour in heard) / len(heard)
    mean = max(usual, _FLOOR)
    reason = SurgeReason.SURGE
    if stories < _TIMES_THE_USUAL * mean:
        reason = SurgeReason.USUAL
    elif chance_of(stories, mean) > _CHANCE:
        reason = SurgeReason.CHANCE
    return verdict(reason, usual, *left_out)


def count_families(stories: Iterable[Sequence[Telling]]) -> int:
    """Return how many independent voices tell these stories, all together."""
    return len(
        {find_voice(each, telling) for telling in stories for each in telling if is_voice(each)}
    )


def chance_of(stories: int, mean: float) -> float:
    """Return how likely at least so many are where *mean* are usual (Poisson)."""
    if stories <= 0:
        return 1.0
    if stories <= mean:
        return max(0.0, 1.0 - math.fsum(_likelihood(count, mean) for count in range(stories)))
    total, count = 0.0, stories
    while (likely := _likelihood(count, mean)) > total * 1e-12:
        total += likely
        count += 1
    return min(1.0, total)


def _likelihood(count: int, mean: float) -> float:
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def _same_hours(now: datetime) -> list[int]:
    middle = hour_of(now - WINDOW / 2)
    return [
        middle - 24 * day + beside
        for day in range(HISTORY.days, 0, -1)
        for beside in range(-_BESIDE, _BESIDE + 1)
    ]


def hour_of(at: datetime) -> int:
    """Return the number of an instant's hour, since 1970."""
    return (at - _EPOCH) // timedelta(hours=1)


def start_of(hour: int) -> datetime:
    """Return when an hour began."""
    return _EPOCH + hour * timedelta(hours=1)


def find_silent_hours(heard: Mapping[int, int], first: int, now: datetime) -> frozenset[int]:
    """Return the hours, from *first* to this one, in which sources were silent.

    *heard* says in how many minutes of an hour any were heard: less than half of those that have
    passed is silence, be it the sources' or Sahman's own.
    """
    this = hour_of(now)
    passed = now.minute
    return frozenset(
        hour
        for hour in range(first, this + 1)
        if 2 * heard.get(hour, 0) < (passed if hour == this else 60)
    )
