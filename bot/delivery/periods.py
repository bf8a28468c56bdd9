"""Which time somebody asks about, as people write it in Armenian, Russian and English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.delivery.schedule import find_instant

#: So many words make a period at the most: "since the 20 november 2026".
LONGEST_PERIOD_WORDS = 5
_LONGEST = timedelta(days=3660)
_SINCE = frozenset({"since", "from", "с", "со"})
_ON = frozenset({"on", "в", "во", "за"})
_OVER = frozenset({
    "for", "in", "over", "within", "the", "last", "past", "за", "в", "последние", "последних",
    "последний", "последнюю", "последнего", "прошедшие", "прошедшую", "վերջին",
})  # fmt: skip
_DURING = frozenset({"ընթացքում", "ago", "назад", "առաջ"})
_ONE = frozenset({"a", "an", "one", "один", "одну", "одна", "մեկ", "մի"})
_AGO = {
    word: ago
    for ago, words in enumerate(
        ("today сегодня այսօր այսօրվա", "yesterday вчера երեկ երեկվա", "позавчера նախանցյալ")
    )
    for word in words.split()
}
_UNITS = {
    timedelta(hours=1): "h hr hrs hour hours ч час часа часов ժ ժամ ժամում ժամվա ժամը",
    timedelta(days=1): "d day days д день дня дней сутки суток օր օրը օրում օրվա օրերին",
    timedelta(days=7): "w week weeks неделю неделя недели недель շաբաթ շաբաթը շաբաթում շաբաթվա",
    timedelta(days=30): "month months месяц месяца месяцев ամիս ամիսը ամսում ամսվա",
}
_LASTS = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_THIS_WEEK = frozenset({"this week", "эта неделя", "на этой неделе", "այս շաբաթ", "այս շաբաթվա"})
_THIS_MONTH = frozenset({"this month", "этот месяц", "в этом месяце", "այս ամիս", "այս ամսվա"})
_WEEKDAYS = (
    "monday mon понедельник понедельника пн երկուշաբթի երկուշաբթիի երկուշաբթվա",
    "tuesday tue вторник вторника вт երեքշաբթի երեքշաբթիի երեքշաբթվա",
    "wednesday wed среда среду среды ср չորեքշաբթի չորեքշաբթիի չորեքշաբթվա",
    "thursday thu четверг четверга чт հինգշաբթի հինգշաբթիի հինգշաբթվա",
    "friday fri пятница пятницу пятницы пт ուրբաթ ուրբաթի ուրբաթվա",
    "saturday sat суббота субботу субботы сб շաբաթ շաբաթվա",
    "sunday sun воскресенье воскресенья вс կիրակի կիրակիի կիրակվա",
)
_DAY_OF = {word: day for day, words in enumerate(_WEEKDAYS) for word in words.split()}
_MONTHS = (
    "january jan января հունվարի", "february feb февраля փետրվարի", "march mar марта մարտի",
    "april apr апреля ապրիլի", "may мая մայիսի", "june jun июня հունիսի",
    "july jul июля հուլիսի", "august aug августа օգոստոսի", "september sep сентября սեպտեմբերի",
    "october oct октября հոկտեմբերի", "november nov ноября նոյեմբերի",
    "december dec декабря դեկտեմբերի",
)  # fmt: skip
_MONTH_OF = {word: n for n, words in enumerate(_MONTHS, 1) for word in words.split()}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})[.․/](\d{1,2})(?:[.․/](\d{4}))?\.?")
_AMOUNT = re.compile(r"(\d{1,3})\s*([^\W\d_]+)")
#: "Since" in Armenian is an ending: երկուշաբթիից, երեկվանից, 20.11-ից.
_ABLATIVE = re.compile(r"[-՝]?(?:վանից|ից|ուց)\Z")


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant on, up to another one that is not in it, or up to now."""

    since: datetime
    until: datetime | None = None


