"""Keywords and who asked for them; one row serves all who typed the same query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import islice

from sqlalchemy import Connection, Text, cast, delete, exists, func, literal, select, update

from bot.model import Item, Keyword
from bot.storage.archive import iter_bearing, load_bearing_since
from bot.storage.database import Database, insert_into, take_intake_lock
from bot.storage.tables import item, keyword, match, subscription

MAX_KEYWORDS = 50

#: A new keyword is matched against the archive this far back, so that the next digest and the
#: digest on demand know of what was printed before it was added.
LOOK_BACK = timedelta(hours=24)
#: So many of the newest items that might match are read, for the forms that the archive holds.
_LOOK_BACK_ITEMS = 1000


class AddOutcome(Enum):
    """What became of a keyword that a subscriber asked to add."""

    ADDED = auto()
    ALREADY_THERE = auto()
    TOO_MANY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledKeyword:
    """What was typed, in the forms in which it is stored."""

    typed: str
    query: str
    compiled: str
    keys_version: int
    anchors: Collection[str]


@dataclass(frozen=True, slots=True)
class LookedBack:
    """What a keyword finds in the archive: of the last day, and in which forms at all."""

    upto_item: int
    caught: tuple[tuple[Item, tuple[str, ...]], ...]
    forms: tuple[str, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the last day, newest first."""
        return tuple(item for item, _ in self.caught)


@dataclass(frozen=True, slots=True)
class Added:
    """The answer to an addition: what became of it, and the keyword's id where there is one."""

    outcome: AddOutcome
    keyword_id: int = 0


@dataclass(frozen=True, slots=True)
class Catch:
    """How a keyword does: since when it is followed, its last catch, and how many of a week."""

    since: datetime
    last: datetime | None
    week: int


FindWords = Callable[[Item], tuple[str, ...] | None]


