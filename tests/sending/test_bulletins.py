"""Overload: many alerts of one chat become one message, and none of them is lost or told twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from bot.model import DeliveryState
from bot.storage.tables import chat, delivery
from bot.telegram_api import transport
from tests.loopback import ANI, OLEG, Sahman
from tests.samples import NOW, change_rows, count_rows, rows_of


@pytest.fixture
async def follower(sahman: Sahman) -> Sahman:
    """Ani follows "border"."""
    await sahman.say("/add border")
    return sahman


def let_time_pass(sahman: Sahman) -> None:
    """Open the gates of chats to which nothing is on its way."""
    with sahman.storage.database.engine.begin() as connection:
        connection.execute(chat.update().where(chat.c.lease == 0).values(not_before=0))
    sahman.sender.wake()


async def drained(sahman: Sahman) -> list[str]:
    """Let time pass until nothing is owed; return the alerts that Ani has got."""
    for _ in range(1_000):
        if await sahman.storage.deliveries.count_owed() == 0:
            break
        let_time_pass(sahman)
        await asyncio.sleep(0.01)
    assert await sahman.storage.deliveries.count_owed() == 0
    return [each.text for each in sahman.api.messages(ANI) if each.text.startswith("🔔")]


async def test_more_than_five_alerts_are_one_message_and_all_marked_with_it(
    follower: Sahman,
) -> None:
    await follower.news(*(f"Border item {n}" for n in range(1, 10)))
    (bulletin,) = await drained(follower)
    assert bulletin.startswith("🔔 9 alerts at once · border\n")
    assert [line for line in bulletin.splitlines() if line.startswith("•")] == [
        f"• Border item {n}" for n in range(1, 10)
    ]
    message_ids = {row["message_id"] for row in rows_of(follower.storage, delivery)}
    assert len(message_ids) == 1
    assert None not in message_ids


async def test_five_are_told_one_by_one(follower: Sahman) -> None:
    await follower.news(*(f"Border item {n}" for n in range(5)))
    assert len(await drained(follower)) == 5


async def test_what_one_message_cannot_hold_goes_into_the_next(follower: Sahman) -> None:
    titles = [f"Border item {n:02} " + "Ս" * 250 for n in range(60)]
    await follower.news(*titles)
    told = "\n".join(await drained(follower))
    assert [told.count(f"Border item {n:02}") for n in range(60)] == [1] * 60
    assert count_rows(follower.storage, delivery, state=DeliveryState.SENT) == 60


async def test_old_news_goes_only_into_a_bulletin_that_says_so(follower: Sahman) -> None:
    await follower.news("Border item 1", seen_at=NOW - timedelta(hours=7))
    (bulletin,) = await drained(follower)
    assert bulletin.startswith("🔔 1 alert · border\nOlder news is among them")
    assert "Border item 1" in bulletin


async def test_a_keyword_removed_meanwhile_takes_its_alerts_out(follower: Sahman) -> None:
    await follower.say("/add talks")
    long_from_now = int(NOW.timestamp() * 1000) + 10**11
    change_rows(follower.storage, chat, not_before=long_from_now)
    await follower.news(*(f"Border item {n}" for n in range(7)), "Talks go on")
    await follower.say("/remove talks")
    (bulletin,) = await drained(follower)
    assert "Talks" not in bulletin
    assert bulletin.startswith("🔔 7 alerts")


async def test_one_that_is_not_answered_is_repeated_once_and_then_counted_as_sent(
    follower: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_READ_S", 0.1)
    follower.api.delay("sendMessage", 0.3, times=2)
    await follower.news(*(f"Border item {n}" for n in range(7)))
    bulletins = await drained(follower)
    assert Counter(bulletins).most_common() == [(bulletins[0], 2)]
    assert all(row["doubtful"] for row in rows_of(follower.storage, delivery))


async def test_a_wait_that_telegram_asks_for_keeps_all_of_them(follower: Sahman) -> None:
    follower.api.refuse(
        "sendMessage", 429, "Too Many Requests: retry after 9", parameters={"retry_after": 9}
    )
    await follower.news(*(f"Border item {n}" for n in range(7)))
    (bulletin,) = await drained(follower)
    assert bulletin.count("•") == 7


async def test_one_alert_that_cannot_be_told_is_alone_to_blame(
    follower: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poison message: every text that tells of it is refused, in any form."""
    send_once = follower.sender._courier._messenger._send_once

    async def refusing(text: str, *more: Any) -> Any:
        if "poison" in text:
            follower.api.refuse("sendMessage", 400, "Bad Request: can't parse entities: poison")
        return await send_once(text, *more)

    monkeypatch.setattr(follower.sender._courier._messenger, "_send_once", refusing)
    await follower.news(*(f"Border item {n}" for n in range(7)), "Border poison")
    told = "\n".join(await drained(follower))
    assert [told.count(f"Border item {n}") for n in range(7)] == [1] * 7
    assert "poison" not in told
    assert count_rows(follower.storage, delivery, state=DeliveryState.DEAD) == 1


async def test_one_alert_that_cannot_be_composed_does_not_hold_the_others(
    follower: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = follower.storage.matches.load_stories

    async def broken(owed: Any) -> Any:
        found = await load(owed)
        if any("poison" in found[each.id].lead.item.title for each in owed if each.id in found):
            raise KeyError("a bug of ours")
        return found

    monkeypatch.setattr(follower.storage.matches, "load_stories", broken)
    await follower.say("/add border", OLEG)
    await follower.news(*(f"Border item {n}" for n in range(7)), "Border poison")
    for _ in range(500):
        sent = count_rows(follower.storage, delivery, state=DeliveryState.SENT)
        if sent == 14:
            break
        let_time_pass(follower)
        await asyncio.sleep(0.01)
    assert sent == 14
    assert await follower.storage.deliveries.count_owed() == 2, "tried again, for a day"
