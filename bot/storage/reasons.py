"""Reasons: by what a message came, or why an item did not; read when somebody asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from bot.model import DeliveryKind, DeliveryState, ToldStory
from bot.storage.database import Database
from bot.storage.search import hash_link
from bot.storage.tables import delivery, item, match, story_item, subscription
from bot.storage.tellings import load_told

#: A bulletin tells of more stories than an answer can explain.
_MOST_STORIES = 3
#: Titles bear no index: an item is looked for by its title among so many of the newest.
_TITLES_READ = 30_000
_ABOUT_STORIES = (DeliveryKind.ALERT, DeliveryKind.RING, DeliveryKind.EDIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A keyword, as typed, and the words of an item by which it was caught."""

    item_id: int
    typed: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What is known of a story and one subscriber."""

    story: ToldStory
    #: By what each item that did not open the story joined it: how sure, and the words.
    joined: Mapping[int, str]
    catches: tuple[Caught, ...]
    #: Why the item that was asked about alerts nobody; empty: it could.
    silence: str = ""
    #: What became of the alert, and why; None: none was owed.
    alert: DeliveryState | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReasons:
    """What is known of the stories that one message told; nothing: it was no alert."""

    reasons: tuple[Reason, ...] = ()
    #: How many of its stories are pruned.
    forgotten: int = 0
    #: How many more it told of than are explained.
    more: int = 0


class Reasons:
    """Storage of why somebody was told something."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_of_message(self, subscriber_id: int, message_id: int) -> list[Reason]:
        """Return the reasons of what one message told; none for what was no alert."""
        return list((await self.explain_message(subscriber_id, message_id)).reasons)

    async def explain_message(self, subscriber_id: int, message_id: int) -> MessageReasons:
        """Return the reasons of what one message told, and of how much of it there are none."""

        def work(connection: Connection) -> MessageReasons:
            query = (
                select(delivery.c.story_id)
                .where(
                    delivery.c.subscriber_id == subscriber_id,
                    delivery.c.message_id == message_id,
                    delivery.c.kind.in_(_ABOUT_STORIES),
                    delivery.c.story_id.is_not(None),
                )
                .distinct()
                .order_by(delivery.c.story_id)
            )
            stories = list(connection.scalars(query))
            known: list[Reason] = []
            forgotten = 0
            for story_id in stories:
                if len(known) == _MOST_STORIES:
                    break
                reason = _load(connection, subscriber_id, story_id)
                if reason is None:
                    forgotten += 1
                else:
                    known.append(reason)
            more = len(stories) - len(known) - forgotten
            return MessageReasons(reasons=tuple(known), forgotten=forgotten, more=more)

        return await self._database.read(work)

    async def load_of_item(self, subscriber_id: int, item_id: int) -> Reason | None:
        """Return what is known of an item and a subscriber; None for an item that is gone."""

        def work(connection: Connection) -> Reason | None:
            row = connection.execute(
                select(story_item.c.story_id, item.c.silence)
                .join(item, item.c.id == story_item.c.item_id)
                .where(story_item.c.item_id == item_id)
            ).one_or_none()
            if row is None:
                return None
            return _load(connection, subscriber_id, row.story_id, row.silence)

        return await self._database.read(work)

    async def find_by_address(self, link_key: str) -> int | None:
        """Return the newest item at an address in comparable form; of none, nothing."""

        def work(connection: Connection) -> int | None:
            if not link_key:
                return None
            at = item.c.link_key == hash_link(link_key)
            query = select(item.c.id).where(at).order_by(item.c.id.desc()).limit(1)
            return connection.scalar(query)

        return await self._database.read(work)

    async def find_titled(self, titles: Collection[str]) -> int | None:
        """Return the newest item that bears one of these titles, if it is not very old."""

        def work(connection: Connection) -> int | None:
            newest = select(func.max(item.c.id)).scalar_subquery()
            bearing = item.c.title.in_(titles) & (item.c.id > newest - _TITLES_READ)
            query = select(item.c.id).where(bearing).order_by(item.c.id.desc()).limit(1)
            return connection.scalar(query)

        return await self._database.read(work)


def _load(
    connection: Connection, subscriber_id: int, story_id: int, silence: str = ""
) -> Reason | None:
    """Return what is known of a story; None for one whose items are pruned."""
    told = load_told(connection, [story_id]).get(story_id)
    if told is None or not told.tellings:
        return None
    items = [each.item.id for each in told.tellings]
    caught = connection.execute(
        select(match.c.item_id, match.c.words, subscription.c.typed)
        .join(subscription, subscription.c.keyword_id == match.c.keyword_id)
        .where(subscription.c.subscriber_id == subscriber_id, match.c.item_id.in_(items))
        .order_by(match.c.item_id, subscription.c.created_at)
    )
    catches = tuple(
        Caught(item_id=row.item_id, typed=row.typed, words=tuple(row.words.split("\n")))
        for row in caught
    )
    whys = connection.execute(
        select(story_item.c.item_id, story_item.c.why).where(
            story_item.c.story_id == story_id, story_item.c.why != ""
        )
    )
    joined = {row.item_id: row.why for row in whys}
    alert = connection.execute(
        select(delivery.c.state, delivery.c.error).where(
            delivery.c.subscriber_id == subscriber_id,
            delivery.c.kind == DeliveryKind.ALERT,
            delivery.c.ref == f"story:{story_id}",
        )
    ).one_or_none()
    return Reason(
        story=told,
        joined=joined,
        catches=catches,
        silence=silence,
        alert=DeliveryState(alert.state) if alert is not None else None,
        error=(alert.error or "") if alert is not None else "",
    )
