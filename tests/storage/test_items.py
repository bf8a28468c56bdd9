"""Items: each stored once, with its story and its matches, all of it or nothing."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from bot.intake import find_words
from bot.matching import parse_keyword
from bot.model import DeliveryKind, Feed, NewItem, Silence
from bot.storage import Storage
from bot.storage.arrivals import TakenIn
from bot.storage.poll_notes import Unchanged
from bot.storage.tables import (
    delivery,
    fanout,
    feed,
    item,
    item_version,
    match,
    story,
    story_item,
)
from tests.samples import (
    NOW,
    PlainMatcher,
    change,
    change_rows,
    count_rows,
    expand,
    feeds_config,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    second_database,
    take_in,
)


async def test_the_same_item_is_stored_once_and_alerts_once(storage: Storage) -> None:
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    entry = new_item("Talks on the border")
    assert len((await take_in(storage, source, entry)).items) == 1
    await expand(storage)
    again = await take_in(storage, source, entry, now=NOW + timedelta(minutes=5))
    await expand(storage)
    assert again.items == ()
    assert again.matches == 0
    assert count_rows(storage, item) == 1
    assert count_rows(storage, delivery) == 1


async def test_an_item_stored_in_silence_matches_nothing_and_alerts_nobody(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    taken = await take_in(storage, source, new_item("Talks on the border", silence=Silence.STALE))
    await expand(storage)
    assert (len(taken.items), taken.matches) == (1, 0)
    assert count_rows(storage, delivery) == 0


async def test_a_changed_title_is_kept_beside_the_old_one_and_alerts_nobody_again(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    entry = new_item("Talks on the border", key="1")
    await take_in(storage, source, entry)
    await expand(storage)
    later = NOW + timedelta(minutes=5)
    by_key, _ = await storage.items.load_known(source.id, ["1"], [])
    matcher = PlainMatcher()
    matcher.before = {by_key["1"].id: "Talks on the border"}
    changed = change(by_key["1"].id, "Talks on the border fail")
    await take_in(
        storage, source, now=later, listed=[changed.id], changed=[changed], matcher=matcher
    )
    await expand(storage)
    (stored,) = await storage.items.load_latest(before=None, limit=5)
    assert stored.title == "Talks on the border fail"
    (old,) = rows_of(storage, item_version)
    assert (old["title"], old["replaced_at"]) == ("Talks on the border", later)
    assert count_rows(storage, delivery, kind=DeliveryKind.ALERT) == 1


async def test_a_known_item_is_found_by_its_key_and_by_its_link_within_its_own_feed(
    storage: Storage,
) -> None:
    source = await open_feed(storage, "alpha")
    entry = new_item("Talks", key="1", link="https://news.example/1")
    taken = await take_in(storage, source, entry)
    link = entry.link_key
    by_key, by_link = await storage.items.load_known(source.id, ["1", "2"], [link, "x.example/1"])
    assert [(key, known.id) for key, known in by_key.items()] == [("1", taken.items[0].id)]
    assert by_link == {link: [by_key["1"]]}
    assert await storage.items.load_known(source.id + 1, ["1"], [link]) == ({}, {})


class _Breaking(PlainMatcher):
    """A matcher that breaks at the second item."""

    calls = 0

    def find(self, new: NewItem, publisher: str) -> list[tuple[int, tuple[str, ...]]]:
        self.calls += 1
        if self.calls == 2:
            raise RuntimeError("the power went")
        return super().find(new, publisher)


async def test_a_crash_while_taking_in_leaves_nothing_and_the_next_poll_everything(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "border")
    before = rows_of(storage, feed)
    entries = [new_item(f"Border news {n}") for n in range(3)]
    with pytest.raises(RuntimeError):
        await take_in(storage, source, *entries, matcher=_Breaking())
    for table in (item, story, story_item, match, fanout):
        assert count_rows(storage, table) == 0, table.name
    assert rows_of(storage, feed) == before
    taken = await take_in(storage, source, *entries)
    await expand(storage)
    assert (len(taken.items), taken.matches) == (3, 3)
    assert count_rows(storage, delivery) == 3


async def test_two_feeds_that_lead_to_one_page_make_one_story_and_one_alert(
    storage: Storage,
) -> None:
    who = await open_chat(storage)
    await follow(storage, who, "border")
    await storage.feeds.save_config(feeds_config("alpha", "beta"), NOW)
    link = "https://news.example/1"
    for source in await storage.feeds.claim_due(NOW, 10):
        await take_in(storage, source, new_item(f"Border, says {source.name}", link=link))
        await expand(storage)
    assert count_rows(storage, item) == 2
    assert count_rows(storage, story) == 1
    assert count_rows(storage, delivery) == 1
    (owed,) = (await storage.deliveries.settle_and_claim([], 10, 1000, NOW)).deliveries
    told = (await storage.matches.load_stories([owed]))[owed.id]
    assert [each.item.feed for each in told.story.tellings] == ["alpha", "beta"]


async def test_several_keywords_that_one_item_satisfies_make_one_alert_that_names_them(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    who = await open_chat(storage)
    for minute, word in enumerate(("talks", "border", "earthquake")):
        await follow(storage, who, word, NOW + timedelta(minutes=minute))
    taken = await take_in(storage, source, new_item("Talks on the border"))
    await expand(storage)
    assert taken.matches == 2
    (owed,) = (await storage.deliveries.settle_and_claim([], 10, 1000, NOW)).deliveries
    assert owed.kind is DeliveryKind.ALERT
    told = (await storage.matches.load_stories([owed]))[owed.id]
    assert told.keywords == ("talks", "border")


async def test_a_keyword_that_another_process_added_counts_at_once(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    who = await open_chat(storage)
    matcher = PlainMatcher()
    assert (await take_in(storage, source, new_item("Border 1"), matcher=matcher)).matches == 0
    database = second_database(storage)
    try:
        await follow(Storage(database), who, "border")
    finally:
        database.close()
    assert (await take_in(storage, source, new_item("Border 2"), matcher=matcher)).matches == 1


async def test_a_matcher_that_still_holds_a_removed_keyword_matches_nothing_by_it(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    who = await open_chat(storage)
    matcher = PlainMatcher()
    await follow(storage, who, "border")
    await take_in(storage, source, new_item("Border 1"), matcher=matcher)
    (keyword,) = await storage.keywords.load(who.id)
    await storage.keywords.remove(who.id, keyword.id)
    await follow(storage, who, "earthquake")
    (other,) = await storage.keywords.load(who.id)
    assert other.id > keyword.id, "an id given out again would match for the wrong keyword"
    taken = await take_in(storage, source, new_item("Border 2"), matcher=matcher)
    assert (len(taken.items), taken.matches) == (1, 0)


class TestReading:
    @pytest.fixture
    async def source(self, storage: Storage) -> Feed:
        source = await open_feed(storage)
        entries = [
            new_item(f"Border {n}" if n % 2 else f"Weather {n}",
                     published_at=NOW - timedelta(minutes=n))
            for n in range(10)
        ]  # fmt: skip
        await take_in(storage, source, *entries)
        return source

    async def test_the_latest_come_newest_first_and_page_by_page(
        self, storage: Storage, source: Feed
    ) -> None:
        seen: list[str] = []
        before = None
        while page := await storage.items.load_latest(before=before, limit=3):
            seen += [each.title for each in page]
            before = page[-1].id
        assert [int(title.split()[1]) for title in seen] == list(range(10))

    async def test_the_latest_of_a_word_are_those_that_hold_it(
        self, storage: Storage, source: Feed
    ) -> None:
        query = parse_keyword("border")

        async def find(before: int | None) -> list[int]:
            found = await storage.items.load_holding(
                query.anchors, lambda each: find_words(query, each) is not None,
                before=before, limit=3,
            )  # fmt: skip
            self.last = found[-1].id if found else None
            return [int(each.title.split()[1]) for each in found]

        assert await find(None) == [1, 3, 5]
        assert await find(self.last) == [7, 9]
        assert await find(self.last) == []


class TestPruning:
    async def listed(self, storage: Storage) -> tuple[Feed, int]:
        source = await open_feed(storage)
        taken = await take_in(storage, source, new_item("A", key="a"), new_item("B", key="b"))
        (known,) = (each.id for each in taken.items if each.title == "A")
        return source, known

    async def test_what_its_feed_still_lists_is_kept_however_old(self, storage: Storage) -> None:
        source, known = await self.listed(storage)
        later = NOW + timedelta(days=100)
        await take_in(storage, source, now=later, listed=[known])
        assert await storage.items.prune(later - timedelta(days=90), limit=100) == 1
        (left,) = await storage.items.load_latest(before=None, limit=10)
        assert left.title == "A"

    async def test_what_is_young_is_kept_though_its_feed_dropped_it(self, storage: Storage) -> None:
        source, _ = await self.listed(storage)
        await take_in(storage, source, now=NOW + timedelta(days=1))
        assert await storage.items.prune(NOW - timedelta(days=1), limit=100) == 0

    async def test_a_feed_that_only_says_nothing_changed_still_lists_what_it_listed(
        self, storage: Storage
    ) -> None:
        source, _ = await self.listed(storage)
        later = NOW + timedelta(days=100)
        note = Unchanged(
            feed_id=source.id, at=later, next_poll_at=later, etag="", last_modified="", fresh_s=0
        )
        await storage.feeds.note_and_claim([note], later, 0)
        assert await storage.items.prune(later, limit=100) == 0

    async def test_the_items_of_a_feed_that_is_no_longer_read_go_too(
        self, storage: Storage
    ) -> None:
        await self.listed(storage)
        await storage.feeds.save_config(feeds_config("beta"), NOW)
        assert await storage.items.prune(NOW + timedelta(days=1), limit=100) == 2

    async def test_with_an_item_goes_all_that_hung_on_it(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await follow(storage, await open_chat(storage), "border")
        await take_in(storage, source, new_item("Border"))
        await take_in(storage, source, now=NOW + timedelta(days=1))
        assert await storage.items.prune(NOW + timedelta(days=1), limit=100) == 1
        for table in (item, story_item, match, fanout):
            assert count_rows(storage, table) == 0, table.name

    async def test_a_story_without_items_goes_too(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, new_item("Border"))
        await take_in(storage, source, now=NOW + timedelta(days=1))
        await storage.items.prune(NOW + timedelta(days=1), limit=100)
        assert count_rows(storage, story) == 0

    async def test_it_is_done_a_little_at_a_time(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, *(new_item(f"T{n}") for n in range(5)))
        change_rows(storage, item, listed=False)
        counts = [await storage.items.prune(NOW + timedelta(days=1), limit=2) for _ in range(4)]
        assert counts == [2, 2, 1, 0]


class TestPollsThatComeTogether:
    """What several polls bring is stored in one transaction, and none harms another."""

    async def take_in_all(self, storage: Storage, *entries: NewItem) -> list[object]:
        """Store what as many feeds bring while the writer is busy; return what became of each."""
        await storage.feeds.save_config(feeds_config("alpha", "beta", "gamma"), NOW)
        feeds = await storage.feeds.claim_due(NOW, 10)
        gate = threading.Event()
        busy = asyncio.create_task(storage.database.write(lambda _: gate.wait(10)))
        await asyncio.sleep(0)
        polls = [
            asyncio.create_task(take_in(storage, source, entry))
            for source, entry in zip(feeds, entries, strict=True)
        ]
        await asyncio.sleep(0)
        gate.set()
        await busy
        return await asyncio.gather(*polls, return_exceptions=True)

    async def test_they_share_a_commit(self, storage: Storage) -> None:
        commits: list[Connection] = []

        def note(connection: Connection) -> None:
            commits.append(connection)

        event.listen(storage.database.engine, "commit", note)
        entries = [new_item(f"Border {n}") for n in range(3)]
        taken = await self.take_in_all(storage, *entries)
        event.remove(storage.database.engine, "commit", note)
        assert [len(each.items) for each in taken if isinstance(each, TakenIn)] == [1, 1, 1]
        assert count_rows(storage, item) == 3
        # The list of feeds, their claim, what kept the writer busy, and the three polls.
        assert len(commits) == 4

    async def test_one_that_is_refused_costs_the_others_nothing(self, storage: Storage) -> None:
        entries = [
            new_item("Border 1"),
            new_item("\ud800 no letter", key="2"),
            new_item("Border 3"),
        ]
        taken = await self.take_in_all(storage, *entries)
        assert [len(each.items) for each in taken if isinstance(each, TakenIn)] == [1, 0, 1]
        stored = await storage.items.load_latest(before=None, limit=5)
        assert sorted(each.title for each in stored) == ["Border 1", "Border 3"]
