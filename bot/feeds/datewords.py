"""The words of written dates: months, weekdays, zones and what may stand beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Beginnings of words, so that every case of them counts: հունիս, հունիսի, հունիսին.
_MONTHS = (
    "jan янв հունվ հնվ յունու", "feb фев փետ փտվ", "mar мар մար մրտ", "apr апр ապր",
    "may май мая мае մայ մյս", "jun июн հունիս հնս յունիս", "jul июл հուլ հլս յուլ",
    "aug авг օգ", "sep сен սեպ", "oct окт հոկ", "nov ноя նոյ", "dec дек դեկ",
)  # fmt: skip
_WEEKDAYS = (
    "mon пн пон երկուշ երկ", "tue вт երեքշ երք", "wed ср չոր չրք", "thu чт чет հինգ հնգ",
    "fri пт пят ուր", "sat сб суб շաբ շբթ", "sun вс вос կիր",
)  # fmt: skip
# AMT is Armenia's here, not the Amazon's. What has two meanings and no home here is left out (IST).
_ZONES: dict[str, int | str] = {
    "z": 0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120,
    "met": 60, "mest": 120, "eet": 120, "eest": 180, "idt": 180, "trt": 180, "msk": 180, "msd": 240,
    "мск": 180, "amt": 240, "amst": 300, "azt": 240, "azst": 300, "get": 240, "gst": 240,
    "samt": 240, "irst": 210, "irdt": 270, "uzt": 300, "yekt": 300, "pkt": 300, "hkt": 480,
    "sgt": 480, "jst": 540, "kst": 540, "aest": 600, "aedt": 660, "est": -300, "edt": -240,
    "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "et": "America/New_York", "ct": "America/Chicago", "pt": "America/Los_Angeles",
    "armenia": 240, "yerevan": 240, "ереван": 240, "еревану": 240, "ереванскому": 240,
    "երեւան": 240, "երեւանի": 240, "georgian": 240, "tbilisi": 240, "тбилиси": 240,
    "тбилисскому": 240, "azerbaijan": 240, "baku": 240, "баку": 240, "бакинскому": 240,
    "moscow": 180, "russian": 180, "москва": 180, "москве": 180, "московскому": 180,
    "մոսկվայի": 180,
}  # fmt: skip
_NOISE = (
    "at on of in the date time standard daylight local published posted updated hrs st nd rd th",
    "в во г год года гг от по часов час ч времени время опубликовано обновлено дата го ое й е",
    "թ թվ թվական թվականի թվականին ժ ժամ ժամը ժամանակով օրը ին ի ից հրապարակվել հրապարակված է",
)
#: Words that may stand beside a date and change nothing of it.
NOISE = frozenset(word for words in _NOISE for word in words.split())
FORENOON = r"a\.?\s?m\b\.?|дп\b|утра\b|ночи\b|առավոտյան\b|գիշերվա\b|կա\b"
AFTERNOON = r"p\.?\s?m\b\.?|пп\b|дня\b|вечера\b|երեկոյան\b|կեսօրից հետո\b|ցերեկվա\b|կհ\b"


def find_month(word: str) -> int | None:
    """Return a month by its name in any case: 1 to 12."""
    place = _find(word, _MONTHS)
    return None if place is None else place + 1


def find_weekday(word: str) -> int | None:
    """Return a day of the week by its name: Monday is 0."""
    return _find(word, _WEEKDAYS)


def find_zone(word: str) -> tzinfo | None:
    """Return the zone that a word or an abbreviation names."""
    zone = _ZONES.get(word)
    if isinstance(zone, str):
        return ZoneInfo(zone)
    return None if zone is None else timezone(timedelta(minutes=zone))


def find_place(word: str) -> tzinfo | None:
    """Return a zone by its name in the database of zones, in small letters: asia/yerevan."""
    name = _places().get(word)
    return None if name is None else ZoneInfo(name)


def _find(word: str, names: Sequence[str]) -> int | None:
    return next(
        (place for place, stems in enumerate(names) if word.startswith(tuple(stems.split()))), None
    )


@cache
def _places() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}
