"""What one keyword asks for, compiled: a small tree over keys, held against read texts."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

from bot.language import WordKeys, fold_text
from bot.language.reading import is_across
from bot.language.skeleton import consonants
from bot.matching.text import ReadText

_NOTHING: frozenset[str] = frozenset()
#: Stands in the canonical form behind a term that asks for its relatives too.
WIDENED = "≈"


@dataclass(frozen=True, slots=True)
class WordPattern:
    """One word that is looked for."""

    keys: tuple[str, ...]
    script: str = ""
    # Keys of names in another script that may come near, by one letter.
    near_keys: tuple[str, ...] = ()
    # The form the word must have, for =word.
    exact: str = ""
    # How much the word narrows a search: longer and rarer is more.
    weight: int = 0

    def may_stand(self, places: Mapping[str, Sequence[int]]) -> set[int]:
        """Return where in a text the word can stand, given where each key does."""
        found: set[int] = set()
        for key in (*self.keys, *self.near_keys):
            at = places.get(key)
            if at is not None:
                found.update(at)
        return found

    def fits(self, word: WordKeys, hidden: frozenset[str] = _NOTHING) -> bool:
        """Tell whether a word of a text is what is looked for."""
        if self.exact and self.exact not in (word.folded, "^" + word.folded):
            return False
        for key in word.keys:
            if (
                key in self.keys
                and key not in hidden
                and (word.script != self.script or not is_across(key))
            ):
                return True
        return bool(self.near_keys) and self._is_near(word)

    def _is_near(self, word: WordKeys) -> bool:
        # Within one script a letter more or less is another name: Саргсян is not Саркисян's slip.
        if word.script == self.script:
            return False
        shared = [key[1:] for key in word.keys if key in self.near_keys]
        if not shared:
            return False
        sounds = {key[1:] for key in self.keys if is_across(key)}
        return any(
            consonants(sound) in shared
            and any(Levenshtein.distance(sound, own, score_cutoff=1) <= 1 for own in sounds)
            for sound in word.sounds
        )

    def anchors(self) -> frozenset[str]:
        """Return keys of which a fitting word has at least one."""
        return frozenset((*self.keys, *self.near_keys))


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words side by side; or any words that mean one of its concepts."""

    words: tuple[WordPattern, ...]
    concepts: tuple[str, ...] = ()
    # Counter-words hide what a plain word means, not what somebody put in quotes.
    quoted: bool = False

    def find(self, text: ReadText) -> tuple[int, int] | None:
        """Return where the term stands in a text, as places of words, or None."""
        concepts = self.concepts
        if concepts:
            for span in text.spans:
                if span.concept in concepts:
                    return span.start, span.end
            meant = [
                place
                for concept in concepts
                for place in text.places.get(concept, ())
                if concept not in text.hidden.get(place, ())
            ]
            if meant:
                return min(meant), min(meant) + 1
        # From the word that stands in the fewest places; most texts lack one of them.
        rarest, candidates = 0, None
        for n, word in enumerate(self.words):
            standing = word.may_stand(text.places)
            if not standing:
                return None
            if candidates is None or len(standing) < len(candidates):
                rarest, candidates = n, standing
        for place in sorted(candidates or ()):
            if self.stands_at(place - rarest, text):
                return place - rarest, place - rarest + len(self.words)
        return None

    def stands_at(self, start: int, text: ReadText) -> bool:
        """Tell whether the words stand side by side in a text from this place on."""
        if start < 0 or start + len(self.words) > len(text.words):
            return False
        # Who types several words means them as they stand.
        hidden = {} if self.quoted or len(self.words) > 1 else text.hidden
        for place, word in enumerate(self.words, start):
            if not word.fits(text.words[place], hidden.get(place, _NOTHING)):
                return False
        return True

    @property
    def heaviest(self) -> WordPattern:
        """The word that narrows a search most."""
        return max(self.words, key=lambda word: word.weight)

    def anchors(self) -> frozenset[str]:
        """Return keys of which every fitting text has at least one."""
        return self.heaviest.anchors() | frozenset(self.concepts)

    def weight(self) -> int:
        """Return how much the term narrows a search."""
        return max(word.weight for word in self.words) - (3 if self.concepts else 0)


@dataclass(frozen=True, slots=True)
class OnlyLanguage:
    """Only items in one of these languages."""

    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnlySource:
    """Only items of one of these publishers, named by words folded and joined."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: "Part"


Part = Term | OnlyLanguage | OnlySource | All | AnyOf | Not
_Spans = tuple[tuple[int, int], ...]


def find_part(part: Part, text: ReadText, language: str, publisher: str) -> _Spans | None:
    """Return where *part* holds in a text, or None; () if it holds without a word."""
    if isinstance(part, Term):
        found = part.find(text)
        return None if found is None else (found,)
    if isinstance(part, OnlyLanguage):
        return () if language in part.languages else None
    if isinstance(part, OnlySource):
        named = fold_text(publisher)
        return () if any(is_named(name, named) for name in part.names) else None
    if isinstance(part, Not):
        return () if find_part(part.part, text, language, publisher) is None else None
    if isinstance(part, AnyOf):
        spans = [find_part(one, text, language, publisher) for one in part.parts]
        held = [found for found in spans if found is not None]
        return tuple(span for found in held for span in found) if held else None
    together: list[tuple[int, int]] = []
    for one in part.parts:
        found_one = find_part(one, text, language, publisher)
        if found_one is None:
            return None
        together.extend(found_one)
    return tuple(together)


def is_named(asked: str, publisher: str) -> bool:
    """Tell whether a publisher's name begins with what was asked for, or has it as words."""
    if not publisher:
        return False
    joined = publisher.replace(" ", "")
    return joined.startswith(asked.replace(" ", "")) or f" {asked} " in f" {publisher} "


