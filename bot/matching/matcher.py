"""Many queries held against one text in one pass."""

from typing import NamedTuple

from bot.language.reading import is_across
from bot.matching.query import Query, Term, find_part
from bot.matching.text import ReadText


class Found(NamedTuple):
    """A keyword that a text satisfies, with the words that did."""

    keyword_id: int
    words: tuple[str, ...]


def holds(
    query: Query, text: ReadText, *, language: str = "", publisher: str = ""
) -> tuple[str, ...] | None:
    """Return the words of *text* that satisfy *query*, as written, or None."""
    spans = find_part(query.root, text, language, publisher)
    if spans is None:
        return None
    return tuple(dict.fromkeys(text.as_written(start, end) for start, end in sorted(set(spans))))


class Matcher:
    """An index of queries by the keys that their texts must have.

    Adding and removing touch only the query's own keys. Not safe to change while another thread
    searches; safe for many to search.
    """

    def __init__(self) -> None:
        """Begin with no keyword."""
        self._queries: dict[int, Query] = {}
        # One keyword alone stands as its number, several as a tuple: at a hundred thousand
        # keywords most keys have one, and a tuple for each would double the memory.
        self._deciding: dict[str, int | tuple[int, ...]] = {}
        # Keys that decide only after a look at the word: across scripts, and near names.
        self._by_word: dict[str, int | tuple[int, ...]] = {}
        self._to_verify: dict[str, int | tuple[int, ...]] = {}

    def __len__(self) -> int:
        """Return how many keywords are held."""
        return len(self._queries)

    def add(self, keyword_id: int, query: Query) -> None:
        """Hold one more keyword; one with the same id is replaced."""
        if keyword_id in self._queries:
            self.remove(keyword_id)
        self._queries[keyword_id] = query
        for key, table in self._entries(query):
            ids = table.get(key)
            if ids is None:
                table[key] = keyword_id
            else:
                table[key] = (*(ids if isinstance(ids, tuple) else (ids,)), keyword_id)

    def remove(self, keyword_id: int) -> None:
        """Let go of one keyword; of one that is not held, quietly."""
        query = self._queries.pop(keyword_id, None)
        if query is None:
            return
        for key, table in self._entries(query):
            ids = table[key]
            left = tuple(one for one in ids if one != keyword_id) if isinstance(ids, tuple) else ()
            if not left:
                del table[key]
            else:
                table[key] = left if len(left) > 1 else left[0]

    def _entries(self, query: Query) -> list[tuple[str, dict[str, int | tuple[int, ...]]]]:
        anchors = query.anchors
        if not query.is_one_word:
            return [(key, self._to_verify) for key in anchors]
        root = query.root
        assert isinstance(root, Term)  # noqa: S101 (is_one_word says so; for the type checker)
        near = root.words[0].near_keys
        return [
            (key, self._by_word if key in near or is_across(key) else self._deciding)
            for key in anchors
        ]

    def find(self, text: ReadText, *, language: str, publisher: str) -> list[Found]:
        """Return every keyword that *text* satisfies, in the order of their ids."""
        words_of: dict[int, list[str]] = {}
        to_verify: set[int] = set()
        by_word: set[tuple[int, int]] = set()
        deciding, verifying, by_one = self._deciding, self._to_verify, self._by_word
        for place, word in enumerate(text.words):
            hidden = text.hidden.get(place) if text.hidden else None
            for key in word.keys:
                ids = deciding.get(key)
                if ids is not None and (hidden is None or key not in hidden):
                    written = text.written[place]
                    for one in ids if isinstance(ids, tuple) else (ids,):
                        words_of.setdefault(one, []).append(written)
                ids = verifying.get(key)
                if ids is not None:
                    to_verify.update(ids if isinstance(ids, tuple) else (ids,))
                ids = by_one.get(key)
                if ids is not None:
                    by_word.update(
                        (one, place) for one in (ids if isinstance(ids, tuple) else (ids,))
                    )
        for one, place in sorted(by_word):
            root = self._queries[one].root
            if isinstance(root, Term) and root.words[0].fits(text.words[place]):
                words_of.setdefault(one, []).append(text.written[place])
        for span in text.spans:
            ids = deciding.get(span.concept)
            if ids is not None:
                written = text.as_written(span.start, span.end)
                for one in ids if isinstance(ids, tuple) else (ids,):
                    words_of.setdefault(one, []).append(written)
            ids = verifying.get(span.concept)
            if ids is not None:
                to_verify.update(ids if isinstance(ids, tuple) else (ids,))
        found = [Found(one, tuple(dict.fromkeys(written))) for one, written in words_of.items()]
        for one in to_verify - words_of.keys():
            held = holds(self._queries[one], text, language=language, publisher=publisher)
            if held is not None:
                found.append(Found(one, held))
        found.sort()
        return found
