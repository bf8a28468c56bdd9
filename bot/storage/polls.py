"""Polls: which feeds are due and who asks them, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, text, tuple_, update

from bot.model import Feed, FeedConfig, Pace, Publisher, PublisherKind, Rhythm
from bot.storage.columns import Moment
from bot.storage.database import try_alone
from bot.storage.tables import feed, publisher

#: A claimed feed comes free again after this long, should its poller die.
POLL_LEASE = timedelta(minutes=3)
#: Requests to one host at a time, of all pollers together.
PER_HOST = 2
# Clocks of two machines differ by less; a poll noted from further ahead was noted before the clock
# was set back.
_CLOCKS_DIFFER = timedelta(minutes=1)
#: So many of what is due are looked at together.
_PAGE = 128
#: Taken while feeds are claimed, so that two pollers do not count the same host at once.
_CLAIM_LOCK = 0x5A13

#: What `to_feed` reads.
FEED_COLUMNS = (
    feed,
    publisher.c.name.label("publisher_name"),
    publisher.c.country,
    publisher.c.kind,
    publisher.c.family,
    publisher.c.city,
    publisher.c.source,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """What a feed that was read said, to be echoed and heeded at the next poll."""

    etag: str
    last_modified: str
    body_hash: str
    next_poll_at: datetime
    moved_to: str = ""
    pace: Pace = field(default_factory=Pace)
    rhythm: Rhythm = field(default_factory=Rhythm)


# Made once: a poll is cheaper than the making of its statement.
_WELL: dict[str, Any] = {
    "next_poll_at": bindparam("next_poll_at"),
    "polled_at": bindparam("polled_at"),
    "leased_until": None,
    "gap_s": bindparam("gap_s"),
    "etag": bindparam("etag"),
    "last_modified": bindparam("last_modified"),
    "fresh_s": bindparam("fresh_s"),
    "moved_to": bindparam("moved_to"),
    "last_success_at": bindparam("at", type_=Moment()),
    "answered_at": func.coalesce(bindparam("answered_at", type_=Moment()), feed.c.answered_at),
    "failures": 0,
    "failed_since": None,
    "error": "",
}
#: Writes polls that brought nothing new; see `poll_notes`.
UNCHANGED = update(feed).where(feed.c.id == bindparam("of_feed")).values(_WELL)
_POLLED = (
    update(feed)
    .where(feed.c.id == bindparam("of_feed"))
    .values(
        _WELL
        | {
            name: bindparam(name)
            for name in (
                "body_hash", "asks_every_s", "skip_hours", "skip_days", "rhythm", "rhythm_at",
                "newest_at", "last_new_at",
            )
        }
        | {
            "moved": False,
            "read_at": bindparam("at", type_=Moment()),
            "first_polled_at": func.coalesce(
                feed.c.first_polled_at, bindparam("at", type_=Moment())
            ),
        }
    )
)  # fmt: skip


def mark_polled(
    connection: Connection,
    feed_id: int,
    outcome: FetchOutcome,
    now: datetime,
    *,
    carefully: bool = False,
) -> None:
    """Note a good poll, in the transaction that stores what it brought.

    *carefully*, what the database refuses of it is left out.
    """
    if carefully:
        plain = FetchOutcome(
            etag="", last_modified="", body_hash="", next_poll_at=outcome.next_poll_at
        )
        if try_alone(connection, lambda: mark_polled(connection, feed_id, outcome, now)):
            return
        outcome = plain
    connection.execute(
        _POLLED,
        dict(
            of_feed=feed_id,
            **answered(outcome.next_poll_at, now),
            etag=outcome.etag,
            last_modified=outcome.last_modified,
            body_hash=outcome.body_hash,
            moved_to=outcome.moved_to,
            at=now,
            answered_at=now,
            fresh_s=outcome.pace.fresh_s,
            asks_every_s=outcome.pace.every_s,
            skip_hours=_to_numbers(outcome.pace.skip_hours),
            skip_days=_to_numbers(outcome.pace.skip_days),
            rhythm=_from_rhythm(outcome.rhythm),
            rhythm_at=outcome.rhythm.as_of,
            newest_at=outcome.rhythm.newest_at,
            last_new_at=outcome.rhythm.new_at,
        ),
    )


def to_publisher(row: Row[Any]) -> Publisher:
    """Return the publisher that a row of feeds with their publishers holds."""
    return Publisher(
        name=row.publisher_name,
        country=row.country,
        kind=PublisherKind(row.kind),
        family=row.family,
        city=row.city,
        source=row.source,
    )


def answered(next_poll_at: datetime, now: datetime) -> dict[str, Any]:
    """Return the columns that say when a feed was asked, and when it will be."""
    return {
        "next_poll_at": next_poll_at,
        "polled_at": now,
        "gap_s": int((next_poll_at - now).total_seconds()),
    }


def claim_due(connection: Connection, now: datetime, room: int, process: int) -> list[Feed]:
    """Return up to *room* feeds that are due, each held by *process* for POLL_LEASE."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
    held = and_(feed.c.leased_until > now, feed.c.leased_until <= now + POLL_LEASE)
    free = (
        select(feed.c.id, feed.c.host, feed.c.next_poll_at)
        .where(
            feed.c.enabled,
            feed.c.gone_at.is_(None),
            or_(feed.c.leased_until.is_(None), ~held),
        )
        .order_by(feed.c.next_poll_at, feed.c.id)
    )
    asked = _Asked(Counter(connection.scalars(select(feed.c.host).where(held, feed.c.host != ""))))
    page = free.where(feed.c.next_poll_at <= now).limit(_PAGE)
    rows: Sequence[Any] = connection.execute(page).all()
    while asked.take(rows, room) and len(rows) == _PAGE:
        last = rows[-1]
        further = tuple_(feed.c.next_poll_at, feed.c.id) > (last.next_poll_at, last.id)
        rows = connection.execute(page.where(further)).all()
    if len(asked.ids) < room:
        ahead = free.where(feed.c.next_poll_at > now, feed.c.polled_at > now + _CLOCKS_DIFFER)
        asked.take(connection.execute(ahead).all(), room)
    ids = asked.ids
    if not ids:
        return []
    connection.execute(
        update(feed)
        .where(feed.c.id.in_(ids))
        .values(leased_until=now + POLL_LEASE, leased_by=process)
    )
    claimed = select(*FEED_COLUMNS).join(publisher).where(feed.c.id.in_(ids)).order_by(feed.c.id)
    return [to_feed(row) for row in connection.execute(claimed)]


