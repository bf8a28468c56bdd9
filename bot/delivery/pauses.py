"""How long somebody asks for silence, as people write it in Armenian, Russian and English."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.delivery.hours import parse_time
from bot.delivery.schedule import find_instant

#: Who pauses until a day is written to again at this hour of it.
_MORNING = time(8)
_LONGEST = timedelta(days=366)
_UNITS = {
    timedelta(minutes=1): "m min mins minute minutes м мин минуту минуты минут ր րոպե րոպեով",
    timedelta(hours=1): "h hr hrs hour hours ч час часа часов ж ժ ժամ ժամով",
    timedelta(days=1): "d day days д день дня дней сутки суток օր օրով",
    timedelta(weeks=1): "w week weeks неделю неделя недели недель շաբաթ շաբաթով",
}
_LASTS = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_ONE = frozenset({"a", "an", "one", "один", "одну", "մեկ", "մի"})
_FOR = frozenset({"for", "на"})
_UNTIL = frozenset({"until", "till", "til", "to", "до", "մինչև", "մինչեւ", "մինչ"})
_TOMORROW = frozenset({"tomorrow", "завтра", "վաղը", "վաղն"})
_MORNINGS = frozenset({"morning", "утра", "утро", "առավոտ", "առավոտյան", "առավոտը"})
_WEEKDAYS = (
    "monday mon понедельника понедельник пн երկուշաբթի",
    "tuesday tue вторника вторник вт երեքշաբթի",
    "wednesday wed среды среда ср չորեքշաբթի",
    "thursday thu четверга четверг чт հինգշաբթի",
    "friday fri пятницы пятница пт ուրբաթ",
    "saturday sat субботы суббота сб շաբաթ",
    "sunday sun воскресенья воскресенье вс կիրակի",
)
_DAY_OF = {word: day for day, words in enumerate(_WEEKDAYS) for word in words.split()}
_AMOUNT = re.compile(r"(\d{1,4})\s*([^\W\d_]+)")


def parse_pause(words: str, zone: str, now: datetime) -> datetime | None:
    """Return until when *words* ask for silence ("8h", "до завтра", «2 ժամ»), or None.

    Understands nothing that is over or that lasts for over a year.
    """
    typed = words.casefold().strip(" .!։").split()
    if typed and typed[0] in _UNTIL:
        until = _find_end(typed[1:], ZoneInfo(zone), now)
    else:
        lasts = _find_length([word for word in typed if word not in _FOR])
        until = now + lasts if lasts is not None else None
    return until if until is not None and now < until <= now + _LONGEST else None


def _find_length(typed: list[str]) -> timedelta | None:
    """Return the length that all of these words together say."""
    line = " ".join(typed)
    if line in _LASTS:
        return _LASTS[line]
    if len(typed) == 2 and typed[0] in _ONE and typed[1] in _LASTS:
        return _LASTS[typed[1]]
    found = _AMOUNT.findall(line)
    if not found or _AMOUNT.sub("", line).strip():
        return None
    if any(unit not in _LASTS for _, unit in found):
        return None
    return sum((int(amount) * _LASTS[unit] for amount, unit in found), timedelta())


def _find_end(typed: list[str], zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the next morning of a day, or the next time of a clock, that the words name."""
    today = now.astimezone(zone).date()
    days = [word for word in typed if word in _TOMORROW or word in _DAY_OF]
    if len(days) == 1:
        rest = [word for word in typed if word not in days and word not in _MORNINGS]
        ahead = 1 if days[0] in _TOMORROW else (_DAY_OF[days[0]] - today.weekday() - 1) % 7 + 1
        hour = _read_hour(rest) if rest else _MORNING
        return find_instant(today + timedelta(days=ahead), hour, zone) if hour else None
    if typed and all(word in _MORNINGS for word in typed):
        typed = [_MORNING.isoformat("minutes")]
    hour = _read_hour(typed)
    if hour is None:
        return None
    ends = (find_instant(today + timedelta(days=ahead), hour, zone) for ahead in (0, 1))
    return next(end for end in ends if end > now)


def _read_hour(typed: list[str]) -> time | None:
    said = parse_time(" ".join(typed)) if typed else None
    return time.fromisoformat(said) if said else None
