"""The overview: what the operator's page and the metrics show, by queries of counts and news."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    case,
    func,
    literal_column,
    select,
    type_coerce,
)

from bot.model import (
    AWAY,
    ChatKind,
    ChatState,
    DeliveryKind,
    DeliveryState,
    HourOfNews,
    HourOfWork,
    Outgoing,
    Overview,
    Pulse,
    Readers,
    StoryLately,
)
from bot.storage.alarms import load_alarms
from bot.storage.claims import is_open
from bot.storage.columns import now_ms
from bot.storage.database import Database
from bot.storage.health import Health
from bot.storage.tables import (
    budget,
    chat,
    delivery,
    feed,
    feed_day,
    item,
    keyword,
    publisher,
    story_item,
    subscriber,
    surge,
)

_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
#: So many hours of stories and of bars are shown, and so many stories.
_HOURS_OF_STORIES = 12
_HOURS_OF_NEWS = 48
_MOST_STORIES = 20
#: By so many of the last alerts it is said how long an alert takes.
_TIMED_ALERTS = 1_000
_IS_PENDING = delivery.c.state == literal_column(str(int(DeliveryState.PENDING)))


class Overviews:
    """Storage of how everything stands; names no subscriber, and no keyword."""

    def __init__(self, database: Database, health: Health) -> None:
        self._database = database
        self._health = health

    async def load_pulse(self) -> Pulse:
        """Return by what it is judged whether Sahman works; cheap enough for every few seconds."""
        sight = await self._health.load_sight()

        def work(connection: Connection) -> Pulse:
            polled = select(func.max(feed.c.polled_at)).where(feed.c.enabled)
            clock = connection.execute(select(budget, now_ms().label("now"))).first()
            waiting, waiting_ms = _load_waiting(connection)
            paused = clock is not None and clock.paused_until > clock.now >= clock.paused_at
            return Pulse(
                sight=sight,
                last_poll_at=connection.scalar(polled),
                last_sent_at=_load_last_sent(connection),
                waiting=waiting,
                waiting_s=waiting_ms / 1000,
                paused_s=(clock.paused_until - clock.now) / 1000 if clock and paused else 0.0,
                lowered_rate=clock.rate if clock else 0.0,
                lowered_s_ago=(clock.now - clock.rate_at) / 1000 if clock else 0.0,
            )

        return await self._database.read(work)

    async def load_work(self, now: datetime) -> list[HourOfWork]:
        """Return what came in and what went out in each of the last hours, the oldest first."""

        def work(connection: Connection) -> list[HourOfWork]:
            sent = _count_by_hour(
                connection,
                delivery.c.settled_at,
                (delivery.c.state == DeliveryState.SENT)
                & (delivery.c.settled_at >= now_ms() - (_HOURS_OF_NEWS + 1) * _HOUR_MS),
            )
            return [
                HourOfWork(
                    at=hour.at, items=hour.items, sent=sent[int(hour.at.timestamp()) // 3600]
                )
                for hour in _load_hours(connection, now)
            ]

        return await self._database.read(work)

    async def load(self, now: datetime, admins: Collection[int] = ()) -> Overview:
        """Return how everything stands; *admins* are the chats of operators."""
        feeds = await self._health.load()
        outages = await self._health.load_outages()

        def work(connection: Connection) -> Overview:
            return Overview(
                feeds=tuple(feeds),
                outages=tuple(outages),
                fates=_load_fates(connection, now),
                outgoing=_load_outgoing(connection),
                readers=_load_readers(connection),
                stories=tuple(_load_stories(connection, now)),
                hours=tuple(_load_hours(connection, now)),
                unreached_operators=count_unreached(connection, admins),
                dead=_count_dead(connection),
                alarms=tuple(load_alarms(connection).values()),
            )

        return await self._database.read(work)


def count_unreached(connection: Connection, admins: Collection[int]) -> int:
    """Return how many of these chats the bot cannot write to: nobody there has written to it."""
    known = select(func.count()).where(chat.c.id.in_(admins), chat.c.state == ChatState.ACTIVE)
    return len(admins) - (connection.scalar(known) or 0)


def _count_dead(connection: Connection) -> int:
    dead = delivery.c.state == DeliveryState.DEAD
    return connection.scalar(select(func.count()).select_from(delivery).where(dead)) or 0


def _load_waiting(connection: Connection) -> tuple[int, float]:
    """Return how many messages could go out at once, and since when the oldest could."""
    owed_at = case(
        (delivery.c.due_at > 0, delivery.c.due_at),
        else_=type_coerce(delivery.c.created_at, BigInteger),
    )
    since = case((chat.c.not_before > owed_at, chat.c.not_before), else_=owed_at)
    row = connection.execute(
        select(func.count().label("waiting"), (now_ms() - func.min(since)).label("ms"))
        .select_from(delivery)
        .join(chat, chat.c.id == delivery.c.chat_id)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(
            _IS_PENDING,
            delivery.c.due_at <= now_ms(),
            chat.c.state == ChatState.ACTIVE,
            subscriber.c.paused.is_(False),
            subscriber.c.quiet.is_(False),
            is_open(),
        )
    ).one()
    return row.waiting, max(0.0, float(row.ms or 0))


def _load_last_sent(connection: Connection) -> datetime | None:
    sent = (
        select(delivery.c.settled_at)
        .where(delivery.c.settled_at.is_not(None), delivery.c.state == DeliveryState.SENT)
        .order_by(delivery.c.settled_at.desc())
        .limit(1)
    )
    at_ms = connection.scalar(sent)
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)


def _load_fates(connection: Connection, now: datetime) -> dict[str, dict[str, int]]:
    since = (now.astimezone(UTC).date() - timedelta(days=1)).isoformat()
    rows = connection.execute(
        select(feed.c.name, feed_day.c.fate, func.sum(feed_day.c.times).label("times"))
        .join(feed_day, feed_day.c.feed_id == feed.c.id)
        .where(feed_day.c.on_day >= since)
        .group_by(feed.c.name, feed_day.c.fate)
        .order_by(func.sum(feed_day.c.times).desc(), feed_day.c.fate)
    )
    fates: dict[str, dict[str, int]] = {}
    for row in rows:
        fates.setdefault(row.name, {})[row.fate] = int(row.times)
    return fates


def _load_outgoing(connection: Connection) -> Outgoing:
    owed = connection.execute(
        select(delivery.c.kind, func.count()).where(_IS_PENDING).group_by(delivery.c.kind)
    )
    tried = _IS_PENDING & (delivery.c.retries > 0)
    settled = connection.execute(
        select(delivery.c.state, delivery.c.doubtful, func.count().label("times"))
        .where(delivery.c.settled_at > now_ms() - _DAY_MS)
        .group_by(delivery.c.state, delivery.c.doubtful)
    )
    ended: Counter[int] = Counter()
    doubtful = 0
    for row in settled:
        ended[row.state] += row.times
        doubtful += row.times if row.doubtful and row.state == DeliveryState.SENT else 0
    took_s = _load_times(connection)
    return Outgoing(
        owed={DeliveryKind(row[0]): row[1] for row in owed},
        deferred=connection.scalar(select(func.count()).select_from(delivery).where(tried)) or 0,
        sent=ended[DeliveryState.SENT],
        doubtful=doubtful,
        cancelled=ended[DeliveryState.CANCELLED],
        given_up=ended[DeliveryState.DEAD],
        p50_s=_percentile(took_s, 0.5),
        p95_s=_percentile(took_s, 0.95),
    )


def _load_times(connection: Connection) -> list[float]:
    """Return how long the last alerts took from published to delivered, the quickest first.

    Those of old news apart: it was late before Sahman saw it.
    """
    published = type_coerce(item.c.published_at, BigInteger)
    seen = type_coerce(item.c.seen_at, BigInteger)
    rows = connection.scalars(
        select(delivery.c.settled_at - published)
        .join(item, item.c.id == delivery.c.after_item)
        .where(
            delivery.c.kind == DeliveryKind.ALERT,
            delivery.c.state == DeliveryState.SENT,
            delivery.c.settled_at > now_ms() - _DAY_MS,
            seen - published < _DAY_MS,
        )
        .order_by(delivery.c.settled_at.desc())
        .limit(_TIMED_ALERTS)
    )
    return sorted(max(0.0, took_ms / 1000) for took_ms in rows)


def _percentile(values: Sequence[float], share: float) -> float | None:
    return values[ceil(share * len(values)) - 1] if values else None


def _load_readers(connection: Connection) -> Readers:
    rows = connection.execute(
        select(chat.c.kind, chat.c.state, subscriber.c.paused, func.count().label("times"))
        .join(subscriber, subscriber.c.chat_id == chat.c.id)
        .group_by(chat.c.kind, chat.c.state, subscriber.c.paused)
    ).all()
    here = [row for row in rows if row.state not in AWAY]
    active = [row for row in here if not row.paused]
    return Readers(
        active=sum(row.times for row in active),
        paused=sum(row.times for row in here if row.paused),
        away=sum(row.times for row in rows if row.state in AWAY),
        groups=sum(row.times for row in active if row.kind != ChatKind.PRIVATE),
        keywords=connection.scalar(select(func.count()).select_from(keyword)) or 0,
    )


def _load_stories(connection: Connection, now: datetime) -> list[StoryLately]:
    """Return the stories that most publishers told lately, then the newest."""
    lately = item.c.seen_at > now - timedelta(hours=_HOURS_OF_STORIES)
    # The sum keeps SQLite off the order of all stories: those of the newest items are wanted.
    story_id = story_item.c.story_id + literal_column("0")
    told = (
        select(
            story_id.label("story_id"),
            func.count(func.distinct(feed.c.publisher_id)).label("voices"),
            func.max(type_coerce(item.c.seen_at, BigInteger)).label("newest"),
        )
        .join(item, item.c.id == story_item.c.item_id)
        .join(feed, feed.c.id == item.c.feed_id)
        .where(lately)
        .group_by(story_id)
    ).subquery()
    ids = connection.scalars(
        select(told.c.story_id)
        .order_by(told.c.voices.desc(), told.c.newest.desc())
        .limit(_MOST_STORIES)
    ).all()
    rows = connection.execute(
        select(
            story_item.c.story_id, story_item.c.gravity, item.c.title, item.c.language,
            item.c.seen_at, item.c.source, publisher.c.name, publisher.c.country,
        )
        .join(item, item.c.id == story_item.c.item_id)
        .join(feed, feed.c.id == item.c.feed_id)
        .join(publisher, publisher.c.id == feed.c.publisher_id)
        .where(story_item.c.story_id.in_(ids))
        .order_by(item.c.id)
    )  # fmt: skip
    tellings: dict[int, list[StoryLately]] = {}
    for row in rows:
        # Of a publisher that an aggregator names, no country is known here.
        by = (row.source, "") if row.source else (row.name, row.country)
        tellings.setdefault(row.story_id, []).append(
            StoryLately(
                title=row.title,
                language=row.language,
                newest_at=row.seen_at,
                items=1,
                gravity=row.gravity,
                publishers=(by,),
            )
        )
    stories = [_join(tellings[each]) for each in ids]
    return sorted(stories, key=lambda each: -len(each.publishers))


def _join(tellings: Sequence[StoryLately]) -> StoryLately:
    return StoryLately(
        title=tellings[0].title,
        language=tellings[0].language,
        newest_at=max(each.newest_at for each in tellings),
        items=len(tellings),
        gravity=max(each.gravity for each in tellings),
        publishers=tuple(dict.fromkeys(by for each in tellings for by in each.publishers)),
    )


def _load_hours(connection: Connection, now: datetime) -> list[HourOfNews]:
    """Return how much came in each of the last hours, the oldest first."""
    this = int(now.timestamp() * 1000) // _HOUR_MS
    first = datetime.fromtimestamp((this - _HOURS_OF_NEWS + 1) * 3600, UTC)
    counts: dict[str, Counter[int]] = {}
    for name, moment in (("items", item.c.seen_at), ("surges", surge.c.at)):
        counts[name] = _count_by_hour(connection, moment, moment >= first)
    return [
        HourOfNews(
            at=datetime.fromtimestamp(hour * 3600, UTC),
            items=counts["items"][hour],
            surges=counts["surges"][hour],
        )
        for hour in range(this - _HOURS_OF_NEWS + 1, this + 1)
    ]


def _count_by_hour(connection: Connection, moment: Any, which: Any) -> Counter[int]:
    """Return how many rows fall into each hour (since 1970)."""
    # A number written out: what is grouped by must be the same expression, not the same value.
    hour = type_coerce(moment, BigInteger) // literal_column(str(_HOUR_MS), BigInteger())
    rows = connection.execute(
        select(hour.label("hour"), func.count().label("times")).where(which).group_by(hour)
    )
    return Counter({int(row.hour): row.times for row in rows})
