"""A text, read: its words with their keys, and the concepts that several words make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bot.language import (
    Language,
    WordKeys,
    cache_folder,
    clean,
    keep_words,
    load,
    written_words,
)
from bot.language.reading import CONCEPT, is_name
from bot.matching.negation import find_negated
from bot.matching.remembered import Remembered
from bot.model.search_keys import hash_key

# Headlines set in capitals throughout: there capitals tell no acronym from a word.
_SHOUTED_WORDS = 4
# Signs behind which a clause ends.
_ENDS = frozenset(".,;:!?…։՝․—–-)»")
# The news of a day hold about so many different ones.
_CHUNKS_HELD = 15_000
_chunks: Remembered[tuple[tuple[str, ...], tuple[WordKeys, ...]]] = Remembered(_CHUNKS_HELD)


@dataclass(frozen=True)
class Span:
    """Words side by side that mean one concept."""

    start: int
    end: int
    concept: str


@dataclass(frozen=True)
class ReadText:
    """A text as keywords are held against it."""

    written: tuple[str, ...]
    words: tuple[WordKeys, ...]
    spans: tuple[Span, ...] = ()
    # Keys that do not count at a word: "граница" in "за границей".
    hidden: dict[int, frozenset[str]] = field(default_factory=dict)
    # The words before which a clause ends.
    breaks: frozenset[int] = frozenset()

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key that counts in the text."""
        if not self.hidden:
            return frozenset(self.places) | {span.concept for span in self.spans}
        found: set[str] = set()
        for place, word in enumerate(self.words):
            if place in self.hidden:
                found.update(key for key in word.keys if key not in self.hidden[place])
            else:
                found.update(word.keys)
        found.update(span.concept for span in self.spans)
        return frozenset(found)

    @cached_property
    def standing(self) -> frozenset[int]:
        """Every key that stands in the text as a number, those that do not count there too."""
        numbers = frozenset[int]().union(*[word.numbers for word in self.words])
        return numbers | {hash_key(span.concept) for span in self.spans} if self.spans else numbers

    @property
    def numbers(self) -> frozenset[int]:
        """The keys as numbers: what is stored with an item, to be looked up by."""
        return frozenset(map(hash_key, self.keys)) if self.hidden else self.standing

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Where each key stands, those that do not count there too."""
        found: dict[str, list[int]] = {}
        for place, word in enumerate(self.words):
            for key in word.keys:
                standing = found.get(key)
                if standing is None:
                    found[key] = [place]
                else:
                    standing.append(place)
        return found

    @cached_property
    def negated(self) -> frozenset[int]:
        """The places of words that the text says are not so."""
        return find_negated([word.folded for word in self.words], self.breaks)

    @property
    def gravity(self) -> int:
        """The gravity of the gravest concept that the text asserts; 0 for none.

        What a text negates or denies is found by keywords, and makes nothing urgent.
        """
        concepts = load().glossary.concepts
        found = {
            span.concept
            for span in self.spans
            if self.negated.isdisjoint(range(span.start, span.end))
        }
        for place, word in enumerate(self.words):
            if word.concepts and place not in self.negated:
                hidden = self.hidden.get(place, ())
                found.update(each for each in word.concepts if each not in hidden)
        ids = (each.removeprefix(CONCEPT) for each in found)
        return max((concepts[each].gravity for each in ids if each in concepts), default=0)

    def as_written(self, start: int, end: int) -> str:
        """Return words of the text as they stand in it."""
        return " ".join(self.written[start:end])


def read_text(text: str) -> ReadText:
    """Return *text* read: an item's title and summary, with a line break between them."""
    language = load()
    written_of: list[str] = []
    keys_of: list[WordKeys] = []
    breaks: list[int] = []
    for line in text.split("\n"):
        for chunk in line.split():
            some, read = _read_chunk(chunk)
            written_of += some
            keys_of += read
            if chunk[-1] in _ENDS:
                breaks.append(len(written_of))
        breaks.append(len(written_of))
    written, keys = tuple(written_of), tuple(keys_of)
    if len(written) >= _SHOUTED_WORDS and _is_shouted(written):
        keys = tuple(
            language.read_word(word.capitalize())
            if word.isupper() and language.is_ordinary(word)
            else read
            for word, read in zip(written, keys, strict=True)
        )
    spans, hidden = find_patterns(language, keys)
    return ReadText(written, keys, tuple(spans), hidden, frozenset(breaks))


def _read_chunk(chunk: str) -> tuple[tuple[str, ...], tuple[WordKeys, ...]]:
    """Return the words of what stands between blanks, "Երևանում," for one, with their keys."""
    read = _chunks.get(chunk)
    if read is None:
        written = tuple(written_words(clean(chunk)))
        read = written, tuple(map(load().read_word, written))
        _chunks.put(chunk, read)
    return read


def keep_read(folder: Path | None = None) -> None:
    """Keep the words of the news that were read lately for the next start."""
    words = {
        one: keys
        for written, read in _chunks.values()
        for one, keys in zip(written, read, strict=True)
    }
    keep_words(words, folder or cache_folder())


def recall_read(folder: Path | None = None) -> None:
    """Remember the words of the news that were read before this start."""
    load().recall_words(folder or cache_folder())


def forget_read() -> None:
    """Forget what was read, as after a restart."""
    _chunks.clear()
    load().forget_words()


def _is_shouted(written: tuple[str, ...]) -> bool:
    return sum(map(str.isupper, written)) * 3 >= len(written) * 2


def find_patterns(
    language: Language, words_read: tuple[WordKeys, ...], *, asked: bool = False
) -> tuple[list[Span], dict[int, frozenset[str]]]:
    """Return the concepts made by words side by side, and what counter-words hide.

    With *asked*, also those that only ask for a concept and are no evidence of it.
    """
    spans: list[Span] = []
    hidden: dict[int, frozenset[str]] = {}
    glossary = language.glossary
    for start, word in enumerate(words_read):
        for number in word.begins:
            pattern = glossary.patterns[number]
            end = start + len(pattern.words)
            # Most end at their second word.
            if end > len(words_read) or (
                end > start + 1
                and pattern.words[1]
                and pattern.words[1].isdisjoint(words_read[start + 1].keys)
            ):
                continue
            if any(
                wanted and wanted.isdisjoint(words_read[place].keys)
                for place, wanted in enumerate(pattern.words, start)
            ):
                continue
            if pattern.never:
                hides = glossary.own_keys.get(pattern.concept[1:], frozenset()) | {pattern.concept}
                for place in range(start, end):
                    as_name = filter(is_name, words_read[place].keys)
                    hidden[place] = hidden.get(place, frozenset()) | hides | {*as_name}
            elif pattern.reads or asked:
                spans.append(Span(start, end, pattern.concept))
    if hidden:
        spans = [s for s in spans if s.concept not in hidden.get(s.start, ())]
    return spans, hidden
