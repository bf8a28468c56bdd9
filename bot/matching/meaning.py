"""Which concepts and sources a query asks for, and the same query without some concepts."""

import dataclasses
from collections.abc import Iterable

from bot.language import fold_text
from bot.language.reading import CONCEPT
from bot.matching.query import All, AnyOf, Not, OnlySource, Part, Query, Term, is_named


def find_concepts(query: Query) -> tuple[str, ...]:
    """Return the ids of the concepts that a query asks for, not those it leaves out."""
    return tuple(sorted(key.removeprefix(CONCEPT) for key in _concepts(query.root)))


def find_unknown_source(query: Query, publishers: Iterable[str]) -> str | None:
    """Return a source that a query asks for and that none of the *publishers* is, if any."""
    folded = [fold_text(publisher) for publisher in publishers]
    return next(
        (
            asked
            for asked in sorted(_sources(query.root))
            if not any(is_named(asked, name) for name in folded)
        ),
        None,
    )


def without_concepts(part: Part, dropped: frozenset[str]) -> Part:
    """Return *part* not asking for these concepts (as keys); its own words still count."""
    if isinstance(part, Term):
        kept = tuple(concept for concept in part.concepts if concept not in dropped)
        return part if kept == part.concepts else dataclasses.replace(part, concepts=kept)
    if isinstance(part, All | AnyOf):
        return type(part)(tuple(without_concepts(one, dropped) for one in part.parts))
    return part


def _concepts(part: Part) -> set[str]:
    if isinstance(part, Term):
        return set(part.concepts)
    if isinstance(part, All | AnyOf):
        return {concept for one in part.parts for concept in _concepts(one)}
    return set()


def _sources(part: Part) -> set[str]:
    if isinstance(part, OnlySource):
        return set(part.names)
    if isinstance(part, All | AnyOf):
        return {source for one in part.parts for source in _sources(one)}
    return _sources(part.part) if isinstance(part, Not) else set()
