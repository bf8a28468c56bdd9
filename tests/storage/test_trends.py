"""Stories counted by hour, hours that were heard, surges noted and their notices owed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.model import URGENT, DeliveryKind, HourCount, Silence, Subscriber, Surge
from bot.storage import Storage
from bot.storage.tables import delivery, heard_hour, surge
from bot.stories.surge import QUIET_AFTER, hour_of
from tests.samples import NOW, count_rows, follow, new_item, open_chat, open_feed, rows_of, take_in

HOUR = timedelta(hours=1)
THIS = hour_of(NOW)


async def follower(storage: Storage, chat_id: int = 101, **settings: Any) -> tuple[Subscriber, int]:
    """Return somebody who follows "border" since long ago, and the keyword's id."""
    who = await open_chat(storage, chat_id, **settings)
    return who, (await follow(storage, who, "border", NOW - timedelta(days=20))).keyword_id


def found(keyword_id: int, **changes: Any) -> Surge:
    """Return a surge of now."""
    facts = {"at": NOW, "stories": 12, "families": 3, "usual": 2.0, "left_out": 4, **changes}
    return Surge(keyword_id=keyword_id, **facts)


async def test_a_story_counts_once_where_it_began_and_in_its_first_language(
    storage: Storage,
) -> None:
    _, keyword_id = await follower(storage)
    source = await open_feed(storage)
    at = NOW - 3 * HOUR
    await take_in(
        storage,
        source,
        new_item("The border is shut", story_key="one", seen_at=at),
        new_item("Border shut", story_key="two", seen_at=at + HOUR),
        new_item("Nothing of it", seen_at=at),
    )
    other = await open_feed(storage, "beta", publisher="Gazette")
    again = new_item("Граница закрыта", story_key="one", language="ru", seen_at=at + HOUR)
    await take_in(storage, other, again)
    counts = await storage.trends.load_counts([keyword_id], NOW - 24 * HOUR, NOW)
    assert counts == [HourCount(THIS - 3, "en", 1), HourCount(THIS - 2, "en", 1)]
    assert await storage.trends.load_counts([keyword_id + 1], NOW - 24 * HOUR, NOW) == []
    assert await storage.trends.load_counts([keyword_id], NOW - 2 * HOUR, NOW - HOUR) == [
        # Of a story that began before the window, what the window holds begins it.
        HourCount(THIS - 2, "en", 1),
        HourCount(THIS - 2, "ru", 1),
    ]


async def test_what_came_late_counts_when_it_was_printed(storage: Storage) -> None:
    _, keyword_id = await follower(storage)
    source = await open_feed(storage)
    late = {"silence": Silence.BACKLOG, "matches": True, "published_at": NOW - 5 * HOUR}
    await take_in(storage, source, *(new_item(f"Border {n}", **late) for n in range(6)))
    counts = await storage.trends.load_counts([keyword_id], NOW - 24 * HOUR, NOW + HOUR)
    assert counts == [HourCount(THIS - 5, "en", 6)]
    assert await storage.trends.load_busy(NOW - HOUR, 5, NOW) == []


async def test_busy_is_what_many_stories_of_an_hour_are_on(storage: Storage) -> None:
    _, keyword_id = await follower(storage)
    source = await open_feed(storage)
    await take_in(storage, source, *(new_item(f"Border {n}") for n in range(5)))
    before = new_item("Border", story_key="old", seen_at=NOW - 2 * HOUR)
    await take_in(storage, source, before, now=NOW - 2 * HOUR)
    other = await open_feed(storage, "beta", publisher="Gazette")
    await take_in(storage, other, new_item("Border again", story_key="old"))
    assert await storage.trends.load_busy(NOW - HOUR, 5, NOW - QUIET_AFTER) == [keyword_id]
    assert await storage.trends.load_busy(NOW - HOUR, 7, NOW - QUIET_AFTER) == []
    recent = await storage.trends.load_recent(keyword_id, NOW - HOUR)
    assert [[each.item.title for each in story] for story in recent] == [
        [f"Border {n}"] for n in range(5)
    ]
    assert await storage.trends.save_surge(found(keyword_id), NOW - QUIET_AFTER)
    assert await storage.trends.load_busy(NOW - HOUR, 5, NOW - QUIET_AFTER) == []


async def test_minutes_that_were_heard_are_noted_once_by_however_many(storage: Storage) -> None:
    for minute in (0, 1, 1, 59):
        await storage.trends.note_heard(THIS, minute)
    await storage.trends.note_heard(THIS + 1, 5)
    assert await storage.trends.load_heard(THIS) == {THIS: 3, THIS + 1: 1}
    assert await storage.trends.load_heard(THIS + 1) == {THIS + 1: 1}


async def test_a_keyword_surges_once_in_six_hours(storage: Storage) -> None:
    _, keyword_id = await follower(storage)
    assert await storage.trends.save_surge(found(keyword_id), NOW - QUIET_AFTER)
    later = found(keyword_id, at=NOW + 5 * HOUR)
    assert not await storage.trends.save_surge(later, later.at - QUIET_AFTER)
    later = found(keyword_id, at=NOW + 6 * HOUR)
    assert await storage.trends.save_surge(later, later.at - QUIET_AFTER)
    assert await storage.trends.load_surges([keyword_id], NOW) == [found(keyword_id), later]
    assert not await storage.trends.save_surge(found(keyword_id + 1), NOW - QUIET_AFTER)


async def test_all_who_follow_it_are_owed_one_notice_but_who_wants_no_such_alerts(
    storage: Storage,
) -> None:
    people = [await follower(storage, chat_id) for chat_id in (101, 102, 103)]
    quiet, keyword_id = await follower(storage, 104)
    await storage.subscribers.save_settings(quiet.id, paused=True)
    urgent_only, _ = await follower(storage, 105)
    await storage.subscribers.save_settings(urgent_only.id, least_gravity=URGENT)
    await open_chat(storage, 106)
    await storage.trends.save_surge(found(keyword_id), NOW - QUIET_AFTER)
    while await storage.trends.owe_notices(chunk=2):
        pass
    assert not await storage.trends.owe_notices()
    rows = rows_of(storage, delivery)
    assert [row["subscriber_id"] for row in rows] == [who.id for who, _ in people]
    assert {row["kind"] for row in rows} == {DeliveryKind.NOTICE}
    (ref,) = {row["ref"] for row in rows}
    assert await storage.trends.load_surge(ref) == found(keyword_id)


async def test_a_surge_goes_with_its_keyword_and_what_was_long_ago_is_forgotten(
    storage: Storage,
) -> None:
    who, keyword_id = await follower(storage)
    await storage.trends.save_surge(found(keyword_id), NOW - QUIET_AFTER)
    await storage.trends.note_heard(THIS - 1, 3)
    await storage.trends.note_heard(THIS, 3)
    await storage.trends.prune(NOW)
    assert (count_rows(storage, surge), count_rows(storage, heard_hour)) == (1, 1)
    await storage.keywords.remove(who.id, keyword_id)
    assert count_rows(storage, surge) == 0
    await storage.trends.prune(NOW + HOUR)
    assert count_rows(storage, heard_hour) == 0
