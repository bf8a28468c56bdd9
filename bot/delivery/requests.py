"""What somebody asks the archive for: words, languages, publishers, a time, how many."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.periods import LONGEST_PERIOD_WORDS, Period, is_weekday, parse_period
from bot.language import fold_text
from bot.matching import Query, holds, parse_keyword, read_text
from bot.matching.grammar import Both, FromSource, InLanguage, Node, parse
from bot.matching.query import is_named
from bot.model import Item

#: A number that stands alone, or at the end, says how many: "border 5". Above it is looked for.
_MOST_ASKED = 20
#: Behind less than that it is part of a name: Су 30.
_SHORTEST_WORD = 3
_LANGUAGES = {
    "hy": "armenian армянский армянском по-армянски հայերեն հայերենով",
    "ru": "russian русский русском по-русски ռուսերեն ռուսերենով",
    "en": "english английский английском по-английски անգլերեն անգլերենով",
}
_LANGUAGE_OF = {word: each for each, words in _LANGUAGES.items() for word in words.split()}
_AROUND_A_LANGUAGE = frozenset({"in", "на", "языке", "язык", "language", "լեզվով"})
_QUOTES = frozenset("\"'«»“”„‘’")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for; nothing said asks for everything."""

    words: str = ""  #: what is looked for, as typed
    query: Query | None = None
    languages: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()
    period: Period | None = None
    newest: int | None = None  #: so many, no more

    def holds(self, item: Item) -> bool:
        """Say whether an item is asked for."""
        period = self.period
        if period is not None and item.published_at < period.since:
            return False
        if period is not None and period.until is not None and item.published_at >= period.until:
            return False
        if self.languages and item.language not in self.languages:
            return False
        if self.publishers and item.publisher not in self.publishers:
            return False
        if self.query is None:
            return True
        text = read_text(f"{item.title}\n{item.summary}")
        found = holds(self.query, text, language=item.language, publisher=item.publisher)
        return found is not None


def parse_request(
    typed: str, publishers: Collection[str], zone: str, now: datetime
) -> tuple[Request, str]:
    """Return what *typed* asks for, and a source in it that none of the *publishers* is, or "".

    Raises KeywordRefused for words that cannot be looked for.
    """
    words = typed.split()
    words, period = _take_period(words, zone, now)
    words, newest = _take_number(words)
    if period is None:
        words, period = _take_period(words, zone, now)
    rest = " ".join(words)
    if not rest:
        return Request(period=period, newest=newest), ""
    language = _find_language(words)
    if language:
        return Request(languages=frozenset({language}), period=period, newest=newest), ""
    named = frozenset(each for each in publishers if fold_text(each) == fold_text(rest))
    if named:
        return Request(publishers=named, period=period, newest=newest), ""
    filters = list(_iter_parts(parse(rest)))
    languages = {each.language for each in filters if isinstance(each, InLanguage)}
    sources = [fold_text(each.name) for each in filters if isinstance(each, FromSource)]
    if len(filters) > 0 and all(isinstance(each, InLanguage | FromSource) for each in filters):
        known = {each: fold_text(each) for each in publishers}
        unknown = [
            asked for asked in sources if not any(is_named(asked, name) for name in known.values())
        ]
        request = Request(
            languages=frozenset(languages),
            publishers=frozenset(
                each
                for each, name in known.items()
                if any(is_named(asked, name) for asked in sources)
            ),
            period=period,
            newest=newest,
        )
        return request, unknown[0] if unknown else ""
    return Request(words=rest, query=parse_keyword(rest), period=period, newest=newest), ""


def _says_how_many(word: str) -> bool:
    """Say whether a word can say how many are wanted."""
    return word.isdecimal() and len(word) <= 2 and 1 <= int(word) <= _MOST_ASKED


def _take_number(words: list[str]) -> tuple[list[str], int | None]:
    if len(words) == 1 and _says_how_many(words[0]):
        return [], int(words[0])
    if len(words) > 1 and _says_how_many(words[-1]) and len(words[-2]) >= _SHORTEST_WORD:
        return words[:-1], int(words[-1])
    return words, None


def _take_period(words: list[str], zone: str, now: datetime) -> tuple[list[str], Period | None]:
    """Take the longest time that the words end or begin with."""
    for size in range(min(LONGEST_PERIOD_WORDS, len(words)), 0, -1):
        for some, rest in ((words[-size:], words[:-size]), (words[:size], words[size:])):
            if rest and size == 1 and is_weekday(some[0]):
                continue
            # What stands in quotes is looked for as it is.
            if _QUOTES.isdisjoint("".join(some)) and _is_closed(rest):
                period = parse_period(some, zone, now)
                if period is not None:
                    return rest, period
    return words, None


def _is_closed(words: list[str]) -> bool:
    return "".join(words).count('"') % 2 == 0


def _find_language(words: list[str]) -> str:
    said = [word for word in map(str.casefold, words) if word not in _AROUND_A_LANGUAGE]
    return _LANGUAGE_OF.get(said[0], "") if len(said) == 1 else ""


def _iter_parts(node: Node) -> Iterator[Node]:
    if isinstance(node, Both):
        for part in node.parts:
            yield from _iter_parts(part)
    else:
        yield node
