"""What a word may have been meant for: words of the glossary that sound or look alike."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.language.fold import fold, script_of
from bot.language.glossary import LANGUAGES, Glossary
from bot.language.skeleton import skeletons

_SHORTEST, _SHORTEST_HEARD = 4, 3
# From this length on two letters may be wrong, below it one.
_LONG = 7
# Chats write one letter where books write two, or the other way round: pojar, cuyc, yntrutyun.
_CHAT_SPELLINGS = (("j", "zh"), ("c", "ts"), ("w", "v"), ("x", "kh"), ("@", "e"))
_VOWELS = frozenset("aeiou")


class Likeness:
    """The glossary's single words by how they sound, and as they are written."""

    def __init__(self, glossary: Glossary) -> None:
        """Take the words of *glossary*; they are sorted when they are first asked for."""
        self._glossary = glossary

    def heard_as(self, folded: str) -> tuple[str, frozenset[str]]:
        """Return the Armenian or Russian word that one in other letters spells, and its concepts.

        sahman and сахман are սահման, voyna is война; ("", nothing) where it spells none.
        """
        script = script_of(folded)
        for spelling in _spellings(folded) if script == "en" else (folded,):
            for sound in sorted(skeletons(spelling)):
                heard = self._by_sound.get(sound)
                if heard is not None and script_of(fold(heard[0])) != script:
                    return heard
        return "", frozenset()

    def looks_like(self, folded: str) -> str:
        """Return the word of the glossary that differs from this one by a slip, or ""."""
        if len(folded) < _SHORTEST:
            return ""
        choices = self._by_script.get(script_of(folded), {})
        slips = 2 if len(folded) >= _LONG else 1
        found = process.extractOne(
            folded, choices.keys(), scorer=OSA.distance, processor=None, score_cutoff=slips
        )
        return choices[found[0]] if found and found[1] else ""

    @functools.cached_property
    def _by_sound(self) -> dict[str, tuple[str, frozenset[str]]]:
        found: dict[str, tuple[str, frozenset[str]]] = {}
        for word, concept in self._words("hy", "ru"):
            for sound in skeletons(fold(word)):
                known, concepts = found.get(sound, (word, frozenset()))
                found[sound] = known, concepts | {"@" + concept}
        return found

    @functools.cached_property
    def _by_script(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for word, _ in self._words(*LANGUAGES):
            folded = fold(word)
            found.setdefault(script_of(folded), {}).setdefault(folded, word)
        return found

    def _words(self, *languages: str) -> Iterator[tuple[str, str]]:
        for concept in self._glossary.concepts.values():
            for language in languages:
                for word in concept.words.get(language, ()):
                    if len(word) >= _SHORTEST_HEARD and word.isalpha():
                        yield word, concept.id


def _spellings(folded: str) -> Iterator[str]:
    yield folded
    for chat, book in _CHAT_SPELLINGS:
        if chat in folded:
            yield folded.replace(chat, book)
    written = folded
    for chat, book in _CHAT_SPELLINGS:
        written = written.replace(chat, book)
    yield written
    if written[:1] == "y" and written[1:2] not in _VOWELS:
        # Ը at the beginning is written so, and hardly heard.
        yield written[1:]
        yield "e" + written[1:]
