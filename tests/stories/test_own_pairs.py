"""Headlines of one event and near misses, written by who did not tune: see data/stories/README."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.stories import same_event

_PAIRS = Path(__file__).parent.parent / "data" / "stories" / "pairs.jsonl"
_LANGUAGE_PAIRS = {"hy-hy", "ru-ru", "en-en", "hy-ru", "hy-en", "ru-en"}
#: What is to be reached among near misses.
_PRECISION_WANTED = 0.90
#: What is reached, less a little: below it something was lost.
_PRECISION_HELD, _RECALL_HELD = 0.66, 0.36


def read_pairs() -> list[dict[str, Any]]:
    return [json.loads(line) for line in _PAIRS.read_text("utf-8").splitlines()]


def languages_of(pair: dict[str, Any]) -> str:
    return f"{pair['a']['lang']}-{pair['b']['lang']}"


@cache
def measure_held() -> tuple[float, float]:
    """Return precision and recall on the held half."""
    found: Counter[tuple[bool, bool]] = Counter()
    for pair in read_pairs():
        if pair["half"] == "held":
            found[same_event(pair["a"], pair["b"]), pair["same"]] += 1
    right, wrong, missed = found[True, True], found[True, False], found[False, True]
    return right / (right + wrong), right / (right + missed)


def test_each_pair_has_two_headlines_of_one_day_and_a_label() -> None:
    for pair in read_pairs():
        assert set(pair) == {"a", "b", "same", "half", "kind"}
        assert isinstance(pair["same"], bool)
        assert pair["half"] in ("tuning", "held")
        at = []
        for side in (pair["a"], pair["b"]):
            assert set(side) == {"lang", "title", "published_at"}
            assert side["title"] == " ".join(side["title"].split())
            at.append(datetime.fromisoformat(side["published_at"]))
            assert at[-1].utcoffset() is not None
        assert abs(at[0] - at[1]) < timedelta(hours=24), pair["a"]["title"]


def test_both_halves_hold_every_pair_of_languages_and_as_many_of_one_event() -> None:
    pairs = read_pairs()
    assert len(pairs) >= 220
    for half in ("tuning", "held"):
        some = [pair for pair in pairs if pair["half"] == half]
        assert len(some) * 2 == len(pairs)
        assert 0.40 < sum(pair["same"] for pair in some) / len(some) < 0.50
        assert set(Counter(map(languages_of, some)).values()) == {19}
    assert {languages_of(pair) for pair in pairs} == _LANGUAGE_PAIRS


def test_no_headline_stands_twice() -> None:
    titles = sorted(side["title"] for pair in read_pairs() for side in (pair["a"], pair["b"]))
    assert all(one != other for one, other in pairwise(titles))


def test_held_pairs_are_judged_no_worse_than_they_were() -> None:
    precision, recall = measure_held()
    assert precision >= _PRECISION_HELD, f"precision {precision:.2f}, recall {recall:.2f}"
    assert recall >= _RECALL_HELD, f"precision {precision:.2f}, recall {recall:.2f}"


@pytest.mark.xfail(reason="near misses are joined too often: .63 when first measured", strict=True)
def test_nine_of_ten_joined_held_pairs_tell_one_event() -> None:
    precision, recall = measure_held()
    assert precision >= _PRECISION_WANTED, f"precision {precision:.2f}, recall {recall:.2f}"
