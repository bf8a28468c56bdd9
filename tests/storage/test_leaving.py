"""Leaving: what has long been gone is erased; who sets up which channel goes with either."""

from __future__ import annotations

from bot.model import ChatKind
from bot.storage import Storage
from bot.storage.leaving import GONE_DAYS
from bot.storage.tables import channel_admin, chat, keyword, subscriber, subscription
from tests.samples import change_rows, count_rows, follow, open_chat, rows_of

ANI, CHANNEL = 101, -100_200
DAY_MS = 86_400_000


async def test_a_chat_that_is_long_gone_is_erased_with_all_it_had(storage: Storage) -> None:
    await follow(storage, await open_chat(storage), "border")
    assert await storage.leaving.erase_gone() == 0
    await storage.chats.mark_gone(ANI, "blocked")
    (row,) = rows_of(storage, chat)
    change_rows(storage, chat, gone_at=row["gone_at"] - (GONE_DAYS - 1) * DAY_MS)
    assert await storage.leaving.erase_gone() == 0
    change_rows(storage, chat, gone_at=row["gone_at"] - GONE_DAYS * DAY_MS - 1000)
    assert await storage.leaving.erase_gone() == 1
    for table in (chat, subscriber, subscription, keyword):
        assert count_rows(storage, table) == 0


async def test_who_comes_back_begins_anew_and_keeps_what_they_had(storage: Storage) -> None:
    await follow(storage, await open_chat(storage), "border")
    await storage.chats.mark_gone(ANI, "blocked")
    await storage.chats.mark_back(ANI)
    assert rows_of(storage, chat)[0]["gone_at"] == 0
    assert await storage.leaving.erase_gone() == 0
    assert count_rows(storage, subscription) == 1


async def test_a_channel_is_known_to_whoever_sets_it_up(storage: Storage) -> None:
    who = await open_chat(storage)
    await storage.channels.note_admin(CHANNEL, ANI)
    await storage.channels.note_admin(CHANNEL, ANI)
    await storage.channels.note_admin(CHANNEL, 999)  # has no chat with the bot
    assert await storage.channels.load_of(ANI) == [CHANNEL]
    assert await storage.channels.load_admins(CHANNEL) == [ANI]
    await storage.chats.mark_gone(CHANNEL, "kicked")
    assert await storage.channels.load_of(ANI) == []
    await storage.subscribers.erase(who.id)
    assert count_rows(storage, channel_admin) == 0


async def test_a_channel_that_is_erased_is_nobodys(storage: Storage) -> None:
    await open_chat(storage)
    channel = await open_chat(storage, CHANNEL, kind=ChatKind.CHANNEL)
    await storage.channels.note_admin(CHANNEL, ANI)
    await storage.subscribers.erase(channel.id)
    assert await storage.channels.load_of(ANI) == []
