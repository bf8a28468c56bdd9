"""/status: whether Sahman works, and how everything stands, as counts; names nobody."""

from __future__ import annotations

from datetime import timedelta

from markupsafe import Markup

from bot import __version__
from bot.chat.visit import Visit
from bot.delivery.alarms import say_alarm
from bot.delivery.broadcast import say_progress
from bot.delivery.outages import say_outage
from bot.delivery.readiness import find_troubles, say_troubles
from bot.feeds.health import judge_health
from bot.model import FeedState, Outgoing, Overview, Readers, Telegram
from bot.texts import Texts


async def serve_status(visit: Visit) -> None:
    """Say whether it works and why not; feeds, messages, readers, version."""
    texts, now, storage = visit.texts, visit.now, visit.storage
    desk = visit.services.desk
    pulse = await storage.overviews.load_pulse()
    overview = await storage.overviews.load(now, desk.admins if desk else ())
    # Whoever asks was heard by way of Telegram just now.
    telegram = Telegram(answered_at=now)
    troubles = find_troubles(pulse, telegram, now)
    verdict = say_troubles(troubles, pulse, telegram, texts, now)
    head = Markup("{} <b>{}</b>").format("🔴" if troubles else "🟢", verdict)
    blocks = [
        head,
        _say_feeds(overview, visit),
        _say_outgoing(overview.outgoing, texts),
        _say_readers(overview.readers, texts),
    ]
    blocks += [say_alarm(each.facts, texts) for each in (await storage.alarms.load()).values()]
    asking = await storage.applicants.count_asking()
    if asking:
        blocks.append(
            texts.count("{n} chat asks to be let in.", "{n} chats ask to be let in.", asking)
        )
    if overview.unreached_operators:
        blocks.append(
            texts.count(
                "{n} operator has not written to the bot: it cannot tell them anything.",
                "{n} operators have not written to the bot: it cannot tell them anything.",
                overview.unreached_operators,
            )
        )
    blocks += [
        say_progress(await storage.broadcasts.load_progress(each.id), texts)
        for each in await storage.broadcasts.load_sending()
    ]
    blocks.append(_say_version(visit))
    await visit.answer(Markup("\n\n").join(filter(None, blocks)))


def _say_feeds(overview: Overview, visit: Visit) -> Markup:
    texts = visit.texts
    asked = [feed for feed in overview.feeds if feed.enabled]
    working = sum(judge_health(feed) is FeedState.WORKING for feed in asked)
    said = texts.say("<b>Feeds</b>: {working} of {total} work", working=working, total=len(asked))
    outage = say_outage(overview.outages, texts, visit.now)
    return Markup("\n").join(filter(None, [said, outage]))


def _say_outgoing(outgoing: Outgoing, texts: Texts) -> Markup:
    said = texts.say(
        "<b>Messages</b>: {owed} owed; in 24 hours {sent} sent, {lost} given up",
        owed=sum(outgoing.owed.values()),
        sent=outgoing.sent,
        lost=outgoing.given_up,
    )
    if outgoing.p50_s is None or outgoing.p95_s is None:
        return said
    took = texts.say(
        "From published to delivered: half within {half}, 95 of 100 within {most}",
        half=texts.duration(timedelta(seconds=outgoing.p50_s)),
        most=texts.duration(timedelta(seconds=outgoing.p95_s)),
    )
    return Markup("{}\n{}").format(said, took)


def _say_readers(readers: Readers, texts: Texts) -> Markup:
    return texts.say(
        "<b>Subscribers</b>: {active} ({groups} in groups and channels), {paused} paused, "
        "{away} gone; {keywords} different keywords",
        active=readers.active,
        groups=readers.groups,
        paused=readers.paused,
        away=readers.away,
        keywords=readers.keywords,
    )


def _say_version(visit: Visit) -> Markup:
    texts, since = visit.texts, visit.services.started_at
    if since is None:
        return texts.say("Sahman {version}", version=__version__)
    return texts.say(
        "Sahman {version}, running since {when} ({time})",
        version=__version__,
        when=texts.moment(since, visit.reader.zone, visit.now),
        time=texts.duration(visit.now - since),
    )
