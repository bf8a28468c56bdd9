"""Which concepts of the glossary a query asks for, and the same query without some of them."""

import dataclasses

from bot.language.reading import CONCEPT
from bot.matching.query import All, AnyOf, Part, Query, Term


def find_concepts(query: Query) -> tuple[str, ...]:
    """Return the ids of the concepts that a query asks for, not those it leaves out."""
    return tuple(sorted(key.removeprefix(CONCEPT) for key in _concepts(query.root)))


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
