"""Quiet hours as people type them: from one local time to another."""

from __future__ import annotations

import re

from bot.delivery.hours import parse_time

#: What stands between the two, in the three languages, and what may stand before them.
_BETWEEN = re.compile(r"\s*(?:[-–—‐‑֊]|\.\.+|…|\b(?:to|until|till|до|по)\b|մինչև|մինչեւ)\s*")
_BEFORE = re.compile(r"^(?:from|between|с|со|от)\s+")


def parse_span(words: str) -> tuple[str, str] | None:
    """Return two local times, "23:00" and "07:30", as the words say them; None for anything else.

    The same time twice is returned as it is: whether that makes sense is not judged here.
    """
    line = _BEFORE.sub("", " ".join(words.casefold().split()).strip(" .!։"))
    for between in _BETWEEN.finditer(line):
        first, last = line[: between.start()], line[between.end() :]
        begin, end = parse_time(_without_ending(first)), parse_time(last)
        if begin is not None and end is not None:
            return begin, end
    return None


def _without_ending(first: str) -> str:
    """Return a time without the Armenian "from": 23:00-ից, 23-ից."""
    return re.sub(r"[-‐‑–—֊]?ից\Z", "", first.strip())
