"""Search: the archive newest first, over weeks, and an old one carried over."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, select, text

from bot.jobs.carry import CarryJob
from bot.matching import KEYS_VERSION
from bot.model import Feed, Item
from bot.model.search_keys import hash_key
from bot.storage import Storage
from bot.storage import carrying as carrying_module
from bot.storage import search as search_module
from bot.storage.archive import Within, load_bearing_since
from bot.storage.carrying import Carrying
from bot.storage.tables import item, search_period
from tests.samples import NOW, change, change_rows, count_rows, new_item, open_feed, take_in

WEEK = timedelta(days=7)


def titles(items: list[Item]) -> list[str]:
    return [each.title for each in items]


async def search(storage: Storage, *words: str, **more: Any) -> list[str]:
    """Return the titles of what bears a word, newest first."""
    asked = {"before": None, "limit": 50} | more
    return titles(await storage.items.load_holding(words, lambda _: True, **asked))


async def print_weekly(storage: Storage, weeks: int) -> tuple[Feed, list[datetime]]:
    """Let a feed print "Border 0", "Border 1" … a week apart."""
    source = await open_feed(storage)
    times = [NOW + number * WEEK for number in range(weeks)]
    for number, at in enumerate(times):
        entry = new_item(f"Border {number}", published_at=at, seen_at=at)
        await take_in(storage, source, entry, now=at)
    return source, times


async def test_what_bears_a_word_comes_newest_first_over_weeks(storage: Storage) -> None:
    await print_weekly(storage, 3)
    assert await search(storage, "border") == ["Border 2", "Border 1", "Border 0"]
    assert await search(storage, "border", limit=2) == ["Border 2", "Border 1"]
    assert await search(storage, "2", "0") == ["Border 2", "Border 0"]
    assert await search(storage, "peace") == []
    assert await search(storage) == []


async def test_what_is_printed_late_stands_where_its_date_says(storage: Storage) -> None:
    source, times = await print_weekly(storage, 2)
    late = new_item("Border between", published_at=times[0] + timedelta(days=3))
    await take_in(storage, source, late, now=times[1] + WEEK)
    old = new_item("Border long ago", published_at=datetime(1901, 1, 1, tzinfo=NOW.tzinfo))
    await take_in(storage, source, old, now=times[1] + WEEK)
    assert await search(storage, "border") == [
        "Border 1", "Border between", "Border 0", "Border long ago",
    ]  # fmt: skip


async def test_what_claims_to_be_of_next_year_hides_nothing_that_is_printed_later(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    ahead = new_item("Border in a year", published_at=NOW + timedelta(days=365))
    await take_in(storage, source, ahead, now=NOW)
    later = NOW + timedelta(days=2)
    await take_in(storage, source, new_item("Border", published_at=later), now=later)
    assert await search(storage, "border") == ["Border", "Border in a year"]


async def test_many_weeks_are_searched_to_the_first(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "_WEEKS_ASKED", 3)
    await print_weekly(storage, 9)
    for number in range(9):
        assert await search(storage, str(number)) == [f"Border {number}"]
        newest = [f"Border {n}" for n in range(8, 8 - number - 1, -1)]
        assert await search(storage, "border", limit=number + 1) == newest


async def test_one_reads_on_page_by_page_and_sees_each_once(storage: Storage) -> None:
    source = await open_feed(storage)
    # More than a page of the database, many of the same second.
    entries = [
        new_item(f"Border {n}", published_at=NOW - timedelta(seconds=n // 4)) for n in range(150)
    ]
    await take_in(storage, source, *entries)
    seen: list[str] = []
    before: int | None = None
    while True:
        page = await storage.items.load_holding(["border"], lambda _: True, before=before, limit=7)
        seen += titles(page)
        if len(page) < 7:
            break
        before = page[-1].id
    assert sorted(seen) == sorted(entry.title for entry in entries)
    assert seen == await search(storage, "border", limit=200)


async def test_a_changed_item_is_found_by_its_new_words_only(storage: Storage) -> None:
    source = await open_feed(storage)
    taken = await take_in(storage, source, new_item("Talks on the border"))
    changed = change(taken.items[0].id, "Talks on the treaty", alerts=False)
    await take_in(storage, source, changed=[changed], listed=[changed.id])
    assert await search(storage, "treaty") == ["Talks on the treaty"]
    assert await search(storage, "border") == []


async def test_an_item_whose_words_are_read_anew_is_found_once(storage: Storage) -> None:
    source = await open_feed(storage)
    taken = await take_in(storage, source, new_item("Talks on the border"))
    await storage.items.save_keys(
        {taken.items[0].id: [hash_key("border"), hash_key("frontier")]}, 7, NOW + WEEK
    )
    assert await search(storage, "border", "frontier") == ["Talks on the border"]
    assert await search(storage, "talks") == []


async def test_of_what_was_stored_since_only_what_bears_a_word_is_loaded(storage: Storage) -> None:
    source, times = await print_weekly(storage, 2)
    upto = max(each.id for each in await storage.items.load_latest(before=None, limit=9))
    now = times[1] + WEEK
    entries = [
        new_item("Border now", published_at=now),
        new_item("Treaty now", published_at=now),
        new_item("Border long ago", published_at=NOW - WEEK),
    ]
    await take_in(storage, source, *entries, now=now)

    def load(words: list[str], limit: int) -> list[str]:
        with storage.database.engine.connect() as connection:
            return sorted(titles(load_bearing_since(connection, words, upto, limit)))

    assert load(["border"], 9) == ["Border long ago", "Border now"]
    assert load(["border"], 1) == ["Border long ago"]
    assert load(["peace"], 9) == []


class TestOldWeeks:
    async def test_with_the_items_of_a_week_goes_its_search(self, storage: Storage) -> None:
        source, times = await print_weekly(storage, 3)
        await take_in(storage, source, now=times[2])
        kept = times[2] - timedelta(days=1)
        assert await storage.items.prune(kept, limit=100) == 2
        assert count_rows(storage, search_period) == 1
        assert await search(storage, "border") == ["Border 2"]

    async def test_it_stays_while_items_of_it_are_still_to_be_deleted(
        self, storage: Storage
    ) -> None:
        source, times = await print_weekly(storage, 3)
        await take_in(storage, source, now=times[2])
        assert await storage.items.prune(times[2], limit=1) == 1
        assert count_rows(storage, search_period) == 3
        assert await search(storage, "border") == ["Border 2", "Border 1"]

    # The items that stay leave their weeks one by one, or all together.
    @pytest.mark.parametrize("limit", [1, 100])
    async def test_what_a_feed_still_lists_is_read_again_and_found_again(
        self, storage: Storage, limit: int
    ) -> None:
        source, times = await print_weekly(storage, 3)
        ids = [each.id for each in await storage.items.load_latest(before=None, limit=9)]
        await take_in(storage, source, listed=ids, now=times[2])
        assert await storage.items.prune(times[2], limit=limit) == 0
        assert count_rows(storage, search_period) == 1
        stale = await storage.items.load_stale(KEYS_VERSION, 10)
        assert titles(stale) == ["Border 1", "Border 0"]
        await storage.items.save_keys(
            {each.id: [hash_key("border")] for each in stale}, KEYS_VERSION, times[2]
        )
        assert await search(storage, "border") == ["Border 2", "Border 1", "Border 0"]
        assert await storage.items.load_stale(KEYS_VERSION, 10) == []


async def test_what_is_erased_is_overwritten_again_once_a_week_was_dropped(
    sqlite_storage: Storage,
) -> None:
    def overwrites(connection: Connection) -> int:
        return int(connection.exec_driver_sql("PRAGMA secure_delete").scalar_one())

    source, times = await print_weekly(sqlite_storage, 3)
    await take_in(sqlite_storage, source, now=times[2])
    assert await sqlite_storage.database.write(overwrites) == 1
    await sqlite_storage.items.prune(times[2], limit=100)
    assert count_rows(sqlite_storage, search_period) == 1
    assert await sqlite_storage.database.write(overwrites) == 1


async def make_old(storage: Storage, count: int) -> Feed:
    """Store *count* items as a Sahman of before the weekly tables stored them."""
    source = await open_feed(storage)
    entries = [new_item(f"Border {n}", published_at=NOW - timedelta(hours=n)) for n in range(count)]
    await take_in(storage, source, *entries)
    with storage.database.engine.begin() as connection:
        for week in connection.scalars(select(search_period.c.week)).all():
            connection.execute(text(f"DROP TABLE search_{week}"))
        connection.execute(search_period.delete())
        carrying_module._item_key.create(connection)
        rows = [
            {"item_id": row.id, "key": hash_key(word)}
            for row in connection.execute(select(item.c.id, item.c.title)).all()
            for word in row.title.casefold().split()
        ]
        connection.execute(carrying_module._item_key.insert(), rows)
    change_rows(storage, item, place=None)
    return source


class TestCarryingOver:
    @pytest.fixture(autouse=True)
    def leave_no_table(self, storage: Storage) -> Any:
        yield
        with storage.database.engine.begin() as connection:
            carrying_module._item_key.drop(connection, checkfirst=True)

    async def test_at_every_moment_the_whole_archive_is_found(self, storage: Storage) -> None:
        source = await make_old(storage, 10)
        await take_in(storage, source, new_item("Border now", published_at=NOW + WEEK))
        whole = ["Border now", *(f"Border {n}" for n in range(10))]
        assert await search(storage, "border") == whole
        while await storage.carrying.carry_some(3, NOW):
            assert await search(storage, "border") == whole
            assert (await search(storage, "border", limit=4)) == whole[:4]
        assert not inspect(storage.database.engine).has_table("item_key")
        assert await search(storage, "border") == whole
        assert await search(storage, "7") == ["Border 7"]

    async def test_the_last_items_are_carried_first_and_a_kill_repeats_one_batch(
        self, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make_old(storage, 6)
        await storage.carrying.carry_some(2, NOW)

        def die(*given: Any) -> None:
            raise RuntimeError("killed")

        with monkeypatch.context() as patched:
            patched.setattr(carrying_module, "save_keys", die)
            with pytest.raises(RuntimeError):
                await storage.carrying.carry_some(2, NOW)
        again = Carrying(storage.database)
        assert await again.count_left() == 4
        assert [await again.carry_some(3, NOW) for _ in range(3)] == [3, 1, 0]
        assert await search(storage, "border") == [f"Border {n}" for n in range(6)]

    async def test_what_changes_or_is_read_anew_meanwhile_is_found_by_its_new_words(
        self, storage: Storage
    ) -> None:
        source = await make_old(storage, 2)
        newest, oldest = await storage.items.load_latest(before=None, limit=2)
        changed = change(newest.id, "Treaty signed", alerts=False)
        await take_in(storage, source, changed=[changed], listed=[changed.id])
        await storage.items.save_keys({oldest.id: [hash_key("frontier")]}, 7, NOW)
        assert await search(storage, "border") == []
        while await storage.carrying.carry_some(3, NOW):
            pass
        assert await search(storage, "border") == []
        assert await search(storage, "treaty", "frontier") == ["Treaty signed", oldest.title]

    async def test_how_far_it_is_stands_in_the_log(
        self, storage: Storage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        caplog.set_level(logging.INFO)
        monkeypatch.setattr("bot.jobs.carry._BATCH", 2)
        monkeypatch.setattr("bot.jobs.carry._AT_ONCE_S", 0.001)
        await make_old(storage, 6)
        job = CarryJob(storage)
        for _ in range(9):
            await job.carry(NOW)
        said = [(r.message, r.__dict__.get("items")) for r in caplog.records]
        assert ("carrying_archive_over", 2) in said
        assert said[-1] == ("archive_carried_over", 6)
        assert said.count(said[-1]) == 1


async def test_a_part_of_the_archive_is_read_newest_first(storage: Storage) -> None:
    began = NOW - 5 * WEEK
    hetq = await open_feed(storage, "hetq", publisher="Hetq")
    await take_in(
        storage, hetq,
        new_item("Border 1", language="hy", published_at=began),
        new_item("Border 2", language="ru", published_at=began + WEEK),
    )  # fmt: skip
    others = await open_feed(storage, "others", publisher="Aggregator")
    await take_in(
        storage, others,
        new_item("Peace 3", language="hy", published_at=began + 2 * WEEK, source="Hetq"),
        new_item("Peace 4", language="en", published_at=began + 3 * WEEK, source="Other"),
        new_item("Peace 5", language="hy", published_at=began + 4 * WEEK),
    )  # fmt: skip

    async def read(*, before: int | None = None, limit: int = 9, **part: Any) -> str:
        found = await storage.items.load_latest(before=before, limit=limit, within=Within(**part))
        return "".join(each.title[-1] for each in found)

    assert await read() == "54321"
    assert await read(languages={"hy"}) == "531"
    assert await read(languages={"hy", "ru"}, limit=3) == "532"
    assert await read(publishers={"Hetq"}) == "321"
    assert await read(publishers={"Hetq"}, languages={"hy"}) == "31"
    assert await read(publishers={"Aggregator"}) == "5"
    assert await read(publishers={"Nobody"}) == ""
    assert await read(since=began + WEEK, until=began + 3 * WEEK) == "32"
    (newest,) = await storage.items.load_latest(before=None, limit=1)
    assert await read(before=newest.id, languages={"hy"}) == "31"
    assert await storage.items.load_publishers() == {"Hetq", "Aggregator", "Other"}
    since = Within(since=began + WEEK, until=began + 3 * WEEK)
    assert await search(storage, "border", "peace", within=since) == ["Peace 3", "Border 2"]


async def test_two_sets_of_words_narrow_each_other(storage: Storage) -> None:
    source, _ = await print_weekly(storage, 3)
    await take_in(storage, source, new_item("Peace 1"), new_item("Border and peace 2"))
    assert await search(storage, "border", also=("peace",)) == ["Border and peace 2"]
    assert await search(storage, "border", also=("1", "2")) == [
        "Border 2", "Border 1", "Border and peace 2",
    ]  # fmt: skip
