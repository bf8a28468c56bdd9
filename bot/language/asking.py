"""What one typed word asks for: the keys under which it is found in texts."""

import functools
import re
from typing import NamedTuple

from bot.language.endings_hy import REDUCED
from bot.language.fold import fold, script_of
from bot.language.glossary import Glossary
from bot.language.likeness import Likeness
from bot.language.reading import (
    CAPITALS,
    CONCEPT,
    LONGEST_ACRONYM,
    MAYBE_NAME,
    NAME,
    NUMBER,
    SAME_SCRIPT,
    SHORTEST_NAME,
    SHORTEST_SKELETON,
    WordReader,
)
from bot.language.skeleton import letters_like, plain_skeleton, skeletons

# The English dictionary knows these with a capital only.
_ALSO_ORDINARY = frozenset({"turkey", "china", "chad", "guinea"})
_PLURAL_HY = re.compile("(.{3,}?)(?:ներ|եր)(?:ը|ն|ի|ին|ից|ով|ում)?")
_SHORTEST_GUESS = 4
_GUESSES = 3


class AskedWord(NamedTuple):
    """What one typed word asks for."""

    canonical: str
    script: str
    keys: frozenset[str]
    concepts: frozenset[str]
    # Skeletons, if the word may be a name; empty for ordinary words.
    sounds: frozenset[str]
    ordinary: bool
    # A name of the glossary, typed with its capital, that may be an ordinary word without it:
    # Turkey, and no turkey.
    proper: bool = False


