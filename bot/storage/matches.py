"""Matches: which items one subscriber's keywords caught, read when a message is composed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    MatchedStory,
    Telling,
    ToldStory,
)
from bot.storage.database import Database
from bot.storage.fanout import publisher_name, wants_of
from bot.storage.tables import (
    delivery,
    feed,
    item,
    match,
    muted_publisher,
    publisher,
    story_item,
    subscriber,
    subscription,
)
from bot.storage.tellings import load_told


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The message by which a reader was alerted to a story."""

    #: None where it can be reached no more: its group has moved.
    message_id: int | None
    #: Whether it tells of no other story, as a bulletin does.
    is_alone: bool
    #: The last item of the story that it told.
    item_id: int
    #: When the news that caused it was seen.
    alerted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerted:
    """What one alert, edit or ring tells: a story, and the keywords of its reader in it, as typed,
    those that were followed first leading."""

    story: ToldStory
    #: The first telling that one of the keywords is in.
    lead: Telling
    keywords: tuple[str, ...]
    #: The words of the leading item that satisfied them.
    words: tuple[str, ...] = ()
    #: Whether one of these keywords is to be heard.
    sound: bool = True
    #: Of an edit or a ring: the message that told the story, if it was sent.
    message: Told | None = None

    @property
    def newest(self) -> int:
        """The last item of the story."""
        return self.story.tellings[-1].item.id

    def tells_more(self, edit: Delivery) -> bool:
        """Say whether there is a message of this story alone that says less than there is."""
        if self.message is None or not self.message.message_id or not self.message.is_alone:
            return False
        if self.story.is_really is not None:
            return edit.kind is DeliveryKind.EDIT
        return self.newest > max(self.message.item_id, edit.after_item)

    def find(self, item_id: int) -> Telling | None:
        """Return the telling that an item is, if it still tells this story."""
        return next((each for each in self.story.tellings if each.item.id == item_id), None)


class Matches:
    """Storage of matches, as messages need them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_stories(self, owed: Sequence[Delivery]) -> dict[int, Alerted]:
        """Return what each of these alerts tells, by the delivery's id.

        One read for all of them: at a thousand messages a second a read for each would be what
        bounds the rate. An alert whose items are gone, or whose keywords were removed, is absent.
        """

        def work(connection: Connection) -> dict[int, Alerted]:
            stories = load_told(connection, {each.story_id for each in owed if each.story_id})
            shown = {telling.item.id for story in stories.values() for telling in story.tellings}
            typed = _load_typed(connection, {each.subscriber.id for each in owed}, shown)
            messages = _load_messages(connection, owed)
            muted = _load_muted(connection, {each.subscriber.id for each in owed})
            found: dict[int, Alerted] = {}
            for each in owed:
                story = stories.get(each.story_id or 0)
                message = messages.get((each.subscriber.id, each.story_id or 0))
                alerted_at = message.alerted_at if message is not None else each.created_at
                theirs = muted.get(each.subscriber.id, set())
                alerted = (
                    _tell(story, each, alerted_at, typed, theirs) if story is not None else None
                )
                if alerted is not None:
                    found[each.id] = replace(alerted, message=message)
            return found

        return await self._database.read(work)

    async def load_digest(
        self, subscriber_id: int, *, after: int, upto: int | None = None, limit: int = 1000
    ) -> list[MatchedStory]:
        """Return the subscriber's stories that items with after < id <= upto tell, newest first."""

        def work(connection: Connection) -> list[MatchedStory]:
            return _load_matched(connection, subscriber_id, after, upto, limit)

        return await self._database.read(work)

    async def load_first_item_since(self, since: datetime) -> int:
        """Return the id before the first item seen since then: a digest's `after`."""

        def work(connection: Connection) -> int:
            first = connection.scalar(select(func.min(item.c.id)).where(item.c.seen_at >= since))
            if first is not None:
                return int(first) - 1
            return int(connection.scalar(select(func.coalesce(func.max(item.c.id), 0))) or 0)

        return await self._database.read(work)


def _tell(
    story: ToldStory,
    owed: Delivery,
    alerted_at: datetime,
    typed: Mapping[tuple[int, int], Sequence[_Asked]],
    muted: Collection[str],
) -> Alerted | None:
    """Return a story as one of its readers asked for it; None where no keyword is in it."""
    if story.is_really is not None and story.tellings:
        return Alerted(story=story, lead=story.tellings[0], keywords=())
    asking = [
        (telling, asked)
        for telling in story.tellings
        if (asked := typed.get((owed.subscriber.id, telling.item.id)))
        and telling.item.publisher not in muted
        and telling.item.language not in owed.subscriber.hidden_languages
    ]
    if not asking:
        return None
    # What they followed it by may be in older items too, which were told when they began to.
    since = (pair for pair in asking if pair[0].item.seen_at >= alerted_at)
    lead, of_lead = next(since, asking[0])
    words = tuple(dict.fromkeys(word for each in of_lead for word in each.words))
    asked = [each for _, those in asking for each in those]
    keywords = dict.fromkeys(each.typed for each in sorted(asked, key=lambda each: each.since))
    return Alerted(
        story=story,
        lead=lead,
        keywords=tuple(keywords),
        words=words,
        sound=any(each.sound for each in asked),
    )


