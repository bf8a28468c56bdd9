"""The stories of the last day, found again by the rare words of their first headline."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.stories.counts import Counts
from bot.stories.headline import Headline
from bot.stories.verdict import TELLING, Verdict, judge

#: After this a story takes nothing in; what comes in as long again is a new one that follows it.
CLOSES_AFTER = timedelta(hours=24)
# So many of the most alike are judged; a key of more stories than this tells nothing.
_JUDGED, _LONGEST = 10, 400
_LEAST_ALIKE = 4.0


@dataclass(frozen=True, slots=True)
class Found:
    """The open story that a headline belongs to, and the verdict by which it does."""

    story: int
    verdict: Verdict
    closed: bool  #: it is over: what goes on with it is a story of its own

    @property
    def rank(self) -> tuple[bool, float, int]:
        """How it stands among several: an open one first, then the surer, then the newer."""
        return (not self.closed, self.verdict.score, self.story)


@dataclass(frozen=True, slots=True)
class _Head:
    story: int
    headline: Headline
    at: datetime
    keys: tuple[str, ...]

    @property
    def hour(self) -> int:
        return int(self.at.timestamp() // 3600)


class OpenStories:
    """Heads by their rare keys; only the first headline of a story attracts others.

    Not safe to use from several threads.
    """

    def __init__(self, counts: Counts) -> None:
        """Begin with no story."""
        self.counts = counts
        self.newest = 0  #: the highest story that was opened here
        self._heads: dict[int, _Head] = {}
        self._by_key: defaultdict[str, list[int]] = defaultdict(list)
        self._by_hour: defaultdict[int, set[int]] = defaultdict(set)

    def __len__(self) -> int:
        """Return how many stories are open."""
        return len(self._heads)

    def find(
        self, headline: Headline, at: datetime, *, since: int = 0, but: Collection[int] = ()
    ) -> Found | None:
        """Return the story that a headline of this time belongs to, or None.

        Only stories opened after *since*, and none of *but*; a closed one where no open one is.
        """
        found: list[Found] = []
        for head in self._candidates(self._telling_keys(headline), since):
            apart = abs(at - head.at)
            if apart > 2 * CLOSES_AFTER or head.story in but:
                continue
            verdict = judge(headline, head.headline, self.counts)
            if verdict.same:
                found.append(Found(head.story, verdict, closed=apart > CLOSES_AFTER))
        return max(found, key=lambda each: each.rank, default=None)

    def add(self, story: int, headline: Headline, at: datetime) -> None:
        """Let a story attract what tells the same as its first headline."""
        self.forget(story)
        self.newest = max(self.newest, story)
        head = _Head(story, headline, at, tuple(self._telling_keys(headline)))
        self._heads[story] = head
        self._by_hour[head.hour].add(story)
        for key in head.keys:
            self._by_key[key].append(story)
        headline.forget_keys()

    def forget(self, story: int) -> None:
        """Let a story attract nothing any more; one that is not open is fine."""
        head = self._heads.pop(story, None)
        if head is None:
            return
        self._by_hour[head.hour].discard(story)
        for key in head.keys:
            having = self._by_key[key]
            having.remove(story)
            if not having:
                del self._by_key[key]

    def forget_above(self, story: int) -> None:
        """Forget the stories after *story*: they were not stored in the end."""
        if self.newest > story:
            for each in [each for each in self._heads if each > story]:
                self.forget(each)
            self.newest = story

    def close(self, now: datetime) -> None:
        """Forget the stories that are over and that nothing can follow any more."""
        oldest = int((now - 2 * CLOSES_AFTER).timestamp() // 3600)
        for hour in [hour for hour in self._by_hour if hour < oldest]:
            for story in list(self._by_hour[hour]):
                self.forget(story)
            del self._by_hour[hour]

    def _telling_keys(self, headline: Headline) -> dict[str, float]:
        keys = {key: self.counts.rarity(key, headline.language) for key in headline.keys}
        return {key: rarity for key, rarity in keys.items() if rarity > TELLING}

    def _candidates(self, keys: dict[str, float], since: int) -> list[_Head]:
        alike: defaultdict[int, float] = defaultdict(float)
        for key, rarity in keys.items():
            having = self._by_key.get(key)
            if having and len(having) <= _LONGEST:
                for story in having:
                    if story > since:
                        alike[story] += rarity
        likest = heapq.nlargest(_JUDGED, alike, key=alike.__getitem__)
        return [self._heads[story] for story in likest if alike[story] >= _LEAST_ALIKE]
