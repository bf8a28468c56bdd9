"""Subscribers: what is known of them, how they move, and that nothing of them stays."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from bot.model import ChatKind, ChatState, DeliveryState
from bot.storage import Storage
from bot.storage.tables import (
    chat,
    delivery,
    keyword,
    metadata,
    subscriber,
    subscription,
    typed_words,
)
from tests.samples import (
    NOW,
    count_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    owe_alert,
    rows_of,
    take_in,
)

GROUP, SUPERGROUP = -77, -1001


async def test_who_comes_again_keeps_what_they_have(storage: Storage) -> None:
    who = await open_chat(storage, zone="Europe/Paris")
    again = await open_chat(storage, zone="Asia/Baku", language="ru")
    assert again == who
    assert count_rows(storage, subscriber) == 1


async def test_topics_of_a_group_are_subscribers_of_their_own(storage: Storage) -> None:
    first = await open_chat(storage, SUPERGROUP, kind=ChatKind.SUPERGROUP, topic=0)
    second = await open_chat(storage, SUPERGROUP, kind=ChatKind.SUPERGROUP, topic=5)
    await follow(storage, second, "border")
    assert first.id != second.id
    assert await storage.keywords.load(first.id) == []
    assert await storage.subscribers.load(SUPERGROUP, 5) == second
    assert await storage.subscribers.load(SUPERGROUP, 6) is None


async def test_what_is_set_is_set_and_the_rest_stays(storage: Storage) -> None:
    who = await open_chat(storage)
    await storage.subscribers.save_settings(
        who.id, language="hy", digest_times=("07:00", "20:00"), next_digest_at=None
    )
    assert await storage.subscribers.load(101, 0) == dataclasses.replace(
        who, language="hy", digest_times=("07:00", "20:00"), next_digest_at=None
    )
    await storage.subscribers.save_settings(4242, language="hy")


def everything(storage: Storage) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, but for the send clock."""
    return {
        table.name: rows_of(storage, table)
        for table in metadata.sorted_tables
        if table.name != "budget"
    }


async def fill(storage: Storage, who: Any) -> None:
    """Leave a trace of *who* in every table that can hold one."""
    await follow(storage, who, "border")
    await follow(storage, who, "earthquake")
    await storage.subscribers.save_words(who.id, "my own words", NOW)


async def test_stop_erases_every_row_that_tells_of_a_subscriber(storage: Storage) -> None:
    source = await open_feed(storage)
    await take_in(storage, source, new_item("Border"))
    before = everything(storage)
    who = await open_chat(storage)
    await fill(storage, who)
    await take_in(storage, source, new_item("More of the border", key="2"))
    await expand(storage)
    await storage.subscribers.owe_digests(
        NOW + timedelta(days=1), lambda _: ("2026-09-13T09:00", NOW)
    )
    await storage.deliveries.settle_and_claim([], 1, 1000, NOW)
    for table in (chat, subscriber, subscription, keyword, typed_words, delivery):
        assert count_rows(storage, table), f"{table.name}: the test left nothing to erase"
    await storage.subscribers.erase(who.id)
    after = everything(storage)
    # News stays; nothing of a person does.
    for name in ("feed", "feed_day", "item", "search_period", "story", "story_item"):
        del before[name], after[name]
    assert after == before


async def test_erasing_one_takes_nothing_from_another(storage: Storage) -> None:
    first, second = await open_chat(storage, 1), await open_chat(storage, 2)
    await fill(storage, second)
    await owe_alert(storage, second)
    before = everything(storage)
    first_traces = await open_chat(storage, 1)
    await fill(storage, first_traces)
    await storage.subscribers.erase(first.id)
    after = everything(storage)
    before["chat"] = [row for row in before["chat"] if row["id"] != 1]
    before["subscriber"] = [row for row in before["subscriber"] if row["chat_id"] != 1]
    assert after == before


async def test_erasing_a_topic_leaves_the_group_and_its_other_topics(storage: Storage) -> None:
    await open_chat(storage, SUPERGROUP, kind=ChatKind.SUPERGROUP, topic=0)
    topic = await open_chat(storage, SUPERGROUP, kind=ChatKind.SUPERGROUP, topic=5)
    await storage.subscribers.erase(topic.id)
    assert await storage.subscribers.load(SUPERGROUP, 0) is not None
    assert await storage.subscribers.load(SUPERGROUP, 5) is None
    await storage.subscribers.erase(topic.id)
    assert count_rows(storage, chat) == 1


async def test_words_behind_buttons_are_given_to_who_typed_them_only(storage: Storage) -> None:
    first, second = await open_chat(storage, 1), await open_chat(storage, 2)
    words = await storage.subscribers.save_words(first.id, "state border", NOW)
    assert await storage.subscribers.load_words(first.id, words) == "state border"
    assert await storage.subscribers.load_words(second.id, words) is None
    assert await storage.subscribers.load_words(first.id, words + 1) is None


async def test_words_behind_buttons_are_forgotten_in_time(storage: Storage) -> None:
    who = await open_chat(storage)
    old = await storage.subscribers.save_words(who.id, "old", NOW - timedelta(days=3))
    new = await storage.subscribers.save_words(who.id, "new", NOW)
    await storage.subscribers.prune_words(NOW - timedelta(days=2))
    assert await storage.subscribers.load_words(who.id, old) is None
    assert await storage.subscribers.load_words(who.id, new) == "new"