class Keywords:
    """Storage of keywords and subscriptions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look_back(
        self, anchors: Collection[str], find_words: FindWords, now: datetime
    ) -> LookedBack:
        """Hold a keyword against the archive; reads only, so it may take its time."""

        def work(connection: Connection) -> LookedBack:
            newest = connection.scalar(select(func.coalesce(func.max(item.c.id), 0))) or 0
            caught = []
            forms: Counter[str] = Counter()
            for candidate in islice(iter_bearing(connection, anchors), _LOOK_BACK_ITEMS):
                words = find_words(candidate)
                if words is None:
                    continue
                forms.update(word.casefold() for word in words)
                # What was old when it was first seen is no news of a day, nor in any digest.
                fresh = candidate.published_at >= candidate.seen_at - LOOK_BACK
                if fresh and candidate.seen_at >= now - LOOK_BACK:
                    caught.append((candidate, words))
            return LookedBack(newest, tuple(caught), tuple(form for form, _ in forms.most_common()))

        return await self._database.read(work)

    async def add(
        self,
        subscriber_id: int,
        asked: CompiledKeyword,
        looked_back: LookedBack,
        find_words: FindWords,
        now: datetime,
    ) -> Added:
        """Subscribe to a keyword, with the matches of the last day."""

        def work(connection: Connection) -> Added:
            take_intake_lock(connection)
            mine = connection.execute(
                select(keyword.c.id, keyword.c.query)
                .join(subscription)
                .where(subscription.c.subscriber_id == subscriber_id)
            ).all()
            same = next((row.id for row in mine if row.query == asked.query), None)
            if same is not None:
                return Added(AddOutcome.ALREADY_THERE, same)
            if len(mine) >= MAX_KEYWORDS:
                return Added(AddOutcome.TOO_MANY)
            keyword_id = _save_keyword(connection, asked)
            connection.execute(
                subscription.insert().values(
                    keyword_id=keyword_id,
                    subscriber_id=subscriber_id,
                    typed=asked.typed,
                    created_at=now,
                )
            )
            # What was stored after the look back was matched without this keyword.
            since = load_bearing_since(
                connection, asked.anchors, looked_back.upto_item, _LOOK_BACK_ITEMS
            )
            late = [(each, find_words(each)) for each in since]
            rows = [
                {"item_id": each.id, "keyword_id": keyword_id, "words": "\n".join(words)}
                for each, words in (*looked_back.caught, *late)
                if words is not None
            ]
            if rows:
                connection.execute(insert_into(connection, match).on_conflict_do_nothing(), rows)
            return Added(AddOutcome.ADDED, keyword_id)

        return await self._database.write(work)

    async def remove(self, subscriber_id: int, keyword_id: int) -> str | None:
        """End one subscription; return what was typed for it, or None if there was none."""

        def work(connection: Connection) -> str | None:
            take_intake_lock(connection)
            typed = connection.scalars(
                delete(subscription)
                .where(
                    subscription.c.subscriber_id == subscriber_id,
                    subscription.c.keyword_id == keyword_id,
                )
                .returning(subscription.c.typed)
            ).one_or_none()
            delete_unwanted(connection)
            return typed

        return await self._database.write(work)

    async def load(self, subscriber_id: int) -> list[Keyword]:
        """Return a subscriber's keywords as typed, oldest first."""

        def work(connection: Connection) -> list[Keyword]:
            rows = connection.execute(
                select(subscription, keyword.c.query)
                .join(keyword)
                .where(subscription.c.subscriber_id == subscriber_id)
                .order_by(subscription.c.created_at, subscription.c.keyword_id)
            )
            return [
                Keyword(
                    id=row.keyword_id,
                    typed=row.typed,
                    query=row.query,
                    muted_until=row.muted_until,
                    sound=row.sound,
                )
                for row in rows
            ]

        return await self._database.read(work)

    async def load_since(self, subscriber_id: int, keyword_ids: Collection[int]) -> datetime | None:
        """Return since when a subscriber follows the first of these keywords."""

        def work(connection: Connection) -> datetime | None:
            since: datetime | None = connection.scalar(
                select(func.min(subscription.c.created_at)).where(
                    subscription.c.subscriber_id == subscriber_id,
                    subscription.c.keyword_id.in_(keyword_ids),
                )
            )
            return since

        return await self._database.read(work)

    async def load_catches(self, subscriber_id: int, now: datetime) -> dict[int, Catch]:
        """Return how each of a subscriber's keywords does, as far as items are kept."""
        mine = (
            select(
                subscription.c.keyword_id,
                subscription.c.created_at,
                func.max(match.c.item_id).label("newest"),
            )
            .outerjoin(match, match.c.keyword_id == subscription.c.keyword_id)
            .where(subscription.c.subscriber_id == subscriber_id)
            .group_by(subscription.c.keyword_id, subscription.c.created_at)
            .subquery()
        )

        first = select(func.min(item.c.id)).where(item.c.seen_at >= now - timedelta(days=7))

        def work(connection: Connection) -> dict[int, Catch]:
            counted = connection.execute(
                select(match.c.keyword_id, func.count().label("caught"))
                .join(mine, mine.c.keyword_id == match.c.keyword_id)
                .where(match.c.item_id >= first.scalar_subquery())
                .group_by(match.c.keyword_id)
            )
            week = {row.keyword_id: row.caught for row in counted}
            rows = connection.execute(
                select(mine, item.c.seen_at).outerjoin(item, item.c.id == mine.c.newest)
            )
            return {
                row.keyword_id: Catch(row.created_at, row.seen_at, week.get(row.keyword_id, 0))
                for row in rows
            }

        return await self._database.read(work)

    async def load_compiled(self, after: int) -> list[tuple[int, str]]:
        """Return the keywords with an id above *after*, compiled, in the order of ids."""

        def work(connection: Connection) -> list[tuple[int, str]]:
            rows = connection.execute(
                select(keyword.c.id, keyword.c.compiled)
                .where(keyword.c.id > after)
                .order_by(keyword.c.id)
            )
            return [(row.id, row.compiled) for row in rows]

        return await self._database.read(work)

    async def rekey(
        self, keys_version: int, compile_again: Callable[[str, str], CompiledKeyword | None]
    ) -> int:
        """Compile anew what an older version of the keys compiled; merge what became equal.

        *compile_again* takes what was typed, and the query that it was, and returns None for what
        is refused by now: such a keyword keeps its old form rather than being lost. Returns how
        many were renewed.
        """

        def work(connection: Connection) -> int:
            take_intake_lock(connection)
            stale = connection.execute(
                select(
                    keyword.c.id,
                    keyword.c.query,
                    keyword.c.compiled,
                    func.min(subscription.c.typed).label("typed"),
                )
                .join(subscription)
                .where(keyword.c.keys_version != keys_version)
                .group_by(keyword.c.id)
                .order_by(keyword.c.id)
            ).all()
            # Out of the way first: one's new query may be another's old one, and no twin of it.
            connection.execute(
                update(keyword)
                .where(keyword.c.id.in_([row.id for row in stale]))
                .values(query=literal("stale ").concat(cast(keyword.c.id, Text)))
            )
            for row in stale:
                asked = compile_again(row.typed, row.query) or row
                twin = connection.scalar(select(keyword.c.id).where(keyword.c.query == asked.query))
                if twin is None:
                    connection.execute(
                        update(keyword)
                        .where(keyword.c.id == row.id)
                        .values(
                            query=asked.query,
                            compiled=asked.compiled,
                            keys_version=keys_version,
                        )
                    )
                else:
                    _merge(connection, row.id, twin)
            return len(stale)

        return await self._database.write(work)


def delete_unwanted(connection: Connection) -> None:
    """Delete the keywords that nobody asks for any more, with their matches."""
    connection.execute(
        delete(keyword).where(~exists().where(subscription.c.keyword_id == keyword.c.id))
    )


def _save_keyword(connection: Connection, asked: CompiledKeyword) -> int:
    connection.execute(
        insert_into(connection, keyword)
        .values(query=asked.query, compiled=asked.compiled, keys_version=asked.keys_version)
        .on_conflict_do_nothing()
    )
    return int(connection.scalars(select(keyword.c.id).where(keyword.c.query == asked.query)).one())


def _merge(connection: Connection, old: int, into: int) -> None:
    already = select(subscription.c.subscriber_id).where(subscription.c.keyword_id == into)
    connection.execute(
        update(subscription)
        .where(subscription.c.keyword_id == old, subscription.c.subscriber_id.not_in(already))
        .values(keyword_id=into)
    )
    connection.execute(delete(keyword).where(keyword.c.id == old))
