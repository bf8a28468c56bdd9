"""Trends: stories on keywords by hour, hours in which sources were heard, and what surged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    case,
    delete,
    exists,
    func,
    literal,
    select,
    type_coerce,
    update,
)

from bot.model import DeliveryKind, HourCount, Surge, Telling
from bot.storage.columns import now_ms
from bot.storage.database import Database, insert_into, take_intake_lock
from bot.storage.fanout import CHUNK, IS_ACTIVE
from bot.storage.tables import (
    chat,
    delivery,
    heard_hour,
    item,
    match,
    story_item,
    subscriber,
    subscription,
    surge,
)
from bot.storage.tellings import load_tellings

_HOUR_MS = 3_600_000
#: So many stories of one hour are enough to say that there are unusually many.
_MOST_STORIES = 200

# An item that alerted nobody was printed long before it was seen: by a feed that returned, or one
# that was read for the first time.
_SEEN, _PRINTED = (
    type_coerce(column, BigInteger) for column in (item.c.seen_at, item.c.published_at)
)
_counted_at = case((item.c.silence == "", _SEEN), (_PRINTED < _SEEN, _PRINTED), else_=_SEEN)


class Trends:
    """Storage of what keywords were in the news by hour."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_heard(self, hour: int, minute: int) -> None:
        """Note that sources were heard in this minute of an hour."""

        def work(connection: Connection) -> None:
            added = insert_into(connection, heard_hour).values(hour=hour, minutes=1 << minute)
            connection.execute(
                added.on_conflict_do_update(
                    index_elements=["hour"],
                    set_={"minutes": heard_hour.c.minutes.bitwise_or(1 << minute)},
                )
            )

        await self._database.write(work)

    async def load_heard(self, first_hour: int) -> dict[int, int]:
        """Return in how many minutes of each hour since then sources were heard."""

        def work(connection: Connection) -> dict[int, int]:
            rows = connection.execute(select(heard_hour).where(heard_hour.c.hour >= first_hour))
            return {row.hour: row.minutes.bit_count() for row in rows}

        return await self._database.read(work)

    async def load_first_heard(self) -> int | None:
        """Return the first hour in which sources were heard, as far as that is kept."""

        def work(connection: Connection) -> int | None:
            first: int | None = connection.scalar(select(func.min(heard_hour.c.hour)))
            return first

        return await self._database.read(work)

    async def load_counts(
        self, keyword_ids: Collection[int], since: datetime, upto: datetime
    ) -> list[HourCount]:
        """Return how many stories on any of these keywords began in each hour, by language.

        A story begins with its first item that one of them is in, and counts once, in the language
        of that item.
        """
        first = _select_first(keyword_ids, since)
        hour = (_counted_at // _HOUR_MS).label("hour")
        counted = (
            select(hour, item.c.language, func.count().label("stories"))
            .join(first, first.c.item_id == item.c.id)
            .where(_counted_at >= _ms(since), _counted_at <= _ms(upto))
            .group_by(hour, item.c.language)
            .order_by(hour, item.c.language)
        )

        def work(connection: Connection) -> list[HourCount]:
            rows = connection.execute(counted)
            return [HourCount(int(row.hour), row.language, row.stories) for row in rows]

        return await self._database.read(work)

    async def load_busy(self, since: datetime, fewest: int, quiet_since: datetime) -> list[int]:
        """Return the keywords that at least so many stories since then are on.

        Without those that surged since *quiet_since*.
        """
        lately = exists().where(surge.c.keyword_id == match.c.keyword_id, surge.c.at > quiet_since)
        busy = (
            select(match.c.keyword_id)
            .join(item, item.c.id == match.c.item_id)
            .join(story_item, story_item.c.item_id == item.c.id)
            .where(item.c.seen_at > since, _counted_at > _ms(since), ~lately)
            .group_by(match.c.keyword_id)
            .having(func.count(story_item.c.story_id.distinct()) >= fewest)
            .order_by(match.c.keyword_id)
        )
        return await self._database.read(lambda connection: list(connection.scalars(busy)))

    async def load_recent(self, keyword_id: int, since: datetime) -> list[list[Telling]]:
        """Return what a keyword is in of each story that began since then."""
        told = (
            select(story_item.c.story_id)
            .join(match, match.c.item_id == story_item.c.item_id)
            .where(match.c.keyword_id == keyword_id, match.c.item_id >= _find_oldest(since))
            .distinct()
            .order_by(story_item.c.story_id.desc())
            .limit(_MOST_STORIES)
        )

        def work(connection: Connection) -> list[list[Telling]]:
            caught = connection.execute(
                select(story_item.c.story_id, item.c.id, _counted_at.label("at"))
                .join(item, item.c.id == story_item.c.item_id)
                .join(match, match.c.item_id == item.c.id)
                .where(
                    story_item.c.story_id.in_(list(connection.scalars(told))),
                    # The sum keeps planners off the index of all that a keyword ever caught.
                    match.c.keyword_id + 0 == keyword_id,
                )
                .order_by(item.c.id)
            ).all()
            began: dict[int, int] = {}
            for row in caught:
                began.setdefault(row.story_id, row.at)
            new = {story for story, at in began.items() if at > _ms(since)}
            ids = {row.id for row in caught}
            tellings = load_tellings(connection, new).values()
            return [[each for each in telling if each.item.id in ids] for telling in tellings]

        return await self._database.read(work)

    async def load_followed_since(self, keyword_id: int) -> datetime | None:
        """Return since when somebody follows a keyword; nobody counted before."""

        def work(connection: Connection) -> datetime | None:
            since: datetime | None = connection.scalar(
                select(func.min(subscription.c.created_at)).where(
                    subscription.c.keyword_id == keyword_id
                )
            )
            return since

        return await self._database.read(work)

    async def save_surge(self, found: Surge, quiet_since: datetime) -> bool:
        """Note a surge, whose notices are to be owed; False where there was one since then."""

        def work(connection: Connection) -> bool:
            take_intake_lock(connection)
            lately = select(surge.c.at).where(
                surge.c.keyword_id == found.keyword_id, surge.c.at > quiet_since
            )
            followed = select(subscription.c.keyword_id).where(
                subscription.c.keyword_id == found.keyword_id
            )
            if connection.execute(lately.limit(1)).first() is not None:
                return False
            if connection.execute(followed.limit(1)).first() is None:
                return False  # removed meanwhile
            connection.execute(
                surge.insert().values(
                    keyword_id=found.keyword_id,
                    at=found.at,
                    stories=found.stories,
                    families=found.families,
                    usual=found.usual,
                    left_out=found.left_out,
                    owing=True,
                )
            )
            return True

        return await self._database.write(work)

    async def owe_notices(self, chunk: int = CHUNK) -> bool:
        """Owe one chunk of those who follow a keyword that surges a notice; False for none."""
        return await self._database.write(lambda connection: _owe_chunk(connection, chunk))

    async def load_surges(self, keyword_ids: Collection[int], since: datetime) -> list[Surge]:
        """Return the surges of these keywords since then, oldest first."""

        def work(connection: Connection) -> list[Surge]:
            rows = connection.execute(
                select(surge)
                .where(surge.c.keyword_id.in_(keyword_ids), surge.c.at >= since)
                .order_by(surge.c.at, surge.c.keyword_id)
            )
            return [_to_surge(row) for row in rows]

        return await self._database.read(work)

    async def load_surge(self, ref: str) -> Surge | None:
        """Return the surge that a notice's ref names."""
        _, keyword_id, at_ms = ref.split(":")

        def work(connection: Connection) -> Surge | None:
            row = connection.execute(
                select(surge).where(
                    surge.c.keyword_id == int(keyword_id),
                    type_coerce(surge.c.at, BigInteger) == int(at_ms),
                )
            ).one_or_none()
            return _to_surge(row) if row is not None else None

        return await self._database.read(work)

    async def prune(self, before: datetime) -> None:
        """Forget what was long ago."""

        def work(connection: Connection) -> None:
            connection.execute(delete(surge).where(surge.c.at < before))
            connection.execute(
                delete(heard_hour).where(heard_hour.c.hour < _ms(before) // _HOUR_MS)
            )

        await self._database.write(work)


def _select_first(keyword_ids: Collection[int], since: datetime) -> Any:
    """Return the SELECT of stories with the first item, seen since then, that a keyword is in."""
    return (
        select(story_item.c.story_id, func.min(story_item.c.item_id).label("item_id"))
        .join(match, match.c.item_id == story_item.c.item_id)
        .where(match.c.keyword_id.in_(keyword_ids), match.c.item_id >= _find_oldest(since))
        .group_by(story_item.c.story_id)
        .subquery()
    )


def _find_oldest(since: datetime) -> Any:
    return select(func.min(item.c.id)).where(item.c.seen_at >= since).scalar_subquery()


def _owe_chunk(connection: Connection, chunk: int) -> bool:
    found = connection.execute(
        select(surge)
        .where(surge.c.owing)
        .order_by(surge.c.at, surge.c.keyword_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if found is None:
        return False
    page: Sequence[int] = connection.scalars(
        select(subscription.c.subscriber_id)
        .where(
            subscription.c.keyword_id == found.keyword_id,
            subscription.c.subscriber_id > found.cursor,
        )
        .order_by(subscription.c.subscriber_id)
        .limit(chunk)
    ).all()
    columns = {
        "subscriber_id": subscriber.c.id,
        "chat_id": subscriber.c.chat_id,
        "kind": literal(int(DeliveryKind.NOTICE)),
        "gravity": literal(0),
        "ref": literal(f"surge:{found.keyword_id}:{_ms(found.at)}"),
        "due_at": now_ms(),
        "created_at": literal(found.at, surge.c.at.type),
    }
    owed = (
        select(*columns.values())
        .join(chat, chat.c.id == subscriber.c.chat_id)
        .where(
            subscriber.c.id.in_(page),
            IS_ACTIVE,
            subscriber.c.paused.is_(False),
            # Who wants urgent alerts alone, or none, is told in /trends when they look.
            subscriber.c.least_gravity == 0,
        )
        .order_by(subscriber.c.id)
    )
    statement: Any = insert_into(connection, delivery).from_select(list(columns), owed)
    connection.execute(statement.on_conflict_do_nothing())
    done = len(page) < chunk
    connection.execute(
        update(surge)
        .where(surge.c.keyword_id == found.keyword_id, surge.c.at == found.at)
        .values(owing=not done, cursor=page[-1] if page else found.cursor)
    )
    return True


def _to_surge(row: Row[Any]) -> Surge:
    return Surge(
        keyword_id=row.keyword_id,
        at=row.at,
        stories=row.stories,
        families=row.families,
        usual=row.usual,
        left_out=row.left_out,
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
