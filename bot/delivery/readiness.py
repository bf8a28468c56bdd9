"""Whether Sahman works, and if it does not, why: one judgement for the page and for machines."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from markupsafe import Markup

from bot.delivery.sight import count_answering
from bot.model import Pulse, Telegram
from bot.texts import Texts

#: Feeds are claimed every two seconds, and a poll that hangs is given up in three minutes.
_POLLS_OVERDUE = timedelta(minutes=10)
#: With the longest wait that a refused message has before its second try.
_SENDING_STUCK_S = 300.0
#: Longer than a restart of Telegram's, or of a router.
_TELEGRAM_AWAY = timedelta(minutes=2)


class Trouble(StrEnum):
    """What keeps Sahman from its work; the gravest first."""

    DATABASE = "database"  #: it cannot be used
    NO_FEEDS = "no_feeds"  #: none is set up
    NOT_POLLED = "not_polled"  #: feeds are due, and nobody asks them
    NO_FEED_ANSWERS = "no_feed_answers"
    TELEGRAM = "telegram"  #: it is not reached
    NOT_SENT = "not_sent"  #: messages wait, and none goes out


def find_troubles(pulse: Pulse | None, telegram: Telegram, now: datetime) -> tuple[Trouble, ...]:
    """Return what keeps Sahman from its work, nothing where it works.

    *pulse* is None where the database could not be read.
    """
    away = telegram.failing_since
    unreached = (Trouble.TELEGRAM,) if away is not None and now - away > _TELEGRAM_AWAY else ()
    if pulse is None:
        return (Trouble.DATABASE, *unreached)
    found: list[Trouble] = []
    sources = pulse.sight.sources
    if not sources:
        found.append(Trouble.NO_FEEDS)
    elif _is_late(pulse.last_poll_at, now) and any(
        now - source.next_poll_at > _POLLS_OVERDUE for source in sources
    ):
        found.append(Trouble.NOT_POLLED)
    elif count_answering(pulse.sight, now) == 0:
        found.append(Trouble.NO_FEED_ANSWERS)
    found += unreached
    silent = pulse.last_sent_at is None or (
        (now - pulse.last_sent_at).total_seconds() > _SENDING_STUCK_S
    )
    if pulse.waiting_s > _SENDING_STUCK_S and silent:
        found.append(Trouble.NOT_SENT)
    return tuple(found)


def say_troubles(
    troubles: tuple[Trouble, ...],
    pulse: Pulse | None,
    telegram: Telegram,
    texts: Texts,
    now: datetime,
) -> Markup:
    """Return the one sentence: it works, or it does not, and why."""
    if not troubles:
        return texts.say("Sahman works.")
    reasons = Markup("; ").join(_say(each, pulse, telegram, texts, now) for each in troubles)
    return texts.say("Sahman does not work: {reasons}.", reasons=reasons)


def _say(
    trouble: Trouble, pulse: Pulse | None, telegram: Telegram, texts: Texts, now: datetime
) -> Markup:
    match trouble:
        case Trouble.NO_FEEDS:
            return texts.say("no feed is set up")
        case Trouble.NOT_POLLED if pulse is not None and pulse.last_poll_at is not None:
            return texts.say(
                "no feed has been asked for {time}", time=texts.duration(now - pulse.last_poll_at)
            )
        case Trouble.NOT_POLLED:
            return texts.say("no feed has been asked yet")
        case Trouble.NO_FEED_ANSWERS:
            return texts.say("no feed answers")
        case Trouble.TELEGRAM if telegram.failing_since is not None:
            return texts.say(
                "Telegram has not been reached for {time}",
                time=texts.duration(now - telegram.failing_since),
            )
        case Trouble.NOT_SENT if pulse is not None:
            return texts.count(
                "{n} message has been waiting for {time}, and nothing is sent",
                "{n} messages wait, the oldest for {time}, and nothing is sent",
                pulse.waiting,
                time=texts.duration(timedelta(seconds=pulse.waiting_s)),
            )
    return texts.say("the database cannot be used")


def _is_late(polled_at: datetime | None, now: datetime) -> bool:
    return polled_at is None or now - polled_at > _POLLS_OVERDUE
