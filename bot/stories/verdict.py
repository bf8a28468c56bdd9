"""Whether two headlines tell one event, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.stories.counts import Counts
from bot.stories.features import NAMES, compare
from bot.stories.headline import Headline
from bot.stories.learnt import load_scorers

#: From these scores on it is one event: within a language, and across two. Found by
#: `bench.train_stories --check`.
WITHIN = {"hy": 0.73, "ru": 0.65, "en": 0.81}
WITHIN_OTHERS, ACROSS = 0.85, 0.72
#: The same where it is grave, for a wrong join there is a lost alert: some ninety-nine of a hundred
#: are right in the check. English headlines that are grave say where and how many: there they are
#: surer than others of the same score.
GRAVE = {"hy": 0.85, "ru": 0.9, "en": 0.75}
GRAVE_OTHERS, GRAVE_ACROSS = 0.9, 0.8
#: Of two places; one may be the province of the other, so that it is not out of the question.
ELSEWHERE = 0.92
_GRAVE = 3
#: What two headlines share tells less than this, and neither says what happened: "news of the
#: border", "first word of the border". No pair of one event in two languages has so little.
_LEAST_COMMON = 9.0
_IN_COMMON = NAMES.index("matched")
#: Of so few rare units a headline tells too little to be known by.
_FEWEST_TELLING = 3
TELLING = 2.2
# What is printed every day in the same words, and tells another thing each time.
_BULLETIN = re.compile(
    r"\b\d\d \d\d \d\d$|ինդեքս|nymex|(?:լույս|գազ|ջուր|հոսանք) չի լինի|չի լինելու"
    r"|փոխարժեք|եղանակ|օդի ջերմաստիճան|անձրեվ եվ ամպրոպ|տեղումներ են սպասվում|սպասվում են տեղում"
    r"|հոսանքազրկ|ջրանջատ|հայլուր|ուղիղ եթեր|ուղիղ միացում|աստղագուշակ|օրվա լուրեր"
    r"|курс валют|курс доллара|прогноз погоды|погода|гороскоп|прямой эфир|прямая трансляция"
    r"|exchange rate|weather forecast|horoscope|live updates|live blog|morning briefing",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on two headlines: how sure, by which words, and what forbade it, if anything."""

    same: bool
    score: float
    met: tuple[str, ...] = ()
    veto: str = ""


def judge(one: Headline, other: Headline, counts: Counts) -> Verdict:
    """Decide on two headlines of one day; which of them came first does not matter."""
    if one.folded == other.folded and one.language == other.language:
        return Verdict(same=True, score=1.0)
    if veto := find_veto(one, other, counts):
        return Verdict(same=False, score=0.0, veto=veto)
    likeness = compare(one, other, counts)
    if likeness.features[_IN_COMMON] < _LEAST_COMMON:
        return Verdict(same=False, score=0.0, met=likeness.met[:3], veto="too little in common")
    score = load_scorers()[one.language != other.language].score(likeness.features)
    met = likeness.met[:3]
    return Verdict(same=score >= find_bound(one, other), score=score, met=met)


def find_bound(one: Headline, other: Headline) -> float:
    """Return from which score on two headlines are one event."""
    grave = max(one.gravity, other.gravity) >= _GRAVE
    if one.language != other.language:
        bound = GRAVE_ACROSS if grave else ACROSS
    elif grave:
        bound = GRAVE.get(one.language, GRAVE_OTHERS)
    else:
        bound = WITHIN.get(one.language, WITHIN_OTHERS)
    if one.towns and other.towns and one.towns.isdisjoint(other.towns):
        bound = max(bound, ELSEWHERE)
    return bound


def find_veto(one: Headline, other: Headline, counts: Counts) -> str:
    """Return why two headlines are no one event however alike they are, or ""."""
    if one.language == other.language:
        if _is_bulletin(one.folded) or _is_bulletin(other.folded):
            return "bulletin"
        if _none_is_the_same(one.quoted, other.quoted):
            return "other name in quotes"
        # English headlines give every word a capital: there a surname is not seen.
        if one.language != "en" and _none_is_the_same(
            [(keys,) for keys in one.surnames], [(keys,) for keys in other.surnames]
        ):
            return "other person"
    if min(count_telling(one, counts), count_telling(other, counts)) < _FEWEST_TELLING:
        return "too few words"
    return ""


@lru_cache(20_000)
def _is_bulletin(folded: str) -> bool:
    return _BULLETIN.search(folded) is not None


_Names = Sequence[tuple[frozenset[str], ...]]


def _none_is_the_same(names: _Names, others: _Names) -> bool:
    """Tell whether both have names and no name of one is a name of the other."""
    return bool(names and others) and not any(
        len(name) == len(other)
        and not any(mine.isdisjoint(its) for mine, its in zip(name, other, strict=True))
        for name in names
        for other in others
    )


def count_telling(headline: Headline, counts: Counts) -> int:
    """Return how many units of a headline are rare enough to tell something."""
    kept: dict[tuple[int, int], int] = headline.__dict__.setdefault("_telling", {})
    now = (id(counts), counts.epoch)
    if now not in kept:
        kept.clear()
        kept[now] = sum(
            any(counts.rarity(key, headline.language) > TELLING for key in keys)
            for keys in headline.keys_of_units
        )
    return kept[now]
