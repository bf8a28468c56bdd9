"""How often keywords are in the news: counts by hour, surges, and what a picture shows of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class HourCount:
    """How many stories began in an hour (since 1970) in one language."""

    hour: int
    language: str
    stories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Surge:
    """Unusually many stories on a keyword, in the hour before *at*."""

    keyword_id: int
    at: datetime
    stories: int
    families: int
    usual: float
    left_out: int = 0  #: hours that it was not compared with, for sources were silent in them


class Span(StrEnum):
    """How far back trends look, and by what they count."""

    HOURS = "48h"
    DAYS = "14d"
    MONTH = "30d"

    @property
    def hours(self) -> int:
        """How many hours it holds, this one among them; 0: it is counted in days."""
        return 48 if self is Span.HOURS else 0

    @property
    def days(self) -> int:
        """How many days it holds, today among them; 0: it is counted in hours."""
        return {Span.HOURS: 0, Span.DAYS: 14, Span.MONTH: 30}[self]


class Theme(StrEnum):
    """On what a picture is drawn."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of stacked bars, with all the words on it in the reader's language."""

    title: str
    y_label: str
    theme: Theme
    #: For each language: its code, its name, and a count for each bar.
    bars: tuple[tuple[str, str, tuple[int, ...]], ...]
    size: int  #: how many bars there are
    #: At which bar which label stands; `days` are those with which a day begins.
    ticks: tuple[tuple[int, str], ...]
    days: tuple[int, ...]
    surges: tuple[int, ...]
    silent: tuple[int, ...]
    #: What the legend calls surges and silence.
    surge_label: str
    silent_label: str
    #: Said in the middle where there is nothing to draw.
    empty_label: str
    #: The bars stand beside one another, for they count unlike things.
    side_by_side: bool = False

    def to_json(self) -> str:
        """Return what the process is given that draws it."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Stories on some keywords by hour or day, oldest first."""

    span: Span
    starts: tuple[datetime, ...]
    #: By language, a count for each hour or day.
    counts: Mapping[str, tuple[int, ...]]
    surges: frozenset[int] = frozenset()
    silent: frozenset[int] = frozenset()
    silent_hours: int = 0

    @property
    def totals(self) -> tuple[int, ...]:
        """How many stories there were in each, whatever their language."""
        return tuple(map(sum, zip(*self.counts.values(), strict=True))) if self.counts else ()
