"""How trends read: the words under a picture and on it, a table instead, and word of a surge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from bot.delivery.render import KEYWORD_UNITS, cut_escaped
from bot.delivery.split import count_units, cut
from bot.language import LANGUAGES
from bot.model import Chart, HourCount, Span, Surge, Theme, Trend
from bot.stories.surge import WINDOW, hour_of, start_of
from bot.texts import Texts

#: Word of a surge says "in the last hour": later it would not be true.
_STALE_AFTER = timedelta(hours=1)
_TITLE_UNITS = 28
_NAMED_SURGES = 5
#: A longer keyword is not written out to be tapped.
_TAPPED_UNITS = 60
_BLOCKS = "▏▎▍▌▋▊▉█"
_BAR_WIDTH = 8


def is_stale(surge: Surge, now: datetime) -> bool:
    """Say whether a surge is old by now."""
    return now - surge.at > _STALE_AFTER


def render_surge(surge: Surge, typed: str, texts: Texts) -> str:
    """Return word of unusually many stories."""
    keyword, usual = cut_escaped(typed, KEYWORD_UNITS), round(surge.usual)
    if usual:
        said = texts.count(
            "Unusually many stories on <b>{keyword}</b>: {n} in the last hour, usually {usual}.",
            "Unusually many stories on <b>{keyword}</b>: {n} in the last hour, usually {usual}.",
            surge.stories,
            keyword=keyword,
            usual=usual,
        )
    else:
        said = texts.count(
            "Unusually many stories on <b>{keyword}</b>: {n} in the last hour, usually none.",
            "Unusually many stories on <b>{keyword}</b>: {n} in the last hour, usually none.",
            surge.stories,
            keyword=keyword,
        )
    lines = [Markup("📈 {}").format(said)]
    if surge.left_out:
        lines.append(
            Markup("<i>{}</i>").format(
                texts.count(
                    "{n} hour in which sources were silent is left out of the comparison.",
                    "{n} hours in which sources were silent are left out of the comparison.",
                    surge.left_out,
                )
            )
        )
    words = f" {typed}" if count_units(typed) <= _TAPPED_UNITS else ""
    lines.append(Markup("<code>/trends{}</code>").format(words))
    return "\n".join(lines)


def begin_span(span: Span, zone: str, now: datetime) -> datetime:
    """Return when the first hour of a span began, or its first day in this zone."""
    if not span.days:
        return start_of(hour_of(now) - span.hours + 1)
    today = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=span.days - 1)).astimezone(UTC)


def make_trend(
    counts: Iterable[HourCount],
    surges: Iterable[Surge],
    silent: Collection[int],
    *,
    span: Span,
    zone: str,
    since: datetime,
    now: datetime,
) -> Trend:
    """Return stories by hour or local day, from *since* (no further back than the span) to now.

    *silent* are hours in which sources were silent; a day is, when half of its hours are.
    """
    first = max(hour_of(begin_span(span, zone, now)), hour_of(since))
    hours = range(first, hour_of(now) + 1)
    places = _place_hours(hours, span, ZoneInfo(zone))
    size = max(places.values()) + 1
    starts: dict[int, datetime] = {}
    for hour, place in places.items():
        starts.setdefault(place, start_of(hour))
    columns: dict[str, list[int]] = {}
    for count in counts:
        if count.hour in places:
            language = count.language if count.language in LANGUAGES else "other"
            column = columns.setdefault(language, [0] * size)
            column[places[count.hour]] += count.stories
    middles = [hour_of(surge.at - WINDOW / 2) for surge in surges]
    unheard = [places[hour] for hour in hours if hour in silent]
    sizes = [0] * size
    for place in places.values():
        sizes[place] += 1
    return Trend(
        span=span,
        starts=tuple(starts[place] for place in range(size)),
        counts={
            language: tuple(columns[language])
            for language in (*LANGUAGES, "other")
            if language in columns
        },
        surges=frozenset(places[hour] for hour in middles if hour in places),
        silent=frozenset(p for p in set(unheard) if 2 * unheard.count(p) >= sizes[p]),
        silent_hours=len(unheard),
    )


def _place_hours(hours: Sequence[int], span: Span, zone: ZoneInfo) -> Mapping[int, int]:
    """Return at which bar each hour stands."""
    if span is Span.HOURS:
        return {hour: place for place, hour in enumerate(hours)}
    days = {hour: start_of(hour).astimezone(zone).date() for hour in hours}
    first = min(days.values())
    return {hour: (day - first).days for hour, day in days.items()}


def say_span(span: Span, texts: Texts) -> Markup:
    """Return how far back it is."""
    match span:
        case Span.HOURS:
            return texts.say("the last 48 hours")
        case Span.DAYS:
            return texts.say("the last 14 days")
        case Span.MONTH:
            return texts.say("the last 30 days")


def render_caption(trend: Trend, name: str, zone: str, texts: Texts) -> str:
    """Return what a picture shows, in words: for who cannot see it, and for search.

    *name* is the keyword, or what all of them are called.
    """
    head = Markup("📈 <b>{}</b> · {}").format(
        cut_escaped(name, KEYWORD_UNITS), say_span(trend.span, texts)
    )
    lines = [head, _say_counts(trend, texts)]
    if trend.counts:
        lines.append(_say_most(trend, zone, texts))
    if trend.surges:
        places = sorted(trend.surges)[-_NAMED_SURGES:]
        moments = "; ".join(_say_bar(trend, place, zone, texts) for place in places)
        lines.append(texts.say("▼ Unusually many: {moments}.", moments=moments))
    if trend.silent_hours:
        lines.append(
            texts.count(
                "▨ Sources were silent for {n} hour.",
                "▨ Sources were silent for {n} hours.",
                trend.silent_hours,
            )
        )
    return "\n".join(lines)


def _say_counts(trend: Trend, texts: Texts) -> Markup:
    if not trend.counts:
        return texts.say("No stories.")
    languages = [
        f"{say_language(language, texts)} {sum(counts)}"
        for language, counts in trend.counts.items()
    ]
    return texts.count(
        "{n} story ({languages}).",
        "{n} stories ({languages}).",
        sum(trend.totals),
        languages=", ".join(languages),
    )


def _say_most(trend: Trend, zone: str, texts: Texts) -> Markup:
    totals = trend.totals
    most = max(range(len(totals)), key=lambda place: totals[place])
    return texts.say(
        "The most: {n} ({when}).", n=totals[most], when=_say_bar(trend, most, zone, texts)
    )


def say_language(language: str, texts: Texts) -> str:
    """Return what the reader calls a language of stories."""
    if language == "other":
        return str(texts.say("other"))
    return texts.language_name(language)


def _say_bar(trend: Trend, place: int, zone: str, texts: Texts) -> str:
    start = trend.starts[place]
    if trend.span is not Span.HOURS:
        return texts.day(start, zone)
    until = texts.time(start + timedelta(hours=1), zone)
    return f"{texts.day(start, zone)}, {texts.time(start, zone)}–{until}"


def render_table(trend: Trend, caption: str, zone: str, texts: Texts) -> str:
    """Return the same numbers as text, for where there is no picture."""
    totals = trend.totals or (0,) * len(trend.starts)
    most = max(totals) or 1
    lines, day = [], ""
    for place, (start, total) in enumerate(zip(trend.starts, totals, strict=True)):
        today = texts.short_day(start, zone)
        if trend.span is Span.HOURS and today != day:
            lines.append(today)
        day = today
        label = texts.time(start, zone) if trend.span is Span.HOURS else f"{today:>7}"
        marks = f"{' ▼' if place in trend.surges else ''}{' ▨' if place in trend.silent else ''}"
        lines.append(f"{label} {total:>3} {_draw_bar(total / most)}{marks}".rstrip())
    return f"{caption}\n<pre>{escape(chr(10).join(lines))}</pre>"


def _draw_bar(share: float) -> str:
    eighths = round(share * _BAR_WIDTH * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_BLOCKS[rest - 1] if rest else "")


def make_chart(trend: Trend, name: str, zone: str, texts: Texts, theme: Theme) -> Chart:
    """Return the picture of a trend, with its words."""
    return Chart(
        title=f"{cut(name, _TITLE_UNITS)} · {say_span(trend.span, texts).unescape()}",
        y_label=str(texts.say("stories by hour"))
        if trend.span is Span.HOURS
        else str(texts.say("stories by day")),
        theme=theme,
        bars=tuple(
            (language, say_language(language, texts), counts)
            for language, counts in trend.counts.items()
        ),
        size=len(trend.starts),
        ticks=tuple(_find_ticks(trend, zone, texts)),
        days=tuple(
            place
            for place, start in enumerate(trend.starts)
            if trend.span is Span.HOURS and start.astimezone(ZoneInfo(zone)).hour == 0
        ),
        surges=tuple(sorted(trend.surges)),
        silent=tuple(sorted(trend.silent)),
        surge_label=str(texts.say("unusually many")),
        silent_label=str(texts.say("sources silent")),
        empty_label=str(texts.say("No stories.")),
    )


def _find_ticks(trend: Trend, zone: str, texts: Texts) -> Iterable[tuple[int, str]]:
    local = ZoneInfo(zone)
    every = {Span.HOURS: 6, Span.DAYS: 3, Span.MONTH: 5}[trend.span]
    for place, start in enumerate(trend.starts):
        if trend.span is not Span.HOURS:
            if (len(trend.starts) - 1 - place) % every == 0:
                yield place, texts.short_day(start, zone)
            continue
        hour = start.astimezone(local).hour
        if hour == 0:
            yield place, texts.short_day(start, zone)
        elif hour % every == 0:
            yield place, texts.time(start, zone)
