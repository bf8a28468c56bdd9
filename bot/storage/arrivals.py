"""What a poll brings, stored: new items with their stories, keys, matches and fan-out."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, select, update

from bot.model import ChangedItem, Fate, Feed, Item, NewItem, Silence, Tally
from bot.storage.caught import owe_alerts, save_matches
from bot.storage.database import REFUSALS, insert_into, is_refusal, take_intake_lock
from bot.storage.placing import Placed, Placing, StoryFinder, save_change_of, save_news, to_new_item
from bot.storage.polls import FetchOutcome, mark_polled
from bot.storage.search import hash_link, reserve_places, save_keys
from bot.storage.silences import save_tallies
from bot.storage.tables import (
    item,
    keyword,
    story_item,
)
from bot.storage.versions import save_change
from bot.stories.open_stories import CLOSES_AFTER

_log = logging.getLogger(__name__)

#: So far back stories are looked for: a day they take in what tells them, another they are gone on
#: with.
STORIES_REACH = 2 * CLOSES_AFTER


class KeywordMatcher(Protocol):
    """What intake asks of the matcher; called in the writer's thread, under the intake lock."""

    @property
    def newest_keyword(self) -> int:
        """The highest keyword id that the matcher has learnt."""

    @property
    def stories(self) -> StoryFinder:
        """The stories that new items may tell."""

    def learn(self, keyword_id: int, compiled: str) -> None:
        """Take a keyword in; called in the order of ids."""

    def forget(self, keyword_id: int) -> None:
        """Let go of a keyword that nobody asks for any more."""

    def find(self, new: NewItem, publisher: str) -> Iterable[tuple[int, tuple[str, ...]]]:
        """Return the keywords that *new* satisfies, each with the words that did."""

    def find_added(
        self, changed: ChangedItem, publisher: str
    ) -> Iterable[tuple[int, tuple[str, ...]]]:
        """Return the keywords that only the new words of *changed* satisfy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A stored item that goes by another key and link now."""

    id: int
    key: str
    link: str
    link_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What one poll brought."""

    new: Sequence[NewItem] = ()
    #: Stored items that its document still lists, those of the next two among them.
    listed: Collection[int] = ()
    changed: Sequence[ChangedItem] = ()
    renamed: Sequence[Renamed] = ()
    #: What is known to be silent already; the silences of `new` are counted as they are stored.
    silences: Mapping[Silence, Tally] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What one intake stored."""

    items: tuple[Item, ...]
    matches: int


# Made once: every poll says it.
_GONE = (
    update(item)
    .where(
        item.c.feed_id == bindparam("of_feed"),
        item.c.listed,
        item.c.id.not_in(bindparam("ids", expanding=True)),
    )
    .values(listed=False)
)
_BACK = (
    update(item)
    .where(item.c.id.in_(bindparam("ids", expanding=True)), item.c.listed.is_(False))
    .values(listed=True)
)
_KEYWORDS_SINCE = (
    select(keyword.c.id, keyword.c.compiled)
    .where(keyword.c.id > bindparam("newest"))
    .order_by(keyword.c.id)
)


def save_arrivals(
    connection: Connection,
    source: Feed,
    arrivals: Arrivals,
    outcome: FetchOutcome,
    matcher: KeywordMatcher,
    keys_version: int,
    now: datetime,
    *,
    carefully: bool = False,
) -> TakenIn:
    """Store what one poll brought, under the intake lock.

    *carefully*, each part is stored by itself and one that the database refuses is dropped alone,
    logged and counted; else one such part makes it raise DataRefused, and nothing is stored.
    """
    take_intake_lock(connection)
    _learn_keywords(connection, matcher)
    saving = _Saving(connection, source, matcher, keys_version, now)
    for fate, tally in arrivals.silences.items():
        saving.tally(fate, tally.example, tally.count)
    _note_listed(connection, source.id, list(arrivals.listed))
    saving.save_renamed(arrivals.renamed)
    if carefully:
        for entry in arrivals.new:
            saving.save_carefully(entry)
    else:
        saving.save_new(arrivals.new)
    for each in arrivals.changed:
        saving.save_changed(each)
    save_tallies(connection, source.id, saving.tallies(), now)
    mark_polled(connection, source.id, outcome, now, carefully=carefully)
    return TakenIn(tuple(saving.items), saving.matches)


