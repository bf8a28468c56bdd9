"""What operators say to all: owed once to each, by whichever process, and ended by a word."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.model import BroadcastProgress, ChatKind, DeliveryKind, DeliveryState, Stage
from bot.storage import Storage, broadcasts
from bot.storage.tables import broadcast, delivery
from tests.samples import NOW, count_rows, open_chat, rows_of

_OPERATOR = 7
_RATE = 1_000.0


async def _start(storage: Storage, *languages: str) -> int:
    draft = await storage.broadcasts.draft("We move", languages, _OPERATOR, NOW)
    assert await storage.broadcasts.start(draft, _OPERATOR, 70)
    return draft


@pytest.fixture
async def readers(storage: Storage) -> Storage:
    """Three who read Russian, two Armenian, and one who is gone."""
    for chat_id, language in enumerate(("ru", "ru", "hy", "ru", "hy", "ru"), start=101):
        await open_chat(storage, chat_id, language=language)
    await storage.chats.mark_gone(106, "blocked")
    return storage


async def test_each_is_owed_it_once_however_many_processes_carry_it_on(
    readers: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasts, "_CHUNK", 2)
    assert await readers.broadcasts.count_readers(()) == {"ru": 3, "hy": 2}
    begun = await _start(readers)

    async def carry() -> None:
        while await readers.broadcasts.owe_some(begun, NOW):
            pass

    await asyncio.gather(carry(), carry(), carry())
    assert sorted(row["chat_id"] for row in rows_of(readers, delivery)) == [*range(101, 106)]
    progress = await readers.broadcasts.load_progress(begun)
    assert progress == BroadcastProgress(owed=5, waiting=5)


async def test_a_draft_is_started_once_and_by_its_operator_alone(readers: Storage) -> None:
    draft = await readers.broadcasts.draft("We move", ("hy",), _OPERATOR, NOW)
    assert not await readers.broadcasts.owe_some(draft, NOW)
    assert not await readers.broadcasts.start(draft, 8, 80)
    started = await asyncio.gather(
        *(readers.broadcasts.start(draft, _OPERATOR, 70) for _ in range(4))
    )
    assert started.count(True) == 1
    assert not await readers.broadcasts.owe_some(draft, NOW)
    assert count_rows(readers, delivery) == 2


async def test_the_paused_are_claimed_for_it_and_for_nothing_else(readers: Storage) -> None:
    reader = await readers.subscribers.load(103, 0)
    assert reader is not None
    await readers.pausing.pause(reader.id, None)
    await readers.broadcasts.owe_some(await _start(readers, "hy"), NOW)
    claim = await readers.deliveries.settle_and_claim([], 10, _RATE, NOW)
    assert {each.kind for each in claim.deliveries} == {DeliveryKind.BROADCAST}
    assert {each.subscriber.chat_id for each in claim.deliveries} == {103, 105}


async def test_what_is_not_sent_when_it_is_stopped_never_is(readers: Storage) -> None:
    begun = await _start(readers)
    await readers.broadcasts.owe_some(begun, NOW)
    assert await readers.broadcasts.cancel(begun, 8) is None
    assert await readers.broadcasts.cancel(begun, _OPERATOR) is Stage.SENDING
    assert {row["state"] for row in rows_of(readers, delivery)} == {DeliveryState.CANCELLED}
    assert not await readers.broadcasts.finish(begun)
    assert await readers.broadcasts.cancel(begun, _OPERATOR) is Stage.CANCELLED


async def test_what_was_said_is_forgotten_unless_it_is_on_its_way(readers: Storage) -> None:
    begun = await _start(readers)
    await readers.broadcasts.draft("Never sent", (), _OPERATOR, NOW)
    await readers.broadcasts.prune(NOW + timedelta(seconds=1))
    assert [row["id"] for row in rows_of(readers, broadcast)] == [begun]
    assert await readers.broadcasts.finish(begun)
    await readers.broadcasts.prune(NOW + timedelta(seconds=1))
    assert count_rows(readers, broadcast) == 0


async def test_a_group_hears_it_once_and_a_channel_not_at_all(storage: Storage) -> None:
    for topic, language in ((0, "hy"), (7, "ru"), (8, "ru")):
        await open_chat(storage, -100_1, kind=ChatKind.SUPERGROUP, topic=topic, language=language)
    await open_chat(storage, -100_2, kind=ChatKind.CHANNEL, language="ru")
    assert await storage.broadcasts.count_readers(()) == {"hy": 1}
    assert await storage.broadcasts.count_readers(("ru",)) == {"ru": 1}
    await storage.broadcasts.owe_some(await _start(storage, "ru"), NOW)
    (row,) = rows_of(storage, delivery)
    reader = await storage.subscribers.load(-100_1, 7)
    assert reader is not None
    assert row["subscriber_id"] == reader.id
