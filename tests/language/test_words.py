"""Endings, names across scripts, and what a typed word asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import load
from bot.language.endings_en import EnglishEndings
from bot.language.endings_hy import ArmenianEndings, verb_forms
from bot.language.skeleton import plain_skeleton, skeletons
from bot.matching import KEYS_VERSION


@pytest.mark.parametrize(
    ("form", "citation"),
    [
        ("սահմանին", "սահման"),
        ("սահմաններից", "սահման"),
        ("հայտարարության", "հայտարարություն"),
        ("հարձակման", "հարձակում"),
        ("երեխայի", "երեխա"),
        ("գինու", "գինի"),
        ("կնոջ", "կին"),
        ("շան", "շուն"),
        ("լեզվի", "լեզու"),
    ],
)
def test_an_armenian_form_leads_to_its_citation_form(form: str, citation: str) -> None:
    assert citation in ArmenianEndings().citation_forms(form)


@pytest.mark.parametrize(
    ("infinitive", "form"),
    [
        ("ձերբակալել", "ձերբակալեց"),
        ("ձերբակալել", "կձերբակալվեն"),
        ("վնասվել", "վնասված"),
        ("պայթեցնել", "պայթեցրել"),
        ("պայթեցնել", "կպայթեցնեն"),
    ],
)
def test_an_armenian_verb_has_the_forms_of_the_news_but_none_that_denies(
    infinitive: str, form: str
) -> None:
    assert form in verb_forms(infinitive)
    assert not any(each.startswith("չ") for each in verb_forms(infinitive))


def test_an_armenian_word_that_lost_its_vowel_meets_its_full_form() -> None:
    endings = ArmenianEndings()
    assert endings.citation_forms("ջրի") & endings.asked_forms("ջուր")
    assert endings.citation_forms("սրտով") & endings.asked_forms("սիրտ")


def test_classical_spelling_meets_reformed_spelling() -> None:
    endings = ArmenianEndings()
    assert endings.citation_forms("հանրապետութեան") & endings.asked_forms("հանրապետություն")
    assert endings.citation_forms("հանրապետութիւն") & endings.asked_forms("հանրապետություն")


@pytest.mark.parametrize(
    ("form", "citation"),
    [("borders", "border"), ("countries", "country"), ("crises", "crisis"), ("women", "woman")],
)
def test_an_english_form_leads_to_its_citation_form(form: str, citation: str) -> None:
    assert citation in EnglishEndings().citation_forms(form)


@pytest.mark.parametrize(
    "spellings",
    [
        ("pashinyan", "пашинян", "փաշինյան"),
        ("pashinian", "пашинян", "փաշինյան"),
        ("zelensky", "зеленский", "զելենսկի"),
        ("lukashenko", "лукашенко", "լուկաշենկո"),
        ("steiner", "штайнер", "շտայներ"),
        ("margot", "марго", "մարգո"),
    ],
)
def test_one_name_in_three_scripts_sounds_alike(spellings: tuple[str, ...]) -> None:
    first, *others = (skeletons(spelling) for spelling in spellings)
    assert all(first & other for other in others)


def test_two_names_of_one_script_are_compared_at_their_first_value() -> None:
    assert plain_skeleton("joan") != plain_skeleton("joanne")


def test_us_is_a_country_and_us_in_small_letters_a_pronoun() -> None:
    language = load()
    assert not language.is_function_word("US")
    assert language.is_function_word("us")
    assert "@usa" in language.ask_word("US").concepts


@given(st.text(alphabet="abcчзшяйիուաենրսAЯԱ'5", min_size=1, max_size=14))
def test_any_word_can_be_read_and_asked_for(word: str) -> None:
    language = load()
    assert language.read_word(word).keys
    assert language.ask_word(word).keys


def test_the_version_of_keys_fits_a_column_of_the_database() -> None:
    assert 0 < KEYS_VERSION < 2**63
