"""What a subscriber may type, taken apart: words, phrases, OR, NOT, parentheses, filters.

a b          both, anywhere            "a b"   side by side
a OR b   a, b   either                 -a   !a   NOT a   without a
a AND b   a & b   a + b   both         =a   this very form
(a OR b) c   parentheses               each line: either
#hy #ru #en   language of the item     source:name   its publisher
~world         not in the meaning that the glossary calls so
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from bot.matching.refusal import KeywordRefused, RefusalReason

LONGEST_KEYWORD = 300
MOST_WORDS = 30
LANGUAGES = ("hy", "ru", "en")

_QUOTES = {'"': '"”“', "«": "»", "“": '”“"', "„": '“”"', "”": "”"}
_OR = frozenset({"or", "или", "կամ", "|", "||"})
# In capitals only: small they are words like others, and passed over.
_AND_WORDS = frozenset({"AND", "И", "ԵՎ", "ԵՒ"})
_AND = re.compile(r'[&+]+(?=[\s("«“„]|$)|[+](?=[^\W_])')
# Between words, but not in AT&T or C++.
_JOINS = re.compile(r"(?<=[^\W\d_]{3})[&+](?=[^\W\d_]{3})")
_NOT = frozenset({"not", "не", "ոչ"})
_SOURCE = re.compile("(?:source|источник|աղբյուր):", re.IGNORECASE)
_LANGUAGE = re.compile(r"#([^\W\d_]{2})(?![\w])")
_MEANING = re.compile(r"~([a-z][a-z0-9_-]*)(?![\w])")
_MINUS = re.compile(r'[-−–—!]+(?=[^\W_]|[("«“„=#])')
_LETTER = re.compile(r"[^\W_]")
_LINK = re.compile(
    r"https?:|www\.|[\w.-]+\.(?:am|az|com|ge|info|ir|me|net|news|org|ru|tr|tv)(?:/\S*)?$",
    re.IGNORECASE,
)
# Letters of the scripts that are read; digits and signs are nobody's.
_READ = re.compile(
    "[a-zA-Z\u00aa-\u024f\u0400-\u052f\u0531-\u0587\u1e00-\u1eff\ufb13-\ufb17\uff21-\uff5a]|\\d"
)


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


@dataclass(frozen=True, slots=True)
class _Sign:
    kind: str
    text: str
    position: int


def parse(typed: str) -> Node:
    """Return what was typed as a tree; raise KeywordRefused where it makes none."""
    if not typed.strip():
        raise KeywordRefused(RefusalReason.EMPTY)
    if len(typed) > LONGEST_KEYWORD:
        raise KeywordRefused(RefusalReason.TOO_LONG, position=LONGEST_KEYWORD)
    signs = _signs(typed)
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


def _signs(typed: str) -> list[_Sign]:
    """Cut what was typed into signs: words, quoted phrases, operators."""
    signs: list[_Sign] = []
    place = 0
    while place < len(typed):
        char = typed[place]
        opens_word = place == 0 or typed[place - 1].isspace() or typed[place - 1] in "(,;"
        if char == "\n":
            if signs and signs[-1].kind not in ("or", "not", "and", "("):
                signs.append(_Sign("or", ",", place))
            place += 1
        elif char.isspace():
            place += 1
        elif joins := _AND.match(typed, place) or _JOINS.match(typed, place):
            signs.append(_Sign("and", char, place))
            place = joins.end()
        elif char in "()":
            signs.append(_Sign(char, char, place))
            place += 1
        elif char in ",;|":
            signs.append(_Sign("or", char, place))
            place += 1
        elif opens_word and (dashes := _MINUS.match(typed, place)):
            signs.append(_Sign("not", char, place))
            place = dashes.end()
        elif char == "=" and opens_word:
            place, sign = _exactly(typed, place)
            signs.extend(sign)
        elif char in _QUOTES:
            place, sign = _quoted(typed, place)
            signs.extend(sign)
        else:
            place, sign = _chunk(typed, place)
            signs.extend(sign)
    return signs


def _exactly(typed: str, place: int) -> tuple[int, list[_Sign]]:
    end = _end_of_chunk(typed, place + 1)
    text = typed[place + 1 : end]
    if not _LETTER.search(text):
        return end, []
    return end, [_Sign("exact", text, place)]


def _quoted(typed: str, place: int) -> tuple[int, list[_Sign]]:
    closing = _QUOTES[typed[place]]
    ends = [found for c in closing if (found := typed.find(c, place + 1)) > 0]
    if not ends:
        raise KeywordRefused(
            RefusalReason.UNCLOSED_QUOTE, position=place, word=typed[place : place + 20]
        )
    end = min(ends)
    text = typed[place + 1 : end]
    return end + 1, [_Sign("phrase", text, place + 1)] if _LETTER.search(text) else []


def _chunk(typed: str, place: int) -> tuple[int, list[_Sign]]:
    language = _LANGUAGE.match(typed, place)
    if language is not None:
        code = language.group(1).lower()
        if code not in LANGUAGES:
            raise KeywordRefused(
                RefusalReason.UNKNOWN_LANGUAGE, position=place, word=language.group()
            )
        return language.end(), [_Sign("language", code, place)]
    meaning = _MEANING.match(typed, place)
    if meaning is not None:
        return meaning.end(), [_Sign("meaning", meaning.group(1), place)]
    source = _SOURCE.match(typed, place)
    if source is not None:
        return _source(typed, place, source.end())
    end = _end_of_chunk(typed, place)
    text = typed[place:end]
    word = text.casefold()
    if word in _OR:
        return end, [_Sign("or", text, place)]
    if text in _AND_WORDS:
        return end, [_Sign("and", text, place)]
    if word in _NOT:
        return end, [_Sign("not", text, place)]
    if not _LETTER.search(text):
        return end, []
    _check_readable(text, place)
    # A hashtag stays one: its words are told by their capitals.
    return end, [_Sign("word", text, place)]


def _check_readable(text: str, place: int) -> None:
    """Refuse what no news can bear: an address, somebody's name in Telegram, unknown letters."""
    if _LINK.match(text):
        raise KeywordRefused(RefusalReason.LINK, position=place, word=text)
    if text.startswith("@"):
        raise KeywordRefused(RefusalReason.MENTION, position=place, word=text)
    if not _READ.search(unicodedata.normalize("NFKC", text)):
        raise KeywordRefused(RefusalReason.UNREAD_SCRIPT, position=place, word=text)


def _source(typed: str, place: int, start: int) -> tuple[int, list[_Sign]]:
    if start < len(typed) and typed[start] in _QUOTES:
        end, quoted = _quoted(typed, start)
        name = quoted[0].text if quoted else ""
    else:
        end = _end_of_chunk(typed, start)
        name = typed[start:end]
    if not _LETTER.search(name):
        raise KeywordRefused(RefusalReason.EMPTY_SOURCE, position=place, word=typed[place:end])
    return end, [_Sign("source", name, place)]


def _end_of_chunk(typed: str, start: int) -> int:
    end = start
    while (
        end < len(typed)
        and not typed[end].isspace()
        and typed[end] not in '(),;|"«»“”„'
        and not _JOINS.match(typed, end)
    ):
        end += 1
    return max(end, start + 1) if start < len(typed) else end


class _Reader:
    """Recursive descent: OR binds loosest, then what stands side by side, then NOT."""

    def __init__(self, signs: list[_Sign], end: int) -> None:
        self._signs = signs
        self._place = 0
        self._end = end

    def next(self) -> _Sign | None:
        return self._signs[self._place] if self._place < len(self._signs) else None

    def _take(self) -> _Sign:
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

    def _without(self, sign: _Sign) -> Node:
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
