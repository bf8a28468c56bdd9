"""The index of keys: what stands under a key is found before and after a merge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.language import clean, written_words
from bot.matching import Matcher, parse_keyword, read_text
from bot.matching.index import KeyIndex

_KEYS = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)


@given(st.lists(st.tuples(_KEYS, st.integers(0, 9), st.booleans())))
def test_each_key_has_its_entries_whenever_they_came(
    added: list[tuple[int, int, bool]],
) -> None:
    index = KeyIndex()
    for key, entry, merge in added:
        index.add(key, entry)
        if merge:
            index.merge()
    for key in {key for key, _, _ in added} | {5, -(2**63)}:
        wanted = sorted(entry for each, entry, _ in added if each == key)
        assert sorted(index.find(key)) == wanted
    index.merge(keep=lambda entry: entry % 2 == 1)
    for key, entry, _ in added:
        assert (entry in index.find(key)) == (entry % 2 == 1)


def test_what_was_added_since_the_last_merge_is_told() -> None:
    index = KeyIndex()
    index.merge([(1, 10), (2, 20)])
    assert not index.has_recent
    index.add(2, 21)
    assert index.recent_among(frozenset({1, 2, 3})) == {2}
    assert list(index.find_recent(2)) == [21]
    assert list(index.find_merged(2)) == [20]
    index.merge()
    assert not index.has_recent


def test_keywords_that_come_and_go_while_texts_are_read_are_found_as_they_stand() -> None:
    matcher = Matcher()
    text = read_text("Shots at the border near Goris: Пашинян calls for peace")
    typed = ["border", "Goris", "Pashinyan", '"near Goris"', "peace border", "war"]

    def found() -> list[int]:
        return [each.keyword_id for each in matcher.find(text, language="en", publisher="")]

    matcher.add_all((n, parse_keyword(each).to_json()) for n, each in enumerate(typed[:3]))
    assert found() == [0, 1, 2]
    for number, each in enumerate(typed[3:], 3):
        matcher.add(number, parse_keyword(each).to_json())
    assert found() == [0, 1, 2, 3, 4]
    matcher.remove(1)
    assert found() == [0, 2, 3, 4]
    # An id may come again, with another query.
    matcher.add(1, parse_keyword("war").to_json())
    matcher.add(5, parse_keyword("shots").to_json())
    assert found() == [0, 2, 3, 4, 5]
    matcher.add_all([])
    assert found() == [0, 2, 3, 4, 5]
    assert len(matcher) == 6


@given(st.text(st.sampled_from("aBԱբаБ'’-.՛ \n\t\u00a0\u0301ւև«»1İ\u00b4") | st.characters()))
def test_a_text_cut_at_blanks_first_has_the_same_words(text: str) -> None:
    piecewise = [word for chunk in text.split() for word in written_words(clean(chunk))]
    assert piecewise == written_words(clean(text))
