"""When an entry says it was published: every way in which publishers of the region write it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

# Feedparser reads these as UTC, hours off. AMT is Armenia's here, not the Amazon's.
_ZONES = {
    "msk": 180, "msd": 240, "amt": 240, "amst": 300, "azt": 240, "azst": 300, "get": 240,
    "trt": 180, "samt": 240, "irst": 210, "eet": 120, "eest": 180, "cet": 60, "cest": 120,
    "bst": 60, "мск": 180,
}  # fmt: skip
_UTC_NAMES = frozenset({"z", "gmt", "ut", "utc"})
_MONTHS = (
    r"jan|янв|հունվ|հնվ",
    r"feb|фев|փետր|փտվ",
    r"mar|мар|մարտ|մրտ",
    r"apr|апр|ապր",
    r"may|ма[йя]|մայ|մյս",
    r"jun|июн|հունիս|հնս",
    r"jul|июл|հուլիս|հլս",
    r"aug|авг|օգոս|օգս",
    r"sep|сен|սեպ",
    r"oct|окт|հոկ",
    r"nov|ноя|նոյ",
    r"dec|дек|դեկ",
)
_LETTER = r"[^\W\d_]"
_MONTH = re.compile(
    "|".join(f"(?<!{_LETTER})(?P<m{n}>{names}){_LETTER}*" for n, names in enumerate(_MONTHS, 1))
)
_TIME = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?!\d)\s*([ap]\.?m\b)?")
_OFFSET = re.compile(r"(?<![\d-])(?:gmt|utc)?\s*([+-])(\d{2}):?(\d{2})\b\s*(?:\([^)]*\))?\s*$")
_ZONE_NAME = re.compile(rf"(?<!{_LETTER})({_LETTER}{{1,5}})\s*$")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})\.(\d{1,2})\.((?:\d{2})?\d{2})(?!\d)")
_NUMBERS_FROM_YEAR = re.compile(r"(?<!\d)(\d{4})[./](\d{1,2})[./](\d{1,2})(?!\d)")
_FOREIGN = re.compile("[\u0400-\u058f]")
_BEARS_ZONE = re.compile(r"(?:[+-]\d{2}:?\d{2}|[A-Za-z]{1,5})\s*$")
_LONGEST = 200


def read_date(written: str, parsed: Any, zone: ZoneInfo) -> datetime | None:
    """Return the instant that is *written*; None for what says none that could be.

    *parsed* is what feedparser made of it (a time tuple, as if in UTC) or None; *zone* is the
    feed's own, for what bears none.
    """
    written = written.strip()[:_LONGEST]
    try:
        # Feedparser knows no Cyrillic, no Armenian and no dots, and finds numbers all the same.
        if parsed is None or _FOREIGN.search(written) or _NUMBERS.search(written):
            return _read_words(written, zone)
        return _read_parsed(written, parsed, zone)
    except (ValueError, OverflowError, OSError, IndexError):
        return None


def _read_parsed(written: str, parsed: Any, zone: ZoneInfo) -> datetime:
    at = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    named = _ZONE_NAME.search(written.lower())
    if named and named[1] in _ZONES:
        return at - timedelta(minutes=_ZONES[named[1]])
    if not _BEARS_ZONE.search(written):
        return at.replace(tzinfo=zone).astimezone(UTC)
    return at


def _read_words(written: str, zone: ZoneInfo) -> datetime | None:
    """Read a date by its parts, in whatever order they stand."""
    text = written.lower()
    its_zone, text = _take_zone(text, zone)
    time = _TIME.search(text)
    hour = minute = second = 0
    if time:
        hour, minute, second = int(time[1]), int(time[2]), int(time[3] or 0)
        if time[4]:
            hour = hour % 12 + (12 if time[4].startswith("p") else 0)
        text = f"{text[: time.start()]} {text[time.end() :]}"
    for year, month, day in _find_days(text):
        return datetime(year, month, day, hour, minute, second, tzinfo=its_zone).astimezone(UTC)
    return None


def _take_zone(text: str, zone: ZoneInfo) -> tuple[tzinfo, str]:
    offset = _OFFSET.search(text)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        sign = -1 if offset[1] == "-" else 1
        return timezone(timedelta(minutes=sign * minutes)), text[: offset.start()]
    named = _ZONE_NAME.search(text)
    if named and named[1] in _ZONES:
        return timezone(timedelta(minutes=_ZONES[named[1]])), text[: named.start()]
    if named and named[1] in _UTC_NAMES:
        return UTC, text[: named.start()]
    return zone, text


def _find_days(text: str) -> Iterator[tuple[int, int, int]]:
    numbers = _NUMBERS.search(text)
    if numbers:
        year = int(numbers[3])
        yield year if year > 99 else 2000 + year, int(numbers[2]), int(numbers[1])
    from_year = _NUMBERS_FROM_YEAR.search(text)
    if from_year:
        yield int(from_year[1]), int(from_year[2]), int(from_year[3])
    month, year_found = _MONTH.search(text), _YEAR.search(text)
    if month and month.lastgroup and year_found:
        # What is left is the day: "9 июня 2026 г.", "February 25, 2026 -", "2026թ. հունիսի 9".
        rest = f"{text[: year_found.start()]} {text[year_found.end() :]}"
        day = _DAY.search(rest)
        if day:
            yield int(year_found[0]), int(month.lastgroup[1:]), int(day[0])
