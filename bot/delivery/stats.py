"""What came in and went out by hour: the picture's words, its caption, and the same as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from bot.model import Chart, HourOfWork, Theme
from bot.texts import Texts

_TICK_HOURS = 6
#: Of so many hours, the text that stands for the picture.
_TABLE_HOURS = 24


def render_stats(hours: Sequence[HourOfWork], subscribers: int, zone: str, texts: Texts) -> Markup:
    """Return what the picture shows, in words."""
    lines = [
        texts.say("📊 <b>The last {n} hours</b>", n=len(hours)),
        texts.count("{n} item taken in", "{n} items taken in", sum(each.items for each in hours)),
        texts.count("{n} message sent", "{n} messages sent", sum(each.sent for each in hours)),
    ]
    busiest = max(hours, key=lambda each: each.sent)
    if busiest.sent:
        when = f"{texts.day(busiest.at, zone)}, {texts.time(busiest.at, zone)}"
        lines.append(texts.say("Most in an hour: {n} messages ({when})", n=busiest.sent, when=when))
    lines.append(texts.count("{n} subscriber", "{n} subscribers", subscribers))
    return Markup("\n").join(lines)


def render_stats_table(
    hours: Sequence[HourOfWork], caption: Markup, zone: str, texts: Texts
) -> Markup:
    """Return the last day's numbers as text, for where there is no picture."""
    head = texts.say("Hour, items, messages:")
    rows = [
        f"{texts.time(each.at, zone)} {each.items:>6} {each.sent:>6}"
        for each in hours[-_TABLE_HOURS:]
    ]
    return Markup("{}\n\n{}\n<pre>{}</pre>").format(caption, head, escape("\n".join(rows)))


def make_stats_chart(hours: Sequence[HourOfWork], zone: str, texts: Texts) -> Chart:
    """Return the picture, with its words."""
    local = ZoneInfo(zone)
    midnights = (place for place, each in enumerate(hours) if not each.at.astimezone(local).hour)
    return Chart(
        title=texts.say("Sahman · the last {n} hours", n=len(hours)).unescape(),
        y_label=texts.say("by hour").unescape(),
        theme=Theme.LIGHT,
        bars=(
            ("items", texts.say("items taken in").unescape(), tuple(each.items for each in hours)),
            ("sent", texts.say("messages sent").unescape(), tuple(each.sent for each in hours)),
        ),
        size=len(hours),
        ticks=tuple(_find_ticks(hours, zone, texts)),
        days=tuple(midnights),
        surges=(),
        silent=(),
        surge_label="",
        silent_label="",
        empty_label=texts.say("Nothing yet").unescape(),
        side_by_side=True,
    )


def _find_ticks(hours: Sequence[HourOfWork], zone: str, texts: Texts) -> Iterable[tuple[int, str]]:
    for place, each in enumerate(hours):
        hour = each.at.astimezone(ZoneInfo(zone)).hour
        if hour == 0:
            yield place, texts.short_day(each.at, zone)
        elif hour % _TICK_HOURS == 0:
            yield place, texts.time(each.at, zone)
