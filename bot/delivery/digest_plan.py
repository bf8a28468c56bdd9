"""When somebody wants a digest, as people write it: "mon,thu 19:00", "weekly", «по будням в 9»."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.delivery.hours import parse_times
from bot.delivery.periods import find_weekday
from bot.model import EVERY_DAY

WORKDAYS = "01234"
#: The day of a weekly digest where none is named.
_WEEKLY = "0"
_ON = frozenset({"on", "вкл", "включить", "включи", "միացնել", "միացրու"})
_DAYS = {
    EVERY_DAY: ("daily", "every day", "ежедневно", "каждый день", "ամեն օր", "ամենօրյա"),
    WORKDAYS: (
        "weekdays", "on weekdays", "workdays", "по будням", "будни", "աշխատանքային օրերին",
    ),
    "56": ("weekends", "on weekends", "по выходным", "выходные", "հանգստյան օրերին"),
    _WEEKLY: ("weekly", "once a week", "every week", "еженедельно", "раз в неделю", "շաբաթական"),
}  # fmt: skip
_PHRASES = sorted(
    ((phrase, days) for days, phrases in _DAYS.items() for phrase in phrases),
    key=lambda each: -len(each[0]),
)
_AROUND = frozenset({"on", "at", "in", "и", "and", "в", "во", "по", "և", "եւ", "ու", "every"})


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """What was said of days and hours; None: nothing, so that they stay what they are."""

    days: str | None = None
    times: tuple[str, ...] | None = None


def parse_digest_plan(words: str) -> DigestPlan | None:
    """Return when a digest is wanted; None for what cannot be understood.

    "on" says neither: it is wanted as it was.
    """
    line = " ".join(words.casefold().strip(" .!։").split())
    if line in _ON:
        return DigestPlan()
    days, line = _take_days(line)
    if not line:
        return DigestPlan(days=days) if days is not None else None
    times = parse_times(line)
    return DigestPlan(days=days, times=times) if times is not None else None


def _take_days(line: str) -> tuple[str | None, str]:
    for phrase, days in _PHRASES:
        if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", line):
            return days, line.replace(phrase, " ", 1).strip()
    words = [word for word in re.split(r"[\s,;]+", line) if word]
    named = {word: day for word in words if (day := find_weekday(word)) is not None}
    if not named:
        return None, line
    rest = [word for word in words if word not in named]
    if all(word in _AROUND for word in rest):
        rest = []
    return "".join(str(day) for day in sorted(set(named.values()))), " ".join(rest)
