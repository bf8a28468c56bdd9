"""docs/crisis_words.md tells what the glossary does."""

import runpy
from pathlib import Path

import pytest

from bot.matching import matches

_MAKER = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "make_crisis_words.py"))
_WORDS = [(code, word) for code, words in _MAKER["WORDS"].items() for word in words.split()]


def test_the_page_says_what_the_glossary_says_now() -> None:
    written = _MAKER["PAGE"].read_text(encoding="utf-8")
    assert written == _MAKER["render"](), "run docs/make_crisis_words.py"


def test_sixty_words_of_each_language_are_told_of() -> None:
    assert [len(set(words.split())) for words in _MAKER["WORDS"].values()] == [60, 60, 60]


@pytest.mark.parametrize(("code", "word"), _WORDS)
def test_a_crisis_word_finds_the_other_two_languages(code: str, word: str) -> None:
    for other in {"hy", "ru", "en"} - {code}:
        found = _MAKER["finds"](word, other)
        assert found
        missed = [each for each in found if "…" not in each and not matches(word, each)]
        assert not missed
