"""Whatever is sent in private is answered usefully, once, in the person's language."""

from __future__ import annotations

import pytest

from bot.demo.chats import Message
from bot.storage.tables import chat, subscriber
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import count_rows, rows_of

PEOPLE = [ANI, OLEG, ARAM]
POST = (
    "Yesterday evening Nikol Pashinyan met Vladimir Putin in Moscow, where the two spoke for "
    "several hours about the border, gas prices and the sanctions, as their spokesmen said."
)


@pytest.fixture
async def heard(sahman: Sahman) -> Sahman:
    """Three people who have written before."""
    for person in PEOPLE:
        await sahman.say("/keywords", person)
    return sahman


class TestTalk:
    @pytest.mark.parametrize(
        ("person", "typed", "said"),
        [
            (ANI, "Thanks!", "You are welcome"),
            (OLEG, "Спасибо большое", "Пожалуйста"),
            (ARAM, "Շնորհակալություն", "Խնդրեմ"),
            (ANI, "Hello", "Type a word"),
            (OLEG, "Привет!", "Напишите слово"),
            (ARAM, "Բարև ձեզ", "Գրեք որևէ բառ"),
            (ANI, "how do I add a word?", "/add border"),
            (OLEG, "Как добавить слово?", "/add граница"),
            (ARAM, "ինչպե՞ս ավելացնել բառ", "/add սահման"),
            (OLEG, "как удалить слово", "/remove граница"),
            (OLEG, "помощь", "/keywords"),
        ],
    )
    async def test_it_is_answered_in_one_line(
        self, heard: Sahman, person: int, typed: str, said: str
    ) -> None:
        answer = await heard.say(typed, person)
        assert said in answer.text
        assert not answer.buttons

    @pytest.mark.parametrize(
        ("person", "typed"), [(ANI, "stop"), (OLEG, "отписаться"), (ARAM, "դադարեցնել")]
    )
    async def test_who_says_stop_chooses_how(self, heard: Sahman, person: int, typed: str) -> None:
        await heard.say("/add border", person)
        answer = await heard.say(typed, person)
        silent, erase = labels(answer)
        assert await heard.keywords(person) == ["border"]
        await heard.tap(silent, person)
        assert (await heard.reader(person)).paused
        await heard.tap(erase, person)
        assert await heard.keywords(person) == ["border"], "it is asked once more"
        assert len(labels(heard.api.messages(person)[-1])) == 2

    @pytest.mark.parametrize(
        ("person", "typed", "keyword"),
        [(ANI, "add border", "border"), (OLEG, "добавь граница", "граница"),
         (ARAM, "ավելացրու սահման", "սահման")],
    )  # fmt: skip
    async def test_who_asks_to_follow_something_is_offered_it(
        self, heard: Sahman, person: int, typed: str, keyword: str
    ) -> None:
        answer = await heard.say(typed, person)
        await heard.tap(labels(answer)[0], person)
        assert await heard.keywords(person) == [keyword]


class TestCommands:
    @pytest.mark.parametrize(
        ("person", "typed"),
        [(OLEG, "/добавить граница"), (OLEG, "/фвв граница"), (ARAM, "/ավելացնել граница"),
         (OLEG, ".фвв граница")],
    )  # fmt: skip
    async def test_they_are_known_by_other_names(
        self, heard: Sahman, person: int, typed: str
    ) -> None:
        await heard.say(typed, person)
        assert await heard.keywords(person) == ["граница"]

    async def test_one_with_a_slip_is_offered_and_not_done(self, heard: Sahman) -> None:
        answer = await heard.say("/ad border")
        assert "Did you mean /add border" in answer.text
        assert await heard.keywords() == []
        await heard.tap("/add border")
        assert await heard.keywords() == ["border"]

    async def test_one_with_many_words_keeps_them(self, heard: Sahman) -> None:
        words = "(border OR clashes) -Georgia source:hetq #hy Syunik"
        await heard.say(f"/lastest {words}")
        message = heard.api.messages(ANI)[-1]
        await heard.tap(labels(message)[0])
        assert "nothing" in heard.api.messages(ANI)[-1].text.lower()

    async def test_a_bare_one_is_offered_beside_the_word(self, heard: Sahman) -> None:
        answer = await heard.say("настройки", OLEG)
        assert labels(answer) == ["/settings", "Следить: настройки"]
        await heard.tap("/settings", OLEG)
        assert "⚙️" in heard.api.messages(OLEG)[-1].text

    async def test_a_caption_is_read_as_words(self, heard: Sahman) -> None:
        heard.api.send_thing(ANI, "photo", caption="/add border")
        await heard.silence()
        assert await heard.keywords() == ["border"]
        heard.api.send_thing(ANI, "document", caption="earthquake")
        await heard.silence()
        assert "Shall I follow “earthquake”" in heard.api.messages(ANI)[-1].text

    async def test_nobody_commands_by_a_forwarded_post(self, heard: Sahman) -> None:
        heard.api.forward(ANI, "/add border")
        await heard.silence()
        assert await heard.keywords() == []


