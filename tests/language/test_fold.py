"""Folding: one form for every way a word is written."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.language import clean, fold, fold_text, words

_LETTERS = "aAbéöİıßзЗёЁйёіաԱեԵւվևԵՒոՈւհՀnhuoшО'՞՛՜-«»"
_WORDS = st.text(alphabet=_LETTERS, min_size=1, max_size=12) | st.text(max_size=12)


def _fold_all(text: str) -> str:
    return fold_text(text)


@given(_WORDS)
@example("և")
@example("İ")
@example("Եւ")
@example("Aß'Ա")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert _fold_all(_fold_all(text)) == _fold_all(text)


@given(st.text(alphabet="abcxyzабвгджзийпфяւաբգդզթլմնպտ ", max_size=20))
def test_folding_does_not_see_case(text: str) -> None:
    assert _fold_all(text.upper()) == _fold_all(text.lower())


@given(st.text(max_size=200))
def test_no_text_makes_folding_fail(text: str) -> None:
    for word in words(clean(text)):
        assert fold(word.written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ԵՐԵՎԱՆ", "Երևան"),
        ("Երեւան", "Երևան"),
        ("Ի՞նչ", "ինչ"),
        ("Երևանո՛ւմ", "Երևանում"),
        ("Королёв", "королев"),
        ("Пашиня\u0301н", "Пашинян"),
        ("Андреи\u0306", "Андрей"),
        ("Yere\u00advan", "Yerevan"),
        ("Erdoğan", "erdogan"),
        ("Pаshinyan", "Pashinyan"),
        ("պшտերազմ", "պատերազմ"),
        ("hարված", "հարված"),
        ("պայթյnւն", "պայթյուն"),
    ],
)
def test_one_word_written_in_two_ways_folds_to_one(one: str, other: str) -> None:
    assert _fold_all(one) == _fold_all(other)


def test_armenian_endings_hung_on_by_a_hyphen_are_no_words() -> None:
    assert fold_text("ՄԱԿ-ի, «Հայաստան»-ը, NATO-ն") == "մակ հայաստան nato"


def test_words_that_a_page_glued_together_are_parted() -> None:
    assert fold_text("ՔաղաքականությունԱվտորիտարիզմ") == "քաղաքականություն ավտորիտարիզմ"
    assert fold_text("AxiosԱյսօր") == "axios այսօր"
