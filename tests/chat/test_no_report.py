"""/noreport, and that nobody is let believe that all is quiet when nothing can be seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.jobs.digest import owe_due_digests
from bot.jobs.health import HealthJob
from bot.sending import composer
from bot.storage.tables import chat, delivery, feed, item, outage
from bot.stories.surge import hour_of
from tests.loopback import ANI, ARAM, OLEG, Sahman, until
from tests.samples import NOW, change_rows, count_rows, feeds_config, open_feed, rows_of

_SAFE = {
    ANI: "No report of {} since 10:00; 1 of 1 source answers. This does not mean that it is safe.",
    OLEG: "{}: с 10:00 сообщений нет; отвечает 1 из 1 источника. Это не значит, что опасности нет.",
    ARAM: "{}․ 10:00-ից ի վեր լուր չկա․ 1 աղբյուրից պատասխանում է 1-ը։ "
    "Սա չի նշանակում, որ վտանգ չկա։",
}


async def hear(sahman: Sahman, hours: int = 2) -> None:
    """Let sources have been heard for so many hours."""
    for minute in range(hours * 60 + 1):
        at = NOW - timedelta(minutes=minute)
        await sahman.storage.trends.note_heard(hour_of(at), at.minute)


@pytest.mark.parametrize("who", [ANI, OLEG, ARAM])
async def test_that_nothing_was_printed_is_said_with_who_was_heard(
    sahman: Sahman, who: int
) -> None:
    await sahman.news("Weather")
    await hear(sahman)
    assert (await sahman.say("/noreport Goris", who)).text == _SAFE[who].format("Goris")


async def test_a_report_is_told_with_its_time(sahman: Sahman) -> None:
    await sahman.news("Fire in Goris", published_at=NOW - timedelta(hours=3))
    await sahman.news("Talks in Goris", published_at=NOW - timedelta(hours=1))
    await hear(sahman)
    told = (await sahman.say("/noreport Goris")).text
    assert told.startswith("The newest report of Goris, 11:00:\n• Talks in Goris")
    assert "No report" not in told


async def test_what_is_old_is_no_report(sahman: Sahman) -> None:
    await sahman.news("Fire in Goris", published_at=NOW - timedelta(days=3))
    await hear(sahman)
    assert (await sahman.say("/noreport Goris")).text == _SAFE[ANI].format("Goris")


async def test_without_words_each_keyword_is_answered(sahman: Sahman) -> None:
    assert "/noreport Goris" in (await sahman.say("/noreport")).text
    for word in ("Goris", "border", "Kapan"):
        await sahman.say(f"/add {word}")
    await sahman.news("Harvest on the border", seen_at=NOW)
    await hear(sahman)
    await until(lambda: not count_rows(sahman.storage, delivery, state=0))
    told = (await sahman.say("/noreport")).text
    assert "The newest report of border" in told
    assert _SAFE[ANI].format("Goris, Kapan") in told


async def test_words_that_cannot_be_looked_for_are_refused(sahman: Sahman) -> None:
    assert "/noreport" in (await sahman.say('/noreport "Goris')).text


async def test_it_is_not_said_while_paused_or_while_settings_hold_something_back(
    sahman: Sahman,
) -> None:
    await sahman.news("Weather")
    await hear(sahman)
    await sahman.say("/alerts urgent")
    assert "/settings" in (told := (await sahman.say("/noreport Goris")).text)
    assert "No report" not in told
    await sahman.say("/alerts all")
    await sahman.say("/pause")
    assert "/resume" in (told := (await sahman.say("/noreport Goris")).text)
    assert "No report" not in told
    await sahman.say("/resume")
    assert (await sahman.say("/noreport Goris")).text == _SAFE[ANI].format("Goris")


async def test_it_is_not_said_while_messages_wait(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await hear(sahman)
    change_rows(sahman.storage, chat, not_before=2**50)
    await sahman.news("Harvest on the border")
    told = (await sahman.say("/noreport Goris")).text
    assert "still on their way" in told
    assert "No report" not in told


async def test_it_is_not_said_before_sources_were_heard_for_a_while(sahman: Sahman) -> None:
    await sahman.news("Weather")
    told = (await sahman.say("/noreport Goris")).text
    assert "I have not listened for long enough" in told


async def test_whatever_finds_nothing_says_first_that_no_source_answers(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composer, "_SIGHT_HOLDS_S", 0.0)
    await sahman.storage.feeds.save_config(feeds_config("alpha", "beta"), NOW)
    line = "⚠ I cannot see: 2 sources are asked, and none has answered yet"
    for said in ("/latest", "/latest dragons", "/add dragons", "/digest now", "/noreport dragons"):
        assert (await sahman.say(said)).text.splitlines()[0] == line, said
    heard = NOW - timedelta(minutes=230)
    change_rows(sahman.storage, feed, failures=3, last_success_at=heard)
    line = "⚠ I cannot see: 0 of 2 sources answer since 08:10"
    for said in ("/latest", "/latest dragons", "/add griffins", "/digest now", "/noreport griffin"):
        assert (await sahman.say(said)).text.splitlines()[0] == line, said
    sahman.clock.now = NOW + timedelta(days=30)
    for said in ("/latest", "/latest dragons", "/add dragon", "/digest now", "/noreport dragons"):
        first = (await sahman.say(said)).text.splitlines()[0]
        assert first == "⚠ I cannot see: 0 of 2 sources answer since 12 September, 08:10", said


@pytest.mark.parametrize(
    ("who", "line"),
    [
        (OLEG, "⚠ Я ничего не вижу: с 08:10 отвечает 0 из 1 источника"),
        (ARAM, "⚠ Ոչինչ չեմ տեսնում․ 08:10-ից ի վեր 1 աղբյուրից պատասխանում է 0-ն"),
    ],
)
async def test_it_is_said_in_ones_own_language(sahman: Sahman, who: int, line: str) -> None:
    await open_feed(sahman.storage)
    change_rows(sahman.storage, feed, failures=3, last_success_at=NOW - timedelta(minutes=230))
    assert (await sahman.say("/latest", who)).text.splitlines()[0] == line


async def test_a_source_that_nobody_asks_any_more_is_not_taken_for_one_that_answers(
    sahman: Sahman,
) -> None:
    await sahman.news("Weather")
    assert "⚠" not in (await sahman.say("/latest")).text
    sahman.clock.now = NOW + timedelta(hours=2)
    first = (await sahman.say("/latest")).text.splitlines()[0]
    assert first == "⚠ I cannot see: 0 of 1 source answers since 12:00"


async def test_sources_that_print_nothing_for_hours_are_told_of(sahman: Sahman) -> None:
    await sahman.news("Weather", seen_at=NOW)
    sahman.clock.now = NOW + timedelta(hours=8)
    change_rows(
        sahman.storage, feed, next_poll_at=sahman.clock.now, last_success_at=sahman.clock.now
    )
    first = (await sahman.say("/latest")).text.splitlines()[0]
    assert first == "⚠ Nothing new has come from any source since 12:00"


async def test_who_wants_no_empty_digest_is_told_all_the_same_that_nothing_can_be_seen(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composer, "_SIGHT_HOLDS_S", 0.0)
    await sahman.news("Weather")
    await sahman.say("/add border")
    await sahman.say("/digest 09:00")
    await sahman.tap("Skip it when empty")
    before = len(await sahman.silence())
    sahman.clock.now = NOW.replace(hour=5) + timedelta(days=1)
    change_rows(sahman.storage, feed, next_poll_at=sahman.clock.now)
    change_rows(sahman.storage, item, seen_at=sahman.clock.now)
    await owe_due_digests(sahman.storage, sahman.clock.now)
    sahman.open_gates()
    sahman.clock.now += timedelta(days=1)
    await owe_due_digests(sahman.storage, sahman.clock.now)
    sahman.open_gates()
    digests = await sahman.api.wait_messages(ANI, count=before + 1, timeout=10)
    assert len(digests) == before + 1
    assert digests[-1].text.startswith("⚠ I cannot see: 0 of 1 source")


async def test_an_outage_does_not_vanish_after_two_days(sahman: Sahman) -> None:
    storage, job = sahman.storage, HealthJob(sahman.storage, [])
    await storage.feeds.save_config(feeds_config("alpha", "beta", "gamma", "delta"), NOW)
    change_rows(storage, feed, failures=2, polled_at=NOW, last_success_at=NOW)
    await job.check(NOW)
    (begun,) = rows_of(storage, outage)
    for day in range(1, 9):
        await job.check(NOW + timedelta(days=day))
        (goes_on,) = rows_of(storage, outage)
        assert (goes_on["down"], goes_on["since"]) == (4, begun["since"])
    change_rows(storage, feed, failures=0, last_success_at=NOW + timedelta(days=9))
    await job.check(NOW + timedelta(days=9))
    assert rows_of(storage, outage) == []


async def test_whoever_wants_it_is_told_in_each_digest_of_what_there_is_no_report(
    sahman: Sahman,
) -> None:
    await open_feed(sahman.storage)
    change_rows(sahman.storage, feed, last_success_at=NOW, next_poll_at=NOW)
    for word in ("Goris", "border"):
        await sahman.say(f"/add {word}")
    await sahman.say("/settings")
    for label in ("Digest", "Say of what there is no report"):
        await sahman.tap(label)
    assert (await sahman.reader()).tells_absence
    await sahman.news("Harvest on the border")
    await hear(sahman)
    change_rows(sahman.storage, delivery, state=3)
    before = len(sahman.api.messages(ANI))
    await owe_due_digests(sahman.storage, NOW + timedelta(days=1))
    sahman.open_gates()
    await until(lambda: len(sahman.api.messages(ANI)) > before)
    told = sahman.api.messages(ANI)[-1].text
    assert "No report of Goris since 10:00" in told
    assert "No report of border" not in told
    assert "Harvest on the border" in told