class TestGone:
    async def test_a_chat_that_is_gone_is_owed_nothing_any_more(self, storage: Storage) -> None:
        who = await open_chat(storage)
        await owe_alert(storage, who)
        await storage.chats.mark_gone(101, "blocked")
        (row,) = rows_of(storage, delivery)
        assert (row["state"], row["error"]) == (DeliveryState.CANCELLED, "blocked")
        assert await storage.deliveries.count_owed() == 0
        assert (await storage.deliveries.settle_and_claim([], 10, 1000, NOW)).deliveries == ()

    async def test_what_was_cancelled_is_settled_and_pruned_in_the_end(
        self, storage: Storage
    ) -> None:
        await owe_alert(storage, await open_chat(storage))
        await storage.chats.mark_gone(101, "blocked")
        assert rows_of(storage, delivery)[0]["settled_at"] is not None

    async def test_no_digest_is_owed_to_it(self, storage: Storage) -> None:
        await open_chat(storage)
        await storage.chats.mark_gone(101, "blocked")
        slot = ("2026-09-13T09:00", None)
        owed = await storage.subscribers.owe_digests(NOW + timedelta(days=1), lambda _: slot)
        assert owed == 0

    async def test_who_comes_back_keeps_their_keywords_and_is_written_to_again(
        self, storage: Storage
    ) -> None:
        who = await open_chat(storage)
        await follow(storage, who, "border")
        await storage.chats.mark_gone(101, "blocked")
        await storage.chats.mark_back(101)
        source = await open_feed(storage)
        await take_in(storage, source, new_item("Border"))
        await expand(storage)
        assert len((await storage.deliveries.settle_and_claim([], 10, 1000, NOW)).deliveries) == 1
        assert rows_of(storage, chat)[0]["state_reason"] == ""

    async def test_a_chat_nobody_knows_cannot_go(self, storage: Storage) -> None:
        await storage.chats.mark_gone(4242, "blocked")
        await storage.chats.mark_back(4242)
        assert count_rows(storage, chat) == 0


class TestMoving:
    async def test_a_group_that_moves_keeps_all_it_had_and_was_owed(self, storage: Storage) -> None:
        who = await open_chat(storage, GROUP, kind=ChatKind.GROUP, zone="Europe/Paris")
        await owe_alert(storage, who)
        await storage.subscribers.save_words(who.id, "words", NOW)
        await storage.chats.move(GROUP, SUPERGROUP)
        moved = await storage.subscribers.load(SUPERGROUP, 0)
        assert moved == dataclasses.replace(who, chat_id=SUPERGROUP)
        assert [each.typed for each in await storage.keywords.load(who.id)] == ["border"]
        (owed,) = (await storage.deliveries.settle_and_claim([], 10, 1000, NOW)).deliveries
        assert owed.subscriber.chat_id == SUPERGROUP
        assert [(row["id"], row["kind"]) for row in rows_of(storage, chat)] == [
            (SUPERGROUP, "supergroup")
        ]

    async def test_hearing_of_it_twice_changes_nothing_more(self, storage: Storage) -> None:
        await open_chat(storage, GROUP, kind=ChatKind.GROUP)
        await storage.chats.move(GROUP, SUPERGROUP)
        await storage.chats.move(GROUP, SUPERGROUP)
        assert count_rows(storage, subscriber, chat_id=SUPERGROUP) == 1

    async def test_where_both_have_keywords_all_of_them_stay(self, storage: Storage) -> None:
        old = await open_chat(storage, GROUP, kind=ChatKind.GROUP)
        new = await open_chat(storage, SUPERGROUP, kind=ChatKind.SUPERGROUP)
        await follow(storage, old, "earthquake")
        await follow(storage, new, "border")
        await storage.chats.move(GROUP, SUPERGROUP)
        (left,) = rows_of(storage, subscriber)
        assert left["id"] == new.id
        typed = {each.typed for each in await storage.keywords.load(new.id)}
        assert typed == {"border", "earthquake"}

    async def test_one_that_was_made_before_the_move_was_heard_of_costs_no_keyword(
        self, storage: Storage
    ) -> None:
        old = await open_chat(storage, GROUP, kind=ChatKind.GROUP, zone="Europe/Paris")
        await open_chat(storage, SUPERGROUP, kind=ChatKind.SUPERGROUP)
        await follow(storage, old, "earthquake")
        await storage.chats.move(GROUP, SUPERGROUP)
        moved = await storage.subscribers.load(SUPERGROUP, 0)
        assert moved == dataclasses.replace(old, chat_id=SUPERGROUP)

    async def test_what_both_are_owed_is_owed_once(self, storage: Storage) -> None:
        source = await open_feed(storage)
        for group, kind in ((GROUP, ChatKind.GROUP), (SUPERGROUP, ChatKind.SUPERGROUP)):
            await follow(storage, await open_chat(storage, group, kind=kind), "border")
        old = await storage.subscribers.load(GROUP, 0)
        assert old is not None
        await follow(storage, old, "earthquake")
        await take_in(storage, source, new_item("Border"), new_item("Earthquake"))
        await expand(storage)
        await storage.chats.move(GROUP, SUPERGROUP)
        assert count_rows(storage, delivery, chat_id=SUPERGROUP) == 2
        assert count_rows(storage, delivery) == 2

    async def test_a_group_that_was_gone_can_be_written_to_where_it_went(
        self, storage: Storage
    ) -> None:
        await open_chat(storage, GROUP, kind=ChatKind.GROUP)
        await storage.chats.mark_gone(GROUP, "upgraded")
        await storage.chats.move(GROUP, SUPERGROUP)
        assert rows_of(storage, chat)[0]["state"] == ChatState.ACTIVE


async def test_a_time_without_a_zone_is_refused(storage: Storage) -> None:
    with pytest.raises(Exception, match="naive"):
        await open_chat(storage, created_at=NOW.replace(tzinfo=None))