class TestThings:
    @pytest.mark.parametrize(
        ("thing", "said"),
        [
            ("sticker", ("text only", "только текст", "Միայն տեքստ")),
            ("voice", ("only read", "только читать", "միայն կարդում եմ")),
            ("photo", ("no pictures", "не картинки", "ոչ նկարներ")),
            ("document", ("no files", "не файлы", "ոչ ֆայլեր")),
            ("contact", ("not kept", "не сохранил", "չեմ պահել")),
            ("poll", ("text only", "только текст", "Միայն տեքստ")),
            ("dice", ("text only", "только текст", "Միայն տեքստ")),
        ],
    )
    async def test_what_has_no_words_is_answered_in_one_line(
        self, heard: Sahman, thing: str, said: tuple[str, str, str]
    ) -> None:
        for person, expected in zip(PEOPLE, said, strict=True):
            before = len(await heard.silence(person))
            heard.api.send_thing(person, thing)
            after = await heard.silence(person)
            assert len(after) == before + 1
            assert expected in after[-1]
        assert count_rows(heard.storage, subscriber) == 0, "nothing of it is kept"

    async def test_a_location_sets_the_time_zone_and_is_not_kept(self, heard: Sahman) -> None:
        await heard.say("/timezone Paris")
        heard.api.send_thing(ANI, "location")
        said = await heard.silence()
        assert said[-1].startswith("Your time zone is Yerevan; it is 12:00 there now.")
        assert (await heard.reader()).zone == "Asia/Yerevan"
        held = str(rows_of(heard.storage, subscriber)) + str(rows_of(heard.storage, chat))
        assert "39.5" not in held
        assert "46.3" not in held

    async def test_an_album_is_answered_once(self, heard: Sahman) -> None:
        before = len(await heard.silence())
        for _ in range(10):
            heard.api.send_thing(ANI, "photo", album="77")
        assert len(await heard.silence()) == before + 1
        heard.api.send_thing(ANI, "photo", album="78", caption="/add border")
        for _ in range(9):
            heard.api.send_thing(ANI, "photo", album="78")
        assert len(await heard.silence()) == before + 2
        assert await heard.keywords() == ["border"]


class TestTexts:
    @pytest.mark.parametrize("forwarded", [True, False])
    async def test_a_long_text_offers_what_it_speaks_of(
        self, heard: Sahman, forwarded: bool
    ) -> None:
        if forwarded:
            heard.api.forward(ANI, POST)
        else:
            heard.api.send_text(ANI, POST)
        await heard.silence()
        offered = labels(heard.api.messages(ANI)[-1])
        assert len(offered) <= 6
        assert "+ Nikol Pashinyan" in offered
        assert await heard.keywords() == []
        await heard.tap("+ Nikol Pashinyan")
        assert any("Pashinyan" in each for each in await heard.keywords())

    async def test_it_is_named_in_the_persons_language(self, heard: Sahman) -> None:
        for person, name in ((OLEG, "Пашинян"), (ARAM, "Փաշինյան")):
            heard.api.forward(person, POST)
            await heard.silence(person)
            assert any(name in each for each in labels(heard.api.messages(person)[-1]))

    async def test_a_text_of_nothing_says_so(self, heard: Sahman) -> None:
        answer = await heard.say("so it goes and then it went there and back again " * 2)
        assert "no name and no subject" in answer.text

    async def test_a_short_forwarded_word_is_offered(self, heard: Sahman) -> None:
        heard.api.forward(ANI, "chairs")
        await heard.silence()
        assert "Shall I follow" in heard.api.messages(ANI)[-1].text

    async def test_a_list_of_words_is_no_text(self, heard: Sahman) -> None:
        answer = await heard.say("\n".join(["Goris", "Kapan", "Sisian", "Meghri"] * 4))
        assert "Shall I follow “Goris, Kapan, Sisian" in answer.text


