"""Many queries held against one text in one pass."""

from array import array
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import NamedTuple

from bot.language.reading import WordKeys, is_across
from bot.matching.index import KeyIndex
from bot.matching.query import Query, Term, find_part
from bot.matching.stored import StoredQueries
from bot.matching.text import ReadText
from bot.model.search_keys import hash_key


class _Kind(IntEnum):
    """What a key of the index says about a query when a text has it."""

    # The query is satisfied.
    DECIDES = 0
    # It is if the word is in another script than the keyword.
    ACROSS = 1
    # The same, and if the names are near.
    NEAR = 2
    # It may be: the whole query must be held against the text.
    VERIFY = 3


# An entry is a slot with the keyword's script and a _Kind in its lowest bits.
_KIND_BITS, _SCRIPT_BITS = 2, 2
_KIND_MASK, _SCRIPT_MASK = (1 << _KIND_BITS) - 1, (1 << _SCRIPT_BITS) - 1
_SLOT_AT = _KIND_BITS + _SCRIPT_BITS
_SCRIPTS = {"hy": 0, "ru": 1, "en": 2}
_OTHER_SCRIPT = 3

# Words whose postings are kept; the news of a day holds about so many different ones.
_WORDS_HELD = 30_000
_NOT_HELD = -1
_NOTHING: frozenset[str] = frozenset()


