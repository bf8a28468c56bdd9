"""Fan-out: everyone who asked is owed one alert, chunk by chunk, whatever happens in between."""

from __future__ import annotations

import pytest

from bot.storage import Storage
from bot.storage import fanout as fanning
from bot.storage.fanout import expand_fanout
from bot.storage.tables import delivery, fanout
from tests.samples import (
    NOW,
    count_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)


async def matched(storage: Storage, people: int) -> None:
    """Print one item that so many people asked for."""
    source = await open_feed(storage)
    for chat_id in range(1, people + 1):
        await follow(storage, await open_chat(storage, chat_id), "border")
    await take_in(storage, source, new_item("Border"))


async def print_more(storage: Storage, title: str) -> None:
    """Print another item in a feed of its own."""
    await take_in(storage, await open_feed(storage, f"feed of {title}"), new_item(title))


async def chunk(storage: Storage, size: int) -> bool:
    return await storage.database.write(lambda connection: expand_fanout(connection, 1_000, size))


async def test_everyone_is_owed_one_alert_chunk_by_chunk(storage: Storage) -> None:
    await matched(storage, people=5)
    counts = []
    while await chunk(storage, 2):
        counts.append(count_rows(storage, delivery))
    assert counts == [2, 4, 5]
    assert {row["chat_id"] for row in rows_of(storage, delivery)} == {1, 2, 3, 4, 5}
    assert count_rows(storage, fanout) == 0


async def test_a_crash_within_a_chunk_repeats_that_chunk_only(storage: Storage) -> None:
    await matched(storage, people=5)
    await chunk(storage, 2)

    def crash(connection: object) -> None:
        expand_fanout(connection, 1_000, 2)  # type: ignore[arg-type]
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await storage.database.write(crash)
    assert count_rows(storage, delivery) == 2
    while await chunk(storage, 2):
        pass
    assert sorted(row["chat_id"] for row in rows_of(storage, delivery)) == [1, 2, 3, 4, 5]


async def test_a_full_last_chunk_ends_as_well(storage: Storage) -> None:
    await matched(storage, people=4)
    assert [await chunk(storage, 2) for _ in range(4)] == [True, True, True, False]
    assert count_rows(storage, delivery) == 4


async def test_who_is_paused_or_gone_is_owed_nothing(storage: Storage) -> None:
    await matched(storage, people=3)
    paused = await storage.subscribers.load(1, 0)
    assert paused is not None
    await storage.subscribers.save_settings(paused.id, paused=True)
    await storage.chats.mark_gone(2, "blocked")
    await expand(storage)
    assert [row["chat_id"] for row in rows_of(storage, delivery)] == [3]


async def test_it_waits_while_more_is_due_than_can_be_sent(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await matched(storage, people=5)
    monkeypatch.setattr(fanning, "count_backlog", lambda rate: 2)
    assert await chunk(storage, 2)
    assert not await chunk(storage, 2)
    claim = await storage.deliveries.settle_and_claim([], 10, 1000, NOW)
    assert len(claim.deliveries) == 2
    assert claim.fanning
    assert await chunk(storage, 2), "what waits behind closed gates is no reason to wait"


async def test_a_graver_match_does_not_wait_for_others(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await matched(storage, people=3)
    monkeypatch.setattr(fanning, "count_backlog", lambda rate: 2)
    assert await chunk(storage, 2)
    assert not await chunk(storage, 2)
    await print_more(storage, "Three killed on the border")
    assert await chunk(storage, 2)
    graver = [row for row in rows_of(storage, delivery) if row["gravity"] == 3]
    assert len(graver) == 2


async def test_stories_are_given_a_chunk_in_turn(storage: Storage) -> None:
    await matched(storage, people=6)
    await chunk(storage, 2)
    await print_more(storage, "Border again")
    stories = []
    for _ in range(4):
        before = {row["id"] for row in rows_of(storage, delivery)}
        await chunk(storage, 2)
        stories += {
            row["story_id"] for row in rows_of(storage, delivery) if row["id"] not in before
        }
    assert len(stories) == 4
    assert stories[0] != stories[1] != stories[2] != stories[3]


async def test_an_alert_is_as_old_as_its_news_not_as_its_fanout(storage: Storage) -> None:
    await matched(storage, people=1)
    await expand(storage)
    (row,) = rows_of(storage, delivery)
    assert row["created_at"] == NOW
    assert row["due_at"] > NOW.timestamp() * 1000


async def test_who_asks_while_it_goes_on_is_not_owed_what_was_printed_before(
    storage: Storage,
) -> None:
    """Their answer to /add shows it already."""
    await matched(storage, people=2)
    await expand(storage)
    await follow(storage, await open_chat(storage, 99), "border")
    await expand(storage)
    assert count_rows(storage, delivery, chat_id=99) == 0
