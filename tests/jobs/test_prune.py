"""Retention: what is old goes, what is needed stays."""

from __future__ import annotations

from datetime import timedelta

from bot.jobs.prune import prune
from bot.storage import Storage
from bot.storage.tables import item, typed_words
from tests.samples import NOW, count_rows, new_item, open_chat, open_feed, take_in


async def test_what_is_older_than_it_is_kept_goes(storage: Storage) -> None:
    source = await open_feed(storage)
    await take_in(storage, source, new_item("Old"))
    day_91 = NOW + timedelta(days=91)
    await take_in(storage, source, new_item("New", seen_at=day_91), now=day_91)
    who = await open_chat(storage)
    await storage.subscribers.save_words(who.id, "words", NOW)
    await prune(storage, 90, day_91)
    assert [each.title for each in await storage.items.load_latest(before=None, limit=5)] == ["New"]
    assert count_rows(storage, typed_words) == 0
    await prune(storage, 90, day_91)
    assert count_rows(storage, item) == 1
