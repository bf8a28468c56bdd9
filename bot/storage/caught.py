"""What keywords caught: matches, and the alerts that are owed for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from bot.storage.database import insert_into
from bot.storage.tables import fanout, match


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
