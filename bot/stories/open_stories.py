"""The stories of the last day, found again by the rare words of their first headline."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.stories.counts import Counts
from bot.stories.headline import Headline
from bot.stories.verdict import TELLING, Verdict, judge

#: After this a story takes nothing in: what follows is a new one.
CLOSES_AFTER = timedelta(hours=24)
# So many of the most alike are judged; a key of more stories than this tells nothing.
_JUDGED, _LONGEST = 10, 400
_LEAST_ALIKE = 4.0
_BY_SOUND = 3.0


@dataclass(frozen=True, slots=True)
class Joined:
    """The story of a headline, and the verdict by which it joined; None for a first one."""

    story: int
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class _Head:
    story: int
    headline: Headline
    at: datetime
    keys: tuple[str, ...]


class OpenStories:
    """Heads by their rare keys; only the first headline of a story attracts others.

    Learns from every headline how rare its keys are. Not safe to use from several threads.
    """

    def __init__(self, counts: Counts) -> None:
        """Begin with no story."""
        self._counts = counts
        self._heads: deque[_Head] = deque()
        self._by_key: defaultdict[str, dict[int, _Head]] = defaultdict(dict)

    def __len__(self) -> int:
        """Return how many stories are open."""
        return len(self._heads)

    def assign(self, headline: Headline, at: datetime, new_story: int) -> Joined:
        """Return the story that a headline belongs to, *new_story* if it is the first of one.

        Headlines come in the order of time, give or take: those of before the last day are not
        looked for.
        """
        self._close(at)
        keys = self._telling_keys(headline)
        best: tuple[float, _Head, Verdict] | None = None
        for head in self._candidates(keys):
            verdict = judge(headline, head.headline, self._counts)
            if verdict.same and (best is None or verdict.score > best[0]):
                best = verdict.score, head, verdict
        self._counts.learn(headline)
        if best is not None:
            return Joined(best[1].story, best[2])
        self._open(_Head(new_story, headline, at, tuple(keys)))
        return Joined(new_story, None)

    def _telling_keys(self, headline: Headline) -> dict[str, float]:
        keys = {key: self._counts.rarity(key, headline.language) for key in headline.keys}
        return {key: rarity for key, rarity in keys.items() if rarity > TELLING}

    def _candidates(self, keys: dict[str, float]) -> list[_Head]:
        alike: defaultdict[int, float] = defaultdict(float)
        heads: dict[int, _Head] = {}
        for key, rarity in keys.items():
            having = self._by_key.get(key)
            if having and len(having) <= _LONGEST:
                heads.update(having)
                for story in having:
                    alike[story] += rarity
        likest = heapq.nlargest(_JUDGED, alike, key=alike.__getitem__)
        return [heads[story] for story in likest if alike[story] >= _LEAST_ALIKE]

    def _open(self, head: _Head) -> None:
        self._heads.append(head)
        for key in head.keys:
            self._by_key[key][head.story] = head

    def _close(self, now: datetime) -> None:
        while self._heads and now - self._heads[0].at > CLOSES_AFTER:
            head = self._heads.popleft()
            for key in head.keys:
                having = self._by_key[key]
                having.pop(head.story, None)
                if not having:
                    del self._by_key[key]
