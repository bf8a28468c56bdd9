"""Words of three languages: what a word of a text stands for, and what a typed word asks for."""

import functools
import threading
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from bot.language.asking import AskedWord, WordAsker
from bot.language.demonyms import with_demonyms
from bot.language.detect import detect_language, load_profiles
from bot.language.dictionaries import default_dictionaries
from bot.language.files import cache_folder
from bot.language.fold import Word, clean, fold, fold_text, script_of, words, written_words
from bot.language.glossary import LANGUAGES, Concept, Glossary, read_concepts
from bot.language.kept import keep_words, open_glossary, recall_words
from bot.language.names import (
    cldr_concepts,
    read_given_names,
    read_known_surnames,
    with_cldr_words,
)
from bot.language.offices import with_holders
from bot.language.reading import WordKeys, WordReader
from bot.language.story_words import read_story_words
from bot.language.tables import read_table

__all__ = [
    "LANGUAGES",
    "AskedWord",
    "Concept",
    "Glossary",
    "Language",
    "Word",
    "WordKeys",
    "cache_folder",
    "clean",
    "detect_language",
    "fold",
    "fold_text",
    "keep_words",
    "load",
    "script_of",
    "words",
    "written_words",
]

_WORDS_HELD = 20_000
_ASKED_HELD = 4_000


def compile_glossary(keys_of_word: Callable[[str], frozenset[str]]) -> Glossary:
    """Return the glossary: our own concepts, and Unicode's countries and cities."""
    curated = [with_cldr_words(concept) for concept in with_holders(read_concepts())]
    glossary = Glossary(with_demonyms(chain(curated, cldr_concepts(curated))))
    glossary.compile(keys_of_word)
    return glossary


class Language:
    """Dictionaries, endings, names and glossary, loaded; safe to read from many threads."""

    def __init__(self) -> None:
        """Load everything; this takes seconds."""
        reader = WordReader(default_dictionaries())
        self.given_names = read_given_names()
        reader.given_names = self.given_names
        reader.surnames = read_known_surnames()
        function_words = frozenset(
            fold(word) for row in read_table("function_words.tsv") for word in row[-1].split()
        )
        asker = WordAsker(reader, function_words)
        self.glossary = open_glossary(lambda: compile_glossary(asker.glossary_keys))
        reader.glossary = self.glossary
        self._asker = asker
        self._read = reader.read
        self._recalled: dict[str, WordKeys] = {}
        #: The keys of a word of the news, which is remembered.
        self.read_word = functools.lru_cache(_WORDS_HELD)(self._read_or_recall)
        self._ask = functools.lru_cache(_ASKED_HELD)(asker.ask)

    @functools.cached_property
    def story_words(self) -> dict[str, tuple[str, ...]]:
        """The story words that a key of a text's word stands for, read when first asked for."""
        return read_story_words(self._asker.glossary_keys)

    def _read_or_recall(self, written: str) -> WordKeys:
        recalled = self._recalled.pop(written, None)
        return self._read(written) if recalled is None else recalled

    def read_typed_word(self, written: str) -> WordKeys:
        """Return the keys of a word that a person typed; it is not remembered."""
        return self._read(written)

    def recall_words(self, folder: Path) -> None:
        """Remember the words of the news that were kept before this start."""
        self._recalled = recall_words(folder)

    def forget_words(self) -> None:
        """Forget the words of the news, as after a restart."""
        self._recalled = {}
        self.read_word.cache_clear()

    def ask_word(self, written: str, *, in_name: bool = False, numbered: bool = False) -> AskedWord:
        """Return what one typed word asks for: see `WordAsker.ask`."""
        return self._ask(written, in_name=in_name, numbered=numbered)

    def heard_as(self, written: str) -> str:
        """Return the Armenian or Russian word that an unknown one spells in other letters."""
        folded = fold(written)
        return "" if self._asker.is_translated(folded) else self._asker.heard_as(folded)[0]

    def may_mean(self, written: str, *, printed: bool) -> str:
        """Return a word of the glossary that a typed word may have been meant for, or "".

        Of a word that a dictionary knows, what it spells in other letters; of one that is known
        to none, and that nobody has *printed*, what differs by a slip.
        """
        folded = fold(written)
        if self._asker.ask(written).concepts:
            return ""
        heard, _ = self._asker.likeness.heard_as(folded)
        if heard or printed or self._asker.is_known(folded):
            return heard
        return self._asker.likeness.looks_like(folded)

    def is_function_word(self, written: str) -> bool:
        """Tell whether a typed word is one of those that stand in almost every text."""
        return self._asker.is_function_word(written)

    def is_given_name(self, written: str) -> bool:
        """Tell whether a typed word is a person's first name."""
        folded = fold(written)
        if any(form in self.given_names for form in self._asker.citation_forms(folded)):
            return True
        return script_of(folded) == "ru" and default_dictionaries().is_first_name_ru(folded)

    def means_by_surname(self, given: str, surname: str) -> bool:
        """Tell whether the surname of a typed full name alone means that person in the news."""
        asked = self.ask_word(given, in_name=True).keys
        for key in self.ask_word(surname, in_name=True).concepts:
            person = self.glossary.concepts[key[1:]].person
            if person and not asked.isdisjoint(self.read_typed_word(person.split()[0]).keys):
                return True
        return False

    def is_ordinary(self, written: str) -> bool:
        """Tell whether a dictionary knows the word as an ordinary one and not as a name."""
        return self._asker.is_ordinary(fold(written))


_loading = threading.Lock()
_loaded: list[Language] = []


def load() -> Language:
    """Return the default Language, loaded at the first call."""
    if not _loaded:
        with _loading:
            if not _loaded:
                load_profiles()
                _loaded.append(Language())
    return _loaded[0]
