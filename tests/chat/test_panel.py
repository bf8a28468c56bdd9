"""/settings: one message, edited in place; whatever is tapped, what is kept stays valid."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from bot.demo.chats import Message
from bot.model import EVERY_DAY, Shows
from tests.loopback import ANI, ARAM, OLEG, Sahman, check_settings, labels
from tests.samples import NOW


async def tap(sahman: Sahman, label: str, who: int = ANI) -> Message:
    """Tap a button of the settings and return them as they are then."""
    await sahman.tap(label, who)
    await sahman.silence(who)
    return sahman.api.messages(who)[-1]


@pytest.mark.parametrize(
    ("who", "head", "line"),
    [
        (ANI, "⚙️ Settings", "Digest: 09:00, every day"),
        (OLEG, "⚙️ Настройки", "Дайджест: 09:00, каждый день"),
        (ARAM, "⚙️ Կարգավորումներ", "Ամփոփում: 09:00, ամեն օր"),
    ],
)
async def test_one_message_says_how_everything_is_set(
    sahman: Sahman, who: int, head: str, line: str
) -> None:
    told = await sahman.say("/settings", who)
    assert told.text.splitlines()[0] == head
    assert line in told.text
    assert len(told.buttons) == 10


async def test_a_subject_opens_in_the_same_message_and_leads_back(sahman: Sahman) -> None:
    first = await sahman.say("/settings")
    opened = await tap(sahman, "Quiet hours")
    assert opened.message_id == first.message_id
    assert opened.text.splitlines()[0] == "Quiet hours: none"
    chosen = await tap(sahman, "23:00–07:00")
    assert "23:00–07:00, the gravest may ring" in chosen.text
    assert "✓ 23:00–07:00" in labels(chosen)
    back = await tap(sahman, "« All settings")
    assert back.message_id == first.message_id
    assert "Quiet hours: 23:00–07:00" in back.text
    reader = await sahman.reader()
    assert (reader.quiet_from, reader.quiet_until) == ("23:00", "07:00")


async def test_every_choice_can_be_undone_by_the_next_tap(sahman: Sahman) -> None:
    await sahman.say("/settings")
    before = await sahman.reader()
    await tap(sahman, "An alert shows")
    await tap(sahman, "picture")
    assert Shows.PICTURE in (await sahman.reader()).shows
    await tap(sahman, "✓ picture")
    assert set((await sahman.reader()).shows) == set(before.shows)
    await tap(sahman, "« All settings")
    await tap(sahman, "Alerts")
    await tap(sahman, "✓ With sound")
    assert not (await sahman.reader()).sound
    await tap(sahman, "With sound")
    assert (await sahman.reader()).sound


async def test_a_language_is_spoken_at_once(sahman: Sahman) -> None:
    await sahman.say("/settings")
    await tap(sahman, "Language")
    told = await tap(sahman, "Русский")
    assert told.text.splitlines()[0] == "Язык: Русский"
    assert "« Все настройки" in labels(told)


async def test_digests_come_at_several_hours_on_chosen_days(sahman: Sahman) -> None:
    await sahman.say("/settings")
    await tap(sahman, "Digest")
    await tap(sahman, "20:00")
    told = await tap(sahman, "Once a week")
    assert told.text.splitlines()[0] == "Digest: 09:00, 20:00, Saturday"
    reader = await sahman.reader()
    assert reader.next_digest_at == NOW.replace(hour=16)
    await tap(sahman, "Switch it off")
    assert (await sahman.reader()).next_digest_at is None


async def test_the_last_language_of_news_cannot_be_taken_away(sahman: Sahman) -> None:
    await sahman.say("/settings")
    await tap(sahman, "News in")
    for name in ("✓ Հայերեն", "✓ Русский"):
        await tap(sahman, name)
    told = await tap(sahman, "✓ English")
    assert told.text.splitlines()[0] == "News in: English"


async def test_a_muted_publisher_is_heard_again_by_a_tap(sahman: Sahman) -> None:
    await sahman.say("/settings")
    reader = await sahman.reader()
    await sahman.storage.muting.mute_publisher(reader.id, "A & B <Herald>")
    told = await tap(sahman, "Muted publishers")
    assert told.text.splitlines()[0] == "Muted publishers: A & B <Herald>"
    told = await tap(sahman, "🔊 A & B <Herald>")
    assert told.text.splitlines()[0] == "Muted publishers: nobody"
    assert await sahman.storage.muting.load_publishers(reader.id) == []


async def test_a_pause_begins_and_ends_by_a_tap_and_says_until_when(sahman: Sahman) -> None:
    await sahman.say("/settings")
    await tap(sahman, "Pause")
    told = await tap(sahman, "8 hours")
    assert told.text.splitlines()[0] == "Pause: until 20:00"
    assert (await sahman.reader()).paused
    told = await tap(sahman, "End the pause")
    assert told.text.splitlines()[0] == "Pause: no"
    assert not (await sahman.reader()).paused


async def test_what_was_missed_is_offered_on_resume_by_story(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await sahman.say("/digest off")
    assert "paused" in (await sahman.say("/pause")).text.lower()
    assert "Everything is paused" in (await sahman.say("/add Goris")).text
    assert "Everything is paused" in (await sahman.say("/digest 09:00")).text
    await sahman.news("Harvest near the border")
    await sahman.say("/resume")
    await sahman.tap("What did I miss?")
    await sahman.silence()
    told = sahman.api.messages(ANI)[-1].text
    assert "What came during your pause" in told
    assert "Harvest near the border" in told
    assert "Nothing is paused" in (await sahman.say("/resume")).text


@pytest.mark.parametrize(
    ("typed", "days", "times"),
    [
        ("/digest weekly", "0", ("09:00",)),
        ("/digest mon,thu 19:00", "03", ("19:00",)),
        ("/digest every day 8", EVERY_DAY, ("08:00",)),
    ],
)
async def test_typed_days_are_kept(
    sahman: Sahman, typed: str, days: str, times: tuple[str, ...]
) -> None:
    await sahman.say(typed)
    reader = await sahman.reader()
    assert (reader.digest_days, reader.digest_times) == (days, times)


async def test_digest_on_brings_back_one_that_was_off(sahman: Sahman) -> None:
    await sahman.say("/digest off")
    assert "09:00" in (await sahman.say("/digest on")).text
    assert (await sahman.reader()).next_digest_at == NOW.replace(hour=5) + timedelta(days=1)


async def test_more_than_six_hours_are_refused_by_number(sahman: Sahman) -> None:
    told = await sahman.say("/digest 1:00 2:00 3:00 4:00 5:00 6:00 7:00")
    assert "That is 7 hours" in told.text
    assert (await sahman.say("/digest")).text.count(":00") == 1


async def test_any_sequence_of_taps_leaves_settings_valid(sahman: Sahman) -> None:
    """Also buttons of another time, and such as no client shows."""
    await sahman.say("/settings")
    chance = random.Random(20261129)
    foreign = ["set:quiet:25:00-07:00", "set:zone:Nowhere", "set:digest:9", "set:x:y", "set:shows:",
               "set:muted:zz", "set:quiet:07:00-07:00", "set:language:fr"]  # fmt: skip
    for _ in range(150):
        sahman.services.floods._buckets.clear()
        message = sahman.api.messages(ANI)[-1]
        if chance.random() < 0.1:
            data = chance.choice(foreign)
            sahman.api.messenger.updates.add(
                "callback_query",
                {
                    "id": str(chance.random()),
                    "from": {"id": ANI, "is_bot": False, "first_name": "Ani"},
                    "chat_instance": "1",
                    "data": data,
                    "message": {
                        "message_id": message.message_id,
                        "date": 1,
                        "chat": {"id": ANI, "type": "private"},
                    },
                },
            )
        else:
            await sahman.tap(chance.choice(labels(message)))
        await sahman.silence()
        reader = await sahman.reader()
        check_settings(reader)
        await asyncio.sleep(0)
