"""Characters that XML does not allow, and references to what is none: mended before parsing.

One of them makes a strict parser refuse the whole document, and the loose one guess at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.entities import html5
from xml.sax.saxutils import escape

from bot.errors import FeedError

# https://www.w3.org/TR/xml/#charsets: what is none of these; half an emoji among them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Emoji written as two halves, which must become one.
_HALVES = re.compile(r"(?:&#(?:x0*d[89a-f][0-9a-f]{2}|0*5[5-7]\d{3});){2,}", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#([xX]?)([0-9a-fA-F]*);?|([A-Za-z_][\w.-]{0,60});)?")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_LAST = 0x10FFFF
#: By so much plain entities may make a document longer.
_MOST_GROWTH = 1_000_000


def mend_characters(text: str, entities: Mapping[str, str]) -> str:
    """Return a document whose characters and references an XML parser takes.

    *entities* are those that the document declared; HTML's are read as well, others and stray
    ampersands stay what they are to a reader. Raises FeedError where entities make it grow.
    """
    return _outside_cdata(_FORBIDDEN.sub("", text), _Mending(entities).mend)


class _Mending:
    def __init__(self, entities: Mapping[str, str]) -> None:
        self._entities = entities
        self._left = _MOST_GROWTH

    def mend(self, text: str) -> str:
        if "&" not in text:
            return text
        return _REFERENCE.sub(self._read, _HALVES.sub(_join_halves, text))

    def _read(self, found: re.Match[str]) -> str:
        hexadecimal, digits, name = found.groups()
        if name is not None:
            return self._read_name(found[0], name)
        if digits is None:
            return "&amp;"
        try:
            code = int(digits[:10] or "x", 16 if hexadecimal else 10)
        except ValueError:
            return f"&amp;{found[0][1:]}"
        if 0x80 <= code <= 0x9F:
            # Windows' punctuation by its number there; all browsers read it so.
            return bytes([code]).decode("cp1252", "replace")
        if code > _LAST or _FORBIDDEN.match(chr(code)):
            return ""
        return found[0] if found[0].endswith(";") else f"{found[0]};"

    def _read_name(self, written: str, name: str) -> str:
        if name in _XML_NAMES:
            return written
        value = self._entities.get(name)
        if value is None:
            value = html5.get(f"{name};")
        if value is None:
            return f"&amp;{written[1:]}"
        self._left -= len(value)
        if self._left < 0:
            raise FeedError("entities make the document grow beyond bounds")
        return escape(_FORBIDDEN.sub("", value))


def _join_halves(found: re.Match[str]) -> str:
    codes = [
        int(code[1:], 16) if code[0] in "xX" else int(code)
        for code in found[0].removeprefix("&#").removesuffix(";").split(";&#")
    ]
    halves = "".join(chr(code) for code in codes if code < 0x10000)
    joined = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return escape(joined)


def _outside_cdata(text: str, mend: Callable[[str], str]) -> str:
    """Return *text* mended where ampersands mean something."""
    pieces, at = [], 0
    while (start := text.find("<![CDATA[", at)) >= 0:
        end = text.find("]]>", start)
        if end < 0:
            break
        pieces += [mend(text[at:start]), text[start : end + 3]]
        at = end + 3
    pieces.append(mend(text[at:]))
    return "".join(pieces)
