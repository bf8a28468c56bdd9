"""The first minute: from /start to everything set, in one message, by few taps."""

from __future__ import annotations

import pytest

from bot.chat.ready import READY_KEYWORDS, REGIONS
from bot.demo.chats import Message
from bot.model import NO_ALERTS
from bot.texts import LANGUAGES
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import NOW


async def tap(sahman: Sahman, label: str, who: int = ANI) -> Message:
    """Tap a button of the setup and return it as it is then."""
    message = sahman.newest_with(label, who)
    await sahman.tap(label, who)
    return next(each for each in sahman.api.messages(who) if each.message_id == message.message_id)


async def test_six_taps_set_up_another_zone_with_an_evening_digest(sahman: Sahman) -> None:
    await sahman.news("Harvest near the border")
    first = await sahman.say("/start")  # the first tap: Telegram's own "Start"
    await tap(sahman, "+ border")
    assert await sahman.keywords() == ["border"]  # two taps to the first keyword
    asked = await tap(sahman, "Next ›")
    assert asked.text.startswith("When shall I write?")
    asked = await tap(sahman, "Only an evening digest")
    assert asked.text.startswith("Where are you?")
    assert labels(asked)[:6] == [
        "Yerevan", "Moscow", "Tbilisi", "Los Angeles", "Paris", "Beirut",
    ]  # fmt: skip
    asked = await tap(sahman, "Los Angeles")
    assert asked.text.startswith("What do you read?")
    done = await tap(sahman, "Done")
    assert done.message_id == first.message_id
    assert done.text.splitlines()[:2] == ["All is set.", "You follow: border"]
    assert "Digest: 20:00, every day" in done.text
    reader = await sahman.reader()
    assert (reader.zone, reader.digest_times) == ("America/Los_Angeles", ("20:00",))
    assert reader.least_gravity == NO_ALERTS
    assert reader.next_digest_at == NOW.replace(day=NOW.day + 1, hour=3)
    sample = sahman.api.messages(ANI)[-1]
    assert sample.text.startswith("📰 What the last 24 hours would have brought you")
    assert "Harvest near the border" in sample.text


@pytest.mark.parametrize(
    ("who", "region", "next_"), [(OLEG, "+ Тавуш", "Дальше ›"), (ARAM, "+ Տավուշ", "Հաջորդը ›")]
)
async def test_ones_own_region_is_followed_by_a_tap_in_ones_language(
    sahman: Sahman, who: int, region: str, next_: str
) -> None:
    await sahman.say("/start", who)
    await tap(sahman, {OLEG: "Мой регион…", ARAM: "Իմ մարզը…"}[who], who)
    regions = await tap(sahman, region, who)
    assert region.replace("+", "✓") in labels(regions)
    (followed,) = await sahman.keywords(who)
    assert followed.startswith(region.removeprefix("+ "))
    # Whoever lives in one of its towns reads of it too.
    await sahman.news("New school in Ijevan")
    await sahman.api.wait_messages(who, count=2)
    assert next_ in labels(regions)


async def test_what_is_followed_stays_ticked_in_another_language(sahman: Sahman) -> None:
    await sahman.say("/start")
    await tap(sahman, "+ prisoners")
    spoken = await tap(sahman, "Русский")
    assert "✓ пленные" in labels(spoken)
    await tap(sahman, "✓ пленные")
    assert await sahman.keywords() == []


async def test_whoever_begins_again_keeps_what_they_have(sahman: Sahman) -> None:
    await sahman.say("/digest 07:00")
    await sahman.say("/add Goris")
    welcome = await sahman.say("/start")
    assert "You follow: Goris" in welcome.text
    assert "07:00" in welcome.text
    assert (await sahman.reader()).digest_times == ("07:00",)


async def test_every_step_can_be_left_out_and_gone_back_from(sahman: Sahman) -> None:
    await sahman.say("/start")
    before = await sahman.reader()
    for label in ("Next ›", "Next ›", "Next ›", "‹ Back", "‹ Back", "‹ Back", "My region…"):
        await tap(sahman, label)
    assert await sahman.reader() == before


async def test_nothing_that_a_client_makes_up_breaks_the_setup(sahman: Sahman) -> None:
    welcome = await sahman.say("/start")
    before = await sahman.reader()
    for data in (
        "setup:when:99", "setup:when:x", "setup:where:Mordor", "setup:reads:xx", "setup:words:1",
        "setup:nowhere", "setup:", "link:1", "link:x:y", "link::", "turn:1:2", "turn:a:b:c",
        "turn:99999999999999999999:1:1",
    ):  # fmt: skip
        welcome.reply_markup = {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}
        await sahman.api.tap(ANI, welcome.message_id, data).wait()
    said = await sahman.silence()
    assert await sahman.reader() == before
    assert not any("went wrong" in text for text in said)


async def test_a_list_is_shared_by_a_link_that_names_nobody(sahman: Sahman) -> None:
    words = ["սահման", "prisoners of war, hostages", "Тавуш"]
    for each in words:
        await sahman.say(f"/add {each}")
    shared = await sahman.say("/share")
    assert "3 keywords" in shared.text
    payload = shared.text.partition("?start=")[2].split()[0]
    assert len(payload) <= 64
    assert str(ANI) not in payload
    offered = await sahman.say(f"/start {payload}", OLEG)
    assert "предлагаются 3 слова" in offered.text
    assert await sahman.keywords(OLEG) == []
    one = await tap(sahman, "+ Тавуш", OLEG)
    assert await sahman.keywords(OLEG) == ["Тавуш"]
    assert "✓ Тавуш" in one.text
    await tap(sahman, "Следить за всеми", OLEG)
    assert set(await sahman.keywords(OLEG)) == set(words)
    # Who shared it may erase everything: the link says nothing of them and lives on.
    await sahman.say("/stop")
    await sahman.tap("Erase everything")
    assert "3 слова" in (await sahman.say(f"/start {payload}", OLEG)).text


async def test_one_keyword_stands_in_its_link_itself(sahman: Sahman) -> None:
    shared = await sahman.say("/share граница с Ираном")
    payload = shared.text.partition("?start=")[2].split()[0]
    offered = await sahman.say(f"/start {payload}", OLEG)
    assert "граница с Ираном" in offered.text
    await tap(sahman, "Следить", OLEG)
    assert await sahman.keywords(OLEG) == ["граница с Ираном"]
    assert "border" in (await sahman.say("/start border")).text


@pytest.mark.parametrize("payload", ["l_unknown", "w_%%%", "w_", "w_/////w"])
async def test_a_link_that_is_cut_says_so(sahman: Sahman, payload: str) -> None:
    assert "This link is too old" in (await sahman.say(f"/start {payload}")).text


async def test_a_link_that_is_not_ours_begins_as_usual(sahman: Sahman) -> None:
    assert "+ border" in labels(await sahman.say("/start utm_campaign_7"))


def test_each_language_has_as_many_ready_made_words() -> None:
    assert {len(READY_KEYWORDS[each]) for each in LANGUAGES} == {REGIONS.stop}


async def test_a_link_whose_keyword_is_refused_does_not_say_that_it_is_saved(
    sahman: Sahman,
) -> None:
    await sahman.say("/start w_LWJvcmRlcg")  # -border: nothing but what is left out
    button = sahman.api.messages(ANI)[-1].buttons[0]["text"]
    assert await sahman.tap(button) != "Saved."
    assert await sahman.keywords() == []
