"""When an entry says it was published: every way in which publishers of the region write it.

A date is read whole or not at all. Libraries that guess make 2025 of 25-11-2026 and UTC of zones
they do not know; news with a wrong date is lost as old news, news without one is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from bot.delivery.schedule import find_instant
from bot.feeds.datewords import (
    AFTERNOON,
    FORENOON,
    NOISE,
    find_month,
    find_place,
    find_weekday,
    find_zone,
)

_LONGEST = 200
#: The web is younger, and software writes 0000, 0001 and 1970 for "I do not know".
_YEARS = range(1971, 2100)
_DAY = timedelta(days=1)
# Forms that differ from the usual ones only in their dress.
_DRESS = tuple(
    (re.compile(form), usual)
    for form, usual in (
        ("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]", ""),
        ("[\u2010-\u2015\u2212]", "-"),
        (r"\sm=[+-][\d.]+$", ""),  # Go's monotonic clock,
        (r"(?<=[+-]\d{4}) [+-]\d\d(?:\d\d)?(?= |$)", ""),  # and its name for a zone without one
        (r"^(\d{4})(\d\d)(\d\d)[t _-]?(\d\d)(\d\d)(\d\d)?(?=[.,z+\s-]|$)", r"\1-\2-\3 \4:\5:\6"),
        (r"^(\d{4})(\d\d)(\d\d)(?=[z+\s-]|$)", r"\1-\2-\3"),
        (r"(?<=\d)t(\d\d)(\d\d)(\d\d)?(?!\d)", r" \1:\2:\3"),
        (r"(?<=\d)t(\d\d)(?=z|[+-]|$)", r" \1:00"),
        (r"(?<=\d)[t_](?=\d)", " "),
        (r":(?=[z+\s-]|$)", ""),
        (r"^(\d{4}-\d\d-\d\d)(?=[+-]\d\d:\d\d$)", r"\1 utc"),  # XML Schema's days
        (r"(\d)\s?[чh]\.?\s?(\d\d)(?:\s?м(?:ин)?\b\.?)?", r"\1:\2"),
        (r"(?<=\d)z\b", " z"),
        (r"(?<=[/-]\d{4}):(?=\d\d:\d\d)", " "),  # the logs of web servers
    )
)
_EPOCH = re.compile(r"(\d{10})(?:\d{3}|\d{6})?(?:\.\d*)?")
_NOTE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_PLACE = re.compile(r"\b[a-z]+(?:/[a-z][a-z0-9_+-]*){1,2}\b")
_HALF = rf"(?:{FORENOON}|{AFTERNOON})"
_CLOCK = re.compile(
    rf"(?<![\d:.])(?<!utc[+-])(?<!gmt[+-])(?P<before>{_HALF})?\s*(?P<hour>\d{{1,2}})"
    rf"(?:[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?|(?=\s*{_HALF}))(?![\d:])"
    rf"(?:\s*(?P<after>{_HALF}))?"
)
_OFFSET = r"([+-])(\d{1,2})(?::?(\d\d))?(?::?00)?(?!\d|[:.]\d)"
_NEXT_OFFSET = re.compile(rf"\s*(?:utc|gmt|z)?\s?{_OFFSET}")
_NAMED_OFFSET = re.compile(rf"\b(?:utc|gmt)\s?{_OFFSET}")
_LAST_OFFSET = re.compile(rf"(?:^|\s){_OFFSET}\s*$")
_FARTHEST = timedelta(hours=14)
_WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """An instant as an entry gives it."""

    at: datetime  #: in UTC
    day_only: bool  #: it is the beginning of a day of which nothing more is said


def read_date(written: str, zone: ZoneInfo) -> WrittenDate | None:
    """Return the instant that is *written*, in *zone* if it names none itself.

    None for what cannot be read to its last sign, and for days and years that never were.
    """
    try:
        return _read(_undress(written), zone)
    except (ValueError, OverflowError):
        return None


def _undress(written: str) -> str:
    if len(written) > _LONGEST:
        raise ValueError("no date is so long")
    text = unicodedata.normalize("NFKC", written).lower().strip()
    for form, usual in _DRESS:
        text = form.sub(usual, text)
    return text.strip()


def _read(text: str, home: ZoneInfo) -> WrittenDate:
    if epoch := _EPOCH.fullmatch(text):
        return WrittenDate(_check(datetime.fromtimestamp(int(epoch[1]), UTC)), False)
    notes = [found[1] for found in _NOTE.finditer(text)]
    rest = _Rest(_NOTE.sub(" ", text))
    place, days, clock = rest.take_place(), rest.take_days(), rest.take_clock()
    # An offset counts before a place, and a place before a name: the one explains the other.
    offset, words = rest.take_offset(clock), _Words(rest.text)
    zone = offset or place or words.zone
    for note in () if zone else notes:
        zone = zone or _read_note(note)
    since = timedelta() if clock is None else _read_clock(clock)
    local = datetime.combine(_choose_day(days, words), time()) + since
    at = _find_instant(local, zone or home)
    # Software that knows no more than a day writes its first second, its own or the feed's.
    first = not since or (since < _DAY and at.astimezone(home).time() == time())
    return WrittenDate(_check(at), first)


class _Rest:
    """What of a written date has not been read yet: part after part is taken out of it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take_place(self) -> tzinfo | None:
        for found in _PLACE.finditer(self.text):
            zone = find_place(found[0])
            if zone is not None:
                self._take(found)
                return zone
        return None

    def take_days(self) -> list[date]:
        """Take a day in numbers alone; return what it may mean, the likeliest first."""
        for form, read in _NUMBERS:
            found = form.search(self.text)
            if found and (days := read(found)):
                self._take(found)
                return days
        return []

    def take_clock(self) -> re.Match[str] | None:
        found = _CLOCK.search(self.text)
        return self._take(found) if found else None

    def take_offset(self, clock: re.Match[str] | None) -> tzinfo | None:
        found = _NEXT_OFFSET.match(self.text, clock.start()) if clock else None
        found = found or _NAMED_OFFSET.search(self.text) or _LAST_OFFSET.search(self.text)
        if not found:
            return None
        self._take(found)
        hours, minutes = int(found[2]), int(found[3] or 0)
        away = timedelta(hours=hours, minutes=minutes)
        if minutes > 59 or away > _FARTHEST:
            raise ValueError("no zone is so far away")
        return timezone(-away if found[1] == "-" else away)

    def _take(self, found: re.Match[str]) -> re.Match[str]:
        self.text = f"{self.text[: found.start()]} {self.text[found.end() :]}"
        return found


