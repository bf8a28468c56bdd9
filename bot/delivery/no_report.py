"""What is said where nothing was printed: who asks must not take it for safety."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from markupsafe import Markup

from bot.delivery.render import KEYWORD_UNITS, cut_escaped, render_line
from bot.delivery.sight import count_answering, say_blindness, say_since
from bot.delivery.split import join_blocks
from bot.model import Item, Sight, Subscriber
from bot.texts import Texts

#: What is printed late bears an earlier time: it is a report of now as well.
PRINTED_LATE = timedelta(hours=12)


class Held(StrEnum):
    """Why a reader is not told that there is no report."""

    PAUSED = "paused"
    SETTINGS = "settings"
    WAITING = "waiting"
    DEAF = "deaf"  #: sources have not been heard for long enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks about, as typed, and the newest item that reports of it, if any."""

    typed: str
    report: Item | None = None


def find_held(reader: Subscriber, waiting: int, heard_since: datetime | None) -> Held | None:
    """Return why *reader* must not be told that there is no report; None where nothing hinders.

    *waiting* is how many messages they are still owed.
    """
    if reader.paused:
        return Held.PAUSED
    if reader.least_gravity or reader.hidden_languages or reader.quiet:
        return Held.SETTINGS
    if waiting:
        return Held.WAITING
    return Held.DEAF if heard_since is None else None


def is_report(item: Item, since: datetime) -> bool:
    """Say whether an item reports since then: by its own time, or by when it was first seen."""
    return item.published_at >= since or (
        item.seen_at >= since and item.published_at >= since - PRINTED_LATE
    )


def render_no_report(
    asked: Sequence[Asked],
    sight: Sight,
    heard_since: datetime | None,
    held: Held | None,
    reader: Subscriber,
    texts: Texts,
    now: datetime,
) -> list[str]:
    """Return what is known of each that is asked about: the newest report, or that there is none.

    That there is none is not said where something cannot be seen or is *held* back.
    """
    blindness = say_blindness(sight, reader.zone, texts, now)
    blocks = [f"{blindness}\n"] if blindness else []
    for each in asked:
        if each.report is not None:
            head = texts.say(
                "The newest report of <b>{words}</b>, {when}:",
                words=cut_escaped(each.typed, KEYWORD_UNITS),
                when=texts.moment(each.report.published_at, reader.zone, now),
            )
            blocks.append(f"{head}\n{render_line(each.report, reader, texts, now)}")
    without = [cut_escaped(each.typed, KEYWORD_UNITS) for each in asked if each.report is None]
    if without:
        words = Markup("</b>, <b>").join(without)
        if heard_since is None or held or blindness:
            said = texts.say(
                "<b>{words}</b>: I found nothing, and I cannot say that there is no report.",
                words=words,
            )
            why = "" if blindness else _say_held(held or Held.DEAF, texts)
            blocks.append(f"{said} {why}".rstrip())
        else:
            blocks.append(
                texts.count(
                    "No report of <b>{words}</b> since {when}; {answering} of {n} source answers. "
                    "This does not mean that it is safe.",
                    "No report of <b>{words}</b> since {when}; {answering} of {n} sources answer. "
                    "This does not mean that it is safe.",
                    len(sight.sources),
                    words=words,
                    when=say_since(heard_since, reader.zone, texts, now),
                    answering=count_answering(sight, now),
                )
            )
    return join_blocks(blocks, "\n")


def _say_held(held: Held, texts: Texts) -> Markup:
    match held:
        case Held.PAUSED:
            return texts.say("Everything is paused now; to go on: /resume")
        case Held.SETTINGS:
            return texts.say("Your settings hold some alerts back: /settings")
        case Held.WAITING:
            return texts.say("Messages to you are still on their way: ask again in a minute.")
        case Held.DEAF:
            return texts.say(
                "I have not listened for long enough: ask again in a quarter of an hour."
            )
