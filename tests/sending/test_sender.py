"""Sending what is owed: once, whatever Telegram answers; and never lost for its markup."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from bot.demo.chats import Message
from bot.errors import DatabaseError, TokenRefused
from bot.jobs.digest import owe_due_digests
from bot.model import ChatKind, ChatState, DeliveryState
from bot.sending import courier
from bot.storage.tables import chat, delivery, feed, subscriber
from bot.telegram_api import transport
from tests.loopback import ANI, OLEG, Sahman, labels, until
from tests.samples import NOW, change_rows, open_feed, rows_of


@pytest.fixture
async def follower(sahman: Sahman) -> Sahman:
    """Ani follows "border"; two messages are in her chat."""
    await sahman.say("/add border")
    return sahman


async def settled(sahman: Sahman, state: DeliveryState) -> dict[str, Any]:
    """Wait until the one delivery there is has come to this state; return its row."""
    for _ in range(500):
        (row,) = rows_of(sahman.storage, delivery)
        if row["state"] == state:
            return row
        await asyncio.sleep(0.01)
    raise AssertionError(row)


def alerts(sahman: Sahman, chat_id: int = ANI) -> list[str]:
    return [each.text for each in sahman.api.messages(chat_id) if each.text.startswith("🔔")]


async def test_an_alert_is_sent_once_and_noted_with_its_message(follower: Sahman) -> None:
    await follower.news("Talks on the border")
    row = await settled(follower, DeliveryState.SENT)
    (message,) = [each for each in follower.api.messages(ANI) if each.text.startswith("🔔")]
    assert row["message_id"] == message.message_id
    assert message.text.splitlines()[:2] == ["🔔 border", "Talks on the border"]
    assert message.link_preview == {"is_disabled": True}
    assert [each["type"] for each in message.entities].count("text_link") == 1


async def test_who_blocks_the_bot_is_owed_nothing_and_can_come_back(follower: Sahman) -> None:
    follower.api.block(ANI)
    await follower.silence()
    await follower.news("Border one")
    assert rows_of(follower.storage, chat)[0]["state"] == ChatState.GONE
    assert await follower.storage.deliveries.count_owed() == 0
    follower.api.unblock(ANI)
    await follower.silence()
    await follower.news("Border two")
    await follower.api.wait_messages(ANI, count=2)
    (alert,) = alerts(follower)
    assert "Border two" in alert


async def test_a_deleted_account_is_found_out_when_a_message_is_refused(follower: Sahman) -> None:
    follower.api.deactivate(ANI)
    await follower.news("Border one")
    await until(lambda: rows_of(follower.storage, chat)[0]["state"] == ChatState.REFUSED)
    change_rows(follower.storage, chat, not_before=0, refused_at=1)
    follower.sender.wake()
    await settled(follower, DeliveryState.CANCELLED)
    assert rows_of(follower.storage, chat)[0]["state"] == ChatState.GONE


async def test_who_comes_back_unheard_is_written_to_again_after_start(follower: Sahman) -> None:
    await follower.storage.chats.mark_gone(ANI, "blocked")
    await follower.say("/start")
    await follower.news("Border")
    await settled(follower, DeliveryState.SENT)


async def test_a_wait_that_telegram_asks_for_is_kept_and_the_message_sent(
    follower: Sahman,
) -> None:
    follower.api.refuse(
        "sendMessage", 429, "Too Many Requests: retry after 30", parameters={"retry_after": 30}
    )
    await follower.news("Border")
    for _ in range(500):
        if rows_of(follower.storage, delivery)[0]["error"]:
            break
        await asyncio.sleep(0.01)
    assert alerts(follower) == []
    (row,) = rows_of(follower.storage, delivery)
    assert row["retries"] == 0
    waits_ms = rows_of(follower.storage, chat)[0]["not_before"] - row["due_at"]
    assert 30_000 <= waits_ms < 40_000
    follower.open_gates()
    await settled(follower, DeliveryState.SENT)
    assert len(alerts(follower)) == 1


@pytest.mark.parametrize("code", [500, 502])
async def test_what_telegram_could_not_take_is_sent_later(follower: Sahman, code: int) -> None:
    follower.api.refuse("sendMessage", code, "Bad Gateway", chat_id=ANI)
    await follower.news("Border")
    while not rows_of(follower.storage, delivery)[0]["error"]:  # noqa: ASYNC110 - a database
        await asyncio.sleep(0.01)
    follower.open_gates()
    await settled(follower, DeliveryState.SENT)
    assert len(alerts(follower)) == 1


async def test_what_timed_out_is_repeated_once_and_then_counted_as_sent(
    follower: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_READ_S", 0.1)
    follower.api.delay("sendMessage", 0.3, times=2)
    await follower.news("Border")
    while not rows_of(follower.storage, delivery)[0]["doubtful"]:  # noqa: ASYNC110 - a database
        await asyncio.sleep(0.01)
    follower.open_gates()
    row = await settled(follower, DeliveryState.SENT)
    assert row["doubtful"]
    follower.open_gates()
    await asyncio.sleep(0.2)
    assert len(alerts(follower)) == 2, "both arrived, and no third was sent"


async def test_markup_that_telegram_cannot_read_is_sent_plain_rather_than_lost(
    follower: Sahman,
) -> None:
    refused = "Bad Request: can't parse entities: Unsupported start tag"
    follower.api.refuse("sendMessage", 400, refused, times=2)
    await follower.news("Border < & >")
    await settled(follower, DeliveryState.SENT)
    (alert,) = alerts(follower)
    assert "Border < & >" in alert
    assert "<b>" not in alert
    assert "parse_mode" not in follower.api.calls_of("sendMessage")[-1].params


async def test_a_message_refused_in_every_form_is_given_up_and_harms_no_other(
    follower: Sahman,
) -> None:
    follower.api.refuse("sendMessage", 400, "Bad Request: message text is empty", times=3)
    await follower.news("Border one")
    row = await settled(follower, DeliveryState.DEAD)
    assert row["error"] == "Message text is empty"
    follower.open_gates()
    await follower.news("Border two")
    await follower.api.wait_messages(ANI, count=2)
    assert len(alerts(follower)) == 1


async def test_a_server_that_knows_no_link_previews_gets_the_markup_without_them(
    follower: Sahman,
) -> None:
    follower.api.refuse("sendMessage", 400, "Bad Request: unknown parameter link_preview_options")
    await follower.news("Border one")
    await settled(follower, DeliveryState.SENT)
    (message,) = [each for each in follower.api.messages(ANI) if each.text.startswith("🔔")]
    assert message.entities
    before = len(follower.api.calls_of("sendMessage"))
    await follower.say("/help")
    (later,) = follower.api.calls_of("sendMessage")[before:]
    assert "link_preview_options" not in later.params


async def test_one_message_that_cannot_be_composed_holds_up_no_other(
    follower: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follower.say("/add border", OLEG)
    compose = follower.sender._courier._composer.compose

    async def broken(owed: Any, alerted: Any, now: Any) -> Any:
        if owed.subscriber.chat_id == ANI:
            raise KeyError("a bug of ours")
        return await compose(owed, alerted, now)

    monkeypatch.setattr(follower.sender._courier._composer, "compose", broken)
    await follower.news("Border")
    await follower.api.wait_messages(OLEG, count=2)
    monkeypatch.undo()
    while not any(row["error"] for row in rows_of(follower.storage, delivery)):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    follower.open_gates()
    await follower.api.wait_messages(ANI, count=2)
    assert len(alerts(follower)) == 1


async def test_what_was_sent_while_the_database_was_away_is_stored_when_it_is_back(
    follower: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_and_claim = follower.storage.deliveries.settle_and_claim
    failures = []

    async def away(outcomes: Any, room: int, rate: float, now: Any) -> Any:
        if outcomes and len(failures) < 2:
            failures.append(outcomes)
            raise DatabaseError("the database is away")
        return await settle_and_claim(outcomes, room, rate, now)

    monkeypatch.setattr(follower.storage.deliveries, "settle_and_claim", away)
    await follower.news("Border")
    await settled(follower, DeliveryState.SENT)
    assert len(failures) == 2
    assert len(alerts(follower)) == 1


async def test_a_send_that_could_outlive_its_lease_is_not_begun(
    follower: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "_LATEST_START_S", -1)
    await follower.news("Border")
    while not rows_of(follower.storage, chat)[0]["lease"]:  # noqa: ASYNC110 - a database
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert alerts(follower) == []
    monkeypatch.undo()
    change_rows(follower.storage, chat, not_before=0)  # its lease ends
    follower.sender.wake()
    await settled(follower, DeliveryState.SENT)


async def test_a_delivery_tried_for_a_day_is_given_up(follower: Sahman) -> None:
    await follower.news("Border")
    await settled(follower, DeliveryState.SENT)
    follower.api.refuse("sendMessage", 500, "Internal Server Error", times=5)
    follower.clock.now = NOW + timedelta(days=365)
    follower.open_gates()
    change_rows(follower.storage, delivery, state=0)
    await settled(follower, DeliveryState.CANCELLED)
    assert rows_of(follower.storage, subscriber)[0]["digest_item"] == 0, "the next digest tells it"


async def test_a_keyword_removed_before_its_alert_is_sent_takes_it_away(
    follower: Sahman,
) -> None:
    a_minute_on = int(time.time() * 1000) + 60_000
    change_rows(follower.storage, chat, not_before=a_minute_on)
    await follower.news("Border")
    await follower.say("/remove border")
    follower.open_gates()
    row = await settled(follower, DeliveryState.CANCELLED)
    assert row["error"] == "nothing to say"
    assert alerts(follower) == []


class TestDigests:
    async def test_a_digest_comes_at_its_hour_in_local_time(self, follower: Sahman) -> None:
        await follower.news("Talks on the border")
        await settled(follower, DeliveryState.SENT)
        follower.clock.now = NOW.replace(hour=5) + timedelta(days=1)
        assert await owe_due_digests(follower.storage, follower.clock.now) == 1
        follower.open_gates()
        (digest,) = (await follower.api.wait_messages(ANI, count=3))[2:]
        assert "📰 Your digest · 13 September, 09:00" in digest.text
        assert "Talks on the border" in digest.text

    async def test_an_empty_one_says_so_to_who_wants_to_hear_it(self, follower: Sahman) -> None:
        await owe_due_digests(follower.storage, NOW + timedelta(days=1))
        follower.sender.wake()
        (digest,) = (await follower.api.wait_messages(ANI, count=2))[1:]
        assert "Nothing new" in digest.text

    async def test_an_empty_one_is_not_sent_to_who_does_not(self, follower: Sahman) -> None:
        await open_feed(follower.storage)
        change_rows(follower.storage, feed, last_success_at=NOW, next_poll_at=NOW)
        reader = await follower.reader()
        await follower.storage.subscribers.save_settings(reader.id, digest_when_empty=False)
        await owe_due_digests(follower.storage, NOW + timedelta(days=1))
        follower.sender.wake()
        await settled(follower, DeliveryState.CANCELLED)
        assert len(follower.api.messages(ANI)) == 1

    async def test_a_long_one_comes_to_a_group_in_parts_in_order_through_a_failure(
        self, follower: Sahman
    ) -> None:
        titles = await print_much(follower)
        change_rows(follower.storage, chat, kind=ChatKind.SUPERGROUP)
        parts = await take_digest(follower, through_a_failure=True)
        assert len(parts) >= 3
        assert not any(part.buttons for part in parts)
        assert "📰 Your digest" in parts[0].text
        found = "\n".join(part.text for part in parts)
        assert all(found.count(title[: title.rindex(" ") + 3]) >= 1 for title in titles)

    async def test_a_long_one_is_one_message_in_private_whose_pages_are_turned(
        self, follower: Sahman
    ) -> None:
        titles = await print_much(follower)
        (digest,) = await take_digest(follower)
        assert "63 stories · 1 publisher" in digest.text
        await follower.news("Border, printed after the digest")
        found = [digest.text]
        while turn := [each for each in labels(digest) if each.startswith("More: ")]:
            await follower.tap(turn[0])
            digest = next(
                each for each in follower.api.messages(ANI) if each.message_id == digest.message_id
            )
            found.append(digest.text)
        assert len(found) >= 3
        assert labels(digest) == ["‹ Back"]
        told = "\n".join(found)
        assert all(told.count(title[: title.rindex(" ") + 3]) >= 1 for title in titles)
        assert "printed after the digest" not in told


async def print_much(follower: Sahman) -> list[str]:
    """Print what fits no single message on several keywords."""
    for word in ("talks", "road", "village", "bridge", "mountain", "river"):
        await follower.say(f"/add {word}")
    titles = [
        f"{word} {n} " + word[:2] * 100
        for word in ("border", "talks", "road", "village", "bridge", "mountain", "river")
        for n in range(9)
    ]
    await follower.news(*titles)
    change_rows(follower.storage, delivery, state=3)
    return titles


async def take_digest(follower: Sahman, *, through_a_failure: bool = False) -> list[Message]:
    """Let the digest come that is due; return its messages."""
    await owe_due_digests(follower.storage, NOW + timedelta(days=1))
    before = len(follower.api.messages(ANI))
    if through_a_failure:
        follower.api.refuse("sendMessage", 500, "Internal Server Error")
    for _ in range(400):
        follower.open_gates()
        if await follower.storage.deliveries.count_owed() == 0:
            break
        await asyncio.sleep(0.02)
    return follower.api.messages(ANI)[before:]


async def test_a_token_that_telegram_no_longer_knows_ends_sending(idle: Sahman) -> None:
    running = asyncio.create_task(idle.receiver.run(idle.stop))
    await idle.say("/add border")
    idle.stop.set()
    await running
    await idle.news("Border")
    idle.api.token = "1:another"
    with pytest.raises(TokenRefused):
        await asyncio.wait_for(idle.sender.run(asyncio.Event()), 5)


async def test_stopping_waits_for_what_is_on_its_way_and_stores_it(follower: Sahman) -> None:
    follower.api.delay("sendMessage", 0.3)
    await follower.news("Border")
    await follower.api.wait_messages(ANI, count=2)
    follower.stop.set()
    follower.sender.wake()
    await asyncio.wait_for(follower.tasks[1], 5)
    await settled(follower, DeliveryState.SENT)