def anchors_of(part: Part) -> frozenset[str]:
    """Return keys of which every text that satisfies *part* has one; none if nothing is asked."""
    if isinstance(part, Term):
        return part.anchors()
    if isinstance(part, AnyOf):
        each = [anchors_of(one) for one in part.parts]
        return frozenset().union(*each) if all(each) else frozenset()
    if isinstance(part, All):
        best: tuple[int, frozenset[str]] | None = None
        for one in part.parts:
            anchors = anchors_of(one)
            if anchors and (best is None or weight_of(one) > best[0]):
                best = (weight_of(one), anchors)
        return best[1] if best else frozenset()
    return frozenset()


def requirements_of(part: Part) -> list[tuple[int, frozenset[str]]]:
    """Return sets of keys of each of which every text that satisfies *part* has one, by weight."""
    if isinstance(part, Term):
        concepts = frozenset(part.concepts)
        found = [(word.weight, word.anchors() | concepts) for word in part.words]
    elif isinstance(part, All):
        found = [each for one in part.parts for each in requirements_of(one)]
    elif isinstance(part, AnyOf):
        # Whichever part holds, the text has a key of its first set, and one of its second.
        sides = zip(*map(requirements_of, part.parts), strict=False)
        found = [
            (min(weight for weight, _ in side), frozenset().union(*(keys for _, keys in side)))
            for side in sides
        ]
    else:
        found = []
    return sorted(found, key=lambda each: -each[0])


def weight_of(part: Part) -> int:
    """Return how much *part* narrows a search."""
    if isinstance(part, Term):
        return part.weight()
    if isinstance(part, AnyOf):
        return min(map(weight_of, part.parts), default=0)
    if isinstance(part, All):
        return max(map(weight_of, part.parts), default=0)
    return 0


@dataclass(frozen=True, slots=True)
class Query:
    """What one keyword asks for.

    *canonical* is the same for everything typed that means the same, and differs otherwise.
    """

    canonical: str
    root: Part

    @property
    def is_wide(self) -> bool:
        """Whether it asks for relatives of what was typed as well."""
        return WIDENED in self.canonical

    @property
    def anchors(self) -> frozenset[str]:
        """Keys of which every text that satisfies the query has at least one."""
        return anchors_of(self.root)

    @property
    def second_anchors(self) -> frozenset[str]:
        """Other keys of which a text must have one as well; none where little more is asked."""
        return next(
            (keys for _, keys in requirements_of(self.root) if keys != self.anchors), frozenset()
        )

    @property
    def is_one_word(self) -> bool:
        """Whether a key of one word decides, without a look at the rest of the text."""
        root = self.root
        return (
            isinstance(root, Term)
            and len(root.words) == 1
            and not root.words[0].exact
            and not root.quoted
        )

    def to_json(self) -> str:
        """Return the query as stored: its keys need not be computed again."""
        return json.dumps(
            [self.canonical, _to_data(self.root)], ensure_ascii=False, separators=(",", ":")
        )

    @classmethod
    def from_json(cls, stored: str) -> "Query":
        """Rebuild a query from what to_json() gave."""
        canonical, root = json.loads(stored)
        return cls(canonical, _from_data(root))


def _to_data(part: Part) -> list[Any]:
    if isinstance(part, Term):
        patterns = [[w.keys, w.script, w.near_keys, w.exact, w.weight] for w in part.words]
        return ["term", patterns, part.concepts, part.quoted]
    if isinstance(part, OnlyLanguage):
        return ["language", part.languages]
    if isinstance(part, OnlySource):
        return ["source", part.names]
    if isinstance(part, Not):
        return ["not", _to_data(part.part)]
    name = "all" if isinstance(part, All) else "any"
    return [name, [_to_data(one) for one in part.parts]]


def _from_data(data: list[Any]) -> Part:
    kind = data[0]
    if kind == "term":
        _, patterns, concepts, quoted = data
        words = tuple(
            WordPattern(shared(keys), script, shared(near_keys), exact, weight)
            for keys, script, near_keys, exact, weight in patterns
        )
        return Term(words, shared(concepts), quoted)
    if kind == "language":
        return OnlyLanguage(tuple(data[1]))
    if kind == "source":
        return OnlySource(tuple(data[1]))
    if kind == "not":
        return Not(_from_data(data[1]))
    parts = tuple(_from_data(one) for one in data[1])
    return All(parts) if kind == "all" else AnyOf(parts)


def shared(strings: Iterable[str]) -> tuple[str, ...]:
    """Return strings of which each is kept once in memory, however many queries have it."""
    return tuple(map(sys.intern, strings))
