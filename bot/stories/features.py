"""How two headlines are alike, in numbers: what the scorer decides by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from bot.language import load
from bot.language.reading import MAYBE_NAME, NAME
from bot.language.story_words import read_opposites
from bot.stories.counts import Counts
from bot.stories.headline import Headline, Unit, mark

NAMES = (
    "jaccard", "containment", "both", "matches", "matched", "rarest", "two_rarest",
    "numbers_shared", "numbers_differ", "numbers_missing", "names_matched", "names_left",
    "gravity_differs", "gravity", "length", "length_ratio", "both_said", "one_said",
    "places_differ", "places_shared", "concepts_shared", "concepts_covered", "acts_differ",
    "acts_shared", "one_denies", "same_words", "same_order", "begins_alike", "unmet",
    "least_unmet", "places_left", "containment_other",
    "opposite", "places_swapped", "names_swapped",
)  # fmt: skip
# What a name is worth that only sounds alike.
_BY_SOUND = 3.0
_FEWEST_UNITS = 3


@dataclass(frozen=True, slots=True)
class Likeness:
    """The numbers, and the words of the first that met some of the other, the rarest first."""

    features: tuple[float, ...]
    met: tuple[str, ...]


def compare(one: Headline, other: Headline, counts: Counts) -> Likeness:
    """Return how alike two headlines are."""
    across = one.language != other.language
    weights = weigh(one, counts, across=across)
    other_weights = weigh(other, counts, across=across)
    mine, theirs, met = _meet(one, other, counts, across=across)
    total, other_total = sum(weights), sum(other_weights)
    matched = sum(weights[at] for at in mine)
    other_matched = sum(other_weights[at] for at in theirs)
    half = (matched + other_matched) / 2
    jaccard = half / max(1e-6, total + other_total - half)
    short = min(len(weights), len(other_weights))
    containment = max(matched / max(total, 1e-6), other_matched / max(other_total, 1e-6))
    unmet = [
        max((weight for at, weight in enumerate(of) if at not in those), default=0.0)
        for of, those in ((weights, mine), (other_weights, theirs))
    ]
    rarest = sorted(met.values(), reverse=True)
    names, other_names = one.names_at, other.names_at
    names_matched = len(names & mine)
    left = len(names - mine) + len(other_names - theirs)
    shared = one.concepts & other.concepts
    everything = _sum_rarity(one.concepts | other.concepts, counts)
    features = (
        jaccard,
        containment if short >= _FEWEST_UNITS else jaccard,
        (matched + other_matched) / max(total + other_total, 1e-6),
        len(rarest),
        sum(rarest),
        rarest[0] if rarest else 0.0,
        sum(rarest[:2]),
        len(one.numbers & other.numbers),
        bool(one.numbers and other.numbers and not one.numbers & other.numbers),
        bool(one.numbers) != bool(other.numbers),
        names_matched,
        1.0
        if names and other_names and not names_matched
        else left / max(1, len(names) + len(other_names)),
        abs(one.gravity - other.gravity),
        min(one.gravity, other.gravity),
        short,
        short / max(1, len(weights), len(other_weights)),
        one.is_said and other.is_said,
        one.is_said != other.is_said,
        bool(one.places and other.places and not one.places & other.places),
        len(one.places & other.places),
        len(shared),
        _sum_rarity(shared, counts) / max(1e-6, everything),
        bool(one.acts and other.acts and not one.acts & other.acts),
        len(one.acts & other.acts),
        one.denies != other.denies,
        fuzz.token_set_ratio(one.folded, other.folded),
        fuzz.token_sort_ratio(one.folded, other.folded),
        (0 in mine) + (0 in theirs),
        max(unmet),
        min(unmet),
        len(one.places ^ other.places),
        min(matched / max(total, 1e-6), other_matched / max(other_total, 1e-6)),
        across and _are_opposite(one, other),
        0 if across else min(len(one.places - other.places), len(other.places - one.places)),
        # English headlines give every word a capital: there a name is not seen.
        0 if across or one.language == "en" else min(len(names - mine), len(other_names - theirs)),
    )
    return Likeness(tuple(map(float, features)), tuple(_find_words(one, met)))


def weigh(headline: Headline, counts: Counts, *, across: bool) -> Sequence[float]:
    """Return what each unit of a headline tells, by its least rare key.

    Kept with the headline, which is compared with many, until much more has been counted.
    """
    kept: dict[tuple[int, int, bool], Sequence[float]] = headline.__dict__.setdefault("_kept", {})
    now = (id(counts), counts.epoch, across)
    if now not in kept:
        for old in [each for each in kept if each[:2] != now[:2]]:
            del kept[old]
        kept[now] = [_weigh(unit, headline.language, across, counts) for unit in headline.units]
    return kept[now]


def _weigh(unit: Unit, language: str, across: bool, counts: Counts) -> float:
    keys = unit.shared if across else unit.within
    return min((counts.rarity(mark(key, language), language) for key in keys), default=0.0)


def _meet(
    one: Headline, other: Headline, counts: Counts, *, across: bool
) -> tuple[set[int], set[int], dict[str, float]]:
    """Return which units of each meet one of the other, and by which key, with its rarity."""
    at_key: dict[str, list[int]] = defaultdict(list)
    for at, unit in enumerate(other.units):
        for key in unit.shared if across else unit.within:
            at_key[key].append(at)
        for key in unit.maybe if across else ():
            at_key[key].append(at)
    mine: set[int] = set()
    theirs: set[int] = set()
    met: dict[str, float] = {}
    for at, unit in enumerate(one.units):
        keys = [key for key in (unit.shared if across else unit.within) if key in at_key]
        if keys:
            worth = {key: counts.rarity(mark(key, one.language), one.language) for key in keys}
            # Of equals the written word, which says more to a reader than how it sounds.
            best = max(worth, key=lambda key: (worth[key], key))
            places = at_key[best]
            met[best] = worth[best]
        elif across and (places := _by_sound(unit, other, at_key)):
            met[f"{NAME}{at}"] = _BY_SOUND
        else:
            continue
        mine.add(at)
        theirs.update(places)
    return mine, theirs, met


def _by_sound(unit: Unit, other: Headline, at_key: dict[str, list[int]]) -> list[int]:
    """Return the units that a name meets though one of the two may be none, or is spelt nearly."""
    for key in unit.shared:
        if key[0] == NAME and MAYBE_NAME + key[1:] in at_key:
            return at_key[MAYBE_NAME + key[1:]]
    for key in unit.maybe:
        if NAME + key[1:] in at_key:
            return at_key[NAME + key[1:]]
    if not unit.is_name:
        return []
    return [
        at
        for at, each in enumerate(other.units)
        if each.is_name and not each.near.isdisjoint(unit.near)
    ][:1]


def _find_words(headline: Headline, met: dict[str, float]) -> Iterator[str]:
    """Yield the words of a headline by which it met the other, the rarest first."""
    for key in sorted(met, key=met.__getitem__, reverse=True):
        for at, unit in enumerate(headline.units):
            if key in unit.within or key == f"{NAME}{at}":
                yield unit.written
                break


def _are_opposite(one: Headline, other: Headline) -> bool:
    """Tell whether one of them opens what the other closes."""
    lone = other.acts - one.acts
    return any(not lone.isdisjoint(_opposites().get(act, ())) for act in one.acts - other.acts)


@cache
def _opposites() -> dict[str, frozenset[str]]:
    return read_opposites(load().story_words)


def _sum_rarity(concepts: frozenset[str], counts: Counts) -> float:
    return sum(counts.rarity(concept, "") for concept in concepts)
