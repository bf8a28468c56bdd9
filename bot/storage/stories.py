"""Stories: opened by their first items, and owed to those whose keywords are in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, bindparam, select

from bot.model import NewItem
from bot.storage.database import insert_into
from bot.storage.tables import fanout, match, story, story_item

_STORIES = select(story.c.id, story.c.key).where(story.c.key.in_(bindparam("keys", expanding=True)))


def save_stories(
    connection: Connection, ids: Mapping[str, int], new: Sequence[NewItem]
) -> tuple[dict[str, int], set[str]]:
    """Open the stories of new items that are not open yet.

    Returns all their ids by key, and the keys of those that were open before.
    """
    if not new:
        return {}, set()
    keys = [entry.story_key for entry in new]
    told = {row.key for row in connection.execute(_STORIES, {"keys": keys})}
    opened = [{"key": entry.story_key, "opened_at": entry.seen_at} for entry in new]
    connection.execute(insert_into(connection, story).on_conflict_do_nothing(), opened)
    found = connection.execute(_STORIES, {"keys": keys})
    stories = {row.key: row.id for row in found}
    connection.execute(
        story_item.insert(),
        [{"story_id": stories[entry.story_key], "item_id": ids[entry.key]} for entry in new],
    )
    return stories, told


def save_matches(
    connection: Connection,
    item_id: int,
    words: Mapping[int, tuple[str, ...]],
    keyword_ids: Collection[int],
) -> None:
    """Note which keywords an item satisfies, each with the words that did."""
    if not keyword_ids:
        return
    connection.execute(
        insert_into(connection, match).on_conflict_do_nothing(),
        [
            {"item_id": item_id, "keyword_id": each, "words": "\n".join(words[each])}
            for each in keyword_ids
        ],
    )


def owe_alerts(
    connection: Connection,
    item_id: int,
    story_id: int,
    gravity: int,
    keyword_ids: Collection[int],
) -> None:
    """Let an item's story be owed to those who follow these keywords, by the fan-out."""
    if not keyword_ids:
        return
    connection.execute(
        insert_into(connection, fanout).on_conflict_do_nothing(),
        [
            {"item_id": item_id, "keyword_id": each, "story_id": story_id, "gravity": gravity}
            for each in keyword_ids
        ],
    )
