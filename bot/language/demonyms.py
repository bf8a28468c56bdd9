"""What belongs to a place: its adjectives and its people, as concepts beside the place's own.

Who asks for Iran asks for what is Iranian too, and can leave that out. In the headlines of 2026
that brings at most two thirds more than the name alone. Of Armenia and Russia it is kin, offered
and not asked for: whoever is Armenian is not therefore of Armenia, nor all that is Russian.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator

from bot.language.glossary import LANGUAGES, Concept
from bot.language.tables import read_table

#: The concept of what belongs to a place is called by this and the place's name.
PREFIX = "of-"
_OFFERED = frozenset({"armenia", "russia"})
_PLACES = "places"
# Names that bear the common endings without change: Капан, капанский, капанец; Վանաձոր, վանաձորցի.
_RUSSIAN = re.compile("[А-Я][а-я]{2,}[бвджзклмнпрстфх]")
_ARMENIAN = re.compile("[Ա-Ֆ][ա-և]{2,}[բգդզթժլխծկհձղճմնշչպջռստրցփքֆ]")


def with_demonyms(concepts: Iterable[Concept]) -> Iterator[Concept]:
    """Yield the concepts, and one more for each place that has adjectives or people."""
    table = {
        row[0]: [tuple(cell.split()) for cell in row[1:]] for row in read_table("demonyms.tsv")
    }
    for concept in concepts:
        words = table.get(concept.id) or _by_rule(concept)
        if not any(words):
            yield concept
            continue
        of_it = Concept(
            id=PREFIX + concept.id,
            category=concept.category,
            gravity=0,
            words=dict(zip(LANGUAGES, (*words, (), ()), strict=False)),
            asked_by={},
            never={},
        )
        if concept.id in _OFFERED:
            yield dataclasses.replace(concept, kin=(*concept.kin, of_it.id))
        else:
            yield dataclasses.replace(concept, also=(*concept.also, of_it.id))
        yield of_it


def _by_rule(concept: Concept) -> list[tuple[str, ...]]:
    if concept.category != _PLACES:
        return []
    return [
        tuple(
            word.lower() + ending
            for word in concept.words[language]
            if ends.fullmatch(word)
            for ending in endings
        )
        for language, ends, endings in (
            ("hy", _ARMENIAN, ("ցի", "եցի")),
            ("ru", _RUSSIAN, ("ский", "ец")),
        )
    ]
