"""Keywords as intake holds them against texts."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from bot.matching import (
    KEYS_VERSION,
    WIDENED,
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

#: So many keywords may come between the reading of a text and its storing, and cost little.
_LATEST = 500


class KeywordBook:
    """Every keyword that was learnt so far, held against one text in one pass.

    Texts are held against it in one thread while another learns and forgets.
    """

    def __init__(self) -> None:
        self._matcher = Matcher()
        self._lock = threading.Lock()
        # The last ones, for texts that were read before they were learnt.
        self._latest: deque[tuple[int, Query]] = deque(maxlen=_LATEST)
        self.newest = 0  #: the highest id that was learnt

    def learn(self, keyword_id: int, compiled: str) -> None:
        """Take a keyword in; called in the order of ids."""
        with self._lock:
            self._matcher.add(keyword_id, compiled)
            self._latest.append((keyword_id, Query.from_json(compiled)))
            self.newest = keyword_id

    def learn_all(self, keywords: Sequence[tuple[int, str]]) -> None:
        """Take many keywords in, each with its id, in the order of ids."""
        if keywords:
            with self._lock:
                self._matcher.add_all(keywords)
                self.newest = keywords[-1][0]

    def forget(self, keyword_id: int) -> None:
        """Let go of a keyword that nobody asks for any more."""
        with self._lock:
            self._matcher.remove(keyword_id)

    def find(
        self, text: ReadText, *, language: str, publisher: str
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Return the keywords that *text* satisfies, each with the words that did."""
        with self._lock:
            found = self._matcher.find(text, language=language, publisher=publisher)
        return [(each.keyword_id, each.words) for each in found]

    def find_learnt_since(
        self, newest: int, text: ReadText, *, language: str, publisher: str
    ) -> list[tuple[int, tuple[str, ...]]]:
        """Return those of the keywords after *newest* that a text satisfies."""
        if newest >= self.newest:
            return []
        if len(self._latest) == _LATEST and self._latest[0][0] > newest:
            found = self.find(text, language=language, publisher=publisher)
            return [each for each in found if each[0] > newest]
        held = [
            (keyword_id, holds(query, text, language=language, publisher=publisher))
            for keyword_id, query in self._latest
            if keyword_id > newest
        ]
        return [(keyword_id, words) for keyword_id, words in held if words is not None]


def compile_keyword(typed: str) -> CompiledKeyword:
    """Return the stored forms of what was typed; raises KeywordRefused."""
    return to_stored(typed, parse_keyword(typed))


def compile_again(typed: str, query: str) -> CompiledKeyword | None:
    """Return the stored forms of what was typed and stored before, or None for what is refused.

    It asks for relatives only if it did so before: nobody's keyword is widened behind their back.
    """
    try:
        return to_stored(typed, parse_keyword(typed, wide=WIDENED in query))
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
