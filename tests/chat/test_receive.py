"""Receiving: nothing confirmed before it is stored, nothing lost, one bad update harms no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.chat import receive, visit
from bot.errors import DatabaseError, TokenRefused
from bot.model import ChatState
from bot.storage.tables import chat, subscriber, subscription
from tests.loopback import ANI, OLEG, Sahman
from tests.samples import count_rows, rows_of


async def test_an_update_is_confirmed_only_after_its_effect_is_stored(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sahman.storage.subscribers.open
    failures = []

    async def away(*given: Any, **more: Any) -> Any:
        if len(failures) < 2:
            failures.append(len(sahman.api.messenger.updates))
            raise DatabaseError("the database is away")
        return await opened(*given, **more)

    monkeypatch.setattr(sahman.storage.subscribers, "open", away)
    await sahman.say("/add border")
    assert failures == [1, 1], "it was still with Telegram when storing it failed"
    assert await sahman.keywords() == ["border"]
    assert len(await sahman.silence()) == 1


async def test_while_one_chat_cannot_be_stored_another_is_not_served_twice_over(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sahman.storage.subscribers.open
    failures = []

    async def away(wanted: Any, kind: Any, **more: Any) -> Any:
        if wanted.chat_id == ANI and len(failures) < 2:
            failures.append(wanted)
            raise DatabaseError("the database is away")
        return await opened(wanted, kind, **more)

    monkeypatch.setattr(sahman.storage.subscribers, "open", away)
    sahman.api.send_text(ANI, "/add border")
    sahman.api.send_text(OLEG, "/add border")
    await sahman.api.wait_messages(ANI)
    await sahman.silence()
    assert await sahman.keywords() == ["border"]
    assert await sahman.keywords(OLEG) == ["border"]
    assert count_rows(sahman.storage, subscription) == 2


async def test_a_repeated_update_is_answered_again_and_has_no_second_effect(
    sahman: Sahman,
) -> None:
    wire = {
        "message_id": 900,
        "date": 1_780_000_000,
        "chat": {"id": ANI, "type": "private", "first_name": "Ani"},
        "from": {"id": ANI, "is_bot": False, "first_name": "Ani", "language_code": "en"},
        "text": "/add border",
    }
    await sahman.say("/start")
    for _ in range(2):
        sahman.api.messenger.updates.add("message", wire)
    await sahman.api.wait_messages(ANI, count=3)
    assert await sahman.keywords() == ["border"]
    assert count_rows(sahman.storage, subscription) == 1


async def test_a_handler_that_breaks_apologizes_and_harms_no_other(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> Any:
        raise KeyError("a bug of ours")

    monkeypatch.setattr(sahman.storage.feeds, "load_sources", broken)
    sahman.api.send_text(OLEG, "/sources")
    sahman.api.send_text(OLEG, "/help")
    answer = await sahman.say("/sources")
    assert "went wrong" in answer.text
    assert (await sahman.say("/help")).text
    first, second = await sahman.api.wait_messages(OLEG, count=2)
    assert first.text != second.text
    assert "went wrong" not in first.text, "said in their own language"


async def test_an_update_that_cannot_be_read_is_stepped_over(sahman: Sahman) -> None:
    updates = sahman.api.messenger.updates
    updates.add("message", {"message_id": 900})
    sahman.api.send_text(OLEG, "/help")
    updates.add("callback_query", {"nothing": True})
    assert (await sahman.say("/help")).text
    await sahman.api.wait_messages(OLEG)
    await sahman.silence()


async def test_updates_of_one_chat_are_served_in_their_order(sahman: Sahman) -> None:
    for command in ("/add border", "/remove border", "/add border", "/remove border"):
        sahman.api.send_text(ANI, command)
    await sahman.api.wait_messages(ANI, count=4)
    assert await sahman.keywords() == []


async def test_many_who_write_at_once_are_all_answered(sahman: Sahman) -> None:
    for person in range(1_000, 1_040):
        sahman.api.add_user(person, "Somebody", language_code="en")
        sahman.api.send_text(person, "/start")
    for person in range(1_000, 1_040):
        await sahman.api.wait_messages(person)
    assert count_rows(sahman.storage, subscriber) == 40


async def test_another_receiver_stops_receiving_for_a_while_only(sahman: Sahman) -> None:
    await sahman.say("/start")
    conflict = "Conflict: terminated by other getUpdates request"
    sahman.api.refuse("getUpdates", 409, conflict, times=3)
    assert (await sahman.say("/help")).text
    assert (await sahman.say("/keywords")).text
    assert not sahman.tasks[0].done()


async def test_waits_for_another_receiver_grow(
    idle: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(receive, "_growing_s", lambda failures: asked.append(failures) or 0.01)
    conflict = "Conflict: terminated by other getUpdates request"
    idle.api.refuse("getUpdates", 409, conflict, times=4)
    idle.start()
    await idle.say("/help")
    assert asked == [2, 3, 4, 5]


@pytest.mark.parametrize("code", [500, 502, 504])
async def test_a_telegram_in_trouble_is_asked_again(sahman: Sahman, code: int) -> None:
    sahman.api.refuse("getUpdates", code, "Bad Gateway", times=2)
    assert (await sahman.say("/help")).text


async def test_a_wait_that_telegram_asks_for_is_kept(
    idle: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def wait(stop: asyncio.Event, seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(receive, "_wait", wait)
    idle.api.refuse("getUpdates", 429, "Too Many Requests", parameters={"retry_after": 7})
    idle.start()
    await idle.say("/help")
    assert waited == [7.0]


async def test_a_token_that_telegram_no_longer_knows_ends_receiving(idle: Sahman) -> None:
    idle.api.token = "1:another"
    with pytest.raises(TokenRefused):
        await asyncio.wait_for(idle.receiver.run(idle.stop), 5)


async def test_while_another_process_receives_this_one_does_not_ask(
    idle: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await idle.storage.receiving.hold("another process", 60)
    waited = asyncio.Event()

    async def wait(stop: asyncio.Event, seconds: float) -> None:
        waited.set()
        await asyncio.sleep(0.01)

    monkeypatch.setattr(receive, "_wait", wait)
    idle.start()
    await asyncio.wait_for(waited.wait(), 5)
    assert idle.api.calls_of("getUpdates") == []
    await idle.storage.receiving.release("another process")
    assert (await idle.say("/help")).text


async def test_stopping_ends_a_long_poll_at_once_and_gives_the_lease_up(sahman: Sahman) -> None:
    await sahman.say("/help")
    sahman.stop.set()
    await asyncio.wait_for(sahman.tasks[0], 1)
    assert await sahman.storage.receiving.hold("another process", 60)


async def test_a_reply_that_telegram_defers_is_sent_when_it_may_be(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "_REPLY_WAIT_S", 0.05)
    sahman.api.refuse(
        "sendMessage", 429, "Too Many Requests: retry after 0", parameters={"retry_after": 0}
    )
    assert (await asyncio.wait_for(sahman.say("/help"), 5)).text


async def test_a_reply_that_is_refused_for_good_is_a_first_sign_only(sahman: Sahman) -> None:
    await sahman.say("/start")
    sahman.api.refuse("sendMessage", 403, "Forbidden: bot was blocked by the user")
    sahman.api.send_text(ANI, "/help")
    await sahman.silence()
    assert rows_of(sahman.storage, chat)[0]["state"] == ChatState.REFUSED
    await sahman.say("/help")
    assert rows_of(sahman.storage, chat)[0]["state"] == ChatState.ACTIVE, "who writes is there"


async def test_taps_grown_old_are_served_all_the_same(sahman: Sahman) -> None:
    welcome = await sahman.say("/start")
    sahman.api.refuse("answerCallbackQuery", 400, "Bad Request: query is too old")
    sahman.api.tap(ANI, welcome.message_id, "+ border")
    await sahman.silence()
    assert await sahman.keywords() == ["border"]


async def test_a_message_that_cannot_be_edited_is_answered_anew(sahman: Sahman) -> None:
    await sahman.say("/start")
    sahman.api.refuse("editMessageText", 400, "Bad Request: message can't be edited")
    await sahman.tap("Русский")
    assert len(sahman.api.messages(ANI)) == 2