class _Postings(NamedTuple):
    """Which queries one word of a text satisfies, and which it only might, by slot."""

    # Held so that its id() is not given to another word.
    word: WordKeys
    satisfied: tuple[int, ...]
    to_verify: tuple[int, ...]


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

    Queries have slots, in the order of their coming. What words mean to those of the last merge is
    remembered; what was added since is looked up in each text that bears a key of it. Not safe to
    change while another thread searches.
    """

    def __init__(self) -> None:
        """Begin with no keyword."""
        self._queries = StoredQueries()
        # By slot: whose it is; _NOT_HELD where nobody's any more.
        self._ids = array("q")
        self._slots: dict[int, int] = {}
        self._index = KeyIndex()
        # Of words side by side: which of them they are looked up by.
        self._phrases: dict[int, int] = {}
        # Of other longer queries: keys of which a text must have one besides those of the index.
        self._seconds: dict[int, tuple[int, ...]] = {}
        # By the id() of a word, which language rooms share between texts.
        self._postings: dict[int, _Postings] = {}

    def __len__(self) -> int:
        """Return how many keywords are held."""
        return len(self._slots)

    def add(self, keyword_id: int, stored: str) -> None:
        """Hold one more keyword, its query as `Query.to_json` gave it; it replaces its id's."""
        for key, entry in self._take_in(keyword_id, stored):
            self._index.add(key, entry)
        if self._index.is_long_unmerged:
            self._merge(())

    def add_all(self, keywords: Iterable[tuple[int, str]]) -> None:
        """Hold many more, each with its id: cheaper than one after the other."""
        entries = (pair for each in keywords for pair in self._take_in(*each))
        self._merge(entries)

    def _merge(self, entries: Iterable[tuple[int, int]]) -> None:
        self._index.merge(entries, keep=self._is_held)
        self._postings.clear()

    def remove(self, keyword_id: int) -> None:
        """Let go of one keyword; of one that is not held, quietly."""
        slot = self._slots.pop(keyword_id, None)
        if slot is not None:
            self._ids[slot] = _NOT_HELD
            self._seconds.pop(slot, None)
            self._phrases.pop(slot, None)

    def _is_held(self, entry: int) -> bool:
        return self._ids[entry >> _SLOT_AT] != _NOT_HELD

    def _take_in(self, keyword_id: int, stored: str) -> list[tuple[int, int]]:
        """Give a query a slot; return its keys with their entries."""
        self.remove(keyword_id)
        query = Query.from_json(stored)
        slot = self._queries.append(stored)
        self._ids.append(keyword_id)
        self._slots[keyword_id] = slot
        number = slot << _SLOT_AT
        root = query.root
        if not isinstance(root, Term):
            if second := query.second_anchors:
                self._seconds[slot] = tuple(map(hash_key, second))
            return [(hash_key(key), number | _Kind.VERIFY) for key in query.anchors]
        if not query.is_one_word:
            self._phrases[slot] = root.words.index(root.heaviest)
            if len(root.words) > 1 and (second := query.second_anchors):
                self._seconds[slot] = tuple(map(hash_key, second))
            kinds = dict.fromkeys(root.heaviest.anchors(), _Kind.VERIFY)
            kinds |= dict.fromkeys(root.concepts, _Kind.DECIDES)
            return [(hash_key(key), number | kind) for key, kind in kinds.items()]
        word = root.words[0]
        number |= _SCRIPTS.get(word.script, _OTHER_SCRIPT) << _KIND_BITS
        kinds = dict.fromkeys(word.near_keys, _Kind.NEAR)
        for key in (*word.keys, *root.concepts):
            kinds.setdefault(key, _Kind.ACROSS if is_across(key) else _Kind.DECIDES)
        return [(hash_key(key), number | kind) for key, kind in kinds.items()]

    def find(self, text: ReadText, *, language: str, publisher: str) -> list[Found]:
        """Return every keyword that *text* satisfies, in the order of their ids."""
        words_of: dict[int, list[str]] = {}
        # Where the words stand that they are looked up by.
        to_verify: dict[int, list[int]] = {}
        hidden = text.hidden
        recent = self._index.recent_among(text.standing) if self._index.has_recent else _NOTHING
        for place, word in enumerate(text.words):
            if place in hidden:
                postings = self._look_up(word, hidden[place], self._index.find_merged)
            else:
                postings = self._postings.get(id(word)) or self._hold(word)
            if recent and not recent.isdisjoint(word.numbers):
                since = self._look_up(word, hidden.get(place, _NOTHING), self._index.find_recent)
                postings = _Postings(
                    word, postings.satisfied + since.satisfied, postings.to_verify + since.to_verify
                )
            if postings.satisfied:
                written = text.written[place]
                for slot in postings.satisfied:
                    words_of.setdefault(slot, []).append(written)
            for slot in postings.to_verify:
                to_verify.setdefault(slot, []).append(place)
        for span in text.spans:
            for entry in self._index.find(hash_key(span.concept)):
                slot = entry >> _SLOT_AT
                if entry & _KIND_MASK == _Kind.VERIFY:
                    to_verify.setdefault(slot, [])
                else:
                    written = text.as_written(span.start, span.end)
                    words_of.setdefault(slot, []).append(written)
        ids = self._ids
        found = [
            Found(ids[slot], tuple(dict.fromkeys(written) if len(written) > 1 else written))
            for slot, written in words_of.items()
            if ids[slot] != _NOT_HELD
        ]
        for slot, places in to_verify.items():
            if slot in words_of:
                continue
            words = self._verify(slot, places, text, language, publisher)
            if words is not None:
                found.append(Found(ids[slot], words))
        found.sort()
        return found

    def _verify(
        self, slot: int, places: list[int], text: ReadText, language: str, publisher: str
    ) -> tuple[str, ...] | None:
        if self._ids[slot] == _NOT_HELD:
            return None
        second = self._seconds.get(slot)
        if second is not None and text.standing.isdisjoint(second):
            return None
        nth = self._phrases.get(slot)
        if nth is not None:
            phrase = self._queries.unfold(slot).root
            for place in places:
                if isinstance(phrase, Term) and phrase.stands_at(place - nth, text):
                    return (text.as_written(place - nth, place - nth + len(phrase.words)),)
            return None
        return holds(self._queries.unfold(slot), text, language=language, publisher=publisher)

    def _hold(self, word: WordKeys) -> _Postings:
        postings = self._look_up(word, _NOTHING, self._index.find_merged)
        if len(self._postings) >= _WORDS_HELD:
            self._postings.clear()
        self._postings[id(word)] = postings
        return postings

    def _look_up(
        self, word: WordKeys, hidden: frozenset[str], find: Callable[[int], Iterable[int]]
    ) -> _Postings:
        """Return what a word means to what *find* finds; *hidden* keys of it decide nothing."""
        satisfied: dict[int, None] = {}
        to_verify: list[int] = []
        near: list[int] = []
        script = _SCRIPTS.get(word.script, _OTHER_SCRIPT)
        for key, hashed in zip(word.keys, word.numbers, strict=True):
            for entry in find(hashed):
                slot, kind = entry >> _SLOT_AT, entry & _KIND_MASK
                if kind == _Kind.VERIFY:
                    to_verify.append(slot)
                elif kind == _Kind.DECIDES:
                    if key not in hidden:
                        satisfied[slot] = None
                elif (asked := entry >> _KIND_BITS & _SCRIPT_MASK) == _OTHER_SCRIPT:
                    near.append(slot)
                elif asked != script:
                    if kind == _Kind.NEAR:
                        near.append(slot)
                    else:
                        satisfied[slot] = None
        for slot in near:
            if slot not in satisfied and self._ids[slot] != _NOT_HELD:
                root = self._queries.unfold(slot).root
                if isinstance(root, Term) and root.words[0].fits(word):
                    satisfied[slot] = None
        return _Postings(word, tuple(satisfied), tuple(to_verify))
