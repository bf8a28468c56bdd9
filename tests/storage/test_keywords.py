"""Keywords: one row serves all who asked the same, and goes with the last of them."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

from bot.intake import compile_keyword, find_words
from bot.matching import KEYS_VERSION, parse_keyword
from bot.storage import Storage
from bot.storage.keywords import MAX_KEYWORDS, AddOutcome, CompiledKeyword, LookedBack
from bot.storage.tables import delivery, keyword, match, subscription
from tests.samples import (
    NOW,
    change_rows,
    count_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    second_database,
    take_in,
)


async def typed(storage: Storage, subscriber_id: int) -> list[str]:
    return [each.typed for each in await storage.keywords.load(subscriber_id)]


async def test_keywords_are_kept_as_typed_oldest_first(storage: Storage) -> None:
    who = await open_chat(storage)
    for minute, word in enumerate(("Border", "землетрясение", "Սյունիք")):
        added = await follow(storage, who, word, NOW + timedelta(minutes=minute))
        assert added.outcome is AddOutcome.ADDED
    assert await typed(storage, who.id) == ["Border", "землетрясение", "Սյունիք"]


async def test_the_same_query_typed_otherwise_is_there_already(storage: Storage) -> None:
    who = await open_chat(storage)
    await follow(storage, who, "border")
    assert (await follow(storage, who, "Border")).outcome is AddOutcome.ALREADY_THERE
    assert await typed(storage, who.id) == ["border"]


async def test_all_who_ask_the_same_share_one_keyword(storage: Storage) -> None:
    first, second = await open_chat(storage, 1), await open_chat(storage, 2)
    await follow(storage, first, "border")
    await follow(storage, second, "Border")
    assert count_rows(storage, keyword) == 1
    assert await typed(storage, second.id) == ["Border"]
    (mine,) = await storage.keywords.load(first.id)
    assert await storage.keywords.remove(first.id, mine.id) == "border"
    assert count_rows(storage, keyword) == 1
    assert await storage.keywords.remove(second.id, mine.id) == "Border"
    assert count_rows(storage, keyword) == 0


async def test_nobody_can_remove_what_is_another_persons(storage: Storage) -> None:
    first, second = await open_chat(storage, 1), await open_chat(storage, 2)
    await follow(storage, first, "border")
    (theirs,) = await storage.keywords.load(first.id)
    assert await storage.keywords.remove(second.id, theirs.id) is None
    assert await typed(storage, first.id) == ["border"]


async def add_plain(storage: Storage, subscriber_id: int, index: int) -> AddOutcome:
    """Add a keyword that needs no language to be compiled."""
    asked = CompiledKeyword(
        typed=f"word{index}", query=f"word{index}", compiled="{}",
        keys_version=KEYS_VERSION, anchors=(),
    )  # fmt: skip
    nothing = LookedBack(0, (), ())
    return (await storage.keywords.add(subscriber_id, asked, nothing, lambda _: None, NOW)).outcome


async def test_fifty_keywords_are_the_most_there_can_be(storage: Storage) -> None:
    who = await open_chat(storage)
    outcomes = [await add_plain(storage, who.id, n) for n in range(MAX_KEYWORDS + 1)]
    assert outcomes == [AddOutcome.ADDED] * 50 + [AddOutcome.TOO_MANY]
    assert count_rows(storage, subscription) == 50
    assert await add_plain(storage, who.id, 0) is AddOutcome.ALREADY_THERE


async def test_two_processes_cannot_add_a_fifty_first_together(storage: Storage) -> None:
    who = await open_chat(storage)
    for n in range(MAX_KEYWORDS - 1):
        await add_plain(storage, who.id, n)
    other = second_database(storage)
    try:
        added = await asyncio.gather(
            *(
                add_plain(each, who.id, 100 + n)
                for n, each in enumerate((storage, Storage(other), storage, Storage(other)))
            )
        )
    finally:
        other.close()
    assert added.count(AddOutcome.ADDED) == 1
    assert count_rows(storage, subscription) == MAX_KEYWORDS


class TestLookingBack:
    async def look_back(self, storage: Storage, word: str) -> LookedBack:
        query, asked = parse_keyword(word), compile_keyword(word)
        return await storage.keywords.look_back(
            asked.anchors, lambda each: find_words(query, each), NOW
        )

    async def test_a_keyword_tells_what_the_last_day_would_have_brought(
        self, storage: Storage
    ) -> None:
        source = await open_feed(storage)
        for hours in (1, 5, 30):
            at = NOW - timedelta(hours=hours)
            entry = new_item(f"Border, {hours} hours ago", seen_at=at, published_at=at)
            await take_in(storage, source, entry, new_item(f"Weather {hours}"))
        looked_back = await self.look_back(storage, "граница")
        assert [each.title for each in looked_back.items] == [
            "Border, 1 hours ago", "Border, 5 hours ago",
        ]  # fmt: skip

    async def test_what_comes_between_looking_back_and_adding_is_not_missed(
        self, storage: Storage
    ) -> None:
        source = await open_feed(storage)
        who = await open_chat(storage)
        looked_back = await self.look_back(storage, "border")
        await take_in(storage, source, new_item("Border"))
        query = parse_keyword("border")
        await storage.keywords.add(
            who.id, compile_keyword("border"), looked_back,
            lambda each: find_words(query, each), NOW,
        )  # fmt: skip
        (matched,) = await storage.matches.load_digest(who.id, after=0)
        assert matched.lead.item.title == "Border"

    async def test_what_it_would_have_brought_stands_in_the_digest_and_alerts_nobody(
        self, storage: Storage
    ) -> None:
        source = await open_feed(storage)
        await take_in(storage, source, new_item("Border"))
        who = await open_chat(storage)
        await follow(storage, who, "border")
        await expand(storage)
        (matched,) = await storage.matches.load_digest(who.id, after=0)
        assert (matched.lead.item.title, matched.keywords) == ("Border", ("border",))
        assert count_rows(storage, delivery) == 0

    async def test_another_who_asks_the_same_makes_no_second_match(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await follow(storage, await open_chat(storage, 1), "border")
        await take_in(storage, source, new_item("Border"))
        await follow(storage, await open_chat(storage, 2), "border")
        assert count_rows(storage, match) == 1


async def test_with_a_keyword_nobody_asks_for_its_matches_vanish(storage: Storage) -> None:
    source = await open_feed(storage)
    who = await open_chat(storage)
    await follow(storage, who, "border")
    await take_in(storage, source, new_item("Border"))
    (mine,) = await storage.keywords.load(who.id)
    await storage.keywords.remove(who.id, mine.id)
    await expand(storage)
    assert count_rows(storage, match) == 0
    assert count_rows(storage, delivery) == 0
    assert await storage.matches.load_digest(who.id, after=0) == []


class TestRekeying:
    def renewed(self, to: str, _query: str = "") -> CompiledKeyword:
        return dataclasses.replace(compile_keyword(to), keys_version=KEYS_VERSION)

    async def test_what_an_older_version_compiled_is_compiled_anew(self, storage: Storage) -> None:
        who = await open_chat(storage)
        await follow(storage, who, "border")
        change_rows(storage, keyword, keys_version=1, compiled="old", query="old")
        assert await storage.keywords.rekey(KEYS_VERSION, self.renewed) == 1
        (row,) = rows_of(storage, keyword)
        assert (row["query"], row["keys_version"]) == (
            compile_keyword("border").query,
            KEYS_VERSION,
        )
        assert await storage.keywords.rekey(KEYS_VERSION, self.renewed) == 0

    async def test_what_became_equal_is_merged_and_nobody_loses_it(self, storage: Storage) -> None:
        first, second = await open_chat(storage, 1), await open_chat(storage, 2)
        await follow(storage, first, "border")
        await follow(storage, first, "earthquake")
        await follow(storage, second, "earthquake")
        change_rows(storage, keyword, keys_version=1)
        same = self.renewed("border")
        await storage.keywords.rekey(KEYS_VERSION, lambda *_: same)
        assert count_rows(storage, keyword) == 1
        assert len(await typed(storage, first.id)) == 1
        assert await typed(storage, second.id) == ["earthquake"]

    async def test_what_is_refused_by_now_is_kept_as_it_was(self, storage: Storage) -> None:
        who = await open_chat(storage)
        await follow(storage, who, "border")
        change_rows(storage, keyword, keys_version=1)
        await storage.keywords.rekey(KEYS_VERSION, lambda *_: None)
        (row,) = rows_of(storage, keyword)
        assert row["keys_version"] == KEYS_VERSION
        assert await typed(storage, who.id) == ["border"]

    async def test_queries_that_swap_places_are_both_kept(self, storage: Storage) -> None:
        who = await open_chat(storage)
        await follow(storage, who, "border")
        await follow(storage, who, "earthquake")
        change_rows(storage, keyword, keys_version=1)
        swapped = {
            "border": self.renewed("earthquake"),
            "earthquake": self.renewed("border"),
        }
        await storage.keywords.rekey(KEYS_VERSION, lambda word, _: swapped[word])
        assert sorted(await typed(storage, who.id)) == ["border", "earthquake"]
