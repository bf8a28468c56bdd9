"""Quiet hours keep their promise: nothing rings, nothing is lost, one calm message after them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.jobs.digest import owe_due_digests
from bot.model import DeliveryKind, DeliveryState
from bot.storage.tables import delivery
from tests.loopback import ANI, Sahman, until
from tests.samples import NOW, change_rows, count_rows, rows_of

#: In Yerevan it is noon at NOW.
EVENING = NOW.replace(hour=18)
NIGHT = NOW.replace(hour=20)
MORNING = NOW.replace(hour=3) + timedelta(days=1)


@pytest.fixture
async def sleeper(sahman: Sahman) -> Sahman:
    """Ani follows "border", and sleeps from 23 to 7."""
    await sahman.say("/add border")
    await sahman.say("/digest off")
    answer = await sahman.say("/quiet 23:00-07:00")
    assert "23:00–07:00" in answer.text
    return sahman


async def it_is(sahman: Sahman, now: datetime) -> None:
    sahman.clock.now = now
    await owe_due_digests(sahman.storage, now)
    sahman.open_gates()


def unasked(sahman: Sahman) -> list[str]:
    return [
        each.text
        for each in sahman.api.messages(ANI)
        if each.text.startswith(("🔔", "☀️", "📰", "⚠ I cannot see")) and "Added:" not in each.text
    ]


async def quiet_down(sahman: Sahman) -> None:
    await until(lambda: not count_rows(sahman.storage, delivery, state=DeliveryState.PENDING))


async def test_by_night_nothing_rings_and_the_morning_tells_it_by_story_without_a_sound(
    sleeper: Sahman,
) -> None:
    await it_is(sleeper, NIGHT)
    await sleeper.news("Talks about the border", seen_at=NIGHT, published_at=NIGHT)
    await sleeper.news("Harvest near the border", seen_at=NIGHT, published_at=NIGHT)
    await quiet_down(sleeper)
    assert unasked(sleeper) == []
    assert count_rows(sleeper.storage, delivery) == 0, "quiet hours write no rows"
    await it_is(sleeper, MORNING)
    await until(lambda: len(unasked(sleeper)) == 1)
    (told,) = unasked(sleeper)
    assert "☀️ What came in your quiet hours" in told
    assert "Talks about the border" in told
    assert "Harvest near the border" in told
    assert sleeper.api.messages(ANI)[-1].silent
    await quiet_down(sleeper)
    await it_is(sleeper, MORNING + timedelta(minutes=1))
    assert len(unasked(sleeper)) == 1


async def test_the_gravest_rings_through_where_that_was_agreed(sleeper: Sahman) -> None:
    await it_is(sleeper, NIGHT)
    await sleeper.prints("Herald", "Shelling at the border: two killed", gravity=3, seen_at=NIGHT)
    await until(lambda: len(unasked(sleeper)) == 1)
    assert "Shelling at the border" in unasked(sleeper)[0]


async def test_without_that_not_even_the_gravest_rings(sleeper: Sahman) -> None:
    reader = await sleeper.reader()
    await sleeper.storage.subscribers.save_settings(reader.id, quiet_urgent=False)
    await it_is(sleeper, NIGHT)
    await sleeper.prints("Herald", "Shelling at the border: two killed", gravity=3, seen_at=NIGHT)
    await quiet_down(sleeper)
    assert unasked(sleeper) == []
    await it_is(sleeper, MORNING)
    await until(lambda: len(unasked(sleeper)) == 1)
    assert "two killed" in unasked(sleeper)[0]


async def test_what_waits_when_the_night_begins_is_told_in_the_morning(sleeper: Sahman) -> None:
    sleeper.sender._room = lambda stop: 0  # type: ignore[method-assign]
    await it_is(sleeper, EVENING)
    await sleeper.news("Talks about the border", seen_at=EVENING)
    assert count_rows(sleeper.storage, delivery, state=DeliveryState.PENDING) == 1
    await it_is(sleeper, NIGHT)
    (row,) = rows_of(sleeper.storage, delivery)
    assert (row["state"], row["error"]) == (DeliveryState.CANCELLED, "held for the morning")
    del sleeper.sender._room
    await it_is(sleeper, MORNING)
    await until(lambda: len(unasked(sleeper)) == 1)
    assert "Talks about the border" in unasked(sleeper)[0]


async def test_a_night_that_nobody_has_turned_to_yet_is_quiet_all_the_same(
    sleeper: Sahman,
) -> None:
    await it_is(sleeper, EVENING)
    sleeper.clock.now = NIGHT
    await sleeper.news("Talks about the border", seen_at=NIGHT)
    sleeper.sender.wake()
    await sleeper.say("/help")
    assert unasked(sleeper) == []
    await it_is(sleeper, NIGHT + timedelta(seconds=20))
    await quiet_down(sleeper)
    assert unasked(sleeper) == []


async def test_a_digest_that_is_due_as_the_night_ends_tells_it_all_and_comes_alone(
    sleeper: Sahman,
) -> None:
    await sleeper.say("/digest 07:00")
    await it_is(sleeper, NIGHT)
    await sleeper.news("Talks about the border", seen_at=NIGHT, published_at=NIGHT)
    await it_is(sleeper, MORNING)
    await until(lambda: len(unasked(sleeper)) == 1)
    await quiet_down(sleeper)
    (told,) = unasked(sleeper)
    assert "📰 Your digest" in told
    assert "Talks about the border" in told


async def test_a_story_of_the_night_rings_by_day_only_when_it_grows_graver(
    sleeper: Sahman,
) -> None:
    await it_is(sleeper, NIGHT)
    await sleeper.prints("Herald", "Fire in a school near the border in Goris", gravity=1,
                         seen_at=NIGHT, published_at=NIGHT)  # fmt: skip
    await it_is(sleeper, MORNING)
    await until(lambda: len(unasked(sleeper)) == 1)
    later = MORNING + timedelta(hours=1)
    sleeper.clock.now = later
    await sleeper.prints("Gazette", "A school near the border in Goris is on fire", gravity=1,
                         seen_at=later, published_at=later)  # fmt: skip
    await quiet_down(sleeper)
    assert len(unasked(sleeper)) == 1
    await sleeper.prints("Mirror", "Fire in a school near the border in Goris: two killed",
                         gravity=3, seen_at=later, published_at=later)  # fmt: skip
    await until(lambda: len(unasked(sleeper)) == 2)
    assert "two killed" in unasked(sleeper)[-1]


async def test_who_ends_their_quiet_hours_at_night_is_told_at_once(sleeper: Sahman) -> None:
    await it_is(sleeper, NIGHT)
    await sleeper.news("Talks about the border", seen_at=NIGHT, published_at=NIGHT)
    await sleeper.say("/quiet off")
    await it_is(sleeper, NIGHT + timedelta(minutes=1))
    await until(lambda: len(unasked(sleeper)) == 1)
    assert "Talks about the border" in unasked(sleeper)[0]


async def test_a_night_without_news_ends_without_a_message(sleeper: Sahman) -> None:
    await it_is(sleeper, NIGHT)
    await sleeper.news("Weather", seen_at=NIGHT)
    await it_is(sleeper, MORNING)
    await quiet_down(sleeper)
    assert unasked(sleeper) == []
    assert count_rows(sleeper.storage, delivery, kind=DeliveryKind.ALERT) == 0


async def test_the_same_hour_twice_is_refused_with_a_word(sleeper: Sahman) -> None:
    answer = await sleeper.say("/quiet 07:00-07:00")
    assert "Nothing has changed" in answer.text
    assert (await sleeper.reader()).quiet_from == "23:00"


async def test_a_muted_word_a_muted_publisher_and_a_hidden_language_do_not_alert(
    sahman: Sahman,
) -> None:
    await sahman.say("/add border")
    reader = await sahman.reader()
    await sahman.storage.muting.mute_publisher(reader.id, "Herald")
    await sahman.storage.subscribers.save_settings(reader.id, hidden_languages=("ru",))
    await sahman.prints("Herald", "Talks about the border in Paris")
    await sahman.prints("Gazette", "Переговоры о границе в Москве", language="ru")
    await quiet_down(sahman)
    assert unasked(sahman) == []
    await sahman.prints("Gazette", "Harvest near the border")
    await until(lambda: len(unasked(sahman)) == 1)
    (word,) = await sahman.storage.keywords.load(reader.id)
    await sahman.storage.muting.mute_keyword(reader.id, word.id, NOW + timedelta(hours=1))
    await sahman.prints("Tribune", "A bridge at the border is closed")
    await quiet_down(sahman)
    assert len(unasked(sahman)) == 1
    change_rows(sahman.storage, delivery, error=None)
    await sahman.storage.muting.mute_keyword(reader.id, word.id, None)
    await sahman.prints("Mirror", "A new road along the border")
    await until(lambda: len(unasked(sahman)) == 2)


async def test_sound_and_cover_are_as_chosen(sahman: Sahman) -> None:
    await sahman.say("/add border")
    reader = await sahman.reader()
    await sahman.prints("Herald", "Harvest near the border")
    await until(lambda: len(unasked(sahman)) == 1)
    assert not sahman.api.messages(ANI)[-1].silent
    await sahman.storage.subscribers.save_settings(reader.id, sound=False, discreet=True)
    await sahman.prints("Gazette", "A bridge at the border is closed")
    await until(lambda: len(unasked(sahman)) == 2)
    last = sahman.api.messages(ANI)[-1]
    assert last.silent
    assert last.text.startswith("🔔 News\n")
    assert next(each["type"] for each in last.entities) == "spoiler"
    assert "border, " not in last.text.splitlines()[1]
