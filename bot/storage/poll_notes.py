"""Notes of polls that stored nothing: it was not modified, or it failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, literal, update

from bot.model import Silence, Tally
from bot.storage.columns import Moment
from bot.storage.database import try_alone
from bot.storage.polls import UNCHANGED, answered
from bot.storage.silences import save_tallies
from bot.storage.tables import feed

#: What the database refused is not asked for again at once.
_REFUSED_WAITS = timedelta(hours=1)


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


def save_unchanged(connection: Connection, notes: Sequence[Unchanged]) -> None:
    """Note polls that brought nothing new."""
    if not notes:
        return
    connection.execute(
        UNCHANGED,
        [
            answered(note.next_poll_at, note.at)
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


def save_failed(connection: Connection, note: Failed) -> None:
    """Note a poll that brought nothing usable."""
    at = literal(note.at, Moment())
    values: dict[str, Any] = {
        **answered(note.next_poll_at, note.at),
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