class _Saving:
    """One poll being stored: its items so far, and what became of them."""

    def __init__(
        self,
        connection: Connection,
        source: Feed,
        matcher: KeywordMatcher,
        keys_version: int,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._source = source
        self._matcher = matcher
        self._keys_version = keys_version
        self._now = now
        self._placing: Placing | None = None
        self._fates: dict[str, list[str]] = defaultdict(list)
        self._more: dict[str, int] = defaultdict(int)
        self.items: list[Item] = []
        self.matches = 0

    def tallies(self) -> dict[str, Tally]:
        """Return what became of the poll's items."""
        return {
            fate: Tally(count=len(examples) + self._more[fate], example=examples[-1])
            for fate, examples in self._fates.items()
        }

    def tally(self, fate: str, example: str, times: int = 1) -> None:
        """Count an item's fate."""
        self._fates[fate].append(example)
        self._more[fate] += times - 1

    def save_renamed(self, renamed: Sequence[Renamed]) -> None:
        """Let stored items go by their new names."""
        for each in renamed:
            self._connection.execute(
                update(item)
                .where(item.c.id == each.id)
                .values(key=each.key, link=each.link, link_key=hash_link(each.link_key))
            )

    def save_carefully(self, entry: NewItem) -> None:
        """Store one new item; one that the database refuses is dropped, logged and counted."""
        try:
            with self._connection.begin_nested():
                self.save_new([entry])
        except REFUSALS as error:
            if not is_refusal(error):
                raise
            _log.error(
                "item_refused",
                extra={"feed": self._source.name, "reason": str(error).splitlines()[0][:300]},
            )
            title = entry.title.encode("ascii", "backslashreplace").decode().replace("\x00", "")
            self.tally(Silence.REFUSED, title)

    def save_new(self, arrived: Sequence[NewItem]) -> None:
        """Store new items with all that follows from them."""
        retired = [entry.replaces for entry in arrived if entry.replaces is not None]
        for item_id in retired:
            # Its key is another story's now; nothing looks for it by its own any more.
            self._connection.execute(
                update(item)
                .where(item.c.id == item_id)
                .values(key=f"retired:{item_id}", link_key=None)
            )
        ids = _save_items(self._connection, self._source.id, arrived, self._keys_version, self._now)
        new = [entry for entry in arrived if entry.key in ids]
        placed = self._place(new, ids)
        repeated = [ids[entry.key] for entry in new if placed[entry.key].repeated]
        if repeated:
            self._connection.execute(
                update(item)
                .where(item.c.id.in_(repeated), item.c.silence == "")
                .values(silence=Silence.REPEATED.value)
            )
        for entry in new:
            item_id, where = ids[entry.key], placed[entry.key]
            matched = self._match(entry, item_id, where)
            silence = entry.silence or (Silence.REPEATED if where.repeated else None)
            self.tally(Fate.NEW, entry.title)
            if silence is not None:
                self.tally(silence, entry.title)
            elif matched:
                # Counted without its title: what people follow is theirs.
                self.tally(Fate.ALERTED, "")
            self.items.append(to_new_item(item_id, entry, self._source))

    def _place(self, new: Sequence[NewItem], ids: Mapping[str, int]) -> dict[str, Placed]:
        """Give new items their stories; most polls bring none, and look none up."""
        if not new:
            return {}
        if self._placing is None:
            since = self._now - STORIES_REACH
            self._placing = Placing(self._connection, self._matcher.stories, self._source, since)
        return self._placing.place(new, ids)

    def _match(self, entry: NewItem, item_id: int, where: Placed) -> int:
        if where.news is not None:
            save_news(self._connection, where.story, item_id, where.news, entry.gravity)
        if entry.silence is not None and not entry.matches:
            return 0
        found = dict(self._matcher.find(entry, entry.source or self._source.config.publisher.name))
        alive = self._take_alive(found)
        save_matches(self._connection, item_id, found, alive)
        if entry.silence is not None:
            return 0
        owe_alerts(self._connection, item_id, where.story, entry.gravity, alive)
        self.matches += len(alive)
        return len(alive)

    def save_changed(self, changed: ChangedItem) -> None:
        """Store an item's new words; alert whom only they satisfy, where that is wanted."""
        old_title = save_change(self._connection, changed, self._keys_version, self._now)
        if not changed.alerts:
            return
        told = self._connection.scalar(
            select(story_item.c.story_id).where(story_item.c.item_id == changed.id)
        )
        if told is not None and old_title and old_title != changed.title:
            save_change_of(self._connection, int(told), old_title, changed, self._matcher.stories)
        publisher = changed.source or self._source.config.publisher.name
        found = dict(self._matcher.find_added(changed, publisher))
        alive = self._take_alive(found)
        if not alive or told is None:
            return
        save_matches(self._connection, changed.id, found, alive)
        owe_alerts(self._connection, changed.id, int(told), changed.gravity, alive)
        self.matches += len(alive)
        self.tally(Fate.CHANGED, "")

    def _take_alive(self, found: Collection[int]) -> set[int]:
        """Return those of the keywords that somebody still asks for; forget the others."""
        if not found:
            return set()
        alive = set(self._connection.scalars(select(keyword.c.id).where(keyword.c.id.in_(found))))
        for gone in set(found) - alive:
            self._matcher.forget(gone)
        return alive


def _note_listed(connection: Connection, feed_id: int, ids: list[int]) -> None:
    """Note what of the stored items a feed lists: rows are written only where that is new."""
    connection.execute(_GONE, {"of_feed": feed_id, "ids": ids})
    if ids:
        connection.execute(_BACK, {"ids": ids})


def _learn_keywords(connection: Connection, matcher: KeywordMatcher) -> None:
    """Tell the matcher of keywords that were added since it was last asked, by any process."""
    added = connection.execute(_KEYWORDS_SINCE, {"newest": matcher.newest_keyword})
    for row in added:
        matcher.learn(row.id, row.compiled)


def _save_items(
    connection: Connection, feed_id: int, new: Sequence[NewItem], keys_version: int, now: datetime
) -> dict[str, int]:
    """Insert what is not there yet, in few statements; return the ids by key."""
    if not new:
        return {}
    places = reserve_places(connection, [entry.published_at for entry in new], now)
    statement = (
        insert_into(connection, item).on_conflict_do_nothing().returning(item.c.id, item.c.key)
    )
    rows = [
        {
            "feed_id": feed_id,
            "key": entry.key,
            "link": entry.link,
            "title": entry.title,
            "summary": entry.summary,
            "language": entry.language,
            "published_at": entry.published_at,
            "seen_at": entry.seen_at,
            "listed": True,
            "source": entry.source,
            "keys_version": keys_version,
            "dated_at": entry.dated_at,
            "link_key": hash_link(entry.link_key),
            "text_hash": entry.text_hash,
            "silence": entry.silence or "",
            "place": place,
        }
        for entry, place in zip(new, places, strict=True)
    ]
    ids = {row.key: row.id for row in connection.execute(statement, rows)}
    stored = [pair for pair in zip(new, places, strict=True) if pair[0].key in ids]
    save_keys(connection, {place: entry.keys for entry, place in stored}, now)
    return ids
