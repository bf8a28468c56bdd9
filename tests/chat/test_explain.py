"""What /add answers: what a keyword finds, and buttons to ask for less."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.chat.explain import narrow_typed
from bot.matching import matches, parse_keyword
from bot.storage.tables import keyword, subscription
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import change_rows, rows_of


async def test_a_keyword_is_explained_by_its_words_its_forms_and_what_it_would_have_caught(
    sahman: Sahman,
) -> None:
    await sahman.news("Стрельба у границы", "Patrols doubled on the border", "Nothing of it")
    answer = (await sahman.say("/add граница")).text
    for words in ("սահման", "граница", "frontier", "границы", "caught 2 items"):
        assert words in answer
    assert "Nothing of it" not in answer


async def test_a_language_is_left_out_by_a_button_and_then_another(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await sahman.tap("Not in Russian")
    assert await sahman.keywords() == ["border -#ru"]
    message = sahman.newest_with("Not in Armenian")
    assert "Not in Russian" not in labels(message)
    await sahman.tap("Not in Armenian")
    assert await sahman.keywords() == ["border -#ru -#hy"]
    assert not any(label.startswith("Not in") for label in labels(sahman.newest_with("Remove it")))
    before = len(sahman.api.messages(101))
    await sahman.news("Граница закрыта", language="ru")
    await sahman.news("Border closed", language="en")
    alerts = await sahman.api.wait_messages(101, count=before + 1)
    assert "Border closed" in alerts[-1].text


async def test_one_meaning_of_two_is_left_out_by_a_button(sahman: Sahman) -> None:
    answer = await sahman.say("/add мир")
    assert {"Not: peace", "Not: world"} <= set(labels(answer))
    await sahman.tap("Not: world")
    assert await sahman.keywords() == ["мир ~world"]


async def test_somebody_elses_keyword_cannot_be_narrowed(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await sahman.say("/start", 202)
    stolen = sahman.newest_with("Not in Russian").buttons[1]["callback_data"]
    mine = sahman.api.messages(202)[-1]
    mine.reply_markup = {"inline_keyboard": [[{"text": "x", "callback_data": stolen}]]}
    await sahman.tap("x", 202)
    assert await sahman.keywords() == ["border"]
    assert await sahman.keywords(202) == []


async def test_a_refused_keyword_is_shown_where_it_goes_wrong(sahman: Sahman) -> None:
    assert "border 👉OR" in (await sahman.say("/add border OR")).text


@pytest.mark.parametrize(
    ("typed", "less", "narrowed"),
    [
        ("border", "en", "border -#en"),
        ("border -#en", "ru", "border -#en -#ru"),
        ("мир", "world", "мир ~world"),
        ("a1 OR b1", "en", "(a1 OR b1) -#en"),
        ('"state border"', "en", '("state border") -#en'),
        ("Nikol Pashinyan", "ru", "(Nikol Pashinyan) -#ru"),
    ],
)
def test_what_is_left_out_is_left_out_of_the_whole_keyword(
    typed: str, less: str, narrowed: str
) -> None:
    assert narrow_typed(typed, less) == narrowed
    parse_keyword(narrowed)


def test_a_narrowed_name_still_finds_the_name() -> None:
    assert matches(narrow_typed("Nikol Pashinyan", "ru"), "Никол Пашинян прибыл")


async def test_a_word_in_other_letters_is_followed_as_what_it_spells(sahman: Sahman) -> None:
    answer = (await sahman.say("/add sahman")).text
    assert "I read “sahman” as “սահման” too." in answer
    await sahman.news("Стрельба на границе")
    assert "границе" in (await sahman.api.wait_messages(ANI, count=2))[-1].text


@pytest.mark.parametrize(("typed", "meant"), [("bordr", "border"), ("most", "мост")])
async def test_what_may_have_been_meant_takes_the_place_of_what_was_typed_by_a_button(
    sahman: Sahman, typed: str, meant: str
) -> None:
    await sahman.say(f"/add {typed}")
    assert await sahman.keywords() == [typed]
    await sahman.tap(f"Did you mean “{meant}”?")
    assert await sahman.keywords() == [meant]


async def test_a_slip_is_not_supposed_where_the_word_was_printed(sahman: Sahman) -> None:
    await sahman.news("Bordr wins the race")
    answer = await sahman.say("/add Bordr")
    assert not any(label.startswith("Did you mean") for label in labels(answer))


async def test_one_meaning_is_followed_once_however_it_is_typed(sahman: Sahman) -> None:
    await sahman.say("/add граница")
    for typed in ("border", "սահմանները", "sahman"):
        assert "already as “граница”" in (await sahman.say(f"/add {typed}")).text
    assert await sahman.keywords() == ["граница"]
    await sahman.say("/remove border")
    assert await sahman.keywords() == []


async def test_a_question_is_reduced_to_its_core_before_it_is_followed(sahman: Sahman) -> None:
    question = "What goes on today near Goris at the border tonight?"
    assert "Goris border" in (await sahman.say(f"/add {question}")).text
    assert await sahman.keywords() == []
    await sahman.tap("Follow: Goris border")
    assert await sahman.keywords() == ["Goris border"]
    await sahman.tap("Follow all these words")
    assert question in await sahman.keywords()


async def test_lines_are_alternatives_and_that_is_said(sahman: Sahman) -> None:
    assert "Each line counts by itself" in (await sahman.say("/add Goris\nKapan")).text
    assert await sahman.keywords() == ["Goris, Kapan"]


async def test_a_word_of_one_language_is_said_to_be_one(sahman: Sahman) -> None:
    assert "Latin letters only" in (await sahman.say("/add chair")).text
    assert "letters only" not in (await sahman.say("/add border")).text


@pytest.mark.parametrize(
    ("who", "link", "mention", "script"),
    [
        (ANI, "That is an address", "not people or channels", "Armenian, Russian and English"),
        (OLEG, "Это адрес", "не за людьми", "на армянском, русском и английском"),
        (ARAM, "Սա հասցե է", "ոչ թե Telegram-ի", "հայերեն, ռուսերեն և անգլերեն"),
    ],
)
async def test_what_no_news_can_bear_is_refused_with_a_word_of_what_to_type(
    sahman: Sahman, who: int, link: str, mention: str, script: str
) -> None:
    for typed, said in (("https://hetq.am/1", link), ("@hetq", mention), ("საზღვარი", script)):
        assert said in (await sahman.say(f"/add {typed}", who)).text
    assert await sahman.keywords(who) == []


async def test_what_is_near_a_keyword_is_offered_by_a_button_and_not_followed_before(
    sahman: Sahman,
) -> None:
    await sahman.say("/add killed")
    await sahman.tap("Also: death")
    assert await sahman.keywords() == ["killed, death"]
    answer = await sahman.say("/add Armenia")
    assert "Also: Armenian" in labels(answer)
    assert await sahman.keywords() == ["killed, death", "Armenia"]


async def test_a_surname_that_means_one_person_of_late_is_followed_with_the_full_name(
    sahman: Sahman,
) -> None:
    await sahman.news(*(f"Samvel Karapetyan spoke, part {n}" for n in range(6)))
    answer = (await sahman.say("/add Самвел Карапетян")).text
    assert "6 of 6 are this person" in answer
    assert await sahman.keywords() == ["Самвел Карапетян, Карапетян"]
    await sahman.say("/add Самвел Карапетян")
    assert await sahman.keywords() == ["Самвел Карапетян, Карапетян"]
    await sahman.tap("Only “Самвел Карапетян”")
    assert await sahman.keywords() == ["Самвел Карапетян"]


async def test_a_surname_of_several_people_is_followed_only_when_asked_for(sahman: Sahman) -> None:
    await sahman.news(
        "Samvel Karapetyan spoke", "Karen Karapetyan answered", "Anna Karapetyan left"
    )
    answer = (await sahman.say("/add Samvel Karapetyan")).text
    assert "1 of 3 are this person" in answer
    assert "Karen Karapetyan" in answer
    assert await sahman.keywords() == ["Samvel Karapetyan"]
    await sahman.tap("Also: Karapetyan")
    assert await sahman.keywords() == ["Samvel Karapetyan, Karapetyan"]


async def test_a_well_known_surname_is_enough_and_quotation_marks_ask_for_both(
    sahman: Sahman,
) -> None:
    assert "surname alone is enough" in (await sahman.say("/add Nikol Pashinyan")).text
    await sahman.say("/remove Nikol Pashinyan")
    await sahman.say('/add "Nikol Pashinyan"')
    before = len(sahman.api.messages(ANI))
    await sahman.news("Pashinyan flew to Brussels", "Nikol Pashinyan flew home")
    assert (
        "Nikol Pashinyan flew home"
        in (await sahman.api.wait_messages(ANI, count=before + 1))[-1].text
    )
    assert not any("Brussels" in text for text in await sahman.silence())


async def test_a_keyword_of_before_is_widened_in_its_place_by_typing_it_again(
    sahman: Sahman,
) -> None:
    await sahman.say("/add killed")
    narrow = parse_keyword("killed", wide=False)
    change_rows(sahman.storage, keyword, query=narrow.canonical, compiled=narrow.to_json())
    assert "Added" in (await sahman.say("/add killed")).text
    assert await sahman.keywords() == ["killed"]
    assert [row["query"] for row in rows_of(sahman.storage, keyword)] == [
        parse_keyword("killed").canonical
    ]


async def test_a_button_that_leaves_a_language_out_widens_nothing(sahman: Sahman) -> None:
    await sahman.say("/add killed")
    narrow = parse_keyword("killed", wide=False)
    change_rows(sahman.storage, keyword, query=narrow.canonical, compiled=narrow.to_json())
    await sahman.tap("Not in Russian")
    (row,) = rows_of(sahman.storage, keyword)
    assert row["query"] == parse_keyword("killed -#ru", wide=False).canonical


async def test_the_list_says_how_often_a_word_catches_something_and_when_it_last_did(
    sahman: Sahman,
) -> None:
    await sahman.say("/add border")
    await sahman.say("/add earthquake")
    before = len(sahman.api.messages(ANI))
    await sahman.news("Border closed", "Border opened")
    await sahman.api.wait_messages(ANI, count=before + 2)
    listed = (await sahman.say("/keywords")).text
    assert "border · 2 items in a week, last: " in listed
    assert "earthquake · nothing so far" in listed
    change_rows(sahman.storage, subscription, created_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert "earthquake · never yet" in (await sahman.say("/keywords")).text


@pytest.mark.parametrize(
    ("typed", "printed", "meant"),
    [
        ("azerbijan", "Azerbaijan opens a school", "Azerbaijan"),
        ("Пашенян", "Пашинян открыл школу", "Пашинян"),
    ],
)
async def test_a_slip_is_said_though_the_archive_holds_what_is_near_it(
    sahman: Sahman, typed: str, printed: str, meant: str
) -> None:
    await sahman.news(printed)
    answer = await sahman.say(f"/add {typed}")
    assert f"Did you mean “{meant}”?" in labels(answer)
    assert "Did you mean" not in str(labels(await sahman.say(f"/add {meant}")))
