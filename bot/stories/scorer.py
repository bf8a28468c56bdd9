"""The learned scorer: how sure it is that two headlines tell one event."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any


class Scorer:
    """Boosted trees and a logistic regression, asked both, as data: no library is needed for it."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Take what `bench.train_stories` learnt; raises KeyError for anything else."""
        self._start = float(given["start"])
        self._rate = float(given["rate"])
        self._trees: list[tuple[list[int], list[float], list[int], list[int], list[float]]] = [
            (tree["feature"], tree["bound"], tree["below"], tree["above"], tree["worth"])
            for tree in given["trees"]
        ]
        self._constant = float(given["constant"])
        self._slopes: list[float] = given["slopes"]

    def score(self, features: Sequence[float]) -> float:
        """Return how sure it is of two headlines with these features, 0 to 1."""
        line = self._constant + sum(map(mul, self._slopes, features))
        return (_share(self._votes(features)) + _share(line)) / 2

    def _votes(self, features: Sequence[float]) -> float:
        votes = self._start
        for feature, bound, below, above, worth in self._trees:
            at = 0
            while feature[at] >= 0:
                at = below[at] if features[feature[at]] <= bound[at] else above[at]
            votes += self._rate * worth[at]
        return votes


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, logit))))
