"""What is new in a story to those who were told of it: nothing, an edit, or a ring and an edit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.model import MAX_GRAVITY, Ring, Role, Telling
from bot.stories.voices import SIDES, find_voices, is_voice

#: So often a story is told again aloud; what must be told after that is a story of its own.
MOST_RINGS = 3
_GRAVE = 2


@dataclass(frozen=True, slots=True)
class News:
    """Whether those who know a story are shown more of it, and why it rings, if it does."""

    edit: bool
    ring: Ring | None = None


def decide_news(
    before: Sequence[Telling], new: Telling, rung: Collection[Ring], *, detail: bool
) -> News:
    """Decide what *new* is to those who were told *before*.

    *rung* are the rings of the story so far; *detail* says that it names a place or a number that
    was not told yet. Of what is gravest, that is never only an edit.
    """
    # Whoever denies does not tell it.
    telling = [each for each in before if each.role is not Role.DENIAL]
    more_voices = len(find_voices([*telling, new]).names) > len(find_voices(telling).names)
    edit = (
        new.role in (Role.DENIAL, Role.CORRECTION)
        or more_voices
        or new.item.language not in {each.item.language for each in before}
        or new.gravity > find_gravity(before)
    )
    if not is_voice(new):
        return News(edit=edit)
    for ring in _find_rings(before, telling, new, detail=detail):
        if ring is Ring.DETAIL or (ring not in rung and len(rung) < MOST_RINGS):
            return News(edit=True, ring=ring)
    return News(edit=edit)


def needs_story_of_its_own(rung: Collection[Ring], *, detail: bool, gravity: int) -> bool:
    """Say whether what joins is too grave to be told by an edit, and its story rang enough."""
    return detail and gravity >= MAX_GRAVITY and len(rung) >= MOST_RINGS


def _find_rings(
    before: Sequence[Telling], telling: Sequence[Telling], new: Telling, *, detail: bool
) -> Iterator[Ring]:
    """Yield why *new* could ring, the weightiest first."""
    if new.role is Role.DENIAL:
        if not any(each.role is Role.DENIAL for each in before):
            yield Ring.DENIED
        return
    if new.role is Role.CORRECTION:
        yield Ring.CORRECTED
    voices, with_new = find_voices(telling), find_voices([*telling, new])
    sides = SIDES.intersection(voices.countries)
    if len(sides) == 1 and SIDES.intersection(with_new.countries) != sides:
        yield Ring.OTHER_SIDE
    gravest = find_gravity(before)
    if detail and new.gravity >= MAX_GRAVITY:
        yield Ring.DETAIL
    if new.gravity > max(1, gravest):
        yield Ring.GRAVER
    is_second = len(voices.names) == 1 and len(with_new.names) > 1
    if is_second and max(new.gravity, gravest) >= _GRAVE:
        yield Ring.SECOND


def find_gravity(tellings: Sequence[Telling]) -> int:
    """Return how grave a story is: of those alone who imitate others, never above 1."""
    return max(
        (min(each.gravity, 1) if each.imitates else each.gravity for each in tellings), default=0
    )
