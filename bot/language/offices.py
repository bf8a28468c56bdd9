"""Who holds which office: each is asked for with the other, for news name now one, now the other.

A change of holder is one more line in offices.tsv: of an office, the line with the latest date
counts.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator

from bot.language.glossary import Concept
from bot.language.tables import read_table


def read_holders() -> dict[str, str]:
    """Return the concept of each office's present holder, by the concept of the office."""
    # Dates in ISO 8601 sort as text.
    by_date = sorted(read_table("offices.tsv"), key=lambda row: row[2])
    return {office: holder for office, holder, *_ in by_date}


def with_holders(concepts: Iterable[Concept]) -> Iterator[Concept]:
    """Yield the concepts, those of offices and of their holders as relatives of one another."""
    relatives: dict[str, list[str]] = defaultdict(list)
    for office, holder in read_holders().items():
        relatives[office].append(holder)
        relatives[holder].append(office)
    for concept in concepts:
        found = relatives.get(concept.id)
        yield dataclasses.replace(concept, also=(*concept.also, *found)) if found else concept