class TestLinks:
    async def test_of_an_item_that_was_read_tells_its_story(self, heard: Sahman) -> None:
        await heard.prints("Hetq", "Quiet day at the border", link="https://hetq.am/en/article/5")
        answer = await heard.say("look: https://www.hetq.am/en/article/5?utm_source=x")
        await heard.silence()
        assert labels(heard.api.messages(ANI)[-1]) == ["+ border"]
        assert "Quiet day at the border" in answer.text
        assert "Hetq" in answer.text

    async def test_of_a_publisher_that_is_read_says_so(self, heard: Sahman) -> None:
        await heard.prints("Hetq", "Quiet day at the border", link="https://hetq.am/en/article/5")
        hosts = await heard.storage.feeds.load_publishers_by_host()
        host = next(iter(hosts))
        answer = await heard.say(f"https://{host}/another/page")
        assert f"I read {hosts[host]}" in answer.text

    @pytest.mark.parametrize(
        ("person", "said"),
        [(ANI, "do not read this site"), (OLEG, "не читаю"), (ARAM, "չեմ կարդում")],
    )
    async def test_of_anybody_else_says_what_can_be_done(
        self, heard: Sahman, person: int, said: str
    ) -> None:
        answer = await heard.say("https://example.org/feed.xml", person)
        assert said in answer.text
        assert "/sources" in answer.text


class TestEdits:
    async def test_an_edited_command_is_served(self, heard: Sahman) -> None:
        await heard.say("/add bordr")
        message = heard.api.messages(ANI, everyone=True)[-2]
        heard.api.edit_text(ANI, message.message_id, "/add border")
        await heard.silence()
        assert "border" in await heard.keywords()

    async def test_what_says_the_same_is_not_answered_twice(self, heard: Sahman) -> None:
        await heard.say("/add border")
        message = heard.api.messages(ANI, everyone=True)[-2]
        before = len(await heard.silence())
        for _ in range(3):
            heard.api.edit_text(ANI, message.message_id, "/add border")
        assert len(await heard.silence()) == before
        for _ in range(3):
            heard.api.edit_text(ANI, message.message_id, "/add earthquake")
        assert len(await heard.silence()) == before + 1

    async def test_an_old_message_is_left_alone(self, heard: Sahman) -> None:
        await heard.say("/add border")
        message = heard.api.messages(ANI, everyone=True)[-2]
        heard.api.edit_text(ANI, message.message_id, "/add earthquake")
        wire = heard.api.messenger.updates._queue[-1]["edited_message"]
        wire["edit_date"] = wire["date"] + 16 * 60
        await heard.silence()
        assert await heard.keywords() == ["border"]


class TestButtons:
    async def test_one_that_is_not_known_any_more_says_so(self, heard: Sahman) -> None:
        message = await heard.say("/language")
        _replace_button(message, "horoscope:today")
        shown = await heard.tap(labels(message)[0])
        assert "old one" in shown
        assert "/settings" in shown

    async def test_one_whose_words_are_forgotten_says_so(self, heard: Sahman) -> None:
        answer = await heard.say("/ad border")
        _replace_button(answer, "do:add:4711")
        assert "old one" in await heard.tap("/add border")
        assert await heard.keywords() == []

    @pytest.mark.parametrize(
        ("typed", "label"), [("border", "Add it to my keywords"), ("/ad border", "/add border")]
    )
    async def test_two_presses_do_what_one_does(
        self, heard: Sahman, typed: str, label: str
    ) -> None:
        await heard.say(typed)
        message = heard.newest_with(label)
        taps = [heard.api.tap(ANI, message.message_id, label) for _ in range(2)]
        for tap in taps:
            await tap.wait(20)
        await heard.silence()
        assert await heard.keywords() == ["border"]

    async def test_two_devices_remove_a_keyword_once(self, heard: Sahman) -> None:
        for word in ("border", "earthquake"):
            await heard.say(f"/add {word}")
        message = await heard.say("/remove border")
        assert await heard.keywords() == ["earthquake"]
        await heard.say("/remove border")
        assert await heard.keywords() == ["earthquake"]
        assert message.text


def _replace_button(message: Message, data: str) -> None:
    """Let a message have one button, as one of another time would be."""
    row = [{"text": labels(message)[0], "callback_data": data}]
    message.reply_markup = {"inline_keyboard": [row]}


@pytest.mark.parametrize(
    ("who", "question", "offered"),
    [
        (ANI, "is it safe in Goris", "+ Goris"),
        (OLEG, "Что случилось в Горисе?", "+ Горис"),
        (ARAM, "Ի՞նչ է կատարվում Գորիսում", "+ Գորիս"),
    ],
)
async def test_a_question_is_answered_by_what_it_asks_about(
    sahman: Sahman, who: int, question: str, offered: str
) -> None:
    answer = await sahman.say(question, who)
    assert offered in labels(answer)
    assert not any(question in each for each in labels(answer))
