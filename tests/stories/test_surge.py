"""What surges: many stories of several families, against the same hours of two weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Role, Telling
from bot.stories.surge import (
    HISTORY,
    SurgeReason,
    chance_of,
    decide_surge,
    find_silent_hours,
    hour_of,
    start_of,
)
from tests.samples import NOW, item, telling

#: Forty minutes past: most of the last hour is of this one.
AT = NOW + timedelta(minutes=40)
THIS = hour_of(AT)
LONG_AGO = AT - timedelta(days=20)


def stories(count: int, *publishers: str, **facts: Any) -> list[list[Telling]]:
    """Return stories with one telling each, by these publishers in turn."""
    names = publishers or ("Herald", "Gazette")
    return [
        [telling(item(id=number, publisher=names[number % len(names)]), **facts)]
        for number in range(count)
    ]


def usually(count: int) -> dict[int, int]:
    """Return a history of so many stories every hour."""
    return dict.fromkeys(range(THIS - 24 * 15, THIS), count)


@pytest.mark.parametrize(
    ("recent", "history", "reason"),
    [
        (stories(12), usually(2), SurgeReason.SURGE),
        (stories(4), usually(0), SurgeReason.FEW),
        (stories(5), usually(0), SurgeReason.SURGE),
        (stories(5), {}, SurgeReason.SURGE),
        (stories(12, "Herald"), usually(2), SurgeReason.ONE_FAMILY),
        (stories(12, family="One owner"), usually(2), SurgeReason.ONE_FAMILY),
        (stories(12, role=Role.OPINION), usually(0), SurgeReason.FEW),
        (stories(12, imitates="Azatutyun"), usually(0), SurgeReason.FEW),
        (stories(11), usually(4), SurgeReason.USUAL),
        (stories(6), usually(2), SurgeReason.CHANCE),
        (stories(30), usually(10), SurgeReason.SURGE),
    ],
)
def test_a_surge_is_many_stories_of_two_families_and_three_times_the_usual(
    recent: Sequence[Sequence[Telling]], history: Mapping[int, int], reason: SurgeReason
) -> None:
    assert decide_surge(recent, history, (), LONG_AGO, AT).reason is reason


def test_a_verdict_tells_its_numbers() -> None:
    verdict = decide_surge(stories(12, "A", "B", "C"), usually(2), (), LONG_AGO, AT)
    assert verdict.is_surge
    assert (verdict.stories, verdict.families, verdict.usual) == (12, 3, 2.0)
    assert verdict.left_out == ()


def test_nothing_surges_before_two_weeks_of_history() -> None:
    young = AT - HISTORY + timedelta(minutes=1)
    assert decide_surge(stories(50), usually(0), (), young, AT).reason is SurgeReason.YOUNG
    assert decide_surge(stories(50), usually(0), (), AT - HISTORY, AT).is_surge


def test_only_the_same_hours_of_the_day_count() -> None:
    busy_nights = {
        hour: 10 for hour in range(THIS - 24 * 15, THIS) if (THIS - hour) % 24 in (11, 12)
    }
    verdict = decide_surge(stories(8), busy_nights, (), LONG_AGO, AT)
    assert verdict.is_surge
    assert verdict.usual == 0
    busy_now = {
        hour: 10 for hour in range(THIS - 24 * 15, THIS) if (THIS - hour) % 24 in (0, 1, 23)
    }
    assert not decide_surge(stories(8), busy_now, (), LONG_AGO, AT).is_surge


def test_silent_hours_are_left_out_of_the_usual_and_named() -> None:
    silent = frozenset(range(THIS - 72, THIS - 48))
    history = {hour: 4 for hour in usually(4) if hour not in silent}
    verdict = decide_surge(stories(13), history, silent, LONG_AGO, AT)
    assert verdict.is_surge
    assert verdict.usual == 4
    assert verdict.left_out == (THIS - 72, THIS - 71, THIS - 49)


def test_too_little_that_was_heard_is_no_history() -> None:
    silent = frozenset(range(THIS - 24 * 9, THIS - 4))
    verdict = decide_surge(stories(13), usually(0), silent, LONG_AGO, AT)
    assert verdict.reason is SurgeReason.YOUNG
    assert len(verdict.left_out) > 20


@pytest.mark.parametrize("ago", [0, 1, 2])
def test_what_was_printed_in_a_silence_and_is_seen_after_it_is_no_surge(ago: int) -> None:
    verdict = decide_surge(stories(50), usually(1), {THIS - ago}, LONG_AGO, AT)
    assert verdict.reason is SurgeReason.CATCHING_UP
    assert decide_surge(stories(50), usually(1), {THIS - 3}, LONG_AGO, AT).is_surge


@given(st.integers(1, 400), st.floats(0.5, 300))
def test_more_stories_are_never_more_likely(count: int, mean: float) -> None:
    assert 0 <= chance_of(count + 1, mean) <= chance_of(count, mean) + 1e-9 <= 1 + 2e-9


@pytest.mark.parametrize(
    ("count", "mean", "chance"), [(1, 1.0, 0.632121), (5, 1.0, 0.003660), (12, 2.0, 1.3646e-06)]
)
def test_the_chance_is_poissons(count: int, mean: float, chance: float) -> None:
    assert chance_of(count, mean) == pytest.approx(chance, rel=0.02)


@given(st.integers(0, 60), st.integers(0, 20), st.integers(1, 6))
def test_more_of_the_same_never_ends_a_surge(count: int, usual: int, more: int) -> None:
    before = decide_surge(stories(count), usually(usual), (), LONG_AGO, AT)
    after = decide_surge(stories(count + more), usually(usual), (), LONG_AGO, AT)
    assert after.is_surge or not before.is_surge
    if before.is_surge:
        assert before.stories >= 5
        assert before.families >= 2
        assert before.stories >= 3 * before.usual


def test_an_hour_is_silent_when_less_than_half_of_it_was_heard() -> None:
    heard = {THIS - 3: 60, THIS - 2: 30, THIS - 1: 29, THIS: 19}
    assert find_silent_hours(heard, THIS - 4, AT) == {THIS - 4, THIS - 1, THIS}
    assert find_silent_hours(heard | {THIS: 20}, THIS - 1, AT) == {THIS - 1}


def test_an_hour_that_just_began_is_not_silent() -> None:
    assert find_silent_hours({}, THIS, NOW) == frozenset()


def test_an_hour_has_a_number_and_begins() -> None:
    assert start_of(hour_of(AT)) == NOW
