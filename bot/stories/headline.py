"""A headline as stories are compared by it: its units of meaning, its numbers, its manner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain

from bot.language import WordKeys, load
from bot.language.dictionaries import default_dictionaries
from bot.language.reading import CONCEPT, GIVEN_NAME, MAYBE_NAME, NAME, NEAR, SAME_SCRIPT
from bot.language.story_words import STORY_WORD
from bot.matching import ReadText, read_text

#: Keys that mean the same in every language.
SHARED = (CONCEPT, GIVEN_NAME, NAME, STORY_WORD)
# What is no word of a language, so that it is not compared as one.
_NO_WORD = (*SHARED, MAYBE_NAME, NEAR, "^", "*", "·", "№")
_BY_SOUND = (NAME, MAYBE_NAME, NEAR)
_SHORTEST_NEAR = 5
# What Armenian and Azerbaijani surnames end in, in two alphabets.
_SURNAME = re.compile(
    "[ա-և]{2,}(?:յան|եան|իեվ|ով|եվ)(?:[ըն]|ի|ին|ից|ով|ս)?|[а-я]{2,}(?:ян|янц)(?:а|у|ом|е)?"
)
_PLACES = frozenset({"places", "countries"})
_ACTORS = frozenset({*_PLACES, "people", "officials", "organisations", "offices", "parties"})
_DIGITS = re.compile(r"\d+")
#: The rows of story_words.tsv are numbers where one of their English words is one of these.
_TO_TWENTY = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = dict(
    zip(f"{_TO_TWENTY} {_TENS}".split(), chain(range(2, 21), range(30, 100, 10)), strict=True)
)
# What was said by somebody: a colon, an Armenian full stop or quotes before the end.
_SAID = re.compile(r"[.․:]\s*[^.․]{3,60}$|՝|[«“\"].{12,}[»”\"]")
# A name of a few words in quotes; a longer quotation is what somebody said.
_QUOTED = re.compile(r"[«“]([^«»“”]{2,30})[»”]")
# An agency that a headline names behind its text is no part of what happened.
_SOURCE_BEHIND = re.compile(
    r"\s*[.․։|—–-]\s*(?:«[^»]{2,30}»|[\w.-]{2,24}\.(?:am|ru|com|az|ge|info|net|news))\s*$"
    r"|,?\s+(?:—|-)?\s*(?:сообщает|сообщают|передает|передаёт|пишет)\s+[\w «».-]{2,30}$"
    r"|,?\s+(?:according to|reports?|says)\s+[A-Z][\w .-]{1,24}$"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, or words that mean one concept: by what it meets its like."""

    within: frozenset[str]  #: in its own language
    shared: frozenset[str]  #: in every language
    maybe: frozenset[str]  #: if it is a name after all
    near: frozenset[str]
    is_name: bool
    written: str = ""


@dataclass(frozen=True)
class Headline:
    """What is compared; made by `read_headline`."""

    language: str
    folded: str
    units: tuple[Unit, ...]
    numbers: frozenset[int]
    gravity: int
    is_said: bool
    denies: bool
    #: The names that stand in quotes, each by its words' keys.
    quoted: tuple[tuple[frozenset[str], ...], ...]
    #: The surnames in it, each by its keys.
    surnames: tuple[frozenset[str], ...]

    @cached_property
    def keys_of_units(self) -> tuple[frozenset[str], ...]:
        """The keys of each unit, those of a language marked by it."""
        return tuple(
            frozenset(mark(key, self.language) for key in unit.within) for unit in self.units
        )

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys by which it is looked for, those of a language marked by it."""
        maybe = (NAME + key[1:] for unit in self.units for key in unit.maybe)
        return frozenset(maybe).union(*self.keys_of_units)

    def forget_keys(self) -> None:
        """Let go of keys that are made again when they are asked for: thousands are kept open."""
        self.__dict__.pop("keys", None)
        self.__dict__.pop("keys_of_units", None)

    @cached_property
    def concepts(self) -> frozenset[str]:
        """Its concepts of the glossary, as keys."""
        return frozenset(k for unit in self.units for k in unit.shared if k[0] == CONCEPT)

    @cached_property
    def names_at(self) -> frozenset[int]:
        """Which of its units are names."""
        return frozenset(at for at, unit in enumerate(self.units) if unit.is_name)

    @cached_property
    def places(self) -> frozenset[str]:
        """Those of its concepts that are places."""
        return frozenset(each for each in self.concepts if _category(each) in _PLACES)

    @cached_property
    def towns(self) -> frozenset[str]:
        """Those of its places that are no country."""
        return frozenset(each for each in self.places if _category(each) == "places")

    @cached_property
    def tolls(self) -> frozenset[int]:
        """Its numbers, without those that are years."""
        return frozenset(each for each in self.numbers if not 1900 <= each <= 2100)

    @cached_property
    def acts(self) -> frozenset[str]:
        """Those of its concepts that are nobody and nowhere, with its story words."""
        words = (k for unit in self.units for k in unit.shared if k[0] == STORY_WORD)
        concepts = (each for each in self.concepts if _category(each) not in _ACTORS)
        return frozenset((*words, *concepts))


@lru_cache(200_000)
def mark(key: str, language: str) -> str:
    """Return a key of one language so that it is no other's."""
    return key if key[0] in SHARED else language + key


