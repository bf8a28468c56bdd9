"""The words that events are told with: one meaning a row, in three languages."""

import re

import pytest

from bot.language import fold, load
from bot.language.story_words import STORY_WORD, forms_of_verb, read_opposites
from bot.language.tables import read_table

_ROWS = [[cell.split() for cell in row] for row in read_table("story_words.tsv")]
_SPELT = ("[ա-և]+", "[а-я-]+", "[a-z-]+")


def story_words_of(written: str) -> set[str]:
    story_words = load().story_words
    return {row for key in load().read_word(written).keys for row in story_words.get(key, ())}


def test_there_are_enough_of_them() -> None:
    assert len(_ROWS) >= 850


def test_each_row_has_words_of_each_language_in_its_own_letters() -> None:
    for row in _ROWS:
        assert len(row) == len(_SPELT), row
        for cell, letters in zip(row, _SPELT, strict=True):
            assert cell, row
            assert all(re.fullmatch(letters, word) for word in cell), row
            assert len(set(cell)) == len(cell), row


def test_no_row_stands_twice() -> None:
    for at in range(3):
        cells = [frozenset(row[at]) for row in _ROWS]
        twice = [set(cell) for cell in cells if cells.count(cell) > 1]
        # One English word may have two meanings, which are two words to the others.
        assert at == 2 or not twice, twice
    assert len({tuple(map(tuple, row)) for row in _ROWS}) == len(_ROWS)


def test_none_is_a_word_that_stands_in_almost_every_text() -> None:
    language = load()
    words = {word for row in _ROWS for cell in row for word in cell}
    assert not {word for word in words if language.is_function_word(word)}


@pytest.mark.parametrize(
    "alike",
    [
        ("հանդիպեց", "встретился", "meeting"),
        ("կփակվի", "закрыли", "closed"),
        ("մահացավ", "скончался", "died"),
        ("վավերացրել", "ратифицировала", "ratifies"),
        ("տասներկու", "двенадцати", "twelve"),
        ("վարձակալության", "арендой", "leases"),
    ],
)
def test_what_is_told_is_the_same_in_three_languages(alike: tuple[str, ...]) -> None:
    first, *others = map(story_words_of, alike)
    assert all(first & other for other in others)
    assert all(row[0] == STORY_WORD for row in first)


@pytest.mark.parametrize(
    ("infinitive", "form"),
    [
        ("հանդիպել", "հանդիպեց"),
        ("մահանալ", "մահացել"),
        ("մոտենալ", "կմոտենա"),
        ("կարդալ", "կարդաց"),
    ],
)
def test_an_armenian_verb_is_known_in_the_forms_of_the_news(infinitive: str, form: str) -> None:
    assert form in forms_of_verb(fold(infinitive))


def test_what_is_no_armenian_verb_has_no_forms() -> None:
    assert not any(map(forms_of_verb, ("ել", "գալ", "ջուր", "close", "закрыть")))


def test_what_leaves_each_other_out_are_story_words_and_never_one() -> None:
    opposites = read_opposites(load().story_words)
    (opens,) = story_words_of("reopened")
    (closes,) = story_words_of("փակված")
    assert closes in opposites[opens]
    assert opens in opposites[closes]
    assert not any(key in others for key, others in opposites.items())
