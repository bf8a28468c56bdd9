"""How near a text comes to a query that it does not satisfy."""

from __future__ import annotations

from dataclasses import dataclass

from bot.matching.query import All, Not, Query, find_part
from bot.matching.text import ReadText


@dataclass(frozen=True, slots=True)
class Miss:
    """How many parts of a query hold in a text, and whether what it leaves out is there."""

    held: int
    parts: int
    excluded: bool


def find_miss(query: Query, text: ReadText, *, language: str, publisher: str) -> Miss:
    """Return how near a text comes to a query that it does not satisfy."""
    parts = query.root.parts if isinstance(query.root, All) else (query.root,)
    wanted = [part for part in parts if not isinstance(part, Not)]
    held = sum(find_part(part, text, language, publisher) is not None for part in wanted)
    unwanted = [part for part in parts if isinstance(part, Not)]
    excluded = any(find_part(part, text, language, publisher) is None for part in unwanted)
    return Miss(held=held, parts=len(wanted), excluded=excluded)
