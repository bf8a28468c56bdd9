"""From bytes to text: labels lie, and one broken byte must not spoil a feed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.decode import decode

RUSSIAN = (
    "На границе прошли переговоры, стороны договорились продолжить работу комиссии. "
    "Жители приграничных сел вернулись домой, сообщили в местной администрации."
)
ARMENIAN = (
    "Սահմանին տեղի են ունեցել բանակցություններ, կողմերը պայմանավորվել են շարունակել աշխատանքը։ "
    "Սահմանամերձ գյուղերի բնակիչները վերադարձել են տուն։"
)

# AST 34.002 as `iconv -f ARMSCII-8` reads it: pairs of a capital and a small letter from 0xB2 on.
_CAPITALS = "ԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ"
_ARMSCII = {
    letter: 0xB2 + 2 * index + small
    for index, capital in enumerate(_CAPITALS)
    for small, letter in enumerate((capital, capital.lower()))
} | {"։": 0xA3, "՝": 0xAA, "՛": 0xB0, "և": 0xA2, "«": 0xA7, "»": 0xA6}


def armscii(text: str) -> bytes:
    """Return Armenian text in the encoding of the nineties."""
    return bytes(_ARMSCII.get(letter) or ord(letter) for letter in text)


def feed(text: str, encoding: str, declared: str | None = None) -> bytes:
    """Return a small feed in an encoding, under a label or none."""
    label = f' encoding="{declared}"' if declared else ""
    document = f'<?xml version="1.0"{label}?><rss><channel><title>{text}</title></channel></rss>'
    return armscii(document) if encoding == "armscii-8" else document.encode(encoding)


CASES = {
    "windows-1251 that calls itself utf-8": (feed(RUSSIAN, "cp1251", "utf-8"), "", RUSSIAN),
    "windows-1251 without a label": (feed(RUSSIAN, "cp1251"), "", RUSSIAN),
    "windows-1251 under its own name": (feed(RUSSIAN, "cp1251", "windows-1251"), "", RUSSIAN),
    "koi8-r without a label": (feed(RUSSIAN, "koi8-r"), "", RUSSIAN),
    "koi8-r that calls itself windows-1251": (
        feed(RUSSIAN, "koi8-r", "windows-1251"), "", RUSSIAN,
    ),
    "armscii-8 under its own name": (feed(ARMENIAN, "armscii-8", "ARMSCII-8"), "", ARMENIAN),
    "armscii-8 without a label": (feed(ARMENIAN, "armscii-8"), "", ARMENIAN),
    "utf-8 that calls itself windows-1251": (
        feed(ARMENIAN, "utf-8", "windows-1251"), "text/xml; charset=windows-1251", ARMENIAN,
    ),
    "utf-8 with a byte order mark": (feed(RUSSIAN, "utf-8-sig", "utf-8"), "", RUSSIAN),
    "utf-16 with a byte order mark": (feed(RUSSIAN, "utf-16"), "", RUSSIAN),
    "a label in the HTTP header": (
        feed(RUSSIAN, "koi8-r"), "application/xml; charset=KOI8-R", RUSSIAN,
    ),
    "a quoted label in the HTTP header": (
        feed(RUSSIAN, "cp1251"), 'text/xml; charset="windows-1251"', RUSSIAN,
    ),
    "a label that no one knows": (feed(RUSSIAN, "cp1251", "x-unheard-of"), "", RUSSIAN),
    "a western feed without a label": (feed("Café à Genève", "cp1252"), "", "Café à Genève"),
    "a western feed under its own name": (
        feed("Café à Genève", "latin-1", "ISO-8859-1"), "", "Café à Genève",
    ),
    "a Polish feed under its own name": (
        feed("Zażółć gęślą jaźń", "iso-8859-2", "iso-8859-2"), "", "Zażółć gęślą jaźń",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_letters_are_found_whatever_the_label_says(case: str) -> None:
    body, content_type, text = CASES[case]
    assert f"<title>{text}</title>" in decode(body, content_type)


@pytest.mark.parametrize("text", [ARMENIAN, RUSSIAN])
def test_one_broken_byte_costs_one_letter_and_not_the_feed(text: str) -> None:
    body = feed(text, "utf-8", "utf-8")
    at = body.index("ա".encode() if "ա" in text else "а".encode())
    broken = body[:at] + b"\xff" + body[at + 1 :]
    decoded = decode(broken)
    assert decoded.count("\ufffd") <= 2
    assert text[-40:] in decoded


def test_a_feed_cut_off_within_a_letter_is_still_utf_8() -> None:
    assert ARMENIAN[:-1] in decode(ARMENIAN.encode()[:-1])


def test_armenian_in_armscii_with_english_in_between_is_still_armenian() -> None:
    text = f"{ARMENIAN} (Reuters, BBC) {ARMENIAN}"
    assert text in decode(feed(text, "armscii-8"))


@given(st.binary(max_size=400), st.text(max_size=40))
def test_any_bytes_under_any_label_become_text(body: bytes, label: str) -> None:
    assert isinstance(decode(body, f"text/xml; charset={label}"), str)


NO_CHARSETS = [
    "hex", "rot13", "zlib", "idna", "punycode", "undefined", "unicode_escape",
    "raw_unicode_escape", "utf-7", "base64", "armscii-8", "utf-16", "mbcs",
]  # fmt: skip


@given(st.binary(max_size=60), st.sampled_from(NO_CHARSETS))
def test_a_label_that_names_what_is_no_charset_harms_nothing(body: bytes, label: str) -> None:
    hostile = b'<?xml version="1.0" encoding="' + label.encode() + b'"?>\xff\xfe\xfd' + body
    assert isinstance(decode(hostile), str)
