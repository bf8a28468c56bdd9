"""Time zones as people name them: a city in any of the three languages, or an offset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from babel import Locale

from bot.texts import LANGUAGES, Texts

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

# Where many of our readers live, and no zone is named after.
_ALIASES = {
    "America/Los_Angeles": ("glendale", "գլենդել", "глендейл", "la", "burbank"),
    "America/New_York": ("nyc", "boston", "watertown", "washington"),
    "Asia/Yerevan": ("gyumri", "գյումրի", "гюмри", "vanadzor", "վանաձոր", "ванадзор", "armenia",
                     "stepanakert", "ստեփանակերտ", "степанакерт", "goris", "գորիս", "горис"),
    "Asia/Baku": ("khankendi", "xankəndi", "ханкенди", "ganja", "гянджа"),
    "Europe/Paris": ("lyon", "marseille", "լիոն", "մարսել", "лион", "марсель"),
    "Europe/Moscow": ("sochi", "սոչի", "сочи", "krasnodar", "краснодар"),
}  # fmt: skip

_OFFSET = re.compile(r"(?:utc|gmt)?\s*(?:([+\-−–])\s*(\d{1,2})(?::?00)?|(\d{1,2}))", re.IGNORECASE)


def find_zone(words: str) -> str | None:
    """Return the IANA zone that a person means (Yerevan, Երևան, asia/yerevan, +4), or None.

    Offsets are whole hours: zones of half an hour are found by their city.
    """
    offset = _OFFSET.fullmatch(words.strip())
    if offset:
        hours = int(offset[2] or offset[3])
        # POSIX signs: Etc/GMT-4 is four hours ahead of Greenwich.
        zone = f"Etc/GMT{'-' if offset[1] in (None, '+') else '+'}{hours}" if hours else "Etc/UTC"
        return zone if zone in available_timezones() else None
    return _zones_by_name().get(_fold(words))


def name_zone(zone: str, texts: Texts) -> str:
    """Return what this language calls a zone: its city, or its offset."""
    if zone.startswith("Etc/GMT"):
        return f"UTC{'+' if zone[7] == '-' else '−'}{zone[8:]}"
    return _city(zone, texts.locale) or zone.rpartition("/")[2].replace("_", " ")


@cache
def _zones_by_name() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for zone in sorted(available_timezones(), key=lambda zone: (zone.count("/"), zone)):
        names.setdefault(_fold(zone), zone)
    for zone, cities in _ALIASES.items():
        names.update((_fold(city), zone) for city in cities)
    # A city wins over nothing, but never over the full name of another zone.
    for zone in sorted(available_timezones()):
        if zone.startswith(("Etc/", "SystemV/")) or "/" not in zone:
            continue
        names.setdefault(_fold(zone.rpartition("/")[2]), zone)
        for language in LANGUAGES:
            city = _city(zone, Locale.parse(language))
            if city:
                names.setdefault(_fold(city), zone)
    return names


def _city(zone: str, locale: Locale) -> str:
    return str(locale.time_zones.get(zone, {}).get("city", ""))


def _fold(name: str) -> str:
    # casefold() makes եւ of the small ligature and եվ of the capitals that people write for it.
    folded = name.strip().casefold().replace("և", "եվ").replace("եւ", "եվ")
    return re.sub(r"[\s_-]+", " ", folded)
