"""Polls: which feeds are due and who asks them, and what became of each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, literal, or_, select, text, update

from bot.model import Feed, FeedConfig, Pace, Publisher, PublisherKind, Rhythm, Silence, Tally
from bot.storage.database import REFUSALS, is_refusal
from bot.storage.silences import save_tallies
from bot.storage.tables import Moment, feed, publisher

#: A claimed feed comes free again after this long, should its poller die.
POLL_LEASE = timedelta(minutes=3)
#: Requests to one host at a time, of all pollers together.
PER_HOST = 2
# Clocks of two machines differ by less; a poll noted from further ahead was noted before the clock
# was set back.
_CLOCKS_DIFFER = timedelta(minutes=1)
#: Taken while feeds are claimed, so that two pollers do not count the same host at once.
_CLAIM_LOCK = 0x5A13

#: What `to_feed` reads.
FEED_COLUMNS = (
    feed,
    publisher.c.name.label("publisher_name"),
    publisher.c.country,
    publisher.c.kind,
    publisher.c.family,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A poll to which the server said "not modified", or sent the same bytes as before."""

    feed_id: int
    at: datetime
    next_poll_at: datetime
    etag: str
    last_modified: str
    fresh_s: int
    moved_to: str = ""
    whole: bool = False  #: it sent the bytes again, and did not only say so


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A poll that brought nothing usable."""

    feed_id: int
    at: datetime
    next_poll_at: datetime
    reason: str
    gone: bool = False  #: for good: it is asked no more
    empty: bool = False  #: it was read and listed nothing
    stay: bool = False  #: what its redirects led to is no better: ask its own address again


#: What the database refused is not asked for again at once.
_REFUSED_WAITS = timedelta(hours=1)

_log = logging.getLogger(__name__)

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
_UNCHANGED = update(feed).where(feed.c.id == bindparam("of_feed")).values(_WELL)
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
            **_answered(outcome.next_poll_at, now),
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
    )


def _answered(next_poll_at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "next_poll_at": next_poll_at,
        "polled_at": now,
        "gap_s": int((next_poll_at - now).total_seconds()),
    }


def save_unchanged(connection: Connection, notes: Sequence[Unchanged]) -> None:
    """Note polls that brought nothing new."""
    if not notes:
        return
    connection.execute(
        _UNCHANGED,
        [
            _answered(note.next_poll_at, note.at)
            | {
                "of_feed": note.feed_id,
                "etag": note.etag,
                "last_modified": note.last_modified,
                "fresh_s": note.fresh_s,
                "moved_to": note.moved_to,
                "at": note.at,
                "answered_at": note.at if note.whole else None,
            }
            for note in notes
        ],
    )


def save_notes(connection: Connection, notes: Sequence[Unchanged | Failed]) -> None:
    """Note how polls ended that stored nothing."""
    save_unchanged(connection, [each for each in notes if isinstance(each, Unchanged)])
    for note in notes:
        if isinstance(note, Failed):
            save_failed(connection, note)


def save_notes_carefully(connection: Connection, notes: Sequence[Unchanged | Failed]) -> None:
    """Note each poll by itself: one that the database refuses is dropped alone, and said.

    Its feed is asked again when it would have been, as one that failed.
    """
    for note in notes:
        if try_alone(connection, partial(save_notes, connection, [note])):
            continue
        save_tallies(connection, note.feed_id, {Silence.REFUSED: Tally(count=1)}, note.at)
        refused = Failed(
            feed_id=note.feed_id,
            at=note.at,
            next_poll_at=min(note.next_poll_at, note.at + _REFUSED_WAITS),
            reason="the database refuses what its server said",
        )
        save_failed(connection, refused)


def try_alone(connection: Connection, work: Callable[[], None]) -> bool:
    """Do something in a savepoint; say whether the database took it. A refusal is logged."""
    try:
        with connection.begin_nested():
            work()
    except REFUSALS as error:
        if not is_refusal(error):
            raise
        _log.error("note_refused", extra={"reason": str(error).splitlines()[0][:300]})
        return False
    return True


def save_failed(connection: Connection, note: Failed) -> None:
    """Note a poll that brought nothing usable."""
    at = literal(note.at, Moment())
    values: dict[str, Any] = {
        **_answered(note.next_poll_at, note.at),
        "leased_until": None,
        "failures": feed.c.failures + 1,
        "failed_since": func.coalesce(feed.c.failed_since, at),
        "error": note.reason[:500],
    }
    if note.gone:
        values["gone_at"] = at
    if note.empty:
        # Nothing stood there: what comes next is news, no backlog.
        values["first_polled_at"] = func.coalesce(feed.c.first_polled_at, at)
    if note.stay:
        values["moved_to"] = ""
    connection.execute(update(feed).where(feed.c.id == note.feed_id).values(values))


def claim_due(connection: Connection, now: datetime, room: int) -> list[Feed]:
    """Return up to *room* feeds that are due, each held for POLL_LEASE."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CLAIM_LOCK})
    held = and_(feed.c.leased_until > now, feed.c.leased_until <= now + POLL_LEASE)
    busy = {
        row.host: row.requests
        for row in connection.execute(
            select(feed.c.host, func.count().label("requests")).where(held).group_by(feed.c.host)
        )
    }
    due = (
        select(
            feed.c.id,
            feed.c.host,
            func.row_number()
            .over(partition_by=feed.c.host, order_by=(feed.c.next_poll_at, feed.c.id))
            .label("place"),
            feed.c.next_poll_at,
        )
        .where(
            feed.c.enabled,
            feed.c.gone_at.is_(None),
            or_(feed.c.next_poll_at <= now, feed.c.polled_at > now + _CLOCKS_DIFFER),
            or_(feed.c.leased_until.is_(None), ~held),
        )
        .subquery()
    )
    first = (
        select(due.c.id, due.c.host, due.c.place)
        .where(due.c.place <= PER_HOST)
        .order_by(due.c.next_poll_at, due.c.id)
        .limit(room + PER_HOST * len(busy))
    )
    ids = [
        row.id
        for row in connection.execute(first)
        if row.place + busy.get(row.host, 0) <= PER_HOST or not row.host
    ][:room]
    if not ids:
        return []
    connection.execute(update(feed).where(feed.c.id.in_(ids)).values(leased_until=now + POLL_LEASE))
    rows = connection.execute(
        select(*FEED_COLUMNS).join(publisher).where(feed.c.id.in_(ids)).order_by(feed.c.id)
    )
    return [to_feed(row) for row in rows]


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
