"""Every command, in private, in the three languages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from telegram import Bot

from bot.chat.commands import COMMANDS, describe_commands, register_commands
from bot.chat.zones import COMMON_ZONES, find_zone
from bot.demo import BotApi
from bot.jobs.digest import owe_due_digests
from bot.model import Subscriber
from bot.storage.tables import chat, delivery, keyword, subscriber, subscription, typed_words
from bot.texts import load_texts
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels, until
from tests.samples import NOW, count_rows, feeds_config
from tests.storage.test_keywords import add_plain

ARMENIAN, RUSSIAN = re.compile("[\u0531-\u0587]"), re.compile("[\u0400-\u04ff]")


def language_of(text: str) -> str:
    """Return the language that most letters of an answer are of."""
    counts = {"hy": len(ARMENIAN.findall(text)), "ru": len(RUSSIAN.findall(text))}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > 5 else "en"


@pytest.mark.parametrize(("who", "language"), [(ARAM, "hy"), (OLEG, "ru"), (ANI, "en")])
async def test_every_command_is_answered_in_the_persons_own_language(
    sahman: Sahman, who: int, language: str
) -> None:
    for command in COMMANDS:
        sahman.services.floods._buckets.clear()  # a person reads in between
        answer = await sahman.say(f"/{command}", who)
        said = re.sub(r"/\w+|Sahman|<[^>]+>", "", answer.text)
        assert language_of(said) == language, f"/{command}: {answer.text}"
    assert (await sahman.reader(who)).language == language


async def test_two_taps_are_enough_to_begin(sahman: Sahman) -> None:
    welcome = await sahman.say("/start")
    assert {"+ border", "+ ceasefire", "+ Pashinyan"} <= set(labels(welcome))
    assert "border" in await sahman.tap("+ border")
    assert await sahman.keywords() == ["border"]
    assert "✓ border" in labels(sahman.newest_with("+ ceasefire"))
    await sahman.tap("+ ceasefire")
    assert await sahman.keywords() == ["border", "ceasefire"]
    await sahman.tap("✓ border")
    assert await sahman.keywords() == ["ceasefire"]


async def test_a_newcomer_is_sent_alerts_and_a_digest_at_nine_in_yerevan(sahman: Sahman) -> None:
    await sahman.say("/start")
    reader = await sahman.reader()
    assert (reader.zone, reader.digest_times) == ("Asia/Yerevan", ("09:00",))
    assert reader.next_digest_at == NOW.replace(hour=5) + timedelta(days=1)
    assert not reader.paused


async def test_the_language_is_changed_by_a_button(sahman: Sahman) -> None:
    await sahman.say("/start")
    await sahman.tap("Русский")
    assert (await sahman.reader()).language == "ru"
    assert "✓ Русский" in labels(sahman.api.messages(ANI)[0])
    assert language_of((await sahman.say("/help")).text) == "ru"
    asked = await sahman.say("/language")
    assert labels(asked) == ["Հայերեն", "✓ Русский", "English"]


async def test_a_word_that_is_no_command_is_offered_as_a_keyword(sahman: Sahman) -> None:
    offer = await sahman.say("Syunik   road")
    assert "Syunik road" in offer.text
    add, latest = labels(offer)
    await sahman.tap(add)
    await sahman.api.wait_messages(ANI, count=2)
    assert await sahman.keywords() == ["Syunik road"]
    await sahman.tap(latest)


async def test_a_button_under_words_serves_who_typed_them_only(sahman: Sahman) -> None:
    offer = await sahman.say("Syunik")
    data = offer.buttons[0]["callback_data"]
    theirs = await sahman.say("/start", OLEG)
    theirs.buttons[0]["callback_data"] = data
    shown = await sahman.api.tap(OLEG, theirs.message_id, data).wait()
    assert shown.text
    assert await sahman.keywords(OLEG) == []


@pytest.mark.parametrize(
    ("command", "example"),
    [
        ("/add", "/add"),
        ("/add и", "/add"),
        ('/add "border', "/add"),
        ("/add (border", "/add"),
        ("/add -border", "/add"),
        ("/add border #de", "#hy"),
        ("/add " + "x" * 3_000, "/add"),
        ("/add ☃", "/add"),
        ("/remove earthquake", "/add"),
        ("/digest soon", "/digest 09:00"),
        ("/digest 25:00", "/digest 09:00"),
        ("/timezone Mordor", "/timezone Yerevan"),
        ('/latest "border', "/latest"),
        ("/dance", "/help"),
        ("☃", "/add"),
    ],
)
async def test_wrong_input_gets_one_message_that_says_what_to_type(
    sahman: Sahman, command: str, example: str
) -> None:
    answer = await sahman.say(command)
    assert example in answer.text
    assert len(answer.text) < 300
    assert len(await sahman.silence()) == 1
    assert await sahman.keywords() == []


async def test_what_is_followed_is_shown_and_removed_by_typing(sahman: Sahman) -> None:
    for word in ("border", "Սյունիք", "<b>x</b>"):
        await sahman.say(f"/add {word}")
    shown = await sahman.say("/keywords")
    assert [word in shown.text for word in ("border", "Սյունիք", "<b>x</b>")] == [True] * 3
    assert "Սյունիք" in (await sahman.say("/remove սյունիք")).text
    assert await sahman.keywords() == ["border", "<b>x</b>"]


async def test_a_keyword_followed_already_is_said_so(sahman: Sahman) -> None:
    await sahman.say("/add border")
    assert "already" in (await sahman.say("/add Border")).text
    assert await sahman.keywords() == ["border"]


async def test_adding_tells_what_the_last_day_would_have_brought(sahman: Sahman) -> None:
    await sahman.news("Talks on the border", "На границе перестрелка", "Weather")
    added = await sahman.say("/add border")
    assert "2 items" in added.text
    assert added.text.count("Talks on the border") + added.text.count("На границе") == 1


async def test_the_latest_of_a_word_are_found_in_every_language(sahman: Sahman) -> None:
    await sahman.news("Talks on the border", "На границе перестрелка", "Սահմանին հանգիստ է", "Snow")
    found = await sahman.say("/latest border")
    assert "Talks" in found.text
    assert "перестрелка" in found.text
    assert "հանգիստ" in found.text
    assert "Snow" not in found.text
    assert "Nothing" in (await sahman.say("/latest earthquake")).text


class TestDigest:
    @pytest.mark.parametrize(
        ("typed", "times"),
        [
            ("07:30", ("07:30",)),
            ("20", ("20:00",)),
            ("9.15 21:00", ("09:15", "21:00")),
            ("21:00, 9:15, 21:00", ("09:15", "21:00")),
            ("off", ()),
            ("OFF", ()),
        ],
    )
    async def test_its_hours_are_set_as_people_type_them(
        self, sahman: Sahman, typed: str, times: tuple[str, ...]
    ) -> None:
        await sahman.say(f"/digest {typed}")
        reader = await sahman.reader()
        assert reader.digest_times == times
        assert (reader.next_digest_at is None) == (not times)

    async def test_it_is_set_by_buttons(self, sahman: Sahman) -> None:
        await sahman.say("/digest")
        await sahman.tap("20:00")
        assert (await sahman.reader()).digest_times == ("20:00",)
        await sahman.tap("Skip it when empty")
        assert not (await sahman.reader()).digest_when_empty
        await sahman.tap("Tell me when empty")
        assert (await sahman.reader()).digest_when_empty
        await sahman.tap("Off")
        assert (await sahman.reader()).digest_times == ()

    async def test_now_it_holds_the_last_day(self, sahman: Sahman) -> None:
        await sahman.say("/add border")
        await sahman.news("Border today")
        await sahman.api.wait_messages(ANI, count=2)
        digest = await sahman.say("/digest now")
        assert "Border today" in digest.text
        assert "Sample Herald · English · 12:00" in digest.text

    async def test_without_keywords_it_says_how_to_get_one(self, sahman: Sahman) -> None:
        assert "/add border" in (await sahman.say("/digest now")).text


class TestZone:
    async def test_a_new_zone_moves_the_next_digest(self, sahman: Sahman) -> None:
        answer = await sahman.say("/timezone Paris")
        assert "10:00" in answer.text
        assert (await sahman.reader()).next_digest_at == NOW.replace(hour=7) + timedelta(days=1)

    async def test_the_common_ones_are_buttons(self, sahman: Sahman) -> None:
        asked = await sahman.say("/timezone")
        assert len(labels(asked)) == len(COMMON_ZONES)
        await sahman.tap("Moscow")
        assert (await sahman.reader()).zone == "Europe/Moscow"


class TestPause:
    async def test_it_holds_alerts_back_and_the_digest_tells_them(self, sahman: Sahman) -> None:
        await sahman.say("/add border")
        await sahman.say("/pause")
        await sahman.news("Border in silence")
        assert len(await sahman.silence()) == 2
        await sahman.say("/resume")
        await sahman.news("Border aloud", key="2")
        messages = await sahman.api.wait_messages(ANI, count=4)
        assert "Border aloud" in messages[3].text
        assert "Border in silence" in (await sahman.say("/digest now")).text

    async def test_no_old_digest_comes_after_a_long_pause(self, sahman: Sahman) -> None:
        await sahman.say("/pause")
        sahman.clock.now = NOW + timedelta(days=9)
        await sahman.say("/resume")
        at = (await sahman.reader()).next_digest_at
        assert at is not None
        assert at > sahman.clock.now

    async def test_for_so_long_it_ends_by_itself_and_nothing_is_lost(self, sahman: Sahman) -> None:
        await sahman.say("/add border")
        said = (await sahman.say("/pause for 8 hours")).text
        assert "Paused until 20:00" in said
        await sahman.news("Border in silence")
        await owe_due_digests(sahman.storage, NOW + timedelta(hours=7))
        assert (await sahman.reader()).paused
        await owe_due_digests(sahman.storage, NOW + timedelta(hours=8))
        assert not (await sahman.reader()).paused
        await sahman.news("Harvest along the border")
        await until(lambda: "Harvest along" in sahman.api.messages(ANI)[-1].text)
        assert "Border in silence" in (await sahman.say("/digest now")).text

    async def test_what_it_does_not_understand_changes_nothing(self, sahman: Sahman) -> None:
        assert "nothing has changed" in (await sahman.say("/pause a little")).text
        assert not (await sahman.reader()).paused
        await sahman.say("/pause 8h")
        await sahman.say("/pause")
        await owe_due_digests(sahman.storage, NOW + timedelta(days=2))
        assert (await sahman.reader()).paused, "for good, since that was asked last"


class TestStop:
    async def test_it_asks_first_and_then_erases_everything(self, sahman: Sahman) -> None:
        await sahman.say("/add border")
        await sahman.say("some words")
        await sahman.say("/latest border")
        asked = await sahman.say("/stop")
        assert await sahman.keywords() == ["border"]
        await sahman.tap("Keep it")
        assert await sahman.keywords() == ["border"]
        await sahman.say("/stop")
        await sahman.tap("Erase everything")
        assert "erased" in sahman.api.messages(ANI)[-1].text
        assert asked.text != sahman.api.messages(ANI)[-1].text
        for table in (chat, subscriber, subscription, keyword, typed_words, delivery):
            assert count_rows(sahman.storage, table) == 0, table.name

    async def test_who_is_not_known_is_told_so(self, sahman: Sahman) -> None:
        assert "/start" in (await sahman.say("/stop")).text
        assert count_rows(sahman.storage, subscriber) == 0

    async def test_reading_leaves_no_trace_of_who_read(self, sahman: Sahman) -> None:
        for command in ("/help", "/privacy", "/keywords", "/sources", "/dance", "/remove"):
            await sahman.say(command)
        assert count_rows(sahman.storage, subscriber) == 0


async def test_fifty_keywords_are_the_most(sahman: Sahman) -> None:
    await sahman.say("/start")
    reader = await sahman.reader()
    await fill_up(sahman, reader)
    assert "50" in (await sahman.say("/add border")).text
    assert len(await sahman.keywords()) == 50


async def fill_up(sahman: Sahman, reader: Subscriber) -> None:
    for n in range(50):
        await add_plain(sahman.storage, reader.id, n)


async def test_commands_are_registered_in_each_language_with_descriptions(
    sahman: Sahman,
) -> None:
    sahman.api.add_user(OLEG, "Олег", language_code="ru")
    await register_commands(sahman.bot, load_texts())
    for who, language in ((ARAM, "hy"), (OLEG, "ru"), (ANI, "en")):
        menu = {each["command"]: each["description"] for each in sahman.api.commands(who)}
        assert menu == describe_commands(load_texts()[language])
        assert set(menu) == set(COMMANDS)


async def test_a_server_that_knows_no_command_menus_is_only_warned_about(
    sahman: Sahman, telegram: BotApi
) -> None:
    telegram.refuse("setMyCommands", 501, "Not Implemented")
    await register_commands(sahman.bot, load_texts())
    assert isinstance(sahman.bot, Bot)
    assert (await sahman.say("/start")).text


async def test_no_button_carries_more_than_telegram_takes(sahman: Sahman) -> None:
    await sahman.say("/add " + "границапереговоры " * 10)
    for command in ("/start", "/keywords", "/digest", "/timezone", "/latest " + "граница " * 20):
        for button in (await sahman.say(command)).buttons:
            assert len(button["callback_data"].encode()) <= 64
            assert len(button["text"]) <= 40


NONSENSE = [
    "", "nonsense", "remove:", "remove:x", "remove:99999999999999999999", "ready:9", "ready:-1",
    "follow:x", "follow:1", "latest:x:", "latest:1:x", "latest::", "latest:0:99999999999999999999",
    "language:xx", "timezone:Mordor", "digest:noon", "stop:maybe", "narrow:1:en", "narrow::",
]  # fmt: skip


async def test_a_button_that_says_nonsense_is_answered_and_changes_nothing(
    sahman: Sahman,
) -> None:
    welcome = await sahman.say("/start")
    before = await sahman.reader()
    for data in NONSENSE:
        welcome.reply_markup = {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}
        await sahman.api.tap(ANI, welcome.message_id, data).wait()
    said = await sahman.silence()
    assert await sahman.reader() == before
    assert not any("went wrong" in text for text in said)


async def test_a_source_that_is_not_read_cannot_be_asked_for(sahman: Sahman) -> None:
    await sahman.storage.feeds.save_config(feeds_config("alpha"), NOW)
    assert "“nowhere”" in (await sahman.say("/add border source:nowhere")).text
    assert await sahman.keywords() == []
    await sahman.say("/add border source:sample")
    assert await sahman.keywords() == ["border source:sample"]


async def test_a_language_can_be_typed_and_the_welcome_tells_ones_own_hour(sahman: Sahman) -> None:
    await sahman.say("/digest off")
    assert "digest is off" in (await sahman.say("/start")).text
    assert "русски" in (await sahman.say("/language ru")).text
    assert (await sahman.reader()).language == "ru"


async def test_a_keyword_is_removed_by_its_number(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await sahman.say("/add ceasefire")
    await sahman.say("/remove 2")
    assert await sahman.keywords() == ["border"]


@pytest.mark.parametrize(
    ("words", "times"),
    [
        ("9am", ("09:00",)),
        ("9:30pm 12am", ("00:00", "21:30")),
        ("9:00 and 18:30", ("09:00", "18:30")),
        ("09:00 и 18:30", ("09:00", "18:30")),
        ("7 00", ("07:00",)),
        ("7։15-ին ու երեկոյան 8-ին", ("07:15", "20:00")),
        ("в 7 утра и в 8 вечера", ("07:00", "20:00")),
    ],
)
async def test_hours_are_read_as_people_write_them(
    sahman: Sahman, words: str, times: tuple[str, ...]
) -> None:
    await sahman.say(f"/digest {words}")
    assert (await sahman.reader()).digest_times == times


@pytest.mark.parametrize("words", ["23:00", "1500", "a5", "ա4", "99"])
def test_what_is_no_offset_is_no_zone(words: str) -> None:
    assert find_zone(words) is None


def test_a_city_of_the_diaspora_is_found() -> None:
    assert find_zone("Glendale") == "America/Los_Angeles"
    assert find_zone("Գյումրի") == "Asia/Yerevan"
    assert find_zone("4") == find_zone("+4") == "Etc/GMT-4"
