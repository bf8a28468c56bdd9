"""How the page is written: templates filled with facts, in one of three languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.delivery.alarms import say_alarm
from bot.delivery.outages import say_outage
from bot.delivery.readiness import say_troubles
from bot.delivery.sight import say_blindness
from bot.delivery.silences import say_fate
from bot.feeds.health import judge_health
from bot.model import Alarm, DeliveryKind, FeedHealth, FeedState, HourOfNews
from bot.texts import OWN_NAMES, Texts
from bot.web.facts import Facts

#: Where templates, style and script lie.
FOLDER = Path(__file__).parent / "page"
_ZONE = "UTC"
_SHORT_S = 120
_BAR_HEIGHT = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour of news as it is drawn."""

    x: int
    y: float
    height: float
    surge: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The feeds of one country, or those that are off."""

    name: str
    feeds: tuple[FeedHealth, ...]
    working: int


class Pages:
    """Writes pages; whatever is put into them is escaped."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def write(self, template: str, texts: Texts, now: datetime, **values: Any) -> str:
        """Return a page."""
        return self._environment.get_template(template).render(
            t=texts, say=Sayings(texts, now), names=OWN_NAMES, **values
        )

    def write_xml(self, template: str, **values: Any) -> str:
        """Return a feed."""
        return self._environment.get_template(template).render(**values)


class Sayings:
    """What templates ask for: facts as people read them."""

    def __init__(self, texts: Texts, now: datetime) -> None:
        self._texts = texts
        self.now = now

    def verdict(self, facts: Facts) -> Markup:
        """Return the one sentence: it works, or it does not, and why."""
        return say_troubles(facts.troubles, facts.pulse, facts.telegram, self._texts, self.now)

    def sight(self, facts: Facts) -> Markup:
        """Return what is amiss with the sources, though Sahman works."""
        if facts.pulse is None or facts.troubles:
            return Markup()
        return say_blindness(facts.pulse.sight, _ZONE, self._texts, self.now)

    def outages(self, facts: Facts) -> list[Markup]:
        """Return a line for each outage."""
        outages = facts.overview.outages if facts.overview else ()
        return [say_outage([each], self._texts, self.now) for each in outages]

    def alarm(self, alarm: Alarm) -> Markup:
        """Return what operators are told in chat of something that goes on."""
        return say_alarm(alarm.facts, self._texts)

    def clock(self, at: datetime) -> str:
        """Return the time of day, in UTC."""
        return self._texts.moment(at, _ZONE, self.now)

    def ago(self, at: datetime) -> Markup:
        """Return how long ago something was."""
        return self._texts.say("{time} ago", time=self._texts.duration(self.now - at))

    def lasting(self, seconds: float) -> str:
        """Return how long something took or takes."""
        if seconds < _SHORT_S:
            return str(self._texts.count("{n} second", "{n} seconds", round(seconds)))
        return self._texts.duration(timedelta(seconds=seconds))

    def kind(self, kind: DeliveryKind) -> Markup:
        """Return what a kind of message is called."""
        match kind:
            case DeliveryKind.ALERT:
                return self._texts.say("alerts")
            case DeliveryKind.RING:
                return self._texts.say("alerts told again")
            case DeliveryKind.DIGEST:
                return self._texts.say("digests")
            case DeliveryKind.EDIT:
                return self._texts.say("edits of alerts")
            case DeliveryKind.BROADCAST:
                return self._texts.say("operators' messages")
        return self._texts.say("notices of surges")

    def state(self, feed: FeedHealth) -> Markup:
        """Return how a feed does, in a word."""
        match judge_health(feed):
            case FeedState.WORKING:
                return self._texts.say("works")
            case FeedState.NEW:
                return self._texts.say("not asked yet")
            case FeedState.FAILING:
                return self._texts.say("fails")
            case FeedState.QUIET:
                return self._texts.say("quiet")
            case FeedState.GONE:
                return self._texts.say("gone for good")
        return self._texts.say("off")

    def fates(self, fates: Mapping[str, int]) -> Markup:
        """Return what became of a feed's items, the most frequent first."""
        return Markup(", ").join(
            Markup("{}: {}").format(say_fate(fate, self._texts), count)
            for fate, count in fates.items()
        )

    def countries(self, publishers: Sequence[tuple[str, str]]) -> str:
        """Return the countries of those who tell a story, the most first."""
        counted = Counter(country for _, country in publishers if country)
        named = ((self._texts.country_name(code), times) for code, times in counted.most_common())
        return ", ".join(f"{name} {times}" if times > 1 else name for name, times in named)

    def groups(self, feeds: Sequence[FeedHealth]) -> list[Group]:
        """Return the feeds by country, those with most of them first; those that are off last."""
        on = [feed for feed in feeds if feed.enabled]
        codes = Counter(feed.publisher.country for feed in on)
        groups = [
            self._group(
                self._texts.country_name(code),
                [feed for feed in on if feed.publisher.country == code],
            )
            for code, _ in codes.most_common()
        ]
        off = [feed for feed in feeds if not feed.enabled]
        return [*groups, *([self._group("", off)] if off else [])]

    def languages(self, feeds: Sequence[FeedHealth]) -> str:
        """Return how many feeds work in each language."""
        on = [feed for feed in feeds if feed.enabled]
        total = Counter(feed.language for feed in on)
        working = Counter(feed.language for feed in on if _works(feed))
        return ", ".join(
            f"{self._language(code)} {working[code]}/{count}" for code, count in total.most_common()
        )

    def _language(self, code: str) -> str:
        match code:
            case "mixed":
                return str(self._texts.say("several languages"))
            case "other":
                return str(self._texts.say("other languages"))
        return self._texts.language_name(code)

    def _group(self, name: str, feeds: Sequence[FeedHealth]) -> Group:
        return Group(name, tuple(feeds), sum(_works(feed) for feed in feeds))


def draw_bars(hours: Sequence[HourOfNews]) -> list[Bar]:
    """Return the hours as bars of a chart, the highest as high as there is room."""
    most = max((hour.items for hour in hours), default=0) or 1
    bars = []
    for place, hour in enumerate(hours):
        height = round(_BAR_HEIGHT * hour.items / most, 1)
        bars.append(Bar(place * 10, 10 + _BAR_HEIGHT - height, height, hour.surges > 0))
    return bars


def _works(feed: FeedHealth) -> bool:
    return judge_health(feed) in (FeedState.WORKING, FeedState.QUIET)
