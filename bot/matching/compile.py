"""From what a subscriber typed to the query that is held against texts."""

from dataclasses import dataclass
from itertools import takewhile

from bot.language import Language, clean, fold, fold_text, load, words
from bot.language.asking import AskedWord
from bot.language.reading import BETWEEN, CONCEPT, INITIAL, NEAR, is_across
from bot.language.skeleton import consonants, sound_of
from bot.matching import grammar
from bot.matching.meaning import without_concepts
from bot.matching.query import (
    WIDENED,
    All,
    AnyOf,
    Not,
    OnlyLanguage,
    OnlySource,
    Part,
    Query,
    Term,
    WordPattern,
    anchors_of,
    shared,
)
from bot.matching.refusal import KeywordRefused, RefusalReason
from bot.matching.text import find_patterns

# Below these lengths near names are too many: skeleton and consonants, alone and in a full name.
_NEAR_ALONE = (6, 3)
_NEAR_IN_NAME = (4, 2)
_LONGEST_NAME = 3
_RARE = 5


@dataclass(frozen=True, slots=True)
class _Typed:
    """One word as typed: where, and whether no blank parts it from the word before."""

    written: str
    position: int
    joined: bool


def parse_keyword(typed: str, *, wide: bool = True) -> Query:
    """Return what *typed* asks for; raise KeywordRefused if it cannot be watched for.

    A *wide* one asks for what readers do not tell apart from what was typed as well: for other
    concepts, for a place's adjectives and people, for a well-known person by surname alone.
    """
    tree = grammar.parse(typed)
    canonical, root = _Compiler(load(), wide=wide).compile(tree)
    if not anchors_of(root):
        raise KeywordRefused(_why_nothing(root), word=typed.strip())
    return Query(canonical, root)


def _why_nothing(root: Part) -> RefusalReason:
    if isinstance(root, Not):
        return RefusalReason.ONLY_EXCLUDED
    if isinstance(root, All | AnyOf):
        reasons = {_why_nothing(one) for one in root.parts if not anchors_of(one)}
        return (
            RefusalReason.ONLY_EXCLUDED
            if RefusalReason.ONLY_EXCLUDED in reasons
            else RefusalReason.ONLY_FILTERS
        )
    return RefusalReason.ONLY_FILTERS


