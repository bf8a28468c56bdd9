"""What one word of a text can stand for: its keys.

A key is a short string; its first character tells its kind:

    граница   a citation form the word may belong to
    ~ջր       an Armenian stem that lost its vowel
    ^us       written in capitals only: US, not us
    #pašinan  how a name may sound, for words in other scripts; #=pašinan how it sounds at first
              sight, for its own; with % instead of #: the same of a word that may be no name
    !nikol    a given name known in several languages, for words in other scripts
    &pšnn     its consonants: near names share them
    @border   a concept of the glossary, or a surname known in several spellings
    №         any number
    *n        an initial, by its sound
    ·         what may stand between a given name and a surname: a patronymic, an initial
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from bot.language.dictionaries import Dictionaries
from bot.language.endings_en import EnglishEndings
from bot.language.endings_hy import REDUCED, ArmenianEndings
from bot.language.endings_ru import RussianNameEndings
from bot.language.fold import fold, script_of
from bot.language.glossary import Glossary
from bot.language.skeleton import consonants, plain_skeleton, skeletons, sound_of
from bot.model.search_keys import hash_key

NAME, MAYBE_NAME, NEAR, CAPITALS, CONCEPT = "#", "%", "&", "^", "@"
SAME_SCRIPT = "="
GIVEN_NAME = "!"
# Keys that join a typed word and a word of a text only if their scripts differ.
_ACROSS = (NAME, MAYBE_NAME, GIVEN_NAME)
_NAMES = (*_ACROSS, NEAR)
LONGEST_ACRONYM = 5
# N. Pashinyan, Н. В. Пашинян and Н.В. Пашинян, whose points are gone.
_MOST_INITIALS = 2
SHORTEST_NAME = 4
# An acronym that is declined: МИДа, ՄԱԿի, UAVs.
_DECLINED = re.compile(
    "([А-ЯЁ]{2,6})[а-яё]{1,3}|([\u0531-\u0556]{2,6})[\u0561-\u0587]{1,4}|([A-Z]{2,5})s"
)
NUMBER = "№"
INITIAL, BETWEEN = "*", "·"
_PATRONYMIC = re.compile(
    "[А-Я][а-я]+(?:[оеь]вич|ич|[оеь]вн|иничн)(?:а|у|ем|е|ы|ой|ам|ах)?"
    "|[A-Z][a-z]+(?:[oey]vich|ovna|evna)|[\u0531-\u0556][\u0561-\u0587]+(?:ի|ովիչ|ևիչ)"
)
# Doubled letters count once in a skeleton: Anna has four letters and three sounds.
SHORTEST_SKELETON = 3


def is_across(key: str) -> bool:
    """Tell whether a key counts only between words of different scripts.

    Within one, Martin is not Martiros, though both are Мартин or Մարտիրոս to another.
    """
    return key[0] in _ACROSS and key[1] != SAME_SCRIPT


def is_name(key: str) -> bool:
    """Tell whether a key says how a word sounds as a name."""
    return key[0] in _NAMES


class WordKeys(NamedTuple):
    """What one word of a text can stand for."""

    folded: str
    script: str
    keys: tuple[str, ...]
    # The same as numbers.
    numbers: tuple[int, ...]
    # Those of them that are concepts.
    concepts: tuple[str, ...]
    # The name's skeletons, for comparing near names.
    sounds: tuple[str, ...]
    # Patterns of the glossary that may begin here.
    begins: tuple[int, ...]
    capital: bool


def with_numbers(
    folded: str,
    script: str,
    keys: tuple[str, ...],
    sounds: tuple[str, ...],
    begins: tuple[int, ...],
    *,
    capital: bool,
) -> WordKeys:
    """Return what a word can stand for, with what follows from its keys."""
    numbers = tuple(map(hash_key, keys))
    concepts = tuple(key for key in keys if key[0] == CONCEPT)
    return WordKeys(folded, script, keys, numbers, concepts, sounds, begins, capital)


class WordReader:
    """Gives words of texts their keys."""

    def __init__(self, dictionaries: Dictionaries) -> None:
        """Read the tables of endings."""
        self.dictionaries = dictionaries
        self.armenian = ArmenianEndings()
        self.english = EnglishEndings()
        self.russian_names = RussianNameEndings()
        # Keys of known names by spelling.
        self.given_names: Mapping[str, tuple[str, ...]] = {}
        self.surnames: Mapping[str, tuple[str, ...]] = {}
        self.glossary: Glossary | None = None

    def citation_forms(self, folded: str, script: str) -> frozenset[str]:
        """Return the citation forms that a folded word of a text may belong to."""
        if script == "hy":
            return self.armenian.citation_forms(folded)
        if script == "ru":
            return frozenset((folded, *self.dictionaries.citation_forms_ru(folded)))
        if script == "en":
            return self.english.citation_forms(folded)
        return frozenset((folded,))

    def name_forms(self, folded: str, script: str, forms: frozenset[str]) -> frozenset[str]:
        """Return the citation forms a capitalised word may have as a name."""
        if script == "ru" and not self.dictionaries.knows_ru(folded):
            return forms | self.russian_names.citation_forms(folded)
        return frozenset(form for form in forms if form[0] != REDUCED)

    def read(self, written: str) -> WordKeys:
        """Return the keys of one word as it stands in a cleaned text."""
        folded = fold(written)
        script = script_of(folded)
        forms = self.citation_forms(folded, script)
        keys = set(forms)
        sounds: set[str] = set()
        bare = written[:-2] if written.endswith(("'s", "'S")) else written
        if declined := _DECLINED.fullmatch(bare):
            bare = declined[declined.lastindex or 0]
            keys.add(fold(bare))
        if bare.isupper() and 2 <= len(bare) <= LONGEST_ACRONYM:
            keys.add(CAPITALS + fold(bare))
        if folded.isdecimal():
            keys.add(NUMBER)
        elif len(written) <= _MOST_INITIALS and written.isupper():
            keys.update((BETWEEN, INITIAL + sound_of(folded[0])))
        elif _PATRONYMIC.fullmatch(written):
            keys.add(BETWEEN)
        capital = written[:1].isupper()
        if capital:
            names = self.name_forms(folded, script, forms)
            sounds = self._add_names(names, folded, keys)
            forms |= names
        glossary = self.glossary
        begins: set[int] = set()
        if glossary is not None:
            concepts: set[str] = set()
            for key in keys | forms:
                concepts.update(glossary.ordinary.get(key, ()))
                if capital:
                    concepts.update(glossary.proper.get(key, ()))
                begins.update(glossary.beginning.get(key, ()))
            keys.update(CONCEPT + concept for concept in concepts)
        return with_numbers(
            folded,
            script,
            tuple(sorted(keys)),
            tuple(sorted(sounds)),
            tuple(sorted(begins)),
            capital=capital,
        )

    def _add_names(self, names: frozenset[str], folded: str, keys: set[str]) -> set[str]:
        """Add what the word gives as a name; return the skeletons that "near" compares."""
        ordinary = self.dictionaries.is_ordinary(folded)
        sounds: set[str] = set()
        for name in names:
            keys.update(self.surnames.get(name, ()))
            keys.update(self.given_names.get(name, ()))
            plain = plain_skeleton(name)
            for skeleton in skeletons(name):
                if ordinary or len(name) < SHORTEST_NAME or len(skeleton) < SHORTEST_SKELETON:
                    kind = MAYBE_NAME
                else:
                    kind = NAME
                    sounds.add(skeleton)
                    keys.add(NEAR + consonants(skeleton))
                keys.add(kind + skeleton)
                if skeleton == plain:
                    keys.add(f"{kind}{SAME_SCRIPT}{skeleton}")
        return sounds