def _load_messages(connection: Connection, owed: Sequence[Delivery]) -> dict[tuple[int, int], Told]:
    """Return the messages by which the readers of edits and rings were told of their stories."""
    knowing = [each for each in owed if each.kind in (DeliveryKind.EDIT, DeliveryKind.RING)]
    if not knowing:
        return {}
    sent = (delivery.c.kind == DeliveryKind.ALERT) & (delivery.c.state == DeliveryState.SENT)
    readers = {each.subscriber.id for each in knowing}
    rows = connection.execute(
        select(
            delivery.c.subscriber_id,
            delivery.c.story_id,
            delivery.c.message_id,
            delivery.c.after_item,
            delivery.c.created_at,
        ).where(
            sent,
            delivery.c.subscriber_id.in_(readers),
            delivery.c.ref.in_({f"story:{each.story_id}" for each in knowing}),
        )
    ).all()
    # A bulletin tells of other stories too.
    stories = func.count().label("stories")
    told_by = select(delivery.c.subscriber_id, delivery.c.message_id, stories).where(
        sent,
        delivery.c.subscriber_id.in_(readers),
        delivery.c.message_id.in_({row.message_id for row in rows if row.message_id}),
    )
    counted = connection.execute(told_by.group_by(delivery.c.subscriber_id, delivery.c.message_id))
    shared = {(row.subscriber_id, row.message_id) for row in counted if row.stories > 1}
    return {
        (row.subscriber_id, row.story_id): Told(
            message_id=row.message_id or None,
            is_alone=(row.subscriber_id, row.message_id) not in shared,
            item_id=row.after_item,
            alerted_at=row.created_at,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a subscriber typed, since when, and the words of an item that satisfy it."""

    since: datetime
    typed: str
    words: tuple[str, ...]
    sound: bool


def _load_typed(
    connection: Connection, subscriber_ids: Collection[int], item_ids: Collection[int]
) -> dict[tuple[int, int], list[_Asked]]:
    """Return what each subscriber typed that an item satisfies."""
    rows = connection.execute(
        select(
            subscription.c.subscriber_id,
            match.c.item_id,
            match.c.words,
            subscription.c.created_at,
            subscription.c.typed,
            subscription.c.sound,
        )
        .join(match, match.c.keyword_id == subscription.c.keyword_id)
        .join(item, item.c.id == match.c.item_id)
        .where(
            subscription.c.subscriber_id.in_(subscriber_ids),
            match.c.item_id.in_(item_ids),
            or_(subscription.c.muted_until.is_(None), subscription.c.muted_until <= item.c.seen_at),
        )
    )
    found: dict[tuple[int, int], list[_Asked]] = {}
    for row in rows:
        asked = _Asked(row.created_at, row.typed, tuple(row.words.split("\n")), row.sound)
        found.setdefault((row.subscriber_id, row.item_id), []).append(asked)
    return found


def _load_muted(connection: Connection, subscriber_ids: Collection[int]) -> dict[int, set[str]]:
    """Return whose news each subscriber does not want."""
    rows = connection.execute(
        select(muted_publisher).where(muted_publisher.c.subscriber_id.in_(subscriber_ids))
    )
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row.subscriber_id, set()).add(row.name)
    return found


def _load_matched(
    connection: Connection, subscriber_id: int, after: int, upto: int | None, limit: int
) -> list[MatchedStory]:
    pairs = (
        select(match.c.item_id, story_item.c.story_id, subscription.c.typed)
        .join(subscription, subscription.c.keyword_id == match.c.keyword_id)
        .join(story_item, story_item.c.item_id == match.c.item_id)
        .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
        .join(item, item.c.id == match.c.item_id)
        .join(feed, feed.c.id == item.c.feed_id)
        .join(publisher, publisher.c.id == feed.c.publisher_id)
        .where(
            subscription.c.subscriber_id == subscriber_id,
            match.c.item_id > after,
            wants_of(item.c.language, publisher_name()),
        )
        .order_by(match.c.item_id.desc(), subscription.c.created_at, subscription.c.keyword_id)
        .limit(limit)
    )
    if upto is not None:
        pairs = pairs.where(match.c.item_id <= upto)
    typed: dict[int, dict[str, None]] = {}
    first: dict[int, int] = {}
    for row in connection.execute(pairs):
        typed.setdefault(row.story_id, {})[row.typed] = None
        first[row.story_id] = row.item_id
    told = load_told(connection, typed)
    matched = []
    for story_id, keywords in typed.items():
        lead = next(each for each in told[story_id].tellings if each.item.id == first[story_id])
        matched.append(MatchedStory(story=told[story_id], lead=lead, keywords=tuple(keywords)))
    return matched
