"""The overview: counts of readers and messages, the news of each hour, the stories of the last."""

from __future__ import annotations

from datetime import timedelta

from bot.model import ChatKind, ChatState
from bot.storage import Storage
from bot.storage.tables import chat, keyword, subscriber, surge
from tests.samples import (
    NOW,
    change_rows,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)


async def test_readers_are_counts(storage: Storage) -> None:
    reader = await open_chat(storage, 101)
    await open_chat(storage, -100_202, kind=ChatKind.SUPERGROUP)
    await open_chat(storage, -100_202, kind=ChatKind.SUPERGROUP, topic=7)
    await follow(storage, reader, "border")
    readers = (await storage.overviews.load(NOW)).readers
    assert (readers.active, readers.groups, readers.paused, readers.away) == (3, 2, 0, 0)
    assert readers.keywords == 1
    change_rows(storage, subscriber, paused=True)
    readers = (await storage.overviews.load(NOW)).readers
    assert (readers.active, readers.groups, readers.paused) == (0, 0, 3)
    change_rows(storage, chat, state=ChatState.GONE)
    assert (await storage.overviews.load(NOW)).readers.away == 3


async def test_a_story_is_told_with_all_who_tell_it_the_most_first(storage: Storage) -> None:
    for name in ("alpha", "beta"):
        source = await open_feed(storage, name, publisher=f"{name} news", country="GE")
        await take_in(storage, source, new_item("A flood in Lori", key=name, story_key="flood"))
    source = await open_feed(storage, "gamma")
    later = NOW + timedelta(minutes=1)
    await take_in(storage, source, new_item("Talks", seen_at=later), now=later)
    old = NOW - timedelta(hours=13)
    await take_in(storage, source, new_item("Yesterday", seen_at=old, published_at=old), now=later)
    stories = (await storage.overviews.load(NOW)).stories
    assert [(each.title, each.publishers) for each in stories] == [
        ("A flood in Lori", (("alpha news", "GE"), ("beta news", "GE"))),
        ("Talks", (("Sample Herald", "AM"),)),
    ]


async def test_news_and_surges_stand_in_their_hours(storage: Storage) -> None:
    source = await open_feed(storage, "alpha")
    await follow(storage, await open_chat(storage), "border")
    (followed,) = rows_of(storage, keyword)
    with storage.database.engine.begin() as connection:
        connection.execute(
            surge.insert().values(
                keyword_id=followed["id"], at=NOW - timedelta(minutes=5), stories=9, families=4,
                usual=1.0, left_out=0, owing=False,
            )
        )  # fmt: skip
    ages = (0, 1, 47, 48)
    for hours in ages:
        at = NOW - timedelta(hours=hours)
        await take_in(storage, source, new_item(f"news of {hours}", seen_at=at))
    hours_of_news = (await storage.overviews.load(NOW + timedelta(minutes=30))).hours
    assert len(hours_of_news) == 48
    assert hours_of_news[-1].at == NOW
    counts = [each.items for each in hours_of_news]
    assert (counts[-1], counts[-2], counts[0], sum(counts)) == (1, 1, 1, 3)
    assert [each.surges for each in hours_of_news[-3:]] == [0, 1, 0]