class _Asked:
    """Feeds that are to be asked, and how many of each host are."""

    def __init__(self, busy: Counter[str]) -> None:
        self._busy = busy
        self.ids: list[int] = []

    def take(self, rows: Iterable[Any], room: int) -> bool:
        """Take those whose hosts are free; say whether there is room for more."""
        for row in rows:
            if len(self.ids) == room:
                break
            if not row.host or self._busy[row.host] < PER_HOST:
                self._busy[row.host] += 1
                self.ids.append(row.id)
        return len(self.ids) < room


def to_feed(row: Row[Any]) -> Feed:
    """Return the feed that a row of FEED_COLUMNS holds."""
    return Feed(
        id=row.id,
        config=FeedConfig(
            name=row.name,
            url=row.url,
            publisher=to_publisher(row),
            language=row.language,
            every_s=row.every_s,
            timezone=row.timezone,
            user_agent=row.user_agent,
            urgent=row.urgent,
            allow_private=row.allow_private,
        ),
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        polled_before=row.first_polled_at is not None,
        failures=row.failures,
        moved_to=row.moved_to,
        moved=row.moved,
        read_at=row.read_at,
        last_success_at=row.last_success_at,
        answered_at=row.answered_at,
        gap_s=row.gap_s,
        pace=Pace(
            fresh_s=row.fresh_s,
            every_s=row.asks_every_s,
            skip_hours=_from_numbers(row.skip_hours),
            skip_days=_from_numbers(row.skip_days),
        ),
        rhythm=to_rhythm(row),
    )


def to_rhythm(row: Row[Any]) -> Rhythm:
    """Return the rhythm that a row of feeds holds: its days, then a count for each hour."""
    days, *hours = map(float, row.rhythm.split()) if row.rhythm else (0.0,)
    return Rhythm(
        hours=tuple(hours),
        days=days,
        as_of=row.rhythm_at,
        newest_at=row.newest_at,
        new_at=row.last_new_at,
    )


def _from_rhythm(rhythm: Rhythm) -> str:
    if not rhythm.hours:
        return ""
    counts = (rhythm.days, *rhythm.hours)
    return " ".join(f"{count:.2f}".rstrip("0").rstrip(".") for count in counts)


def _to_numbers(numbers: frozenset[int]) -> str:
    return " ".join(map(str, sorted(numbers)))


def _from_numbers(stored: str) -> frozenset[int]:
    return frozenset(map(int, stored.split()))
