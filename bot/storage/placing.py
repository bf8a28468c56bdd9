"""New items given their stories: joined to one that is told already, or opening one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, func, select, update

from bot.model import ChangedItem, Feed, Item, NewItem, PublisherKind, Ring, Role, Telling
from bot.model.search_keys import hash_key
from bot.storage.database import insert_into
from bot.storage.stories import Head, iter_heads
from bot.storage.tables import story, story_apart, story_item, story_news
from bot.storage.tellings import load_publishers, load_tellings

_BY_KEY = select(story.c.id, story.c.key, story.c.merged_into).where(
    story.c.key.in_(bindparam("keys", expanding=True))
)
_BY_HASH = select(story_item.c.story_id, story_item.c.key).where(
    story_item.c.key.in_(bindparam("hashes", expanding=True))
)
_NEWEST = select(func.coalesce(func.max(story.c.id), 0))
_RESOLVED = select(story.c.id, story.c.merged_into, story.c.rings).where(
    story.c.id == bindparam("wanted")
)


@dataclass(frozen=True, slots=True)
class Likely:
    """A story that an item seems to tell, and why."""

    story: int
    why: str
    closed: bool = False  #: it is over: what goes on with it is a story of its own


@dataclass(frozen=True, slots=True)
class Decided:
    """What an item that joined a story is to those who were told of it."""

    edit: bool
    ring: Ring | None
    apart: bool = False  #: it is a story of its own after all
    follows: bool = False  #: that goes on with the other
    #: Where its story shows another than it has by itself.
    role: Role | None = None
    origin: str = ""


class StoryFinder(Protocol):
    """What intake asks of the stories; called in the writer's thread, under the intake lock."""

    @property
    def newest(self) -> int:
        """The highest story that it knows."""

    def forget_above(self, story: int) -> None:
        """Forget stories that were not stored in the end."""

    def learn(self, heads: Iterable[Head]) -> None:
        """Take in stories that other processes have opened."""

    def find(self, new: NewItem, but: Collection[int]) -> Likely | None:
        """Return the story that *new* tells, none of *but*."""

    def forget(self, story: int) -> None:
        """Let go of a story that is not there."""

    def add(self, story: int, new: NewItem) -> None:
        """Take in the story that *new* has opened."""

    def decide_change(
        self, old_title: str, changed: ChangedItem, rung: Collection[Ring]
    ) -> Decided:
        """Say what another headline of an item is to those who were told it."""

    def decide(self, before: Sequence[Telling], new: Telling, rung: Collection[Ring]) -> Decided:
        """Say what *new* is to those who were told *before*."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an item belongs."""

    story: int
    #: Another item tells it at the same address, or in the same document.
    repeated: bool = False
    #: By what it joined a story that others had opened, and what it is to those who know that.
    why: str = ""
    news: Decided | None = None


