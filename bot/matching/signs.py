"""The signs of what a subscriber typed: words, quoted phrases, operators, filters."""

import re
import unicodedata
from dataclasses import dataclass

from bot.matching.refusal import KeywordRefused, RefusalReason

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
class Sign:
    """A piece of what was typed: what it is, how it was written, and where."""

    kind: str
    text: str
    position: int


def cut_signs(typed: str) -> list[Sign]:
    """Cut what was typed into signs: words, quoted phrases, operators."""
    signs: list[Sign] = []
    place = 0
    while place < len(typed):
        char = typed[place]
        opens_word = place == 0 or typed[place - 1].isspace() or typed[place - 1] in "(,;"
        if char == "\n":
            if signs and signs[-1].kind not in ("or", "not", "and", "("):
                signs.append(Sign("or", ",", place))
            place += 1
        elif char.isspace():
            place += 1
        elif joins := _AND.match(typed, place) or _JOINS.match(typed, place):
            signs.append(Sign("and", char, place))
            place = joins.end()
        elif char in "()":
            signs.append(Sign(char, char, place))
            place += 1
        elif char in ",;|":
            signs.append(Sign("or", char, place))
            place += 1
        elif opens_word and (dashes := _MINUS.match(typed, place)):
            signs.append(Sign("not", char, place))
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


def _exactly(typed: str, place: int) -> tuple[int, list[Sign]]:
    end = _end_of_chunk(typed, place + 1)
    text = typed[place + 1 : end]
    if not _LETTER.search(text):
        return end, []
    return end, [Sign("exact", text, place)]


def _quoted(typed: str, place: int) -> tuple[int, list[Sign]]:
    closing = _QUOTES[typed[place]]
    ends = [found for c in closing if (found := typed.find(c, place + 1)) > 0]
    if not ends:
        raise KeywordRefused(
            RefusalReason.UNCLOSED_QUOTE, position=place, word=typed[place : place + 20]
        )
    end = min(ends)
    text = typed[place + 1 : end]
    return end + 1, [Sign("phrase", text, place + 1)] if _LETTER.search(text) else []


def _chunk(typed: str, place: int) -> tuple[int, list[Sign]]:
    language = _LANGUAGE.match(typed, place)
    if language is not None:
        code = language.group(1).lower()
        if code not in LANGUAGES:
            raise KeywordRefused(
                RefusalReason.UNKNOWN_LANGUAGE, position=place, word=language.group()
            )
        return language.end(), [Sign("language", code, place)]
    meaning = _MEANING.match(typed, place)
    if meaning is not None:
        return meaning.end(), [Sign("meaning", meaning.group(1), place)]
    source = _SOURCE.match(typed, place)
    if source is not None:
        return _source(typed, place, source.end())
    end = _end_of_chunk(typed, place)
    text = typed[place:end]
    word = text.casefold()
    if word in _OR:
        return end, [Sign("or", text, place)]
    if text in _AND_WORDS:
        return end, [Sign("and", text, place)]
    if word in _NOT:
        return end, [Sign("not", text, place)]
    if not _LETTER.search(text):
        return end, []
    _check_readable(text, place)
    # A hashtag stays one: its words are told by their capitals.
    return end, [Sign("word", text, place)]


def _check_readable(text: str, place: int) -> None:
    """Refuse what no news can bear: an address, somebody's name in Telegram, unknown letters."""
    if _LINK.match(text):
        raise KeywordRefused(RefusalReason.LINK, position=place, word=text)
    if text.startswith("@"):
        raise KeywordRefused(RefusalReason.MENTION, position=place, word=text)
    if not _READ.search(unicodedata.normalize("NFKC", text)):
        raise KeywordRefused(RefusalReason.UNREAD_SCRIPT, position=place, word=text)


def _source(typed: str, place: int, start: int) -> tuple[int, list[Sign]]:
    if start < len(typed) and typed[start] in _QUOTES:
        end, quoted = _quoted(typed, start)
        name = quoted[0].text if quoted else ""
    else:
        end = _end_of_chunk(typed, start)
        name = typed[start:end]
    if not _LETTER.search(name):
        raise KeywordRefused(RefusalReason.EMPTY_SOURCE, position=place, word=typed[place:end])
    return end, [Sign("source", name, place)]


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
