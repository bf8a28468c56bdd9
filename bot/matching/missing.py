"""Words of the news that the glossary does not know: what whoever keeps it may want to add."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from bot.language import fold, load
from bot.language.dictionaries import default_dictionaries
from bot.language.glossary import LANGUAGES
from bot.matching.text import ReadText

_SHORTEST = 3
# A name bears its capital inside a headline too, not only where a sentence begins.
_NAMES_SHARE = 0.6
# Armenian and English dictionaries tell no noun from a verb; but nouns are seen in several forms.
_FORMS_OF_A_NOUN = 2
_INFINITIVES = ("ել", "ալ")


class MissingWord(NamedTuple):
    """A word that no concept knows."""

    written: str
    times: int


class MissingWords:
    """Counts the names and nouns of headlines that no concept of the glossary knows."""

    def __init__(self) -> None:
        """Begin with none."""
        self._written: dict[str, Counter[str]] = {code: Counter() for code in LANGUAGES}
        self._inside: dict[str, Counter[str]] = {code: Counter() for code in LANGUAGES}

    def add(self, titles: Iterable[ReadText]) -> None:
        """Count what is in these titles."""
        for text in titles:
            # Where Every Word Bears a Capital, capitals tell no names.
            capitals = sum(word.capital for word in text.words) * 2 <= len(text.words)
            meant = set(text.hidden)
            for span in text.spans:
                meant.update(range(span.start, span.end))
            for place, (written, word) in enumerate(zip(text.written, text.words, strict=True)):
                if place in meant or word.concepts or len(word.folded) < _SHORTEST:
                    continue
                if word.script in self._written:
                    self._written[word.script][written] += 1
                    if place and word.capital and capitals:
                        self._inside[word.script][written] += 1

    def most(self, code: str, limit: int) -> tuple[list[MissingWord], list[MissingWord]]:
        """Return the names and the nouns of a language that were most often missed."""
        names, nouns = [], []
        for form, spellings in self._by_citation_form(code).items():
            written = self._written[code]
            times = sum(written[each] for each in spellings)
            shown = max(spellings, key=lambda each: (fold(each) == form, written[each], each))
            if sum(self._inside[code][each] for each in spellings) > times * _NAMES_SHARE:
                names.append(MissingWord(shown, times))
            elif _is_noun(code, form, spellings):
                nouns.append(MissingWord(shown, times))
        return _most_frequent(names)[:limit], _most_frequent(nouns)[:limit]

    def _by_citation_form(self, code: str) -> dict[str, list[str]]:
        """Return the spellings of each word, by the form that most of them may belong to."""
        language = load()
        possible = {
            each: [key for key in language.read_typed_word(each).keys if key[0].isalpha()]
            or [fold(each)]
            for each in self._written[code]
            if not language.is_function_word(each) and not language.is_given_name(each)
        }
        common: Counter[str] = Counter()
        for each, forms in possible.items():
            for form in forms:
                common[form] += self._written[code][each]
        spellings: dict[str, list[str]] = defaultdict(list)
        for each, forms in possible.items():
            spellings[max(forms, key=lambda form: (common[form], -len(form), form))].append(each)
        return spellings


def _most_frequent(words: list[MissingWord]) -> list[MissingWord]:
    return sorted(words, key=lambda word: (-word.times, word.written))


def _is_noun(code: str, form: str, spellings: list[str]) -> bool:
    if code == "ru":
        return default_dictionaries().may_be_noun_ru(form)
    if code == "hy" and form.endswith(_INFINITIVES):
        return False
    return len({fold(each) for each in spellings}) >= _FORMS_OF_A_NOUN
