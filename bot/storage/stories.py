"""Stories as they are kept: what is found by, and what was counted for that."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.model import ToldStory, Version
from bot.storage.database import Database, insert_into
from bot.storage.tables import item, item_version, story, story_counts, story_item
from bot.storage.tellings import load_told

_HEADS_SINCE = (
    select(story.c.id, item.c.title, item.c.language, item.c.published_at)
    .join(item, item.c.id == story.c.head)
    .where(story.c.id > bindparam("newest"), story.c.opened_at > bindparam("since"))
    .order_by(story.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A story's first headline, by which others are found to tell the same."""

    story: int
    title: str
    language: str
    published_at: datetime


class Stories:
    """Storage of what stories are found by."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_heads(self, since: datetime) -> list[Head]:
        """Return the first headlines of the stories that were opened since then."""

        def work(connection: Connection) -> list[Head]:
            return list(iter_heads(connection, 0, since))

        return await self._database.read(work)

    async def load(self, story_id: int) -> ToldStory | None:
        """Return a story, or None."""

        def work(connection: Connection) -> ToldStory | None:
            return load_told(connection, [story_id]).get(story_id)

        return await self._database.read(work)

    async def load_versions(self, items: Collection[int]) -> list[Version]:
        """Return the headlines that these items bore before those they bear now."""

        def work(connection: Connection) -> list[Version]:
            query = select(item_version).where(item_version.c.item_id.in_(items))
            return [
                Version(item_id=row.item_id, until=row.replaced_at, title=row.title)
                for row in connection.execute(query)
            ]

        return await self._database.read(work)

    async def load_of(self, items: Collection[int]) -> dict[int, ToldStory]:
        """Return the stories that these items tell, by item."""

        def work(connection: Connection) -> dict[int, ToldStory]:
            rows = connection.execute(
                select(story_item.c.item_id, story_item.c.story_id).where(
                    story_item.c.item_id.in_(items)
                )
            ).all()
            told = load_told(connection, {row.story_id for row in rows})
            return {row.item_id: told[row.story_id] for row in rows}

        return await self._database.read(work)

    async def has_counted(self) -> bool:
        """Say whether anything was counted here, by whatever version's keys."""

        def work(connection: Connection) -> bool:
            query = select(story_counts.c.keys_version).limit(1)
            return connection.execute(query).first() is not None

        return await self._database.read(work)

    async def load_counts(self, keys_version: int) -> tuple[bytes, datetime] | None:
        """Return how often keys of this version stood in headlines, and when that last aged."""

        def work(connection: Connection) -> tuple[bytes, datetime] | None:
            row = connection.execute(
                select(story_counts.c.counted, story_counts.c.aged_at).where(
                    story_counts.c.keys_version == keys_version
                )
            ).one_or_none()
            return (row.counted, row.aged_at) if row is not None else None

        return await self._database.read(work)

    async def save_counts(
        self, keys_version: int, counted: bytes, *, aged_at: datetime, now: datetime
    ) -> None:
        """Keep how often keys stood in headlines, instead of what was kept before."""

        def work(connection: Connection) -> None:
            values = {"counted": counted, "saved_at": now, "aged_at": aged_at}
            # Other versions' keys mean other words.
            connection.execute(
                delete(story_counts).where(story_counts.c.keys_version != keys_version)
            )
            statement = insert_into(connection, story_counts).values(
                keys_version=keys_version, **values
            )
            connection.execute(
                statement.on_conflict_do_update(index_elements=["keys_version"], set_=values)
            )

        await self._database.write(work)


def iter_heads(connection: Connection, newest: int, since: datetime) -> Iterator[Head]:
    """Yield the heads of the stories after *newest* that were opened since then."""
    for row in connection.execute(_HEADS_SINCE, {"newest": newest, "since": since}):
        yield Head(
            story=row.id, title=row.title, language=row.language, published_at=row.published_at
        )
