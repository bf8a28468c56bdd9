"""How it is said that sources are silent: one line in alerts and digests, word to operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

from bot.delivery.silences import say_silent_feed
from bot.delivery.split import count_units, cut
from bot.model import REFUSED_CHATS, Notice, Outage
from bot.texts import Texts

#: Telegram's limit of a message.
_MOST_UNITS = 4_096


def say_outage(outages: Sequence[Outage], texts: Texts, now: datetime) -> Markup:
    """Return the one line that says of the worst outage; nothing when there is none."""
    if not outages:
        return Markup()
    worst = outages[0]
    return Markup("⚠ {}").format(
        _say(worst.about, worst.down, worst.total, worst.quiet, worst.since, texts, now)
    )


def add_outage(
    messages: Sequence[str], outages: Sequence[Outage], texts: Texts, now: datetime
) -> list[str]:
    """Return messages whose last ends in the one line about the worst outage, if there is one."""
    line = say_outage(outages, texts, now)
    if not messages or not line:
        return list(messages)
    last = f"{messages[-1]}\n\n{line}"
    # Of a full message nothing is cut for it: a reader came for the news.
    return [*messages[:-1], last if count_units(last) <= _MOST_UNITS else messages[-1]]


def render_notice(notice: Notice, texts: Texts, now: datetime) -> Markup:
    """Return what an operator is told."""
    facts = notice.facts
    match notice.kind:
        case "gone":
            return texts.say(
                "⛔ <b>{feed}</b> is gone for good, says its server (410). I ask it no more. "
                "With a new address: edit feeds.yaml; to try again: "
                "<code>/feeds enable {feed}</code>",
                feed=facts["feed"],
            )
        case "silent":
            return say_silent_feed(facts, texts)
        case "closed":
            return texts.say(
                "🔇 I may not write in <b>{group}</b>. Nothing is lost: give me the right to send "
                "messages again, and what was missed comes with the next digest.",
                group=cut(facts["group"], 100),
            )
        case "over" if facts["about"] == REFUSED_CHATS:
            return texts.say(
                "✅ Chats no longer refuse all at once. Each was asked once more: who takes "
                "messages again was sent what waited, the others are counted as gone."
            )
        case "over":
            return texts.say(
                "✅ Sources answer again ({group}). They were away for {time}.",
                group=_name(facts["about"], texts),
                time=texts.duration(now - datetime.fromisoformat(facts["since"])),
            )
    if facts["about"] == REFUSED_CHATS:
        return _say_refused(facts, texts)
    return Markup("⚠ {}\n{}").format(_say_facts(facts, texts, now), texts.say("See /feeds"))


def _say_refused(facts: Mapping[str, str], texts: Texts) -> Markup:
    return texts.say(
        "⚠ Within an hour {down} of {total} chats refused messages for good, says Telegram. It has "
        "been wrong before: nothing is cancelled, each is asked once more an hour later.",
        down=facts["down"],
        total=facts["total"],
    )


def _say_facts(facts: Mapping[str, str], texts: Texts, now: datetime) -> Markup:
    since = datetime.fromisoformat(facts["since"])
    down, total = int(facts["down"]), int(facts["total"])
    return _say(facts["about"], down, total, bool(facts["quiet"]), since, texts, now)


def _say(
    about: str, down: int, total: int, quiet: bool, since: datetime, texts: Texts, now: datetime
) -> Markup:
    time, group = texts.duration(now - since), _name(about, texts)
    if quiet:
        return texts.say(
            "{down} of {total} sources ({group}) have printed nothing for {time}",
            down=down, total=total, group=group, time=time,
        )  # fmt: skip
    return texts.say(
        "{down} of {total} sources ({group}) have not answered for {time}",
        down=down, total=total, group=group, time=time,
    )  # fmt: skip


def _name(about: str, texts: Texts) -> str:
    kind, _, code = about.partition(":")
    match kind:
        case "country":
            return texts.country_name(code)
        case "language":
            return texts.language_name(code)
    return str(texts.say("all"))
