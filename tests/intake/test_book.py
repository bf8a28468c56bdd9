"""Keywords that come between the reading of a text and its storing are held against it too."""

from __future__ import annotations

import pytest

from bot.intake import keywords
from bot.intake.keywords import KeywordBook, compile_keyword
from bot.matching import read_text

TEXT = read_text("Shots at the border near Goris")


def learn(book: KeywordBook, first: int, *typed: str) -> None:
    for keyword_id, each in enumerate(typed, first):
        book.learn(keyword_id, compile_keyword(each).compiled)


def found_since(book: KeywordBook, newest: int) -> list[int]:
    found = book.find_learnt_since(newest, TEXT, language="en", publisher="")
    return [keyword_id for keyword_id, _ in found]


@pytest.mark.parametrize("remembered", [500, 2])
def test_those_learnt_since_are_found_however_many(
    remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keywords, "_LATEST", remembered)
    book = KeywordBook()
    book.learn_all([(1, compile_keyword("border").compiled)])
    assert found_since(book, book.newest) == []
    learn(book, 2, "Goris", "war", "shots", "border Goris", "peace")
    assert found_since(book, 1) == [2, 4, 5]
    assert found_since(book, 4) == [5]
    assert found_since(book, 6) == []
    assert [each for each, _ in book.find(TEXT, language="en", publisher="")] == [1, 2, 4, 5]


def test_one_that_was_forgotten_is_found_no_more() -> None:
    book = KeywordBook()
    learn(book, 1, "border", "Goris")
    book.forget(1)
    assert [each for each, _ in book.find(TEXT, language="en", publisher="")] == [2]
