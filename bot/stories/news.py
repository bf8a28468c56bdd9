"""What is new in a story to those who were told of it: nothing, an edit, or a ring and an edit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    voices = find_voices(before)
    edit = (
        new.role in (Role.DENIAL, Role.CORRECTION)
        or len(find_voices([*before, new]).names) > len(voices.names)
        or new.item.language not in {each.item.language for each in before}
        or new.gravity > find_gravity(before)
    )
    if not is_voice(new):
        return News(edit=edit)
    possible = _find_ring(before, new, voices.countries, detail=detail)
    if possible is Ring.DETAIL:
        return News(edit=True, ring=possible)
    if possible is None or possible in rung or len(rung) >= MOST_RINGS:
        return News(edit=edit)
    return News(edit=True, ring=possible)


def needs_story_of_its_own(rung: Collection[Ring], *, detail: bool, gravity: int) -> bool:
    """Say whether what joins is too grave to be told by an edit, and its story rang enough."""
    return detail and gravity >= MAX_GRAVITY and len(rung) >= MOST_RINGS


def _find_ring(
    before: Sequence[Telling], new: Telling, countries: Sequence[str], *, detail: bool
) -> Ring | None:
    denying = {each.role for each in before} & {Role.DENIAL}
    if new.role is Role.CORRECTION:
        return Ring.CORRECTED
    if new.role is Role.DENIAL and not denying:
        return Ring.DENIED
    sides = SIDES.intersection(countries)
    if new.country in SIDES and len(sides) == 1 and new.country not in sides:
        return Ring.OTHER_SIDE
    if detail and new.gravity >= MAX_GRAVITY:
        return Ring.DETAIL
    if new.gravity > max(1, find_gravity(before)):
        return Ring.GRAVER
    second = find_voices([*before, new])
    alone = len(find_voices(before).names) == 1
    if alone and len(second.names) > 1 and max(new.gravity, find_gravity(before)) >= _GRAVE:
        return Ring.SECOND
    return None


def find_gravity(tellings: Sequence[Telling]) -> int:
    """Return how grave a story is: of those alone who imitate others, never above 1."""
    return max(
        (min(each.gravity, 1) if each.imitates else each.gravity for each in tellings), default=0
    )
