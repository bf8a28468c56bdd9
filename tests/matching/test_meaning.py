"""A keyword may be asked without one of its meanings."""

from __future__ import annotations

import pytest

from bot.matching import KeywordRefused, Query, find_concepts, matches, parse_keyword


def test_a_word_of_two_meanings_finds_both_until_one_is_dropped() -> None:
    assert find_concepts(parse_keyword("мир")) == ("peace", "world")
    assert matches("мир", "A treaty of peace")
    assert matches("мир", "The whole world watches")
    assert matches("мир ~world", "A treaty of peace")
    assert not matches("мир ~world", "The whole world watches")


def test_the_dropped_meaning_survives_storage_and_tells_keywords_apart() -> None:
    query = parse_keyword("мир ~world")
    assert Query.from_json(query.to_json()) == query
    assert query.canonical != parse_keyword("мир").canonical


def test_a_meaning_that_the_word_has_not_changes_nothing() -> None:
    assert parse_keyword("граница ~world").canonical == parse_keyword("граница").canonical


def test_a_dropped_meaning_alone_asks_for_nothing() -> None:
    with pytest.raises(KeywordRefused):
        parse_keyword("~world")


def test_what_is_left_out_is_no_concept_of_the_query() -> None:
    assert find_concepts(parse_keyword("граница -мир")) == ("border", "of-border")
