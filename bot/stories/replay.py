"""Decisions over plain rows, as benches and scorers of labelled headlines have them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.stories.headline import read_headline
from bot.stories.learnt import load_counts
from bot.stories.open_stories import CLOSES_AFTER, OpenStories
from bot.stories.verdict import judge

_counts = functools.cache(load_counts)
_read = functools.lru_cache(20_000)(read_headline)


def same_event(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Tell whether two rows (lang, title, published_at) tell one event."""
    apart = abs(_at(a) - _at(b))
    if apart > CLOSES_AFTER:
        return False
    return judge(_read(a["title"], a["lang"]), _read(b["title"], b["lang"]), _counts()).same


def assign(items: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return a story's number for each row, in their order, which is that of time."""
    stories = OpenStories(load_counts())
    numbers = []
    for number, row in enumerate(items, 1):
        headline, at = _read(row["title"], row["lang"]), _at(row)
        stories.close(at)
        found = stories.find(headline, at)
        stories.counts.learn(headline)
        if found is None or found.closed:
            stories.add(number, headline, at)
            numbers.append(number)
        else:
            numbers.append(found.story)
    return numbers


def _at(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["published_at"])