def read_headline(title: str, language: str) -> Headline:
    """Return a headline read; the source behind its text left out."""
    title = _SOURCE_BEHIND.sub("", title) or title
    read = read_text(title)
    return Headline(
        language=language,
        folded=" ".join(word.folded for word in read.words),
        units=tuple(_units(read)),
        numbers=frozenset(_numbers(read)),
        gravity=read.gravity,
        is_said=language != "en" and bool(_SAID.search(title)),
        denies=bool(read.negated),
        quoted=tuple(_quoted(title)),
        surnames=tuple(_surnames(read)),
    )


def _surnames(read: ReadText) -> Iterator[frozenset[str]]:
    language = load()
    for place, word in enumerate(read.words):
        behind = place > 0 and language.is_given_name(read.written[place - 1])
        if word.capital and (behind or _SURNAME.fullmatch(word.folded)):
            yield frozenset(key for key in word.keys if key[0] in (*_BY_SOUND, CONCEPT))


def _quoted(title: str) -> Iterator[tuple[frozenset[str], ...]]:
    for quoted in _QUOTED.findall(title):
        yield tuple(frozenset(word.keys) for word in read_text(quoted).words)


def _units(read: ReadText) -> Iterator[Unit]:
    language = load()
    for place, word in enumerate(read.words):
        if language.is_function_word(read.written[place]):
            continue
        hidden = read.hidden.get(place, frozenset())
        yield _unit(word, hidden, read.written[place])
    for span in read.spans:
        one, written = frozenset((span.concept,)), read.as_written(span.start, span.end)
        yield Unit(one, one, frozenset(), frozenset(), is_name=False, written=written)


def _unit(word: WordKeys, hidden: frozenset[str], written: str) -> Unit:
    keys = [key for key in word.keys if key not in hidden]
    story_words = load().story_words
    shared = {key for key in keys if key[0] in (CONCEPT, GIVEN_NAME)}
    shared |= {key for key in keys if key[0] == NAME and key[1] != SAME_SCRIPT}
    shared.update(row for key in keys for row in story_words.get(key, ()))
    own = {key for key in keys if key[0] not in _NO_WORD}
    if word.script == "en":
        # A keyword is not led back to its verb, for it would find more than it asks for.
        own.add(default_dictionaries().lemma(word.folded, "en"))
    return Unit(
        within=frozenset(own | shared),
        shared=frozenset(shared),
        maybe=frozenset(k for k in keys if k[0] == MAYBE_NAME and k[1] != SAME_SCRIPT),
        near=frozenset(k for k in keys if k[0] == NEAR and len(k) >= _SHORTEST_NEAR),
        is_name=word.capital and any(key[0] == NAME for key in keys),
        written=written,
    )


def _numbers(read: ReadText) -> Iterator[int]:
    rows = _number_rows()
    for word in read.words:
        for digits in _DIGITS.findall(word.folded)[:1]:
            yield int(digits[:9])
        for key in word.keys:
            for row in load().story_words.get(key, ()):
                if row in rows:
                    yield rows[row]


@cache
def _number_rows() -> dict[str, int]:
    """Return what the story words that are numbers count, by their keys."""
    story_words = load().story_words
    return {row: value for word, value in _NUMBERS.items() for row in story_words.get(word, ())}


def _category(concept: str) -> str:
    known = load().glossary.concepts.get(concept[1:])
    return known.category if known else "people"