class _Compiler:
    """Turns the tree of what was typed into parts of a query, each with its canonical form."""

    def __init__(self, language: Language, *, wide: bool) -> None:
        self._language = language
        self._wide = wide

    def compile(self, node: grammar.Node) -> tuple[str, Part]:
        if isinstance(node, grammar.Run):
            return _together(self._run(node.chunks))
        if isinstance(node, grammar.Phrase):
            return self._phrase(node)
        if isinstance(node, grammar.Exactly):
            return self._exactly(node)
        if isinstance(node, grammar.InLanguage):
            return "#" + node.language, OnlyLanguage((node.language,))
        if isinstance(node, grammar.FromSource):
            name = fold_text(node.name)
            return f"source:{name}", OnlySource((name,))
        if isinstance(node, grammar.Without):
            canonical, part = self.compile(node.part)
            return f"-{canonical}", Not(part)
        if isinstance(node, grammar.NotMeaning):
            raise KeywordRefused(RefusalReason.ONLY_FILTERS, word=f"~{node.concept}")
        if isinstance(node, grammar.Both):
            return self._both(node)
        return _one_of([self.compile(part) for part in node.parts])

    def _both(self, node: grammar.Both) -> tuple[str, Part]:
        dropped = {part.concept for part in node.parts if isinstance(part, grammar.NotMeaning)}
        kept = [part for part in node.parts if not isinstance(part, grammar.NotMeaning)]
        if not kept:
            raise KeywordRefused(RefusalReason.ONLY_FILTERS, word=f"~{min(dropped)}")
        canonical, part = _together([self.compile(one) for one in kept])
        left = without_concepts(part, frozenset(CONCEPT + concept for concept in dropped))
        if left == part:
            return canonical, part
        meanings = " ".join(f"~{concept}" for concept in sorted(dropped))
        return f"({canonical} {meanings})", left

    def _run(self, chunks: tuple[tuple[str, int], ...]) -> list[tuple[str, Part]]:
        """Return the terms of words typed in a row: names, glossary terms, single words."""
        typed = [
            _Typed(word.written, position + word.start, joined=number > 0)
            for text, position in chunks
            for number, word in enumerate(words(clean(text)))
        ]
        if not typed:
            raise KeywordRefused(RefusalReason.NO_WORDS, position=chunks[0][1], word=chunks[0][0])
        terms: list[tuple[str, Part]] = []
        passed_over: list[tuple[_Typed, RefusalReason]] = []
        place = 0
        while place < len(typed):
            size, concepts, in_name = self._group(typed, place)
            group = typed[place : place + size]
            place += size
            if in_name and size == 2 and not group[1].joined:
                terms.append(self._two_names([w.written for w in group], concepts))
                continue
            reason = self._refused(group[0]) if size == 1 else None
            if reason is not None:
                passed_over.append((group[0], reason))
            else:
                terms.append(self._term([w.written for w in group], concepts, in_name=in_name))
        if not terms:
            word, reason = passed_over[0]
            raise KeywordRefused(reason, position=word.position, word=word.written)
        return terms

    def _refused(self, word: _Typed) -> RefusalReason | None:
        if len(word.written) == 1:
            return RefusalReason.ONE_LETTER
        if self._language.is_function_word(word.written):
            return RefusalReason.FUNCTION_WORD
        return None

    def _group(self, typed: list[_Typed], place: int) -> tuple[int, frozenset[str], bool]:
        """Return how many words belong together, what they mean, and if they are a name."""
        rest = typed[place : place + 6]
        if len(rest) == 1:
            return 1, frozenset(), False
        read = tuple(self._language.read_typed_word(w.written) for w in rest)
        # As a name is often typed without its capitals, those of the glossary are tried too.
        titled = tuple(self._language.read_typed_word(w.written.capitalize()) for w in rest)
        found = [find_patterns(self._language, form, asked=True) for form in (read, titled)]
        spans = [span for spans, _ in found for span in spans if span.start == 0]
        size = max((span.end for span in spans), default=0)
        hidden = sum(1 for _ in takewhile(found[0][1].__contains__, range(len(rest))))
        if hidden > max(size, 1):
            # What hides a meaning in a text is meant by who types it: за границей is abroad.
            return hidden, frozenset(), False
        joined = 1
        while joined < len(rest) and rest[joined].joined:
            joined += 1
        if size >= joined and size > 1:
            concepts = frozenset(span.concept for span in spans if span.end == size)
            return size, concepts, any(w.written[0].isupper() for w in rest[:size])
        if joined > 1:
            # A Su-30 is named as people are: alike in every script.
            names = not all(
                self._language.is_ordinary(w.written) and not w.written.isdecimal()
                for w in rest[:joined]
            )
            return joined, frozenset(), names
        name = self._full_name(rest)
        return (name, frozenset(), True) if name > 1 else (1, frozenset(), False)

    def _full_name(self, rest: list[_Typed]) -> int:
        """Return how many words make a person's or a place's name; 1 if they make none."""
        first = rest[0].written
        if len(rest) < 2 or self._refused(rest[0]) or self._refused(rest[1]):
            return 1
        language = self._language
        capitals = first[0].isupper() and rest[1].written[0].isupper()
        second_is_name = capitals or not language.is_ordinary(rest[1].written)
        if language.is_given_name(first) and second_is_name:
            size = 2
            # Names of three words: Нжде Карен Саргсян, but not "Nikol Pashinyan Putin".
            while (
                size < min(len(rest), _LONGEST_NAME)
                and language.is_given_name(rest[size - 1].written)
                and not language.is_ordinary(rest[size].written)
            ):
                size += 1
            return size
        # White House, Нагорный Карабах: an ordinary word that bears a capital before another.
        if capitals and not first.isupper():
            return 2
        return 1 if language.is_ordinary(first) or not second_is_name else 2

    def _two_names(self, written: list[str], concepts: frozenset[str]) -> tuple[str, Part]:
        """Return what two names in a row ask for: one full name, or two people in one text."""
        if self._wide and self._language.means_by_surname(*written):
            canonical, term = self._term(written[1:], frozenset(), in_name=True)
            return canonical.removesuffix(WIDENED) + WIDENED, term
        full = self._term(written, concepts, in_name=True)
        if self._language.is_given_name(written[0]):
            return full[0], self._less_formal(written[0], full[1])
        if concepts or any(map(self._language.is_ordinary, written)):
            return full
        apart = _together([self._term([word], frozenset(), in_name=True) for word in written])
        return _one_of([full, apart])

    def _less_formal(self, given: str, full: Term) -> Part:
        """Return a full name with all that may stand for its given name, or behind it."""
        first, last = full.words
        sound = sound_of(fold(given)[0])
        initial = WordPattern((INITIAL + sound,), "", (), "", 1)
        between = WordPattern((BETWEEN,), "", (), "", 0)
        forms = [full, Term((first, between, last)), Term((first, between, between, last))]
        if sound:
            forms += [Term((initial, last)), Term((initial, initial, last))]
        return AnyOf(tuple(forms))

    def _term(
        self, written: list[str], concepts: frozenset[str], *, in_name: bool
    ) -> tuple[str, Term]:
        single = len(written) == 1
        numbered = any(map(str.isdecimal, written))
        asked = [
            self._language.ask_word(w, in_name=in_name and not single, numbered=numbered)
            for w in written
        ]
        patterns = tuple(self._pattern(word, alone=single, in_name=in_name) for word in asked)
        if single:
            concepts = asked[0].concepts
        canonical = "+".join(word.canonical for word in asked)
        if self._wide:
            related = self._language.glossary.with_relatives(concepts)
            if related != concepts:
                canonical, concepts = canonical + WIDENED, related
        return canonical, Term(patterns, tuple(sorted(concepts)))

    def _pattern(self, word: AskedWord, *, alone: bool, in_name: bool) -> WordPattern:
        near: set[str] = set()
        if alone or in_name:
            sound_length, consonant_count = _NEAR_ALONE if alone else _NEAR_IN_NAME
            near = {
                NEAR + consonants(sound)
                for sound in word.sounds
                if len(sound) >= sound_length and len(consonants(sound)) >= consonant_count
            }
        weight = len(word.canonical) + (0 if word.ordinary else _RARE)
        keys = {key for key in word.keys if is_across(key)} if alone and word.proper else word.keys
        return WordPattern(shared(sorted(keys)), word.script, shared(sorted(near)), "", weight)

    def _phrase(self, phrase: grammar.Phrase) -> tuple[str, Part]:
        typed = [word.written for word in words(clean(phrase.text))]
        if not typed:
            raise KeywordRefused(RefusalReason.NO_WORDS, position=phrase.position, word=phrase.text)
        if len(typed) == 1:
            return self._run(((phrase.text, phrase.position),))[0]
        if all(self._refused(_Typed(w, 0, joined=False)) for w in typed):
            raise KeywordRefused(
                RefusalReason.FUNCTION_WORD, position=phrase.position, word=phrase.text
            )
        read = tuple(map(self._language.read_typed_word, typed))
        concepts = frozenset(
            span.concept
            for span in find_patterns(self._language, read, asked=True)[0]
            if span.start == 0 and span.end == len(typed)
        )
        in_name = any(not self._language.is_ordinary(w) for w in typed)
        asked = [self._language.ask_word(w, in_name=in_name) for w in typed]
        patterns = tuple(self._pattern(word, alone=False, in_name=in_name) for word in asked)
        canonical = '"' + " ".join(word.canonical for word in asked) + '"'
        return canonical, Term(patterns, tuple(sorted(concepts)), quoted=True)

    def _exactly(self, exactly: grammar.Exactly) -> tuple[str, Part]:
        typed = [word.written for word in words(clean(exactly.text))]
        if all(len(word) == 1 for word in typed):
            raise KeywordRefused(
                RefusalReason.ONE_LETTER, position=exactly.position, word=exactly.text
            )
        if all(map(self._language.is_function_word, typed)):
            raise KeywordRefused(
                RefusalReason.FUNCTION_WORD, position=exactly.position, word=exactly.text
            )
        patterns = []
        for word in typed:
            asked = self._language.ask_word(word)
            key = asked.canonical if asked.canonical.startswith("^") else fold(word)
            patterns.append(WordPattern((key,), asked.script, (), key, len(word)))
        canonical = "=" + " ".join(pattern.exact for pattern in patterns)
        return canonical, Term(tuple(patterns), quoted=True)


