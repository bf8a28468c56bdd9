"""What outside dictionaries know of a word: its citation forms, and whether it is a name."""

import functools
from typing import Any, NamedTuple

import pymorphy3
from simplemma import Lemmatizer
from simplemma.strategies import DefaultStrategy, DictionaryLookupStrategy

from bot.language.fold import fold, script_of
from bot.language.tries import MappedDictionaries

# Below this share a parse is a curiosity of the dictionary ("сти" as a verb), not a reading.
LIKELY_PARSE = 0.02
# What a typed word hardly ever stands for is not asked for.
_ASKED_SHARE = 0.1
_NAME_TAGS = ("Name", "Surn", "Geox", "Patr", "Orgn", "Abbr")
_PARSES_HELD = 4_096


class _Parse(NamedTuple):
    """One reading of a Russian word."""

    lemma: str
    score: float
    part: str
    is_name: bool
    is_first_name: bool

    @property
    def likely(self) -> bool:
        return self.score >= LIKELY_PARSE


class Dictionaries:
    """pymorphy3 for Russian, simplemma for Armenian and English."""

    def __init__(self) -> None:
        """Load all three; this takes seconds, and is done once."""
        self._russian: Any = pymorphy3.MorphAnalyzer(lang="ru")
        self._ordinary = functools.lru_cache(_PARSES_HELD)(self._find_ordinary)
        self._parses = functools.lru_cache(_PARSES_HELD)(self._parse_ru)
        self._read_tag = functools.cache(_read_tag)
        mapped = MappedDictionaries()
        self._lemmatizer = Lemmatizer(
            lemmatization_strategy=DefaultStrategy(dictionary_factory=mapped)
        )
        self._lookup = DictionaryLookupStrategy(mapped)
        for language in ("hy", "en"):
            mapped.get_dictionary(language)

    def _parse_ru(self, folded: str) -> tuple[_Parse, ...]:
        return tuple(
            _Parse(
                parse.normal_form.replace("ё", "е"),
                parse.score,
                *self._read_tag(parse.tag),
            )
            for parse in self._russian.parse(folded)
        )

    def citation_forms_ru(self, folded: str) -> tuple[str, ...]:
        """Return the likely dictionary forms of a Russian word, likeliest first."""
        return tuple(dict.fromkeys(p.lemma for p in self._parses(folded) if p.likely))

    def asked_forms_ru(self, folded: str) -> tuple[str, ...]:
        """Return the dictionary forms of a typed word: none if it stands in one already.

        Where it can be a noun it is taken for one: "дороги" are roads, not "dear"; "зимой" is
        the winter rather than an adverb. What it can only be by a rare word or as a surname
        ("погиб", "дронов") does not keep it from what it usually is.
        """
        parses = self._parses(folded)
        ordinary = [p for p in parses if not p.is_name] or list(parses)
        shares: dict[str, float] = {}
        for nouns in (True, False):
            for parse in ordinary:
                if not nouns or parse.part == "NOUN":
                    shares[parse.lemma] = shares.get(parse.lemma, 0.0) + parse.score
            shares = {lemma: share for lemma, share in shares.items() if share >= _ASKED_SHARE}
            if shares:
                break
        usual = max(shares.values(), default=0.0)
        forms = [lemma for lemma, share in shares.items() if share >= usual * _ASKED_SHARE]
        return () if folded in forms else tuple(forms)

    def knows_ru(self, folded: str) -> bool:
        """Tell whether the Russian dictionary has the word, rather than guesses at it."""
        return bool(self._russian.word_is_known(folded))

    def is_first_name_ru(self, folded: str) -> bool:
        """Tell whether a Russian word can be a given name."""
        return self.knows_ru(folded) and any(p.is_first_name for p in self._parses(folded))

    def may_be_noun_ru(self, folded: str) -> bool:
        """Tell whether a Russian word is usually a noun; what is unknown may be one."""
        parses = self._parses(folded)
        return not parses or not self.knows_ru(folded) or parses[0].part == "NOUN"

    def lemma(self, folded: str, language: str, *, capital: bool = False) -> str:
        """Return simplemma's lemma of a word, folded; *capital* asks for it as a name."""
        asked = folded.capitalize() if capital else folded
        return fold(self._lemmatize(asked, language))

    def _lemmatize(self, word: str, language: str) -> str:
        return str(self._lemmatizer.lemmatize(word, lang=language))

    def is_known(self, folded: str, language: str) -> bool:
        """Tell whether simplemma has the word."""
        return self._lookup.get_lemma(folded, language) is not None

    def is_ordinary(self, folded: str) -> bool:
        """Tell whether a dictionary knows the word as an ordinary one and not as a name."""
        return self._ordinary(folded)

    def may_be_ordinary(self, folded: str) -> bool:
        """Tell whether a name is an ordinary word too when written small: Turkey, turkey."""
        script = script_of(folded)
        if script == "ru":
            return self.knows_ru(folded) and any(
                p.likely and not p.is_name for p in self._parses(folded)
            )
        if script not in ("hy", "en") or not self.is_known(folded, script):
            return False
        small = self._lemmatize(folded, script)
        return small[:1].islower()

    def _find_ordinary(self, folded: str) -> bool:
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
        parses = self._parses(folded)
        if any(p.is_name for p in parses):
            return False
        return any(p.likely and p.part not in ("PRTS", "PRTF", "GRND") for p in parses)

    def _is_ordinary_by_case(self, folded: str, language: str) -> bool:
        # simplemma knows words in any case; only the case of the lemma tells a name.
        if not self.is_known(folded, language):
            return False
        small = self._lemmatize(folded, language)
        large = self._lemmatize(folded.capitalize(), language)
        return small[:1].islower() and large[:1].islower()


def _read_tag(tag: Any) -> tuple[str, bool, bool]:
    """Return what `_Parse` keeps of a tag; there are some thousands of them."""
    return str(tag.POS), any(each in tag for each in _NAME_TAGS), "Name" in tag


@functools.cache
def default_dictionaries() -> Dictionaries:
    """Return the dictionaries, loaded once for the whole process."""
    return Dictionaries()
