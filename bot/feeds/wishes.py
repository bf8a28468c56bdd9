"""What a publisher asks of whoever polls: read from its server's headers and from its document.

Nothing it can write asks for longer than LONGEST_WISH_S, in whatever number or year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.model import Pace

#: A month: beyond it a wish is a mistake, and stored numbers stay small.
LONGEST_WISH_S = 31 * 86_400

_DIRECTIVE = re.compile(r"\s*([\w-]+)\s*(?:=\s*\"?\s*([^\",\s]*)\"?)?\s*(?:,|$)")
#: Below this, two clocks differ by nature; beyond, one of them is wrong or stands for another time.
_SKEW = timedelta(minutes=10)
_ITEM = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_ITEM_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_TTL = re.compile(r"<ttl>\s*(\d{1,50})\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(r"<(?:\w+:)?updatePeriod>\s*(\w+)\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(r"<(?:\w+:)?updateFrequency>\s*(\d{1,50})\s*</", re.IGNORECASE)
_SKIP_HOURS = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_SKIP_DAYS = re.compile(r"<skipDays>(.{0,2000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAY = re.compile(r"<day>\s*(\w+)\s*</day>", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS_S = {
    "hourly": 3_600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}
#: Channel elements stand in the first or last of the document; a longer head is no head.
_HEAD_CHARS = 65_536


def read_fresh_s(headers: Mapping[str, str], now: datetime) -> int | None:
    """Return for how many seconds an answer holds, by Cache-Control or Expires (RFC 9111).

    None when it says nothing about it; 0 when it asks not to be kept.
    """
    control = {
        found[1].lower(): found[2] or ""
        for found in _DIRECTIVE.finditer(headers.get("Cache-Control", ""))
    }
    if "no-store" in control or "no-cache" in control:
        return 0
    if "max-age" in control:
        # One that is no number is stale at once, whatever Expires says.
        age_s = _read_number(control["max-age"]) or 0
        already_s = _read_number(headers.get("Age", "").strip()) or 0
        return _cap(age_s - already_s)
    if "Expires" in headers:
        wait_s = _read_wait_s(headers["Expires"], headers, now)
        return 0 if wait_s is None else _cap(int(wait_s))
    return None


def read_retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return for how many seconds a server asks to be left alone; None when it does not ask."""
    written = headers.get("Retry-After", "").strip()
    if not written:
        return None
    # Whole seconds are all that RFC 9110 knows; some servers add a fraction.
    whole, _, fraction = written.partition(".")
    asked_s = _read_number(whole) if not fraction or fraction.isdecimal() else None
    wait_s = _read_wait_s(written, headers, now) if asked_s is None else float(asked_s)
    return None if wait_s is None else min(wait_s, float(LONGEST_WISH_S))


def read_pace(document: str) -> Pace:
    """Return what a feed's document says of when to ask: ttl, sy:updatePeriod, skipHours and -Days.

    Only what stands beside the items counts, never what stands inside one.
    """
    first = _ITEM.search(document)
    head = document[: min(first.start() if first else len(document), _HEAD_CHARS)]
    channel = head + _ITEM_END.split(document[-_HEAD_CHARS:])[-1] if first else head
    every_s = [(_read_number(found) or 0) * 60 for found in _TTL.findall(channel)]
    period = _PERIOD.search(channel)
    if period and period[1].lower() in _PERIODS_S:
        frequency = _FREQUENCY.search(channel)
        times = (_read_number(frequency[1]) or 1) if frequency else 1
        every_s.append(_PERIODS_S[period[1].lower()] // times)
    hours = _SKIP_HOURS.search(channel)
    days = _SKIP_DAYS.search(channel)
    named = [day.lower() for day in _DAY.findall(days[1])] if days else []
    return Pace(
        every_s=_cap(max(every_s, default=0)),
        skip_hours=frozenset(
            # Midnight is 0 in one version of RSS and 24 in another.
            int(hour) % 24
            for hour in _HOUR.findall(hours[1] if hours else "")
            if int(hour) <= 24
        ),
        skip_days=frozenset(_DAYS.index(day) for day in named if day in _DAYS),
    )


def _read_number(written: str) -> int | None:
    """Return a number of any length, the large ones cut down to a billion; None for no number."""
    if not (written.isascii() and written.isdigit()):
        return None
    digits = written.lstrip("0") or "0"
    return int(digits) if len(digits) < 10 else 1_000_000_000


def _cap(seconds: int) -> int:
    return max(0, min(seconds, LONGEST_WISH_S))


def _read_wait_s(written: str, headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how far ahead an HTTP date lies; None for one that is past or cannot be read.

    Measured on the server's own clock where that agrees with ours. Where the two are far apart one
    is wrong, and nobody knows which: then the shorter wait of the two that lie ahead.
    """
    until = _read_date(written)
    if until is None:
        return None
    server_now = _read_date(headers.get("Date", ""))
    if server_now is not None and abs(server_now - now) <= _SKEW:
        now = server_now
    waits = [(until - clock).total_seconds() for clock in (now, server_now) if clock is not None]
    return min((wait_s for wait_s in waits if wait_s > 0), default=None)


def _read_date(written: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(written.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
