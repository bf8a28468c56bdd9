"""The one form in which the words of keywords and of news are compared."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# What no reader sees: soft hyphen, zero width, direction marks, stress, and the Armenian signs of
# question, stress and exclamation, which stand inside words (Երևանո՛ւմ) and would cut them in two.
_UNSEEN = (
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
    "\u055b\u055c\u055e\u055f\u0300\u0301\u0483"
)
_HYPHENS = "\u2010\u2011\u2012\u2013\u2212\u058a"
_APOSTROPHES = "\u2018\u2019\u02bc\u02b9\u055a\u00b4`"
_SPECIAL = re.compile(f"[{_UNSEEN}{_HYPHENS}{_APOSTROPHES}]")
_UNSEEN_RE = re.compile(f"[{_UNSEEN}]")
_TO_PLAIN = str.maketrans(dict.fromkeys(_HYPHENS, "-") | dict.fromkeys(_APOSTROPHES, "'"))

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ARMENIAN = re.compile("[\u0531-\u0587]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")
# Pages that lose their line breaks glue words together: ՔաղաքականությունԱվտորիտարիզմի.
_GLUED = re.compile("(?<=[\u0561-\u0587])(?=[\u0531-\u0556])")
_MIXED = re.compile(r"[\u0531-\u0587]'?[^\W\d_\u0531-\u0587]|[^\W_\u0531-\u0587]'?[\u0531-\u0587]")
# Acronyms, quotes and numbers take their Armenian ending after a hyphen: ՄԱԿ-ի, «Հայաստան»-ը.
_HUNG_ENDING = re.compile(
    '(?<=[\\w»"”])-(?:ը|ն|ի|ին|ից|ում|ով|երը|երի|երին|երից|երով|ներ|ները|ների|ներին|ներից'
    "|ներով|ներում|ներն|ս|դ|յան|ական[\u0561-\u0587]*|ցի[\u0561-\u0587]*)(?![\\w-])"
)
# Acronyms written with points: U.S., С.Ш.А., Ա.Մ.Ն.
_CAPITAL = "A-ZА-ЯЁ\u0531-\u0556"
_SMALL = "a-zа-яё\u0561-\u0587"
_DOTTED = re.compile(f"(?<![\\w.])(?:[{_CAPITAL}]\\.)+[{_CAPITAL}](?!\\w)\\.?")
# Pages that lose their line breaks glue hours and years to words: 13:20Հրդեհ, 2026Արցախի.
_GLUED_DIGITS = re.compile(
    "(?<=\\d)(?=[\u0531-\u0587\u0400-\u052f]{3})"
    "|(?<=:\\d\\d)(?=[^\\W\\d_]{2})|(?<=[^\\W\\d_]{2})(?=\\d{1,2}:\\d\\d)"
)
_DIGIT = re.compile(r"\d")
_HASHTAG = re.compile("#[^\\W_]+")
_CAMEL = re.compile(f"(?<=[{_SMALL}])(?=[{_CAPITAL}])")

# Letters that only look Armenian. Outlets use them to hide "war", "killed", "explosion".
_ARMENIAN_TWINS = {
    "n": "ո", "h": "հ", "u": "ս", "o": "օ", "g": "ց", "q": "զ", "f": "ֆ", "j": "յ", "l": "լ",
    "a": "ա", "о": "օ", "ш": "ա", "а": "ա", "п": "ո", "һ": "հ", "ф": "ֆ",
}  # fmt: skip
_TO_ARMENIAN = str.maketrans(
    _ARMENIAN_TWINS | {small.upper(): twin for small, twin in _ARMENIAN_TWINS.items()}
)
_SEEMS_ARMENIAN = frozenset(map(chr, _TO_ARMENIAN))
_CYRILLIC_TWINS = "асеорхукмтвніј"
_LATIN_TWINS = "aceopxykmtbhij"
_TO_LATIN = str.maketrans(_CYRILLIC_TWINS, _LATIN_TWINS)
_TO_CYRILLIC = str.maketrans(_LATIN_TWINS, _CYRILLIC_TWINS)
# A disguise changes a letter here and there; a run of foreign letters is a foreign word.
_FOREIGN_RUN = re.compile("[^\u0531-\u0587]{4}")
_TWINS = frozenset(_CYRILLIC_TWINS + _LATIN_TWINS)
_LATIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ə": "a"}
)
_MARKS = re.compile("[\u0300-\u036f]")


class Word(NamedTuple):
    """One word of a text: as it is written, and where about it begins in the cleaned text."""

    written: str
    start: int


def clean(text: str) -> str:
    """Return *text* without what no reader sees, with one hyphen and one apostrophe."""
    if not text.isascii():
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
        if _SPECIAL.search(text):
            text = _UNSEEN_RE.sub("", text).translate(_TO_PLAIN)
        if not unicodedata.is_normalized("NFKC", text):
            # NFKC makes "և" two letters; fold() makes both spellings one again.
            text = unicodedata.normalize("NFKC", text)
            if _SPECIAL.search(text):
                text = _UNSEEN_RE.sub("", text).translate(_TO_PLAIN)
    elif "`" in text:
        text = text.translate(_TO_PLAIN)
    return text


def _part(cleaned: str) -> str:
    """Return a cleaned text with blanks between words that are not parted otherwise."""
    if "." in cleaned:
        cleaned = _DOTTED.sub(lambda m: m.group().replace(".", ""), cleaned)
    if "#" in cleaned:
        cleaned = _HASHTAG.sub(lambda m: _CAMEL.sub(" ", m.group()), cleaned)
    if _DIGIT.search(cleaned):
        cleaned = _GLUED_DIGITS.sub(" ", cleaned)
    return cleaned


def words(cleaned: str) -> Iterator[Word]:
    """Yield the words of a cleaned text, without Armenian endings hung on by a hyphen."""
    cleaned = _part(cleaned)
    if not _ARMENIAN.search(cleaned):
        for match in _WORD.finditer(cleaned):
            yield Word(match.group(), match.start())
        return
    # Blanks keep the places of what follows.
    cleaned = _HUNG_ENDING.sub(lambda m: " " * len(m.group()), cleaned)
    for match in _WORD.finditer(cleaned):
        yield from _unglued(match.group(), match.start())


def written_words(cleaned: str) -> list[str]:
    """Return the words of a cleaned text, as words() does but without their places."""
    cleaned = _part(cleaned)
    if _ARMENIAN.search(cleaned):
        cleaned = _HUNG_ENDING.sub(" ", cleaned)
        if _GLUED.search(cleaned) or _MIXED.search(cleaned):
            return [word.written for word in words(cleaned)]
    return _WORD.findall(cleaned)


def _unglued(written: str, start: int) -> Iterator[Word]:
    """Cut a word where Armenian meets a capital, or another script that disguises nothing."""
    if not _ARMENIAN.search(written):
        yield Word(written, start)
        return
    pieces = _GLUED.split(written)
    for piece in pieces:
        if _foreign(piece) and not _is_disguised(piece):
            for part in re.finditer("[\u0531-\u0587]+|[^\u0531-\u0587']+", piece):
                yield Word(part.group(), start + part.start())
        else:
            yield Word(piece, start)
        start += len(piece)


def _foreign(word: str) -> bool:
    return bool(_LATIN.search(word) or _CYRILLIC.search(word))


def _is_disguised(word: str) -> bool:
    """Tell a disguised Armenian word (պшտերազմ) from one glued to a foreign (NASAի)."""
    strange = [c for c in word if not _ARMENIAN.match(c) and c != "'"]
    return (
        len(strange) * 2 <= len(word)
        # "ß" is two letters once folded: no disguise of one.
        and all(c in _SEEMS_ARMENIAN and len(c.casefold()) == 1 for c in strange)
        and not _FOREIGN_RUN.search(word)
    )


def script_of(word: str) -> str:
    """Return the script that most of *word* is written in: hy, ru, en, or "" for none of these.

    The names stand for the alphabets: "ru" is any Cyrillic word, "en" any Latin one.
    """
    if word.isascii():
        return "en" if _LATIN.search(word) else ""
    if _ARMENIAN.search(word):
        return "hy"
    if _CYRILLIC.search(word):
        return "ru"
    return "en" if _LATIN.search(word) else ""


def fold(word: str) -> str:
    """Return one cleaned word in the form that is compared: no case, one spelling, no disguise."""
    # The dotted capital of Turkish would casefold to two characters.
    word = word.replace("İ", "I")
    folded = word.casefold()
    if folded.isascii():
        return folded
    if _ARMENIAN.search(folded):
        if _foreign(folded):
            folded = word.translate(_TO_ARMENIAN).casefold()
        # "ԵՐԵՎԱՆ" casefolds to "եվ" where "Երևան" gives "եւ": without this they would differ.
        return folded.replace("և", "եվ").replace("եւ", "եվ")
    if _CYRILLIC.search(folded):
        folded = folded.replace("ё", "е")
        if _LATIN.search(folded):
            folded = _one_script(folded)
        if _CYRILLIC.search(folded):
            return folded
    folded = _MARKS.sub("", unicodedata.normalize("NFD", folded.translate(_LATIN_LETTERS)))
    return unicodedata.normalize("NFC", folded)


def _one_script(folded: str) -> str:
    """Give a word of Latin and Cyrillic letters to the script that more of it can only be."""
    latin = sum(1 for c in folded if _LATIN.match(c) and c not in _TWINS)
    cyrillic = sum(1 for c in folded if _CYRILLIC.match(c) and c not in _TWINS)
    if latin and cyrillic:
        return folded
    if latin == cyrillic:
        latin, cyrillic = len(_LATIN.findall(folded)), len(_CYRILLIC.findall(folded))
    return folded.translate(_TO_LATIN if latin >= cyrillic else _TO_CYRILLIC)


def fold_text(text: str) -> str:
    """Return the words of *text*, folded and joined by spaces: what a search compares."""
    return " ".join(map(fold, written_words(clean(text))))
