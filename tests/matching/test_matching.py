"""What a typed keyword finds, and what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import matches


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("border", "Borders reopened after talks"),
        ("border", "Выстрелы на границе"),
        ("border", "Սահմանին կրակոցներ են հնչել"),
        ("граница", "Shots at the frontier"),
        ("սահման", "Пересекли границу"),
        ("Pashinyan", "Пашиняну задали вопрос"),
        ("Pashinyan", "Փաշինյանի այցը Մոսկվա"),
        ("pashinyan", "Փաշինյանն ասաց"),
        ("пашинян", "Pashinian’s office denied the report"),
        ("nikol pashinyan", "Никол Пашинян прибыл"),
        ("CSTO", "ՀԱՊԿ-ի անդամակցության հարցը"),
        ("ОБСЕ", "The OSCE said on Monday"),
        ("US", "США ввели санкции"),
        ("պատերազմ", "Պшտերազմի վտանգը"),
        ("Nagorno-Karabakh", "Жители Нагорного Карабаха"),
        ("prisoner of war", "Обмен пленными состоялся"),
    ],
)
def test_a_keyword_finds_its_meaning_in_any_language(keyword: str, text: str) -> None:
    assert matches(keyword, text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("border", "Boarder evicted from the house"),
        ("սահման", "Սահմանադրության փոփոխություն"),
        ("граница", "Ограничения сняты"),
        ("граница", "Он учился за границей"),
        ("война", "Военный парад"),
        ("war", "Warsaw hosts a summit"),
        ("US", "They told us nothing"),
        ("WHO", "Those who left"),
        ("мир", "Самый богатый человек в мире"),
        ("Нагорный Карабах", "Карабах и нагорный район"),
        ("Turkey", "They ate a turkey for dinner"),
    ],
)
def test_a_keyword_does_not_find_what_only_looks_like_it(keyword: str, text: str) -> None:
    assert not matches(keyword, text)


@pytest.mark.parametrize("keyword", ["", " ", "a", "и", "us", "the", "-x", "(", '"', "#hy"])
def test_a_refused_keyword_finds_nothing(keyword: str) -> None:
    assert not matches(keyword, "The border, the war, us and the world: и граница")


@given(st.text(max_size=60), st.text(max_size=200))
def test_matching_never_fails(keyword: str, text: str) -> None:
    assert matches(keyword, text) in (True, False)


@given(st.text(alphabet='abи сա"()-,=#|: ORНЕсеверԿԱՄ', max_size=30))
def test_no_mixture_of_signs_makes_matching_fail(keyword: str) -> None:
    assert matches(keyword, "граница border սահման") in (True, False)
