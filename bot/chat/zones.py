"""Time zones as people name them: a place in any of the three languages, or an offset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from bot.chat.cities import SEVERAL, find_city, fold_place, read_places

COMMON_ZONES = (
    "Asia/Yerevan",
    "Asia/Baku",
    "Asia/Tbilisi",
    "Europe/Moscow",
    "Europe/Paris",
    "Asia/Beirut",
    "America/New_York",
    "America/Los_Angeles",
)

_OFFSET = re.compile(
    r"\(?(?P<base>utc|gmt|гмт|msk|мск)?\s*(?P<sign>[+\-−–—])?\s*"
    r"(?P<hours>\d{1,2})(?:[:։.]?(?P<minutes>[0-5]\d))?\)?"
)
_BASES = {"msk": 180, "мск": 180}
#: Offsets of no whole hour, in minutes, that some place keeps all the year.
_BROKEN_OFFSETS = {
    -570: "Pacific/Marquesas",
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    525: "Australia/Eucla",
    570: "Australia/Darwin",
}


def find_zone(words: str) -> str | None:
    """Return the IANA zone that a person means (Երևան, Армения, asia/yerevan, +5:30), or None."""
    offset = _OFFSET.fullmatch(words.strip().lower())
    if offset:
        return _zone_of_offset(offset)
    if zone := _find_place(words):
        return None if zone == SEVERAL else zone
    # "Yerevan, Armenia": each part has its say, and all must agree. Nobody means many parts.
    said = {_find_place(part) for part in words.split(",", 3)}
    zone = said.pop()
    return None if said or zone == SEVERAL else zone


def _zone_of_offset(offset: re.Match[str]) -> str | None:
    base, sign, minutes = offset["base"], offset["sign"], offset["minutes"]
    if minutes and not (base or sign):
        return None  # 23:00 is an hour of the day
    ahead = int(offset["hours"]) * 60 + int(minutes or 0)
    ahead = _BASES.get(base, 0) + (ahead if sign in (None, "+") else -ahead)
    if ahead % 60:
        return _BROKEN_OFFSETS.get(ahead)
    # POSIX signs: Etc/GMT-4 is four hours ahead of Greenwich.
    zone = f"Etc/GMT{-ahead // 60:+}" if ahead else "Etc/UTC"
    return zone if zone in _all_zones() else None


def _find_place(words: str) -> str | None:
    name = fold_place(words)
    known = _zones_by_name()
    # A zone's name without a slash comes last: Turkey is one, and a country too.
    return known.get(name) or find_city(name) or known.get(f"/{name}")


@cache
def _zones_by_name() -> Mapping[str, str]:
    """Return the zones by their own names, and by those that our readers mean otherwise."""
    zones = {
        fold_place(zone) if "/" in zone else f"/{fold_place(zone)}": zone for zone in _all_zones()
    }
    return zones | {fold_place(name): zone for name, zone in read_places()}


@cache
def _all_zones() -> frozenset[str]:
    return frozenset(available_timezones())
