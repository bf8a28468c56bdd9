"""Which concepts and sources a query asks for, and the same query without some concepts."""

import dataclasses
from collections.abc import Hashable, Iterable, Iterator

from bot.language import fold_text
from bot.language.reading import CONCEPT, GIVEN_NAME, NAME, SAME_SCRIPT
from bot.matching.query import All, AnyOf, Not, OnlySource, Part, Query, Term, is_named


def find_concepts(query: Query) -> tuple[str, ...]:
    """Return the ids of the concepts that a query asks for, not those it leaves out."""
    return tuple(sorted(key.removeprefix(CONCEPT) for key in _concepts(query.root)))


def means_same(one: Query, other: Query) -> bool:
    """Tell whether two queries ask for the same, though they were typed differently.

    border and граница do: they ask for one concept.
    """
    return one.canonical == other.canonical or _meaning(one.root) == _meaning(other.root)


def finds_one_language(query: Query) -> str:
    """Return the script (hy, ru, en) in which alone a query finds anything; "" for several."""
    terms = list(_terms(query.root))
    if any(term.concepts for term in terms):
        return ""
    words = [word for term in terms for word in term.words]
    scripts = {word.script for word in words}
    # Names have keys that are compared with their own script; ordinary words only wait for others.
    name = any(key.startswith((NAME + SAME_SCRIPT, GIVEN_NAME)) for w in words for key in w.keys)
    return scripts.pop() if len(scripts) == 1 and not name else ""


def _terms(part: Part) -> Iterator[Term]:
    if isinstance(part, Term):
        yield part
    elif isinstance(part, All | AnyOf):
        for one in part.parts:
            yield from _terms(one)


def _meaning(part: Part) -> Hashable:
    if isinstance(part, Term):
        if part.concepts and not part.quoted:
            return frozenset(part.concepts)
        return part
    if isinstance(part, All | AnyOf):
        return type(part), frozenset(map(_meaning, part.parts))
    return (Not, _meaning(part.part)) if isinstance(part, Not) else part


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
