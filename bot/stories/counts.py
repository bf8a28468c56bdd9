"""In how many headlines a key stands: what is rare tells events apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from bot.stories.headline import SHARED, Headline

#: What all languages have in common is counted in all of them.
EVERY = "*"
# Among tens of thousands, so many headlines more change no weight by a hundredth.
_EPOCH = 250


class Counts:
    """Counts of keys by language, learnt as headlines come."""

    def __init__(self, keys: Mapping[str, float], headlines: Mapping[str, float]) -> None:
        """Begin with what was counted before: of each key, and headlines by language."""
        self._keys = Counter(keys)
        self._headlines = Counter(headlines)

    def learn(self, headline: Headline) -> None:
        """Count one headline more."""
        self._headlines[headline.language] += 1
        self._headlines[EVERY] += 1
        self._keys.update(headline.keys)

    def age(self, share: float) -> None:
        """Let everything weigh *share* of what it did; what is left under a half is forgotten."""
        self._headlines = Counter({k: n * share for k, n in self._headlines.items()})
        self._keys = Counter({k: n * share for k, n in self._keys.items() if n * share >= 0.5})

    def rarity(self, marked: str, language: str) -> float:
        """Return how much a key tells, the logarithm of one in how many headlines has it."""
        among = self._headlines[EVERY if marked[0] in SHARED else language]
        return math.log((among + 2) / (self._keys[marked] + 1))

    @property
    def epoch(self) -> int:
        """A number that changes once enough was learnt to weigh anew what was weighed before."""
        return int(self._headlines[EVERY]) // _EPOCH

    def to_data(self) -> dict[str, dict[str, float]]:
        """Return what `Counts` begins with, as JSON can hold it."""
        return {"keys": dict(self._keys), "headlines": dict(self._headlines)}
