"""How it is said to operators what became of a feed's items, and why some alerted nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from bot.delivery.split import cut
from bot.model import DayOfFeed, Fate, Silence
from bot.texts import Texts

_EXAMPLE_CHARS = 100


def render_days(name: str, days: Sequence[DayOfFeed], texts: Texts) -> Markup:
    """Return a feed's last days, the newest first, each fate with its count and last example."""
    lines = [Markup("<b>{}</b>").format(name)]
    if not days:
        lines.append(texts.say("Nothing new yet."))
    for day in days:
        lines.append(Markup("\n<b>{}</b> (UTC)").format(texts.date(day.on_day)))
        for fate, tally in day.tallies.items():
            line = Markup("{}: {}").format(say_fate(fate, texts), tally.count)
            if tally.example:
                line += Markup(" · {}").format(cut(tally.example, _EXAMPLE_CHARS))
            lines.append(line)
        if day.unasked:
            unasked = texts.say("in nobody's keywords")
            lines.append(Markup("{}: {}").format(unasked, day.unasked))
    return Markup("\n").join(lines)


def say_silent_feed(facts: Mapping[str, str], texts: Texts) -> Markup:
    """Return what operators are told of a feed of which a day's news all ended in silence."""
    reasons = ", ".join(
        f"{say_fate(each, texts)}: {facts[each]}" for each in Silence if each in facts
    )
    return texts.say(
        "🔇 <b>{feed}</b>: no new item of {day} could alert anybody ({reasons}). "
        "See <code>/feeds {feed}</code>",
        feed=facts["feed"], day=texts.date(facts["day"]), reasons=reasons,
    )  # fmt: skip


def say_fate(fate: str, texts: Texts) -> Markup:
    """Return what an item's fate is called."""
    match fate:
        case Fate.NEW:
            return texts.say("new")
        case Fate.ALERTED:
            return texts.say("alerted")
        case Fate.CHANGED:
            return texts.say("alerted when mended")
        case Silence.FIRST_READING:
            return texts.say("silent: first reading")
        case Silence.STALE:
            return texts.say("silent: over a day old")
        case Silence.BACKLOG:
            return texts.say("in digests only: backlog")
        case Silence.RENAMED:
            return texts.say("renamed, known already")
        case Silence.REWRITTEN:
            return texts.say("rewritten late or all at once")
        case Silence.REPEATED:
            return texts.say("told by another item")
        case Silence.UNREADABLE:
            return texts.say("not readable")
        case Silence.OVER_LIMIT:
            return texts.say("over the limit of 500")
        case Silence.REFUSED:
            return texts.say("refused by the database")
    return Markup("{}").format(fate)