def _together(compiled: list[tuple[str, Part]]) -> tuple[str, Part]:
    """Join what must all hold; filters of one kind beside each other are alternatives."""
    by_form = dict(compiled)
    languages = sorted(
        {
            one
            for part in by_form.values()
            if isinstance(part, OnlyLanguage)
            for one in part.languages
        }
    )
    sources = sorted(
        {one for part in by_form.values() if isinstance(part, OnlySource) for one in part.names}
    )
    by_form = {
        form: part
        for form, part in by_form.items()
        if not isinstance(part, OnlyLanguage | OnlySource)
    }
    if languages:
        by_form[" ".join("#" + one for one in languages)] = OnlyLanguage(tuple(languages))
    if sources:
        by_form[" ".join("source:" + one for one in sources)] = OnlySource(tuple(sources))
    if len(by_form) == 1:
        return next(iter(by_form.items()))
    forms = sorted(by_form)
    return "(" + " & ".join(forms) + ")", All(tuple(by_form[form] for form in forms))


def _one_of(compiled: list[tuple[str, Part]]) -> tuple[str, Part]:
    by_form = dict(compiled)
    if len(by_form) == 1:
        return compiled[0]
    forms = sorted(by_form)
    return "(" + " | ".join(forms) + ")", AnyOf(tuple(by_form[form] for form in forms))
