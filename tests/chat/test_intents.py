"""What somebody wants who writes; nothing that could be a keyword is swallowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.command_names import LOCAL_NAMES, find_name
from bot.chat.commands import COMMANDS
from bot.chat.intents import Intent, Said, find_command, find_intent


def test_every_command_has_a_name_in_russian_and_in_armenian() -> None:
    assert COMMANDS.keys() == LOCAL_NAMES.keys()
    for name, words in LOCAL_NAMES.items():
        assert any("а" <= word[0] <= "я" for word in words.split()), name
        assert any("ա" <= word[0] <= "ֆ" for word in words.split()), name
        for word in words.split():
            assert find_name(word) == name
            assert find_name(word.upper()) == name


@pytest.mark.parametrize(
    ("typed", "command", "words"),
    [
        ("/add border", "add", "border"),
        ("/ADD border", "add", "border"),
        ("/add\nborder\nwar", "add", "border\nwar"),
        ("/добавить граница", "add", "граница"),
        ("/Последние", "latest", ""),
        ("/ещё", "", ""),
        ("/мои_слова", "keywords", ""),
        ("/мои-слова", "keywords", ""),
        ("/ավելացնել սահման", "add", "սահման"),
        ("/ԱՎԵԼԱՑՆԵԼ սահման", "add", "սահման"),
        ("/ինչո՞ւ", "why", ""),
        ("/լեզու", "language", ""),
        # Typed on another layout.
        ("/фвв граница", "add", "граница"),
        ("/дфеуые", "latest", ""),
        (".фвв border", "add", "border"),
        ("/lj,fdbnm border", "add", "border"),
        ("/ադդ սահման", "add", "սահման"),
        ("/սետտինգս", "settings", ""),
    ],
)
def test_a_command_is_known_in_every_language_and_layout(
    typed: str, command: str, words: str
) -> None:
    said = find_command(typed)
    assert said is not None
    if command:
        assert said == Said(Intent.COMMAND, command, words)
    else:
        assert said.intent is Intent.UNKNOWN


def test_a_command_may_name_its_bot() -> None:
    assert find_command("/добавить@sahman_bot граница") == Said(
        Intent.COMMAND, "add", "граница", "sahman_bot"
    )


@pytest.mark.parametrize("typed", ["border", "/", "//", ".net", ".граница", "a/b", "и/или", ""])
def test_what_is_no_command_is_none(typed: str) -> None:
    assert find_command(typed) is None


@pytest.mark.parametrize(
    ("typed", "command", "words"),
    [
        ("/ad border", "add", "border"),
        ("/lastest", "latest", ""),
        ("/keyword", "keywords", ""),
        ("/settigns", "settings", ""),
        ("/последнии", "latest", ""),
        ("/ավելացնլ սահման", "add", "սահման"),
        ("settings", "settings", ""),
        ("Настройки", "settings", ""),
        ("իմ բառերը", "keywords", ""),
        ("remove border", "remove", "border"),
        ("убери слово граница", "remove", "граница"),
        ("հեռացրու սահման", "remove", "սահման"),
    ],
)
def test_what_was_probably_meant_is_offered(typed: str, command: str, words: str) -> None:
    assert find_intent(typed) == Said(Intent.MEANT, command, words)


@pytest.mark.parametrize("typed", ["/play", "/weather", "/погода", "/1"])
def test_another_bots_command_is_none_of_ours(typed: str) -> None:
    assert find_intent(typed).intent is Intent.UNKNOWN


_TALK: dict[Intent, tuple[str, ...]] = {
    Intent.THANKS: (
        "Thanks!", "thank you", "THX", "спасибо", "Спасибо большое :)", "Շնորհակալություն։",
        "շատ շնորհակալ եմ", "մերսի", "👍🏽", "🙏",
    ),
    Intent.GREETING: ("Hello!", "hi", "Привет", "добрый день", "Բարև ձեզ", "բարեւ", "barev"),
    Intent.STOP: (
        "stop", "STOP!", "unsubscribe", "Стоп", "отписаться", "не пишите мне", "դադարեցնել",
        "Կանգ առ", "այլևս մի գրեք",
    ),
    Intent.HELP: (
        "help", "Помоги!", "помощь", "օգնություն", "Как пользоваться?", "Ի՞նչ կարող ես անել",
        "What can you do?",
    ),
    Intent.HOW: (
        "how do I add a word?", "How to add keywords", "add", "как добавить слово",
        "Как мне добавить ключевое слово?", "как подписаться на тему", "ինչպե՞ս ավելացնել բառ",
        "Ոնց բառ ավելացնեմ", "как удалить слово", "how can I remove a word",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("intent", "typed"), [(intent, each) for intent, some in _TALK.items() for each in some]
)
def test_talk_is_understood_in_three_languages(intent: Intent, typed: str) -> None:
    assert find_intent(typed).intent is intent


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("add border", "border"),
        ("Add the word border", "border"),
        ("please follow Nikol Pashinyan", "Nikol Pashinyan"),
        ("добавь граница", "граница"),
        ("Добавьте слово: граница", "граница"),
        ("подпиши меня на Сюник", "Сюник"),
        ("ավելացրու սահման", "սահման"),
        ("Ավելացրեք բառը սահման", "սահման"),
    ],
)
def test_who_asks_to_follow_something_is_offered_it(typed: str, words: str) -> None:
    assert find_intent(typed) == Said(Intent.FOLLOW, "add", words)


@pytest.mark.parametrize(
    "typed",
    ["border", "граница", "սահման", "stop the war", "стоп-кран", "стоп игра", "помощь беженцам",
     "help for refugees", "спасибо Путину", "добавленная стоимость", "added value", "Hi-Tech",
     "how Armenia adds troops", "как добавить границу", "Привет Армения", "դադարեցում",
     "օգնություն փախստականներին", "removed minister", "отписка", "#hy border", "a OR b",
     "following the money", "следит", "latest border", "digest weekly", "pause in talks"],
)  # fmt: skip
def test_what_may_be_a_keyword_stays_one(typed: str) -> None:
    assert find_intent(typed) == Said(Intent.KEYWORD, words=typed)


@given(st.text(max_size=300))
def test_any_text_has_an_intent(text: str) -> None:
    said = find_intent(text)
    assert said.intent is not Intent.KEYWORD or said.words == " ".join(text.split())


def test_a_page_of_text_is_judged_at_once() -> None:
    assert find_intent("how " * 1000 + "to " * 300).intent is Intent.KEYWORD
