"""The hours of a day as people write them, in Armenian, Russian and English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the day: the hours that it can mean, which may go round midnight."""

    first: int
    last: int

    def holds(self, hour: int) -> bool:
        if self.first <= self.last:
            return self.first <= hour <= self.last
        return hour >= self.first or hour <= self.last


_AM, _PM = _Part(0, 11), _Part(12, 23)
_INSTANTS = _NOON, _MIDNIGHT = _Part(12, 12), _Part(0, 0)
#: In "9 вечера" it is of 9 and 21 the one that the word can mean.
_PARTS = {
    _AM: "am",
    _PM: "pm",
    _Part(1, 11): "morning утра утром առավոտ առավոտը առավոտյան",
    _Part(11, 18): "afternoon дня днем днём օրվա ցերեկը ցերեկվա կեսօրից",
    _Part(15, 23): "evening вечера вечером երեկոյի երեկոյան",
    _Part(20, 5): "night tonight ночи ночью գիշերը գիշերվա",
    _NOON: "noon midday полдень полудня կեսօր կեսօրին կեսօրվա",
    _MIDNIGHT: "midnight полночь полуночи կեսգիշեր կեսգիշերին կեսգիշերվա",
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}
#: What stands around an hour and says nothing: "ժամը 9-ին", "в 9 часов", "at 9 o'clock".
_FILLERS = frozenset({
    "at", "the", "oclock", "h", "hr", "hrs", "hour", "hours", "sharp", "daily",
    "в", "во", "к", "ч", "час", "часа", "часам", "часов", "ти", "ровно", "ежедневно",
    "ժ", "հ", "ժամ", "ժամը", "ժամի", "ժամին", "ին", "ի", "ը", "ն", "հետո", "ուղիղ",
})  # fmt: skip
_SEPARATORS = frozenset({"and", "и", "եւ", "եվ", "ու"})

# Words that say nothing together; alone some do: "every 3 hours" and "in 3 hours" are no hour.
_PHRASES = re.compile(r"\b(?:in the|(?:every|each) day|каждый день|ամեն օր)\b")
_HALF = re.compile(r"(?<![^\W\d_])([ap])[.․]? ?m\b[.․]?")
_UNIT = r"\ ?(?:h|հ|ժ|ч|час|часа|часов)[.․]?\ ?"
_LEXEME = re.compile(
    rf"""\ ?(?:
    (?P<hour>\d{{1,2}}) (?:
        (?:\ ?[:։]\ ?|[.․]) (?P<dots>[0-5]\d)                    # 9:30  09։30  9.30
      | [-‐‑–—֊] (?P<dash>[0-5]\d)                              # 9-30
      | {_UNIT} (?P<unit>[0-5]\d) (?!{_UNIT}|\ ?[:։.․])          # 9h30  9 ч 30
        (?:\ ?(?:m|min|minutes|м|мин|минут|րոպե)\b[.․]?)?
      | \  (?P<space>00|2[4-9]|[3-5]\d) (?!\ ?[:։.․])            # 9 00: 00 is no hour here
      | (?P<nothing>[0-5]\d)                                    # 0930
    )? (?!\d)
    | [-‐‑֊]? (?P<word>[^\W\d_]+) [.․]?                            # утра  -ին  ч.
    | (?P<sign>[,;/&])
    )""",
    re.VERBOSE,
)


def parse_time(words: str) -> str | None:
    """Return "HH:MM" for a local time as people type it (9, 09.30, 9 pm, 9 утра, 9-ին), or None."""
    times = parse_times(words) or ()
    return times[0] if len(times) == 1 else None


def parse_times(words: str) -> tuple[str, ...] | None:
    """Return every local time of a line, in order and each once, or None if one cannot be read."""
    lexemes = _read_lexemes(words)
    if lexemes is None:
        return None
    found: set[str] = set()
    for is_separator, group in groupby(lexemes, key=lambda lexeme: lexeme is None):
        if not is_separator:
            clocks = _join_parts([lexeme for lexeme in group if lexeme is not None])
            if clocks is None:
                return None
            found.update(f"{clock.hour:02}:{clock.minute:02}" for clock in clocks)
    return tuple(sorted(found)) or None


def _read_lexemes(words: str) -> list[_Clock | _Part | None] | None:
    """Return the hours, parts of the day and separators (None) of a line, if it has no others."""
    line = " ".join(words.casefold().replace("'", "").replace("’", "").split())
    line = _HALF.sub(r" \1m ", _PHRASES.sub(" ", line))
    line = " ".join(line.strip(" .․։!…").split())
    lexemes: list[_Clock | _Part | None] = []
    at = 0
    while at < len(line):
        found = _LEXEME.match(line, at)
        if found is None:
            return None
        at = found.end()
        word = found["word"]
        if found["hour"]:
            minute = next(filter(None, found.group("dots", "dash", "unit", "space", "nothing")), 0)
            lexemes.append(_Clock(int(found["hour"]), int(minute)))
        elif found["sign"] or word in _SEPARATORS:
            lexemes.append(None)
        elif word in _PART_OF:
            lexemes.append(_PART_OF[word])
        elif word not in _FILLERS:
            return None
    return lexemes


def _join_parts(lexemes: Sequence[_Clock | _Part]) -> list[_Clock] | None:
    """Return the hours of a group, each within the part of the day beside it, or None.

    A part follows its hour ("9 утра 6 вечера"), save where the group begins with one ("առավոտյան
    9 երեկոյան 6").
    """
    begins_with_part = isinstance(lexemes[0], _Part) and lexemes[0] not in _INSTANTS
    clocks: list[_Clock] = []
    waits = False  # whether the last hour can still be told its part
    for lexeme in reversed(lexemes) if begins_with_part else lexemes:
        if isinstance(lexeme, _Clock):
            if lexeme.hour > 23:
                return None
            clocks.append(lexeme)
            waits = True
            continue
        placed = _place(clocks[-1], lexeme) if waits else None
        if placed is not None:
            clocks[-1] = placed
        elif lexeme in _INSTANTS:
            clocks.append(_Clock(lexeme.first, 0))
        else:
            return None
        waits = False
    return clocks


def _place(clock: _Clock, part: _Part) -> _Clock | None:
    """Return the time that an hour is in that part of the day; None if it cannot be in it."""
    of_twelve = 1 <= clock.hour <= 12
    if part in (_AM, _PM) and not of_twelve:
        return None
    meant = (clock.hour, (clock.hour + 12) % 24) if of_twelve else (clock.hour,)
    hour = next(filter(part.holds, meant), None)
    return None if hour is None else replace(clock, hour=hour)
