"""Exports: what is archived, row by row, for those who study it; nothing of readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, select, text

from bot.model import Item
from bot.storage.archive import select_items, to_item
from bot.storage.database import translated
from bot.storage.tables import heard_hour, item, item_version, publisher, story, story_item
from bot.stories.surge import hour_of, start_of

_AT_ONCE = 500
_MINUTES = 60

#: An item with what else is known of it, by the name of its column.
Exported = tuple[Item, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of the archive is asked for: printed from one instant up to another, and whether."""

    since: datetime | None
    until: datetime | None
    holds: Callable[[Item], bool]


def iter_items(engine: Engine, asked: Asked) -> Iterator[dict[str, Any]]:
    """Yield items, oldest number first. Raises DatabaseError."""
    query = select_items().add_columns(item.c.silence).order_by(item.c.id)
    for row, each in _iter_asked(engine, query, asked):
        yield {**_describe(each), "silence": row.silence}


def iter_versions(engine: Engine, asked: Asked) -> Iterator[dict[str, Any]]:
    """Yield the words that items bore before, with those they bear now. Raises DatabaseError."""
    query = (
        select_items()
        .add_columns(
            item_version.c.replaced_at,
            item_version.c.title.label("old_title"),
            item_version.c.summary.label("old_summary"),
        )
        .join(item_version, item_version.c.item_id == item.c.id)
        .order_by(item.c.id, item_version.c.replaced_at)
    )
    for row, each in _iter_asked(engine, query, asked):
        yield {
            **_describe(each),
            "replaced_at": _say(row.replaced_at),
            "old_title": row.old_title,
            "old_summary": row.old_summary,
        }


def iter_stories(engine: Engine, asked: Asked) -> Iterator[dict[str, Any]]:
    """Yield stories item by item: who told it when, and in which role. Raises DatabaseError."""
    query = (
        select_items()
        .add_columns(
            story.c.id.label("of_story"), story.c.opened_at, story.c.follows,
            story.c.merged_into, story_item.c.role, story_item.c.gravity,
            publisher.c.country, publisher.c.kind,
        )
        .join(story_item, story_item.c.item_id == item.c.id)
        .join(story, story.c.id == story_item.c.story_id)
        .order_by(story.c.id, item.c.id)
    )  # fmt: skip
    for row, each in _iter_asked(engine, query, asked):
        yield {
            "story": row.of_story,
            "opened_at": _say(row.opened_at),
            "follows": row.follows,
            "merged_into": row.merged_into,
            "role": row.role,
            "gravity": row.gravity,
            "country": row.country,
            "kind": row.kind,
            **_describe(each),
        }


def iter_hours(engine: Engine, asked: Asked) -> Iterator[dict[str, Any]]:
    """Yield the hours from the first item to the last: how many items, and whether any was heard.

    An hour that was heard for less than half of it is marked as silent: few items say nothing then.
    What was heard is kept for five weeks; of hours before, nothing is said. Raises DatabaseError.
    """
    counted = Counter(hour_of(each.published_at) for _, each in _iter_asked(
        engine, select_items().order_by(item.c.id), asked
    ))  # fmt: skip
    if not counted:
        return
    with translated(engine), engine.connect() as connection:
        rows = connection.execute(select(heard_hour))
        heard = {row.hour: row.minutes.bit_count() for row in rows}
    first_heard = min(heard, default=None)
    for hour in range(min(counted), max(counted) + 1):
        known = first_heard is not None and hour >= first_heard
        minutes = heard.get(hour, 0) if known else None
        yield {
            "hour": _say(start_of(hour)),
            "items": counted[hour],
            "heard_minutes": minutes,
            "silent": None if minutes is None else 2 * minutes < _MINUTES,
        }


def _iter_asked(
    engine: Engine, query: Select[Any], asked: Asked
) -> Iterator[tuple[Row[Any], Item]]:
    if asked.since is not None:
        query = query.where(item.c.published_at >= asked.since)
    if asked.until is not None:
        query = query.where(item.c.published_at < asked.until)
    reading = engine.connect().execution_options(sahman_read_only=True)
    with translated(engine), reading as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            each = to_item(row)
            if asked.holds(each):
                yield row, each


def _describe(each: Item) -> dict[str, Any]:
    return {
        "id": each.id,
        "feed": each.feed,
        "publisher": each.publisher,
        "language": each.language,
        "published_at": _say(each.published_at),
        "seen_at": _say(each.seen_at),
        "title": each.title,
        "summary": each.summary,
        "link": each.link,
    }


def _say(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