class Placing:
    """The new items of one poll being given their stories, in their order."""

    def __init__(
        self, connection: Connection, finder: StoryFinder, source: Feed, since: datetime
    ) -> None:
        """Bring *finder* up to what is stored; *since* is how far back stories are looked for."""
        self._connection = connection
        self._finder = finder
        self._source = source
        # Of items that have no row in `story_item` yet.
        self._rows: list[dict[str, Any]] = []
        finder.forget_above(connection.scalar(_NEWEST) or 0)
        finder.learn(iter_heads(connection, finder.newest, since))

    def place(self, new: Sequence[NewItem], ids: Mapping[str, int]) -> dict[str, Placed]:
        """Store what each item tells; return where it belongs by its key."""
        told = self._load_told(new)
        placed: dict[str, Placed] = {}
        for entry in new:
            at = told.get(entry.story_key)
            where = Placed(at, repeated=True) if at else self._join(entry, ids[entry.key])
            told[entry.story_key] = where.story
            placed[entry.key] = where
            self._rows.append(_to_row(entry, ids[entry.key], where))
        self._flush()
        return placed

    def _flush(self) -> None:
        if self._rows:
            self._connection.execute(story_item.insert(), self._rows)
            self._rows = []

    def _load_told(self, new: Sequence[NewItem]) -> dict[str, int]:
        keys = [entry.story_key for entry in new]
        told = {
            row.key: row.merged_into or row.id
            for row in self._connection.execute(_BY_KEY, {"keys": keys})
        }
        hashes = {hash_key(key): key for key in keys if key not in told}
        for row in self._connection.execute(_BY_HASH, {"hashes": list(hashes)}):
            told[hashes[row.key]] = row.story_id
        return told

    def _join(self, entry: NewItem, item_id: int) -> Placed:
        but: set[int] = set()
        apart: set[int] = set()
        follows: int | None = None
        while likely := self._finder.find(entry, but):
            row = self._connection.execute(_RESOLVED, {"wanted": likely.story}).one_or_none()
            if row is None:  # never stored, or pruned
                self._finder.forget(likely.story)
                but.add(likely.story)
                continue
            story_id = row.merged_into or row.id
            news = None if likely.closed else self._decide(entry, story_id, row.rings)
            if news is not None and not news.apart:
                return Placed(story_id, why=likely.why, news=news)
            if follows is None and (likely.closed or (news and news.follows)):
                follows = story_id
            if likely.closed:
                break
            apart.add(story_id)
            but.add(likely.story)
        own = self._open(entry, item_id, follows)
        if apart:
            # No second look puts together what was told apart for a reason.
            self._connection.execute(
                insert_into(self._connection, story_apart).on_conflict_do_nothing(),
                [{"story_id": each, "other_id": own} for each in sorted(apart)],
            )
        return Placed(own)

    def _decide(self, entry: NewItem, story_id: int, rings: str) -> Decided:
        self._flush()  # what came before it in this document may be told of the same story
        before = load_tellings(self._connection, [story_id]).get(story_id, [])
        rung = [Ring(each) for each in rings.split()]
        news = self._finder.decide(before, self._to_telling(entry), rung)
        return replace(news, ring=None) if entry.silence is not None else news

    def _to_telling(self, entry: NewItem) -> Telling:
        by: Any = self._source.config.publisher
        if entry.source and entry.source != by.name:
            by = load_publishers(self._connection, [entry.source]).get(entry.source)
        return Telling(
            item=to_new_item(0, entry, self._source),
            role=entry.role,
            origin=entry.origin,
            country=by.country if by is not None else "",
            kind=PublisherKind(by.kind) if by is not None else None,
            family=by.family if by is not None else "",
            gravity=entry.gravity,
            imitates=entry.imitates,
        )

    def _open(self, entry: NewItem, item_id: int, follows: int | None) -> int:
        opened = insert_into(self._connection, story).values(
            key=entry.story_key, opened_at=entry.seen_at, head=item_id, follows=follows
        )
        story_id = int(self._connection.scalars(opened.returning(story.c.id)).one())
        self._finder.add(story_id, entry)
        return story_id


def _to_row(entry: NewItem, item_id: int, where: Placed) -> dict[str, Any]:
    role = where.news.role if where.news and where.news.role else entry.role
    return {
        "story_id": where.story,
        "item_id": item_id,
        "key": hash_key(entry.story_key) if where.news is not None else None,
        "role": role.value,
        "origin": (where.news.origin if where.news else "") or entry.origin,
        "imitates": entry.imitates,
        "gravity": entry.gravity,
        "why": where.why,
    }


def to_new_item(item_id: int, entry: NewItem, source: Feed) -> Item:
    """Return a new item as it is stored."""
    return Item(
        id=item_id,
        title=entry.title,
        summary=entry.summary,
        link=entry.link,
        language=entry.language,
        published_at=entry.published_at,
        seen_at=entry.seen_at,
        publisher=entry.source or source.config.publisher.name,
        feed=source.name,
    )


def save_change_of(
    connection: Connection, story_id: int, old_title: str, changed: ChangedItem, finder: StoryFinder
) -> None:
    """Let those who were told of an item be shown its other headline, aloud if it says else."""
    rings = connection.scalar(select(story.c.rings).where(story.c.id == story_id)) or ""
    news = finder.decide_change(old_title, changed, [Ring(each) for each in rings.split()])
    save_news(connection, story_id, changed.id, news, changed.gravity, changed=True)


def save_news(
    connection: Connection,
    story_id: int,
    item_id: int,
    news: Decided,
    gravity: int,
    *,
    changed: bool = False,
) -> None:
    """Let those who were told of a story be shown more of it, by the fan-out of news.

    *changed* says that they were told this very item, under another headline.
    """
    if not news.edit and news.ring is None:
        return
    ring = news.ring.value if news.ring is not None else ""
    connection.execute(
        story_news.insert().values(
            story_id=story_id, item_id=item_id, ring=ring, gravity=gravity, changed=changed
        )
    )
    if ring:
        rung = func.trim(story.c.rings + f" {ring}")
        connection.execute(update(story).where(story.c.id == story_id).values(rings=rung))
