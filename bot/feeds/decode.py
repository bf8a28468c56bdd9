"""From the bytes of a feed to its text: labels lie, so valid UTF-8 beats them, and letters vote."""

from __future__ import annotations

import codecs
import re

# ARMSCII-8 (AST 34.002): Python has no codec of it. 0x80-0xA0 are control characters and space.
_ARMSCII_8 = {
    0xA1 + offset: letter
    for offset, letter in enumerate(
        "�և։)(»«—.՝,-֊…՜՛՞ԱաԲբԳգԴդԵեԶզԷէԸըԹթԺժԻիԼլԽխԾծԿկՀհՁձՂղՃճՄմՅյՆնՇշՈոՉչՊպՋջՌռՍսՎվՏտՐրՑցՒւՓփՔքՕօՖֆ՚�"
    )
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16: its little-endian mark begins with that one's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Where letters of ASCII, which every document begins with, have their zeros: of four bytes each.
_ZEROS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
_LOOKED_AT = 64
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding=[\"']([A-Za-z0-9._-]+)[\"']")
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9._-]+)", re.IGNORECASE)
# Labels that servers send without meaning them.
_EMPTY_LABELS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1"})
# Python calls these codecs of text too; no server writes in them.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
_CYRILLIC_TWIN = {"windows-1251": "koi8-r", "cp1251": "koi8-r", "koi8-r": "cp1251"}
# Western letters read as Cyrillic stand alone within Latin words.
_MIXED = re.compile("[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_FREQUENT_CYRILLIC = frozenset("оеаинтсрвлк")
#: Under this share of broken bytes, a feed is UTF-8 with a few broken letters.
_FEW_BROKEN = 0.05


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a feed's bytes; never raises, broken letters become U+FFFD."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body.decode(encoding, "replace").lstrip("\ufeff")
    wide = _find_wide(body)
    if wide is not None:
        return body.decode(wide, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    high = sum(byte > 0x7F for byte in body)
    repaired = body.decode("utf-8", "replace")
    if repaired.count("\ufffd") < _FEW_BROKEN * high:
        return repaired
    for label in _labels(body, content_type):
        text = _decode_as(body, label)
        if text is not None:
            return text
    return _guess(body)


def _find_wide(body: bytes) -> str | None:
    """Return which UTF-16 or -32 a document without a mark is in, by the zeros it begins with."""
    head = body[:_LOOKED_AT]
    if len(head) < 8 or b"\0" not in head:
        return None
    quarters = (head[place : len(head) // 4 * 4 : 4] for place in range(4))
    mostly_zero = tuple(2 * quarter.count(0) > len(quarter) for quarter in quarters)
    return _ZEROS.get(mostly_zero)


def _labels(body: bytes, content_type: str) -> list[str]:
    in_header, in_document = _CHARSET.search(content_type), _DECLARED.search(body[:200])
    labels = [
        in_header[1].lower() if in_header else "",
        in_document[1].decode().lower() if in_document else "",
    ]
    return [label for label in labels if label and label not in _EMPTY_LABELS]


def _decode_as(body: bytes, label: str) -> str | None:
    if label.replace("-", "") == "armscii8":
        return _decode_armscii(body)
    try:
        if codecs.lookup(label).name.replace("_", "-") in _NO_CHARSETS:
            return None
        text = body.decode(label)
    except (LookupError, UnicodeError):
        return None
    twin = _CYRILLIC_TWIN.get(label)
    if twin is not None:
        other = body.decode(twin, "replace")
        if _russian_score(other) > 1.5 * _russian_score(text):
            return other
    return text


def _guess(body: bytes) -> str:
    candidates = [body.decode(encoding, "replace") for encoding in ("cp1251", "koi8-r")]
    scored = [(_russian_score(text), text) for text in candidates]
    armenian = _decode_armscii(body)
    scored.append((_armenian_score(armenian), armenian))
    score, best = max(scored, key=lambda pair: pair[0])
    return best if score > 0.3 else body.decode("cp1252", "replace")


def _decode_armscii(body: bytes) -> str:
    return "".join(_ARMSCII_8.get(byte, chr(byte)) for byte in body)


def _russian_score(text: str) -> float:
    """Return how Russian the letters look: mostly small, with Russian's frequent ones."""
    letters = [letter for letter in text if "\u0400" <= letter <= "\u04ff"]
    if not letters or 2 * len(_MIXED.findall(text)) > len(letters):
        return 0.0
    small = sum(letter.islower() for letter in letters) / len(letters)
    frequent = sum(letter.lower() in _FREQUENT_CYRILLIC for letter in letters) / len(letters)
    return small * frequent


def _armenian_score(text: str) -> float:
    letters = [letter for letter in text if "\u0531" <= letter <= "\u058f"]
    high = sum(letter > "\x7f" for letter in text)
    if not high or len(letters) / high <= 0.9:
        return 0.0
    return 0.9 * sum(letter >= "\u0561" for letter in letters) / len(letters)
