"""Language detection: script first, then letters, words and langdetect."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Սահմանին կրակոցներ են հնչել", "hy"),
        ("Reuters. Հայաստանի վարչապետը հանդիպել է", "hy"),
        ("На границе прозвучали выстрелы", "ru"),
        ("Ситуація на кордоні складна", "uk"),
        ("Shots were fired at the border on Monday", "en"),
        ("Azərbaycan Prezidenti çıxış edib", "az"),
        ("Cumhurbaşkanı bugün Ankara'da bir açıklama yaptı", "tr"),
        ("საქართველოს პარლამენტი", "ka"),
        ("Le président de la République est arrivé dans la capitale", "fr"),
        ("Der Bundeskanzler ist nicht nach Brüssel gereist", "de"),
    ],
)
def test_a_headline_is_told_by_its_language(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_feed_that_lies_about_its_language_is_not_believed() -> None:
    assert detect_language("Սահմանին կրակոցներ են հնչել", hint="ru") == "hy"
    assert detect_language("The prime minister said that the border is closed", hint="fr") == "en"


def test_a_text_without_letters_is_in_the_language_of_its_feed() -> None:
    assert detect_language("12:45 — 2026", hint="hy") == "hy"
    assert detect_language("12:45 — 2026") == "und"


@given(st.text(max_size=120), st.sampled_from([None, "hy", "ru", "en", "mixed", ""]))
def test_detection_never_fails(text: str, hint: str | None) -> None:
    assert detect_language(text, hint)


def test_threads_may_detect_at_once_and_agree() -> None:
    texts = ["Paris beats Lyon", "Москва", "Ankara'da toplantı", "Berlin: Treffen"] * 10
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(detect_language, texts)) == list(map(detect_language, texts))
