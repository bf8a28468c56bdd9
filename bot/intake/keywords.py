"""Keywords as intake holds them against texts."""

from __future__ import annotations

from collections.abc import Iterable

from bot.matching import (
    KEYS_VERSION,
    KeywordRefused,
    Matcher,
    Query,
    ReadText,
    holds,
    parse_keyword,
    read_text,
)
from bot.model import Item
from bot.storage.keywords import CompiledKeyword


class KeywordBook:
    """Every keyword that was learnt so far, held against one text in one pass."""

    def __init__(self) -> None:
        self._matcher = Matcher()
        self.newest = 0  #: the highest id that was learnt

    def learn(self, keyword_id: int, compiled: str) -> None:
        """Take a keyword in; called in the order of ids."""
        self._matcher.add(keyword_id, Query.from_json(compiled))
        self.newest = keyword_id

    def learn_all(self, keywords: Iterable[tuple[int, str]]) -> None:
        """Take keywords in, each with its id, in the order of ids."""
        for keyword_id, compiled in keywords:
            self.learn(keyword_id, compiled)

    def forget(self, keyword_id: int) -> None:
        """Let go of a keyword that nobody asks for any more."""
        self._matcher.remove(keyword_id)

    def find(
        self, text: ReadText, *, language: str, publisher: str
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Return the keywords that *text* satisfies, each with the words that did."""
        found = self._matcher.find(text, language=language, publisher=publisher)
        return [(each.keyword_id, each.words) for each in found]


def compile_keyword(typed: str) -> CompiledKeyword:
    """Return the stored forms of what was typed; raises KeywordRefused."""
    return to_stored(typed, parse_keyword(typed))


def compile_or_none(typed: str) -> CompiledKeyword | None:
    """Return the stored forms of what was typed, or None for what is refused."""
    try:
        return compile_keyword(typed)
    except KeywordRefused:
        return None


def to_stored(typed: str, query: Query) -> CompiledKeyword:
    """Return the stored forms of what was typed and has been parsed."""
    return CompiledKeyword(
        typed=typed,
        query=query.canonical,
        compiled=query.to_json(),
        keys_version=KEYS_VERSION,
        anchors=query.anchors,
    )


def find_words(query: Query, item: Item) -> tuple[str, ...] | None:
    """Return the words of a stored item that satisfy *query*, or None."""
    text = read_text(matched_text(item.title, item.summary))
    return holds(query, text, language=item.language, publisher=item.publisher)


def matched_text(title: str, summary: str) -> str:
    """Return what of an item is matched: its title and the summary, cut when it was parsed."""
    return f"{title}\n{summary}"