def parse_period(words: Sequence[str], zone: str, now: datetime) -> Period | None:
    """Return the time that all of these words together say, or None.

    A day is a day of *zone*.
    """
    typed = [word.casefold().strip(",.!։") for word in words]
    where = ZoneInfo(zone)
    today = now.astimezone(where).date()
    open_ended, day_words = _strip_since(typed)
    day = _find_day(day_words, today)
    if day is not None:
        since = _begin(day, where)
        if open_ended or day == today:
            return Period(since) if since <= now else None
        until = _begin(day + timedelta(days=1), where)
        return Period(since, until) if day < today else None
    if open_ended:
        return None
    line = " ".join(typed)
    if line in _THIS_WEEK:
        return Period(_begin(today - timedelta(days=today.weekday()), where))
    if line in _THIS_MONTH:
        return Period(_begin(today.replace(day=1), where))
    lasts = _find_length(typed)
    return Period(now.astimezone(UTC) - lasts) if lasts is not None else None


def is_weekday(word: str) -> bool:
    """Say whether a word by itself names a day of the week; it may be looked for as well."""
    return find_weekday(word) is not None


def find_weekday(word: str) -> int | None:
    """Return the day of the week that a word names, Monday being 0."""
    return _DAY_OF.get(word.casefold())


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return find_instant(day, time(0), zone)


def _strip_since(typed: list[str]) -> tuple[bool, list[str]]:
    """Say whether the words mean "from then on", and return them without what says so."""
    if len(typed) > 1 and typed[0] in _SINCE:
        return True, typed[1:]
    if typed and (ending := _ABLATIVE.search(typed[-1])):
        stem = typed[-1][: ending.start()]
        return bool(stem), [*typed[:-1], stem]
    return False, typed


def _find_day(typed: list[str], today: date) -> date | None:
    named = typed[1:] if len(typed) > 1 and typed[0] in _ON else typed
    match named:
        case [word] if word in _AGO:
            return today - timedelta(days=_AGO[word])
        case [word] if word in _DAY_OF and (named is not typed or word != "շաբաթվա"):
            return today - timedelta(days=(today.weekday() - _DAY_OF[word]) % 7)
        case [word] if iso := _ISO.fullmatch(word):
            return _make_day(int(iso[1]), int(iso[2]), int(iso[3]))
        case [word] if dotted := _DOTTED.fullmatch(word):
            year = int(dotted[3]) if dotted[3] else None
            return _latest_day(int(dotted[1]), int(dotted[2]), year, today)
        case [day, month, *year] if day.isdecimal() and month in _MONTH_OF:
            return _read_day(day, month, year, today)
        case [month, day, *year] if day.isdecimal() and month in _MONTH_OF:
            return _read_day(day, month, year, today)
    return None


def _read_day(day: str, month: str, year: list[str], today: date) -> date | None:
    if len(day) > 2 or len(year) > 1 or not all(re.fullmatch(r"\d{4}", each) for each in year):
        return None
    of_year = int(year[0]) if year else None
    return _latest_day(int(day), _MONTH_OF[month], of_year, today)


def _latest_day(day: int, month: int, year: int | None, today: date) -> date | None:
    """Return a day of this year, or of the last one where that is still to come."""
    if year is not None:
        return _make_day(year, month, day)
    found = _make_day(today.year, month, day)
    return found if found is None or found <= today else _make_day(today.year - 1, month, day)


def _make_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1970 <= year < 9999 else None
    except ValueError:
        return None


def _find_length(typed: list[str]) -> timedelta | None:
    said = [word for word in typed if word not in _OVER and word not in _DURING]
    if not said:
        return None
    lasts: timedelta | None = None
    if len(said) == 1 and said[0] in _LASTS:
        # "День" by itself may be looked for; "за день" says when.
        lasts = _LASTS[said[0]] if len(said) < len(typed) else None
    elif len(said) == 2 and said[0] in _ONE and said[1] in _LASTS:
        lasts = _LASTS[said[1]]
    elif (amount := _AMOUNT.fullmatch(" ".join(said))) and amount[2] in _LASTS:
        lasts = int(amount[1]) * _LASTS[amount[2]]
    return lasts if lasts is not None and timedelta() < lasts <= _LONGEST else None
