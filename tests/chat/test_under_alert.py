"""The buttons under an alert: mute, leave out, why; each can be undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.demo.chats import Message
from bot.model import DeliveryKind, DeliveryState
from bot.storage.tables import delivery, subscription
from tests.loopback import ANI, Sahman, labels, until
from tests.samples import NOW, count_rows, rows_of


@pytest.fixture
async def alerted(sahman: Sahman) -> Sahman:
    """Ani follows "border" and has been told of a harvest near it."""
    await sahman.say("/add border")
    await sahman.prints("Herald", "Harvest near the border with Poland")
    await until(lambda: bool(count_rows(sahman.storage, delivery, state=DeliveryState.SENT)))
    return sahman


def alerts(sahman: Sahman) -> list[Message]:
    return [each for each in sahman.api.messages(ANI) if each.text.startswith("🔔")]


async def tap(sahman: Sahman, label: str) -> Message:
    await sahman.tap(label)
    await sahman.silence()
    return alerts(sahman)[0]


async def quiet_down(sahman: Sahman) -> None:
    owed = {"state": DeliveryState.PENDING, "kind": DeliveryKind.ALERT}
    await until(lambda: not count_rows(sahman.storage, delivery, **owed))


async def test_three_words_stand_under_an_alert(alerted: Sahman) -> None:
    (alert,) = alerts(alerted)
    assert labels(alert) == ["Mute…", "Not this", "Why?"]


async def test_a_word_is_muted_for_an_hour_and_heard_again_by_a_tap(alerted: Sahman) -> None:
    menu = await tap(alerted, "Mute…")
    assert labels(menu) == ["border: 1 hour", "border: 1 day", "Mute Herald for good", "« Back"]
    muted = await tap(alerted, "border: 1 hour")
    (row,) = rows_of(alerted.storage, subscription)
    assert row["muted_until"] == NOW + timedelta(hours=1)
    await alerted.prints("Gazette", "A bridge at the border is closed")
    await quiet_down(alerted)
    assert len(alerts(alerted)) == 1
    assert labels(muted)[0] == "🔇 Hear it again: border"
    back = await tap(alerted, "🔇 Hear it again: border")
    assert labels(back) == ["Mute…", "Not this", "Why?"]
    await alerted.prints("Tribune", "A new road along the border")
    await until(lambda: len(alerts(alerted)) == 2)


async def test_a_muted_hour_ends_by_itself(alerted: Sahman) -> None:
    await tap(alerted, "Mute…")
    await tap(alerted, "border: 1 hour")
    later = NOW + timedelta(hours=1, minutes=1)
    await alerted.prints("Tribune", "A new road along the border", seen_at=later)
    await until(lambda: len(alerts(alerted)) == 2)


async def test_a_publisher_is_muted_and_others_are_not(alerted: Sahman) -> None:
    await tap(alerted, "Mute…")
    await tap(alerted, "Mute Herald for good")
    await alerted.prints("Herald", "A bridge at the border is closed")
    await quiet_down(alerted)
    assert len(alerts(alerted)) == 1
    await alerted.prints("Gazette", "A new road along the border")
    await until(lambda: len(alerts(alerted)) == 2)
    await tap(alerted, "🔇 Hear it again: Herald")
    reader = await alerted.reader()
    assert await alerted.storage.muting.load_publishers(reader.id) == []


async def test_not_this_offers_to_leave_out_what_else_it_speaks_of(alerted: Sahman) -> None:
    await tap(alerted, "Not this")
    offer = alerted.api.messages(ANI)[-1]
    assert "It came by border" in offer.text
    assert "border without “Poland”" in labels(offer)
    await alerted.tap("border without “Poland”")
    await alerted.silence()
    assert await alerted.keywords() == ["border -Poland"]
    await alerted.prints("Gazette", "Poland closes a border crossing")
    await quiet_down(alerted)
    assert len(alerts(alerted)) == 1


async def test_what_is_narrowed_stays_muted_and_comes_back_by_a_tap(alerted: Sahman) -> None:
    await tap(alerted, "Mute…")
    await tap(alerted, "border: 1 day")
    await tap(alerted, "« Back")
    await tap(alerted, "Not this")
    await alerted.tap("border without “Poland”")
    reader = await alerted.reader()
    (word,) = await alerted.storage.keywords.load(reader.id)
    assert (word.typed, word.muted_until) == ("border -Poland", NOW + timedelta(days=1))
    await alerted.tap("Undo")
    (word,) = await alerted.storage.keywords.load(reader.id)
    assert (word.typed, word.muted_until) == ("border", NOW + timedelta(days=1))


async def test_why_explains_that_very_alert(alerted: Sahman) -> None:
    await tap(alerted, "Why?")
    told = alerted.api.messages(ANI)[-1].text
    assert "Caught by" in told
    assert "border" in told


async def test_under_an_alert_that_is_forgotten_it_is_said_so(alerted: Sahman) -> None:
    with alerted.storage.database.engine.begin() as connection:
        connection.execute(delivery.delete())
    await alerted.tap("Mute…")
    await alerted.silence()
    assert labels(alerts(alerted)[0]) == ["Mute…", "Not this", "Why?"]


async def test_in_a_group_there_are_no_such_buttons(sahman: Sahman) -> None:
    group = -100_500
    sahman.api.add_group(group, "Village", admins=[ANI], members=[], new=False)
    await sahman.say("/add border", group, user_id=ANI)
    await sahman.prints("Herald", "Harvest near the border with Poland")
    await until(lambda: any("Harvest" in each.text for each in sahman.api.messages(group)))
    last = next(each for each in sahman.api.messages(group) if "Harvest" in each.text)
    assert last.buttons == []
