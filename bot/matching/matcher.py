"""Many queries held against one text in one pass."""

from enum import IntEnum
from typing import NamedTuple

from bot.language.reading import WordKeys, is_across
from bot.matching.query import Query, Term, find_part
from bot.matching.text import ReadText


class _Kind(IntEnum):
    """What a key of the index says about a keyword when a text has it."""

    # The keyword is satisfied.
    DECIDES = 0
    # It is if the word fits: keys across scripts, and near names.
    BY_WORD = 1
    # It may be: the whole query must be held against the text.
    VERIFY = 2


_KIND_BITS = 2
_KIND_MASK = (1 << _KIND_BITS) - 1


# Words whose postings are kept; the news of a day holds about so many different ones.
_WORDS_HELD = 30_000


class _Postings(NamedTuple):
    """Which keywords one word of a text satisfies, and which it only might."""

    # Held so that its id() is not given to another word.
    word: WordKeys
    satisfied: tuple[int, ...]
    to_verify: tuple[int, ...]


def _as_tuple(entries: int | tuple[int, ...]) -> tuple[int, ...]:
    return entries if isinstance(entries, tuple) else (entries,)


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
        # Each entry is a keyword's number with its _Kind in the lowest bits. One alone stands as
        # itself, several as a tuple: at a hundred thousand keywords most keys have one, and a
        # tuple for each would double the memory.
        self._index: dict[str, int | tuple[int, ...]] = {}
        # By the id() of a word, which language rooms share between texts; dropped when a keyword
        # comes or goes.
        self._postings: dict[int, _Postings] = {}

    def __len__(self) -> int:
        """Return how many keywords are held."""
        return len(self._queries)

    def add(self, keyword_id: int, query: Query) -> None:
        """Hold one more keyword; one with the same id is replaced."""
        if keyword_id in self._queries:
            self.remove(keyword_id)
        self._queries[keyword_id] = query
        self._postings.clear()
        for key, entry in self._entries(keyword_id, query):
            known = self._index.get(key)
            if known is None:
                self._index[key] = entry
            else:
                self._index[key] = (*_as_tuple(known), entry)

    def remove(self, keyword_id: int) -> None:
        """Let go of one keyword; of one that is not held, quietly."""
        query = self._queries.pop(keyword_id, None)
        if query is None:
            return
        self._postings.clear()
        for key, entry in self._entries(keyword_id, query):
            left = tuple(one for one in _as_tuple(self._index[key]) if one != entry)
            if not left:
                del self._index[key]
            else:
                self._index[key] = left if len(left) > 1 else left[0]

    def _entries(self, keyword_id: int, query: Query) -> list[tuple[str, int]]:
        number = keyword_id << _KIND_BITS
        root = query.root
        if not query.is_one_word or not isinstance(root, Term):
            return [(key, number | _Kind.VERIFY) for key in query.anchors]
        near = root.words[0].near_keys
        # Made once, not for every key: two integers a keyword rather than seven.
        by_word, decides = number | _Kind.BY_WORD, number | _Kind.DECIDES
        return [
            (key, by_word if key in near or is_across(key) else decides) for key in query.anchors
        ]

    def find(self, text: ReadText, *, language: str, publisher: str) -> list[Found]:
        """Return every keyword that *text* satisfies, in the order of their ids."""
        words_of: dict[int, list[str]] = {}
        to_verify: set[int] = set()
        for place, word in enumerate(text.words):
            hidden = text.hidden.get(place) if text.hidden else None
            if hidden is None:
                postings = self._postings.get(id(word)) or self._hold(word)
            else:
                postings = self._look_up(word, hidden)
            if postings.satisfied:
                written = text.written[place]
                for number in postings.satisfied:
                    words_of.setdefault(number, []).append(written)
            if postings.to_verify:
                to_verify.update(postings.to_verify)
        for span in text.spans:
            for entry in _as_tuple(self._index.get(span.concept, ())):
                number = entry >> _KIND_BITS
                if entry & _KIND_MASK == _Kind.VERIFY:
                    to_verify.add(number)
                else:
                    written = text.as_written(span.start, span.end)
                    words_of.setdefault(number, []).append(written)
        found = [Found(one, tuple(dict.fromkeys(written))) for one, written in words_of.items()]
        for one in to_verify - words_of.keys():
            held = holds(self._queries[one], text, language=language, publisher=publisher)
            if held is not None:
                found.append(Found(one, held))
        found.sort()
        return found

    def _hold(self, word: WordKeys) -> _Postings:
        postings = self._look_up(word, frozenset())
        if len(self._postings) >= _WORDS_HELD:
            self._postings.clear()
        self._postings[id(word)] = postings
        return postings

    def _look_up(self, word: WordKeys, hidden: frozenset[str]) -> _Postings:
        """Return what a word means to the keywords held; *hidden* keys of it decide nothing."""
        satisfied: dict[int, None] = {}
        to_verify: list[int] = []
        by_word: list[int] = []
        for key in word.keys:
            for entry in _as_tuple(self._index.get(key, ())):
                number, kind = entry >> _KIND_BITS, entry & _KIND_MASK
                if kind == _Kind.VERIFY:
                    to_verify.append(number)
                elif kind == _Kind.BY_WORD:
                    by_word.append(number)
                elif key not in hidden:
                    satisfied[number] = None
        for number in by_word:
            root = self._queries[number].root
            if number not in satisfied and isinstance(root, Term) and root.words[0].fits(word):
                satisfied[number] = None
        return _Postings(word, tuple(satisfied), tuple(to_verify))
