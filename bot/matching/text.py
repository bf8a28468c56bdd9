"""A text, read: its words with their keys, and the concepts that several words make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot.language import Language, WordKeys, clean, load, written_words
from bot.language.reading import CONCEPT

# Headlines set in capitals throughout: there capitals tell no acronym from a word.
_SHOUTED_WORDS = 4


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

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key of the text: what is stored with an item, to be looked up by."""
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

    @property
    def gravity(self) -> int:
        """The gravity of the gravest concept in the text, by the glossary; 0 for none."""
        concepts = load().glossary.concepts
        found = (key[1:] for key in self.keys if key.startswith(CONCEPT))
        return max((concepts[each].gravity for each in found if each in concepts), default=0)

    def as_written(self, start: int, end: int) -> str:
        """Return words of the text as they stand in it."""
        return " ".join(self.written[start:end])


def read_text(text: str) -> ReadText:
    """Return *text* read: an item's title and summary, with a line break between them."""
    language = load()
    written = tuple(written_words(clean(text)))
    keys = tuple(map(language.read_word, written))
    if len(written) >= _SHOUTED_WORDS and _is_shouted(written):
        keys = tuple(
            language.read_word(word.capitalize())
            if word.isupper() and language.is_ordinary(word)
            else read
            for word, read in zip(written, keys, strict=True)
        )
    spans, hidden = find_patterns(language, keys)
    return ReadText(written, keys, tuple(spans), hidden)


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
            if end > len(words_read) or any(
                wanted.isdisjoint(words_read[place].keys)
                for place, wanted in enumerate(pattern.words, start)
            ):
                continue
            if pattern.never:
                hides = glossary.own_keys.get(pattern.concept[1:], frozenset()) | {pattern.concept}
                for place in range(start, end):
                    hidden[place] = hidden.get(place, frozenset()) | hides
            elif pattern.reads or asked:
                spans.append(Span(start, end, pattern.concept))
    if hidden:
        spans = [s for s in spans if s.concept not in hidden.get(s.start, ())]
    return spans, hidden
