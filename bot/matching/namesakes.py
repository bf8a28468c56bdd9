"""Whom the news mean by a surname of late: the person asked for by full name, or namesakes too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.language import load
from bot.matching.compile import parse_keyword
from bot.matching.query import AnyOf, Term, WordPattern
from bot.matching.text import ReadText

_FULL_NAME = re.compile(r"\s*([^\W\d_]+) +([^\W\d_]+)\s*")
#: From this share on, and from so many on, a surname is taken for the person.
_SHARE, _FEWEST = 0.8, 5
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class FullName:
    """A given name and a surname, as typed, and what each is in a text."""

    surname: str
    given_is: WordPattern
    surname_is: WordPattern


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Of so many full names with one surname, so many are this person; *others* are examples."""

    surname: str
    this: int
    all: int
    others: tuple[str, ...] = ()

    @property
    def are_few(self) -> bool:
        """Whether the surname alone means this person."""
        return self.this >= _FEWEST and self.this >= _SHARE * self.all


def find_full_name(typed: str) -> FullName | None:
    """Return the full name that was typed alone, if its surname may be other people's too."""
    names = _FULL_NAME.fullmatch(typed)
    if names is None or not load().is_given_name(names[1]):
        return None
    if load().is_ordinary(names[2]) or load().means_by_surname(names[1], names[2]):
        return None
    root = parse_keyword(typed).root
    full = root.parts[0] if isinstance(root, AnyOf) else root
    if not isinstance(full, Term) or len(full.words) != 2:
        return None
    return FullName(names[2], *full.words)


def count_namesakes(name: FullName, texts: Iterable[ReadText]) -> Namesakes:
    """Return who bears the surname among the full names of *texts*."""
    this = 0
    others: Counter[str] = Counter()
    for read in texts:
        borne = {
            place - 1
            for place in range(1, len(read.words))
            if name.surname_is.fits(read.words[place])
            and read.written[place - 1][:1].isupper()
            and load().is_given_name(read.written[place - 1])
        }
        mine = {place for place in borne if name.given_is.fits(read.words[place])}
        this += bool(mine)
        others.update({f"{read.written[at]} {read.written[at + 1]}" for at in borne - mine})
    shown = tuple(other for other, _ in others.most_common(_SHOWN))
    return Namesakes(name.surname, this, this + others.total(), shown)
