"""Who tells a story: how many independent voices, of which countries, and who denies it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.language import load
from bot.language.fold import fold
from bot.language.reading import GIVEN_NAME, MAYBE_NAME, NAME
from bot.matching import read_text
from bot.model import PublisherKind, Role, Telling

#: The two sides of the border: one of them confirming what the other said is news.
SIDES = frozenset({"AM", "AZ"})


@dataclass(frozen=True, slots=True)
class Voices:
    """What a reader is told of a story's sources."""

    #: One publisher's name for each independent voice, in the order in which they told it.
    names: tuple[str, ...]
    #: The countries of those voices, in that order; what is not described has none.
    countries: tuple[str, ...]
    kinds: frozenset[PublisherKind]
    #: Those who tell it and are not described by the operator.
    undescribed: frozenset[str]

    @property
    def only_state(self) -> bool:
        """Whether all who tell it belong to a state."""
        return bool(self.names) and not self.undescribed and self.kinds <= {PublisherKind.STATE}


def find_voices(tellings: Iterable[Telling]) -> Voices:
    """Return the independent voices among those who tell a story.

    Feeds of one family are one voice; a reprint is its origin's; an opinion and an address that
    imitates another's are none. Whoever denies is counted by `find_voices` of the denials alone.
    """
    telling = [each for each in tellings if is_voice(each)]
    names: dict[str, Telling] = {}
    for each in telling:
        names.setdefault(find_voice(each, telling), each)
    return Voices(
        names=tuple(each.item.publisher for each in names.values()),
        countries=tuple(dict.fromkeys(each.country for each in names.values() if each.country)),
        kinds=frozenset(each.kind for each in names.values() if each.kind),
        undescribed=frozenset(each.item.publisher for each in telling if each.kind is None),
    )


def is_voice(telling: Telling) -> bool:
    """Say whether an item's telling counts for anything."""
    return telling.role is not Role.OPINION and not telling.imitates


def find_voice(telling: Telling, among: Sequence[Telling]) -> str:
    """Return the name of the voice that an item is, so that equal voices have equal names."""
    if telling.origin:
        for each in among:
            if each is not telling and is_same_name(telling.origin, each.item.publisher):
                return each.family or each.item.publisher
        if telling.role is Role.REPRINT:
            return fold(telling.origin)
    return telling.family or telling.item.publisher


def is_same_name(one: str, other: str) -> bool:
    """Say whether two names of publishers are one, in whatever script."""
    if fold(one) == fold(other):
        return True
    mine, its = _name_keys(one), _name_keys(other)
    return bool(mine and its) and all(not a.isdisjoint(b) for a, b in zip(mine, its, strict=False))


@lru_cache(512)
def _name_keys(name: str) -> tuple[frozenset[str], ...]:
    load()
    return tuple(
        frozenset(
            (NAME if key[0] == MAYBE_NAME else key[0]) + key[1:]
            for key in word.keys
            if key[0] in (NAME, MAYBE_NAME, GIVEN_NAME)
        )
        or frozenset({word.folded})
        for word in read_text(name).words
    )
