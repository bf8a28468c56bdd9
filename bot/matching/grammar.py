"""What a subscriber may type, taken apart: words, phrases, OR, NOT, parentheses, filters.

a b          both, anywhere            "a b"   side by side
a OR b   a, b   either                 -a   !a   NOT a   without a
a AND b   a & b   a + b   both         =a   this very form
(a OR b) c   parentheses               each line: either
#hy #ru #en   language of the item     source:name   its publisher
~world         not in the meaning that the glossary calls so
"""

from dataclasses import dataclass
from typing import NoReturn

from bot.matching.refusal import KeywordRefused, RefusalReason
from bot.matching.signs import Sign, cut_signs

LONGEST_KEYWORD = 300
MOST_WORDS = 30


@dataclass(frozen=True, slots=True)
class Run:
    """Words typed one after the other: all must occur."""

    chunks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words typed in quotes."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Exactly:
    """A word asked for in this very form."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class InLanguage:
    """Only items in this language."""

    language: str


@dataclass(frozen=True, slots=True)
class FromSource:
    """Only items of this publisher."""

    name: str


@dataclass(frozen=True, slots=True)
class NotMeaning:
    """The words beside it do not stand for this concept of the glossary."""

    concept: str


@dataclass(frozen=True, slots=True)
class Both:
    """Everything inside must hold."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of what is inside must hold."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    """What is inside must not hold."""

    part: "Node"


Node = Run | Phrase | Exactly | InLanguage | FromSource | NotMeaning | Both | Either | Without


def parse(typed: str) -> Node:
    """Return what was typed as a tree; raise KeywordRefused where it makes none."""
    if not typed.strip():
        raise KeywordRefused(RefusalReason.EMPTY)
    if len(typed) > LONGEST_KEYWORD:
        raise KeywordRefused(RefusalReason.TOO_LONG, position=LONGEST_KEYWORD)
    signs = cut_signs(typed)
    if not signs:
        raise KeywordRefused(RefusalReason.NO_WORDS, word=typed.strip())
    if sum(sign.kind == "word" for sign in signs) > MOST_WORDS:
        raise KeywordRefused(RefusalReason.TOO_MANY_WORDS)
    reader = _Reader(signs, len(typed))
    tree = reader.either()
    left = reader.next()
    if left is not None:
        raise KeywordRefused(
            RefusalReason.UNOPENED_PARENTHESIS, position=left.position, word=left.text
        )
    return tree


class _Reader:
    """Recursive descent: OR binds loosest, then what stands side by side, then NOT."""

    def __init__(self, signs: list[Sign], end: int) -> None:
        self._signs = signs
        self._place = 0
        self._end = end

    def next(self) -> Sign | None:
        return self._signs[self._place] if self._place < len(self._signs) else None

    def _take(self) -> Sign:
        sign = self._signs[self._place]
        self._place += 1
        return sign

    def either(self) -> Node:
        parts = [self._both()]
        while (sign := self.next()) is not None and sign.kind == "or":
            self._take()
            following = self.next()
            # A comma at the end, or two in a row, is a slip and no question.
            if sign.text in ",;" and (following is None or following.kind == "or"):
                continue
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts: list[Node] = []
        run: list[tuple[str, int]] = []
        while (sign := self.next()) is not None and sign.kind not in ("or", ")"):
            if sign.kind == "word":
                run.append((self._take().text, sign.position))
                continue
            if run:
                parts.append(Run(tuple(run)))
                run = []
            if sign.kind == "and":
                self._take()
            else:
                parts.append(self._one())
        if run:
            parts.append(Run(tuple(run)))
        if not parts:
            self._missing()
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Node:
        sign = self._take()
        if sign.kind == "not":
            return self._without(sign)
        if sign.kind == "(":
            inside = self.either()
            closing = self.next()
            if closing is None:
                raise KeywordRefused(
                    RefusalReason.UNCLOSED_PARENTHESIS, position=sign.position, word=sign.text
                )
            self._take()
            return inside
        if sign.kind == "phrase":
            return Phrase(sign.text, sign.position)
        if sign.kind == "exact":
            return Exactly(sign.text, sign.position)
        if sign.kind == "language":
            return InLanguage(sign.text)
        if sign.kind == "source":
            return FromSource(sign.text)
        if sign.kind == "meaning":
            return NotMeaning(sign.text)
        return Run(((sign.text, sign.position),))

    def _without(self, sign: Sign) -> Node:
        following = self.next()
        if following is None or following.kind in ("or", "and", ")"):
            raise KeywordRefused(
                RefusalReason.MISSING_OPERAND, position=sign.position, word=sign.text
            )
        if following.kind == "not":
            # Two in a row would say the opposite of what was meant.
            raise KeywordRefused(
                RefusalReason.MISSING_OPERAND, position=following.position, word=following.text
            )
        return Without(self._one())

    def _missing(self) -> NoReturn:
        """Say what is wrong where a word should stand and none does."""
        sign = self.next()
        before = self._signs[self._place - 1] if self._place else None
        reason = RefusalReason.MISSING_OPERAND
        at = sign or before
        if sign is None and before is not None and before.kind == "(":
            reason, at = RefusalReason.UNCLOSED_PARENTHESIS, before
        elif sign is not None and sign.kind == ")" and before is None:
            reason = RefusalReason.UNOPENED_PARENTHESIS
        raise KeywordRefused(
            reason, position=at.position if at else self._end, word=at.text if at else ""
        )
