"""Waiting before a message is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.retry import is_given_up, next_retry_ms
from tests.samples import NOW


@pytest.mark.parametrize(
    ("retries", "wait_ms"), [(0, 1_000), (1, 2_000), (5, 32_000), (10, 600_000), (9_999, 600_000)]
)
def test_waits_double_up_to_ten_minutes(retries: int, wait_ms: int) -> None:
    assert next_retry_ms(retries, spread=0.5) == wait_ms


@given(st.integers(0, 50), st.floats(0, 1))
def test_waits_are_spread_by_a_quarter_either_way(retries: int, spread: float) -> None:
    middle = next_retry_ms(retries, spread=0.5)
    assert middle * 0.74 <= next_retry_ms(retries, spread=spread) <= middle * 1.26


def test_two_that_failed_together_do_not_come_again_together() -> None:
    assert len({next_retry_ms(5) for _ in range(20)}) > 1


def test_a_message_is_given_up_after_a_day() -> None:
    assert not is_given_up(NOW, NOW + timedelta(hours=24))
    assert is_given_up(NOW, NOW + timedelta(hours=24, seconds=1))