class WordAsker:
    """Gives typed words the keys they are looked up by."""

    def __init__(self, reader: WordReader, function_words: frozenset[str]) -> None:
        """Share the reader's tables."""
        self._reader = reader
        self._dictionaries = reader.dictionaries
        self._function_words = function_words

    def is_function_word(self, written: str) -> bool:
        """Tell whether a typed word is one of those that stand in almost every text."""
        folded = fold(written)
        if folded not in self._function_words:
            return False
        # US is a country and WHO a body, us and who are neither.
        return not self.is_acronym(written)

    def is_acronym(self, written: str) -> bool:
        """Tell whether capitals are part of what was typed."""
        if not (written.isupper() and 2 <= len(written) <= LONGEST_ACRONYM):
            return False
        folded = fold(written)
        glossary = self._reader.glossary
        if glossary is not None and CAPITALS + folded in glossary.proper:
            return True
        if folded in self._function_words:
            # IN and НА are words that somebody shouts; US and WHO the glossary knows.
            return False
        if glossary is not None and not glossary.ordinary.keys().isdisjoint(
            self.plain_keys(folded)
        ):
            return False
        return script_of(written) == "en" and len(written) <= 3 and not self.is_ordinary(folded)

    def is_ordinary(self, folded: str) -> bool:
        """Tell whether a dictionary knows the word as an ordinary one and not as a name."""
        return self._dictionaries.is_ordinary(folded)

    def citation_forms(self, folded: str) -> frozenset[str]:
        """Return the word itself, and its lemma if a dictionary says that it is inflected."""
        script = script_of(folded)
        if script == "hy":
            return self._citation_forms_hy(folded)
        if script == "ru":
            forms = self._dictionaries.asked_forms_ru(folded)[:2]
            # Того is a country, and no form of "that".
            return frozenset((folded, *(f for f in forms if f not in self._function_words)))
        if script == "en":
            lemma = self._dictionaries.lemma(folded, "en")
            possible = self._reader.english.citation_forms(folded)
            if lemma != folded and lemma in possible:
                return frozenset((folded, lemma))
            if not self.is_ordinary(folded):
                # Armenians, Iranians: names of people, of which a dictionary has the singular.
                return frozenset((folded, *filter(self._is_name_of_glossary, possible)))
        return frozenset((folded,))

    def _is_name_of_glossary(self, folded: str) -> bool:
        glossary = self._reader.glossary
        return glossary is not None and folded in glossary.proper

    def _citation_forms_hy(self, folded: str) -> frozenset[str]:
        possible = self._reader.armenian.citation_forms(folded)
        lemmas = {self._dictionaries.lemma(folded, "hy", capital=c) for c in (False, True)}
        singular = self._singular_hy(folded)
        if singular:
            lemmas.add(singular)
        elif lemmas == {folded} and self._dictionaries.is_known(folded, "hy"):
            return frozenset((folded,))
        # The dictionary's lemma of a plural with an article is at times the plural.
        lemmas |= {self._dictionaries.lemma(lemma, "hy") for lemma in lemmas}
        found = {folded} | {
            lemma for lemma in lemmas if self._reader.armenian.asked_forms(lemma) & possible
        }
        if len(found) == 1:
            # No dictionary knows it: the shortest forms that the endings allow.
            shorter = sorted(
                (f for f in possible if f != folded and len(f.lstrip(REDUCED)) >= _SHORTEST_GUESS),
                key=lambda form: (len(form), form),
            )
            found.update(shorter[:_GUESSES])
        return frozenset(found)

    def _singular_hy(self, folded: str) -> str:
        """Return the singular of what is a plural in plain sight, though a dictionary has it so."""
        plural = _PLURAL_HY.fullmatch(folded)
        if plural is None:
            return ""
        singular = plural[1]
        glossary = self._reader.glossary
        if glossary is not None and singular in glossary.ordinary:
            return singular
        known = self._dictionaries.is_known(singular, "hy")
        return singular if known and self._dictionaries.lemma(singular, "hy") == singular else ""

    def plain_keys(self, written: str) -> frozenset[str]:
        """Return the keys of a written word as a word, not as a name or concept."""
        folded = fold(written)
        found: set[str] = set()
        for form in self.citation_forms(folded):
            if form[0] != REDUCED and script_of(form) == "hy":
                found |= self._reader.armenian.asked_forms(form)
            else:
                found.add(form)
        return frozenset(found)

    def glossary_keys(self, written: str) -> frozenset[str]:
        """Return the keys of a word as the glossary writes it.

        =word is that form alone, № any number, and … any word at all: no key. The others stand
        in the form that texts are led back to, and are not shortened further: վրան is no վրա,
        and talks are no talk. Russian plurals are: выборы is led back to выбор.
        """
        if written == "…":
            return frozenset()
        if written == "№":
            return frozenset((NUMBER,))
        if written.startswith("="):
            return frozenset((fold(written[1:]),))
        if written.isupper() and 2 <= len(written) <= LONGEST_ACRONYM:
            return frozenset((CAPITALS + fold(written),))
        folded = fold(written)
        script = script_of(folded)
        if script == "hy":
            return self._reader.armenian.asked_forms(folded)
        return frozenset((folded,)) if script == "en" else self.plain_keys(written)

    def ask(self, written: str, *, in_name: bool = False, numbered: bool = False) -> AskedWord:
        """Return what one typed word asks for.

        *in_name*: as part of a full name; *numbered*: as the letters of a weapon, a Su-30.
        """
        folded = fold(written)
        script = script_of(folded)
        if self.is_acronym(written):
            key = CAPITALS + folded
            concepts = self._concepts(frozenset((key,)))
            return AskedWord(key, script, frozenset((key,)), concepts, frozenset(), True)
        glossary = self._reader.glossary
        # As the glossary has it, it needs no dictionary: драм is no drama.
        known = script == "ru" and glossary is not None and glossary.has_ordinary(folded)
        plain = frozenset((folded,)) if known else self.plain_keys(written)
        keys = set(plain)
        ordinary = self.is_ordinary(folded) and not in_name
        sounds: set[str] = set()
        citation = (folded,) if known else self.citation_forms(folded)
        forms = [form for form in citation if form[0] != REDUCED]
        concepts = self._concepts(plain | {CAPITALS + folded})
        if not concepts and not in_name:
            concepts = self.heard_as(folded)[1]
        # A word that the glossary translates needs no guess at how it sounds.
        translated = glossary is not None and any(key in glossary.ordinary for key in plain)
        if numbered and len(folded) == 1:
            keys |= letters_like(folded)
        for form in forms:
            keys.update(self._reader.surnames.get(form, ()))
            keys.update(self._reader.given_names.get(form, ()))
            if not translated or in_name:
                sounds |= self._add_sounds(
                    form, keys, ordinary=ordinary, in_name=in_name, shortest=1 if numbered else 2
                )
        proper = glossary is not None and any(key in glossary.proper for key in plain)
        proper = proper and self._is_also_ordinary(folded)
        proper = proper and not translated and written[:1].isupper()
        return AskedWord(
            # Typed with its capital it is another question than without.
            folded.capitalize() if proper else folded,
            script,
            frozenset(keys),
            concepts,
            frozenset(sounds),
            ordinary,
            proper,
        )

    def heard_as(self, folded: str) -> tuple[str, frozenset[str]]:
        """Return the word that an unknown one spells in other letters, and its concepts as keys.

        For words that stand for no concept by themselves.
        """
        if self._reader.glossary is None or len(folded) < _SHORTEST_GUESS or self.is_known(folded):
            return "", frozenset()
        return self.likeness.heard_as(folded)

    def is_translated(self, folded: str) -> bool:
        """Tell whether a typed word asks for a concept by itself."""
        return bool(self._concepts(self.plain_keys(folded)))

    def is_known(self, folded: str) -> bool:
        """Tell whether a dictionary or a table of names has a typed word as it stands."""
        reader, script = self._reader, script_of(folded)
        if folded in reader.given_names or folded in reader.surnames:
            return True
        if script == "ru":
            return self._dictionaries.knows_ru(folded)
        return script in ("hy", "en") and self._dictionaries.is_known(folded, script)

    @functools.cached_property
    def likeness(self) -> Likeness:
        """What sounds or looks like a word of the glossary."""
        return Likeness(self._reader.glossary or Glossary(()))

    def _is_also_ordinary(self, folded: str) -> bool:
        return folded in _ALSO_ORDINARY or self._dictionaries.may_be_ordinary(folded)

    def _add_sounds(
        self, form: str, keys: set[str], *, ordinary: bool, in_name: bool, shortest: int
    ) -> set[str]:
        """Add what finds the word as a name; return the skeletons that "near" compares.

        An ordinary word is looked for as a name too (the town of Ջերմուկ is a spring by name),
        but only in other scripts and letter by letter: texts guard against ordinary words.
        """
        sounds: set[str] = set()
        plain = plain_skeleton(form)
        for skeleton in skeletons(form):
            kinds = []
            if len(form) >= SHORTEST_NAME and len(skeleton) >= SHORTEST_SKELETON:
                kinds.append(NAME)
            if in_name and len(skeleton) >= shortest:
                kinds.append(MAYBE_NAME)
            for kind in kinds:
                keys.add(kind + skeleton)
                if skeleton == plain and not ordinary:
                    keys.add(f"{kind}{SAME_SCRIPT}{skeleton}")
            if kinds and not ordinary:
                sounds.add(skeleton)
        return sounds

    def _concepts(self, keys: frozenset[str]) -> frozenset[str]:
        glossary: Glossary | None = self._reader.glossary
        if glossary is None:
            return frozenset()
        return frozenset(CONCEPT + c for key in keys for c in glossary.asked_by_key(key))
