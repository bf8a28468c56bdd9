"""What outside dictionaries know of a word: its citation forms, and whether it is a name."""

import functools
import re
from typing import Any

import pymorphy3
import simplemma

from bot.language.fold import fold, script_of

# Below this share a parse is a curiosity of the dictionary ("сти" as a verb), not a reading.
LIKELY_PARSE = 0.02
_NAME_TAGS = ("Name", "Surn", "Geox", "Patr", "Orgn", "Abbr")
_EMPTY_POS = frozenset({"PREP", "CONJ", "PRCL", "NPRO", "INTJ"})
_VOWELS_RU = re.compile("[аеиоуыэюя]")


class Dictionaries:
    """pymorphy3 for Russian, simplemma for Armenian and English."""

    def __init__(self) -> None:
        """Load all three; this takes seconds, and is done once."""
        self._russian: Any = pymorphy3.MorphAnalyzer(lang="ru")
        for language in ("hy", "en"):
            simplemma.is_known("a", lang=language)

    def citation_forms_ru(self, folded: str) -> tuple[str, ...]:
        """Return the likely dictionary forms of a Russian word, likeliest first."""
        parses = self._russian.parse(folded)
        forms = [p.normal_form.replace("ё", "е") for p in parses if p.score >= LIKELY_PARSE]
        return tuple(dict.fromkeys(forms))

    def asked_forms_ru(self, folded: str) -> tuple[str, ...]:
        """Return the dictionary forms of a typed word: none if it stands in one already.

        Where it can be a noun it is taken for one: "дороги" are roads, not "dear"; "зимой" is
        the winter rather than an adverb.
        """
        parses = [p for p in self._russian.parse(folded) if p.score >= LIKELY_PARSE]
        nouns = [p for p in parses if p.tag.POS == "NOUN"]
        forms = [p.normal_form.replace("ё", "е") for p in nouns or parses]
        return () if folded in forms else tuple(dict.fromkeys(forms))

    def knows_ru(self, folded: str) -> bool:
        """Tell whether the Russian dictionary has the word, rather than guesses at it."""
        return bool(self._russian.word_is_known(folded))

    def is_first_name_ru(self, folded: str) -> bool:
        """Tell whether a Russian word can be a given name."""
        return any("Name" in p.tag for p in self._russian.parse(folded)) and self.knows_ru(folded)

    def is_empty_ru(self, folded: str) -> bool:
        """Tell whether a Russian word is always a preposition, conjunction, particle, pronoun."""
        if not self.knows_ru(folded):
            return False
        return all(
            p.tag.POS in _EMPTY_POS for p in self._russian.parse(folded) if p.score >= LIKELY_PARSE
        )

    def lemma(self, folded: str, language: str, *, capital: bool = False) -> str:
        """Return simplemma's lemma of a word, folded; *capital* asks for it as a name."""
        asked = folded.capitalize() if capital else folded
        return fold(str(simplemma.lemmatize(asked, lang=language)))

    def is_known(self, folded: str, language: str) -> bool:
        """Tell whether simplemma has the word."""
        return bool(simplemma.is_known(folded, lang=language))

    def is_ordinary(self, folded: str) -> bool:
        """Tell whether a dictionary knows the word as an ordinary one and not as a name."""
        script = script_of(folded)
        if script == "ru":
            return self._is_ordinary_ru(folded)
        if script == "hy":
            return self._is_ordinary_by_case(folded, "hy")
        if script == "en":
            word = folded[:-2] if folded.endswith("'s") else folded
            return self._is_ordinary_by_case(word, "en")
        return True

    def _is_ordinary_ru(self, folded: str) -> bool:
        if not self.knows_ru(folded):
            return False
        parses = self._russian.parse(folded)
        if any(tag in p.tag for p in parses for tag in _NAME_TAGS):
            return False
        return any(
            p.score >= LIKELY_PARSE and p.tag.POS not in ("PRTS", "PRTF", "GRND") for p in parses
        )

    def _is_ordinary_by_case(self, folded: str, language: str) -> bool:
        # simplemma knows words in any case; only the case of the lemma tells a name.
        if not simplemma.is_known(folded, lang=language):
            return False
        small: str = simplemma.lemmatize(folded, lang=language)
        large: str = simplemma.lemmatize(folded.capitalize(), lang=language)
        return small[:1].islower() and large[:1].islower()


@functools.cache
def default_dictionaries() -> Dictionaries:
    """Return the dictionaries, loaded once for the whole process."""
    return Dictionaries()
