"""Another bot: settings wait until their readers write to it; nothing of the old one is used."""

from __future__ import annotations

from bot.model import ChatState, DeliveryState
from bot.storage import Storage
from bot.storage.chats import note_refusal
from bot.storage.tables import chat, delivery, subscriber, subscription
from tests.samples import (
    change_rows,
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


async def test_a_database_serves_the_first_bot_that_comes(storage: Storage) -> None:
    assert await storage.bots.load() == 0
    assert await storage.bots.claim(7) == 7
    assert await storage.bots.claim(8) == 7
    assert await storage.bots.load() == 7


async def test_readers_hear_nothing_from_another_bot_until_they_write_to_it(
    storage: Storage,
) -> None:
    source = await open_feed(storage)
    ani, oleg = await open_chat(storage, 101), await open_chat(storage, 202)
    for who in (ani, oleg):
        await follow(storage, who, "border")
    await take_in(storage, source, new_item("The border is closed"))
    await expand(storage)
    with storage.database.engine.begin() as connection:
        sent = delivery.update().where(delivery.c.chat_id == 101)
        connection.execute(sent.values(state=DeliveryState.SENT, message_id=55))
    await storage.chats.mark_gone(202, "blocked")
    done: list[int] = []
    assert await storage.bots.count_chats() == 1
    assert await storage.bots.replace(8, done.append) == 2
    assert sum(done) == 2
    assert await storage.bots.load() == 8
    assert {row["state"] for row in rows_of(storage, chat)} == {ChatState.NOT_STARTED}
    assert {row["message_id"] for row in rows_of(storage, delivery)} == {None}

    await take_in(storage, source, new_item("The border is open"))
    await expand(storage)
    assert count_rows(storage, delivery, state=DeliveryState.PENDING) == 0
    with storage.database.engine.begin() as connection:
        note_refusal(connection, 101, "chat not found")
    assert count_rows(storage, chat, state=ChatState.NOT_STARTED) == 2, "never gone"

    await storage.chats.mark_back(101)
    missed = await storage.matches.load_digest(ani.id, after=_mark(storage, ani.id))
    assert "The border is open" in str(missed)
    await take_in(storage, source, new_item("A third word on the border"))
    await expand(storage)
    assert count_rows(storage, delivery, state=DeliveryState.PENDING, chat_id=101) == 1
    assert count_rows(storage, delivery, state=DeliveryState.PENDING, chat_id=202) == 0
    assert count_rows(storage, subscription) == 2


def _mark(storage: Storage, subscriber_id: int) -> int:
    rows = {row["id"]: row["digest_item"] for row in rows_of(storage, subscriber)}
    return int(rows[subscriber_id])


async def test_what_was_owed_to_a_reader_is_in_the_digest_once_they_write_to_the_new_bot(
    storage: Storage,
) -> None:
    ani = await open_chat(storage, 101)
    await owe_alert(storage, ani)
    await storage.bots.replace(8, lambda chats: None)
    assert count_rows(storage, delivery, state=DeliveryState.CANCELLED) == 1
    await storage.chats.mark_back(101)
    missed = await storage.matches.load_digest(ani.id, after=_mark(storage, ani.id))
    assert "Talks on the border" in str(missed)
    change_rows(storage, chat, not_before=0)
    assert count_rows(storage, chat, state=ChatState.ACTIVE) == 1
