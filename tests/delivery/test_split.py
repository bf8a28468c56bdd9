"""Splitting: every message within Telegram's limits, every block whole, nothing reordered."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.split import MAX_TAGS, MAX_UNITS, count_units, cut, join_blocks

# Letters of one and of two UTF-16 units, and spaces to cut at.
TEXT = st.text(st.sampled_from("ab сՍ😀  ,"), max_size=400)


def block(words: str, index: int) -> str:
    """Return a block of HTML that can be told from every other."""
    return f'• <a href="https://news.example/{index}">{words}</a>'


@given(st.lists(st.tuples(TEXT, st.integers(1, 9)), min_size=1, max_size=60))
def test_every_message_is_within_the_limits_and_every_block_whole_and_in_order(
    drawn: list[tuple[str, int]],
) -> None:
    blocks = [block(words * times, index) for index, (words, times) in enumerate(drawn)]
    messages = join_blocks(blocks)
    for message in messages:
        assert 0 < count_units(message) <= MAX_UNITS
        assert message.count("</") <= MAX_TAGS
    assert "\n".join(messages) == "\n".join(blocks)
    assert sum(message.count("<a ") for message in messages) == len(blocks)


@given(st.lists(st.integers(1, MAX_UNITS - 60), min_size=2, max_size=12))
def test_no_more_messages_are_made_than_are_needed(sizes: list[int]) -> None:
    messages = join_blocks("x" * size for size in sizes)
    for message, later in pairwise(messages):
        assert count_units(message) + 1 + count_units(later.partition("\n")[0]) > MAX_UNITS


def test_many_small_links_are_split_before_telegram_drops_them() -> None:
    messages = join_blocks(block("x", index) for index in range(250))
    assert len(messages) == 3
    assert sum(message.count("<a ") for message in messages) == 250


def test_a_block_that_fits_no_message_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="fits no message"):
        join_blocks(["😀" * (MAX_UNITS // 2 + 1)])
    assert join_blocks(["😀" * (MAX_UNITS // 2)])


def test_nothing_makes_no_message() -> None:
    assert join_blocks([]) == []


def test_an_empty_line_between_groups_is_not_left_at_the_edge_of_a_message() -> None:
    messages = join_blocks(["x" * 3_900, "\nhead\n" + "y" * 300])
    assert [message[0] for message in messages] == ["x", "h"]


@given(TEXT, st.integers(2, 100))
def test_a_cut_text_is_short_enough_begins_like_the_whole_and_breaks_no_letter(
    text: str, units: int
) -> None:
    short = cut(text, units)
    assert count_units(short) <= units
    short.encode("utf-8")  # half an emoji could not be encoded
    if count_units(text) <= units:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


def test_a_cut_falls_between_words_where_it_can() -> None:
    assert cut("Talks on the border go on", 20) == "Talks on the border…"
    assert cut("Ղազախստանիհանրապետություն", 10) == "Ղազախստան…"


def test_units_are_counted_as_telegram_counts_them() -> None:
    assert count_units("aՍ😀") == 4
