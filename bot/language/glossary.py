"""The glossary: one meaning with its words in three languages, and what must not count.

A concept's words are compiled to patterns over the keys of words, so that every inflected form
counts. A pattern is one word ("граница") or several that stand side by side ("прекращение огня").
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from bot.language.endings_hy import verb_forms
from bot.language.tables import glossary_files, read_records

LANGUAGES = ("hy", "ru", "en")
_PREFIX = "concepts_"
_LISTS = ("verbs", "also", "kin", "examples", "counter_examples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One meaning: its words by language, and sentences that hold it or only seem to."""

    id: str
    category: str
    gravity: int
    words: dict[str, tuple[str, ...]]
    # Words that ask for the concept when typed, but are no evidence of it when read: "strike"
    # asks for walkouts too, but most strikes in the news are from the air.
    asked_by: dict[str, tuple[str, ...]]
    never: dict[str, tuple[str, ...]]
    # Armenian verbs, which count in all the forms that the press uses.
    verbs: tuple[str, ...] = ()
    territory: str = ""
    # The full name of somebody whom the surname alone means in the news.
    person: str = ""
    # Concepts that readers do not tell apart from it: who asks for it asks for these too.
    also: tuple[str, ...] = ()
    # Concepts that some who ask for it may want as well; asking for it does not ask for these.
    kin: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words side by side that mean a concept (or, with *never*, that hide it)."""

    concept: str
    words: tuple[frozenset[str], ...]
    never: bool = False
    reads: bool = True


def _with_tuples(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(values) for key, values in given.items()}


def _concept_from(given: Mapping[str, Any]) -> Concept:
    tables = {name: _with_tuples(given[name]) for name in ("words", "asked_by", "never")}
    lists = {name: tuple(given[name]) for name in _LISTS}
    return Concept(**{**given, **tables, **lists})


def _forms_of(verbs: Iterable[str]) -> tuple[str, ...]:
    return tuple("=" + form for verb in verbs for form in verb_forms(verb))


def _by_language(given: Any) -> dict[str, tuple[str, ...]]:
    return {language: tuple((given or {}).get(language, ())) for language in LANGUAGES}


@functools.cache
def read_concepts() -> tuple[Concept, ...]:
    """Return the curated concepts, in the order of their files."""
    concepts: list[Concept] = []
    for name in glossary_files():
        category = name.removeprefix(_PREFIX).removesuffix(".jsonl")
        concepts.extend(
            Concept(
                id=record["id"],
                category=category,
                gravity=record.get("gravity", 0),
                words=_by_language(record),
                asked_by=_by_language(record.get("ask")),
                never=_by_language(record.get("not")),
                verbs=tuple(record.get("verbs", ())),
                territory=record.get("cldr", ""),
                person=record.get("person", ""),
                also=tuple(record.get("also", ())),
                kin=tuple(record.get("kin", ())),
                examples=tuple(record.get("yes", ())),
                counter_examples=tuple(record.get("no", ())),
            )
            for record in read_records(name)
        )
    return tuple(concepts)


class Glossary:
    """The concepts, ready to be found in the keys of words."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        """Hold *concepts* without their words: see `compile` and `read_compiled`."""
        self.concepts = {concept.id: concept for concept in concepts}
        # What a single word means: by key, apart for words that count only with a capital.
        self.ordinary: dict[str, tuple[str, ...]] = {}
        self.proper: dict[str, tuple[str, ...]] = {}
        self.only_asked: dict[str, tuple[str, ...]] = {}
        self.patterns: list[Pattern] = []
        # Which patterns of several words may begin with a key.
        self.beginning: dict[str, tuple[int, ...]] = {}
        # Keys by which a concept is hidden together with it: its own words' keys.
        self.own_keys: dict[str, frozenset[str]] = {}

    def compile(self, keys_of_word: Callable[[str], frozenset[str]]) -> None:
        """Compile the concepts' words; *keys_of_word* gives the keys that ask for a written one."""
        for concept in self.concepts.values():
            for table, reads, never in (
                (concept.words, True, False),
                ({"hy": _forms_of(concept.verbs)}, True, False),
                (concept.asked_by, False, False),
                (concept.never, True, True),
            ):
                for terms in table.values():
                    for term in terms:
                        self._compile_term(concept.id, term, keys_of_word, reads=reads, never=never)
        self._index()

    def compiled(self) -> dict[str, Any]:
        """Return what `compile` made, as JSON can hold it."""
        return {
            "concepts": [asdict(concept) for concept in self.concepts.values()],
            "ordinary": self.ordinary,
            "proper": self.proper,
            "only_asked": self.only_asked,
            "patterns": [
                [pattern.concept, [sorted(word) for word in pattern.words], pattern.never,
                 pattern.reads]
                for pattern in self.patterns
            ],
        }  # fmt: skip

    @classmethod
    def read_compiled(cls, given: Mapping[str, Any]) -> Self:
        """Return the glossary that `compiled` told of.

        Raises KeyError, TypeError and ValueError for anything else.
        """
        glossary = cls(map(_concept_from, given["concepts"]))
        glossary.ordinary = _with_tuples(given["ordinary"])
        glossary.proper = _with_tuples(given["proper"])
        glossary.only_asked = _with_tuples(given["only_asked"])
        glossary.patterns = [
            Pattern(concept, tuple(map(frozenset, words)), never, reads)
            for concept, words, never, reads in given["patterns"]
        ]
        glossary._index()
        return glossary

    def _index(self) -> None:
        for number, pattern in enumerate(self.patterns):
            for key in pattern.words[0]:
                self.beginning[key] = (*self.beginning.get(key, ()), number)
        own_keys: dict[str, set[str]] = {}
        for table_by_key in (self.ordinary, self.proper):
            for key, ids in table_by_key.items():
                for concept_id in ids:
                    own_keys.setdefault(concept_id, set()).add(key)
        self.own_keys = {concept_id: frozenset(keys) for concept_id, keys in own_keys.items()}

    def _compile_term(
        self,
        concept: str,
        term: str,
        keys_of_word: Callable[[str], frozenset[str]],
        *,
        reads: bool,
        never: bool,
    ) -> None:
        words = tuple(keys_of_word(word) for word in term.replace("-", " ").split())
        if len(words) == 1 and not never:
            if not reads:
                table = self.only_asked
            elif term[:1].isupper():
                table = self.proper
            else:
                table = self.ordinary
            for key in words[0]:
                if concept not in table.get(key, ()):
                    table[key] = (*table.get(key, ()), concept)
            return
        self.patterns.append(Pattern("@" + concept, words, never, reads))

    def with_relatives(self, concepts: Iterable[str]) -> frozenset[str]:
        """Return concepts with those that nobody tells apart from them; both as keys."""
        found = set(concepts)
        for key in tuple(found):
            known = self.concepts.get(key[1:])
            if known is not None:
                found.update("@" + also for also in known.also)
        return frozenset(found)

    def has_ordinary(self, key: str) -> bool:
        """Tell whether a word without a capital is one of the glossary's own."""
        return key in self.ordinary or key in self.only_asked

    def asked_by_key(self, key: str) -> tuple[str, ...]:
        """Return the concepts that a typed word with this key asks for."""
        return (
            *self.ordinary.get(key, ()),
            *self.proper.get(key, ()),
            *self.only_asked.get(key, ()),
        )