class _Words:
    """What is left when numbers in a row, clock and offset are taken: names, and numbers alone."""

    def __init__(self, text: str) -> None:
        self.month: int | None = None
        self.weekday: int | None = None
        self.zone: tzinfo | None = None
        self.numbers: list[str] = []
        for word in _WORD.findall(text):
            self._read(word)

    def _read(self, word: str) -> None:
        if word.isdecimal():
            self.numbers.append(word)
        elif (zone := find_zone(word)) is not None:
            self.zone = self.zone or zone
        elif self.month is None and (month := find_month(word)) is not None:
            self.month = month
        elif (weekday := find_weekday(word)) is not None:
            self.weekday = weekday
        elif word not in NOISE:
            raise ValueError(f"{word!r} says nothing about a date")


def _choose_day(days: list[date], words: _Words) -> date:
    if days:
        if words.month is not None or words.numbers:
            raise ValueError("more than one day")
        # Of 10/11 and 11/10, the one that is the weekday named; else the day comes first.
        return next((day for day in days if day.weekday() == words.weekday), days[0])
    if words.month is None:
        raise ValueError("no day")
    day, year = words.numbers
    if len(day) == 4:
        day, year = year, day
    return date(_read_year(year), words.month, int(day))


def _read_note(text: str) -> tzinfo | None:
    """Return the zone in brackets; raise ValueError for anything but that or a weekday."""
    rest = _Rest(text)
    zone = rest.take_place() or rest.take_offset(None)
    words = _Words(rest.text)
    if words.numbers or words.month is not None:
        raise ValueError("more than a date")
    return zone or words.zone


def _read_clock(found: re.Match[str]) -> timedelta:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if half := found["before"] or found["after"]:
        forenoon = re.match(FORENOON, half) is not None
        if forenoon and hour > 12:
            raise ValueError("no forenoon has such an hour")
        if hour <= 12:
            hour = hour % 12 + (0 if forenoon else 12)
    since = timedelta(hours=hour, minutes=minute, seconds=second)
    # 24:00 is the day's end, a 60th second the minute's.
    if minute > 59 or second > 60 or since > _DAY:
        raise ValueError("no day has such a time")
    return since


def _read_year(written: str) -> int:
    if len(written) == 4:
        return int(written)
    if len(written) != 2:
        raise ValueError("no year is written so")
    return int(written) + (1900 if int(written) > 69 else 2000)  # as POSIX has it


def _read_year_first(found: re.Match[str]) -> list[date]:
    return [date(int(found[1]), int(found[3]), int(found[4]))]


def _read_year_last(found: re.Match[str]) -> list[date]:
    first, second, year = int(found[1]), int(found[3]), _read_year(found[4])
    orders = ((second, first), (first, second))
    return [date(year, month, day) for month, day in orders if month <= 12]


def _read_week(found: re.Match[str]) -> list[date]:
    return [date.fromisocalendar(int(found[1]), int(found[2]), int(found[3]))]


def _read_day_of_year(found: re.Match[str]) -> list[date]:
    day = date(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1)
    if day.year != int(found[1]):
        raise ValueError("no year has such a day")
    return [day]


_PART = r"\s?([-/.])\s?(\d{1,2})\s?\2\s?"
#: Days in numbers alone, and what reads each; the surer a form, the earlier it is tried.
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], list[date]]], ...] = (
    (re.compile(rf"(?<!\d)(\d{{4}}){_PART}(\d{{1,2}})(?!\d)"), _read_year_first),
    (re.compile(rf"(?<!\d)(\d{{1,2}}){_PART}(\d{{4}})(?!\d)"), _read_year_last),
    (re.compile(rf"(?<!\d)(\d{{1,2}}){_PART}(\d{{2}})(?![\d:])"), _read_year_last),
    (re.compile(r"(?<!\d)(\d{4})-?w(\d\d)-?([1-7])(?!\d)"), _read_week),
    (re.compile(r"(?<!\d)(\d{4})-(\d{3})(?!\d)"), _read_day_of_year),
)


def _find_instant(local: datetime, zone: tzinfo) -> datetime:
    if isinstance(zone, ZoneInfo):
        return find_instant(local.date(), local.time(), zone)
    return local.replace(tzinfo=zone).astimezone(UTC)


def _check(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError("no news is of that year")
    return at
