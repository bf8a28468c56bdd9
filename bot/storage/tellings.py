"""Tellings: a story's items with how they tell it and who stands behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, select

from bot.model import Item, PublisherKind, Role, Telling, ToldStory
from bot.storage.archive import select_items, to_item
from bot.storage.tables import item, item_version, publisher, story, story_item

_ITEMS = (
    select_items()
    .add_columns(
        story_item.c.story_id,
        story_item.c.role,
        story_item.c.origin,
        story_item.c.imitates,
        story_item.c.gravity,
        publisher.c.country,
        publisher.c.kind,
        publisher.c.family,
    )
    .join(story_item, story_item.c.item_id == item.c.id)
    .where(story_item.c.story_id.in_(bindparam("stories", expanding=True)))
    .order_by(item.c.id)
)
_PUBLISHERS = select(publisher).where(publisher.c.name.in_(bindparam("names", expanding=True)))
_TITLES = (
    select(item_version.c.item_id, item_version.c.title)
    .join(item, item.c.id == item_version.c.item_id)
    .where(
        item_version.c.item_id.in_(bindparam("items", expanding=True)),
        item_version.c.title != item.c.title,
    )
    .order_by(item_version.c.replaced_at.desc())
)
_LINKED = select(story.c.id, story.c.follows, story.c.merged_into).where(
    story.c.id.in_(bindparam("stories", expanding=True)),
    story.c.follows.is_not(None) | story.c.merged_into.is_not(None),
)
_HEADS = (
    select_items()
    .add_columns(
        story.c.id.label("of_story"),
        story_item.c.role,
        story_item.c.origin,
        story_item.c.imitates,
        story_item.c.gravity,
        publisher.c.country,
        publisher.c.kind,
        publisher.c.family,
    )
    .join(story, story.c.head == item.c.id)
    .join(story_item, story_item.c.item_id == item.c.id)
)


def load_tellings(connection: Connection, stories: Collection[int]) -> dict[int, list[Telling]]:
    """Return what tells each of these stories, oldest first."""
    rows = connection.execute(_ITEMS, {"stories": list(stories)}).all()
    named = load_publishers(connection, {row.source for row in rows if row.source})
    found: defaultdict[int, list[Telling]] = defaultdict(list)
    for row in rows:
        found[row.story_id].append(_to_telling(row, named.get(row.source) if row.source else row))
    return dict(found)


def load_publishers(connection: Connection, names: Collection[str]) -> dict[str, Any]:
    """Return the rows of those of these publishers that the operator has described."""
    if not names:
        return {}
    rows = connection.execute(_PUBLISHERS, {"names": list(names)})
    return {row.name: row for row in rows}


def load_told(connection: Connection, stories: Collection[int]) -> dict[int, ToldStory]:
    """Return these stories with all that a reader is told of them.

    One that proved to be another is told by its first item alone.
    """
    tellings = load_tellings(connection, stories)
    titles = _load_old_titles(
        connection, [telling.item.id for told in tellings.values() for telling in told]
    )
    linked = {row.id: row for row in connection.execute(_LINKED, {"stories": list(stories)})}
    others = {each for row in linked.values() for each in (row.follows, row.merged_into) if each}
    others |= {row.id for row in linked.values() if row.merged_into}
    heads = _load_heads(connection, others) if others else {}
    found = {}
    for story_id in {*tellings, *linked}:
        link = linked.get(story_id)
        told = tellings.get(story_id, [])
        if not told and story_id in heads:
            told = [heads[story_id]]
        found[story_id] = ToldStory(
            id=story_id,
            tellings=tuple(told),
            renamed=tuple(
                (each.item.id, titles[each.item.id]) for each in told if each.item.id in titles
            ),
            follows=_item_of(heads.get(link.follows)) if link else None,
            is_really=_item_of(heads.get(link.merged_into)) if link else None,
        )
    return found


def _load_heads(connection: Connection, stories: Collection[int]) -> dict[int, Telling]:
    """Return what opened each of these stories, whichever story it stands in now."""
    rows = connection.execute(_HEADS.where(story.c.id.in_(stories))).all()
    named = load_publishers(connection, {row.source for row in rows if row.source})
    return {
        row.of_story: _to_telling(row, named.get(row.source) if row.source else row) for row in rows
    }


def _item_of(telling: Telling | None) -> Item | None:
    return telling.item if telling is not None else None


def _load_old_titles(connection: Connection, items: Collection[int]) -> dict[int, str]:
    """Return the title that each item bore last before its present one."""
    found: dict[int, str] = {}
    if items:
        for row in connection.execute(_TITLES, {"items": list(items)}):
            found.setdefault(row.item_id, row.title)
    return found


def _to_telling(row: Any, by: Any) -> Telling:
    return Telling(
        item=to_item(row),
        role=Role(row.role),
        origin=row.origin,
        imitates=row.imitates,
        gravity=row.gravity,
        country=by.country if by is not None else "",
        kind=PublisherKind(by.kind) if by is not None else None,
        family=by.family if by is not None else "",
    )
