"""When a digest is wanted, and which hours are quiet, as people type it."""

from __future__ import annotations

import pytest

from bot.delivery.digest_plan import DigestPlan, parse_digest_plan
from bot.delivery.span import parse_span


@pytest.mark.parametrize(
    ("typed", "plan"),
    [
        ("on", DigestPlan()),
        ("Включить", DigestPlan()),
        ("weekly", DigestPlan(days="0")),
        ("еженедельно в 9", DigestPlan(days="0", times=("09:00",))),
        ("mon,thu 19:00", DigestPlan(days="03", times=("19:00",))),
        ("пн, чт в 19:00", DigestPlan(days="03", times=("19:00",))),
        ("երկուշաբթի, հինգշաբթի 19:00", DigestPlan(days="03", times=("19:00",))),
        ("по будням 8:30 20:00", DigestPlan(days="01234", times=("08:30", "20:00"))),
        ("every day 9", DigestPlan(days="0123456", times=("09:00",))),
        ("on weekends", DigestPlan(days="56")),
        ("9:00 18:30", DigestPlan(times=("09:00", "18:30"))),
        ("monday", DigestPlan(days="0")),
    ],
)
def test_days_and_hours_are_understood(typed: str, plan: DigestPlan) -> None:
    assert parse_digest_plan(typed) == plan


@pytest.mark.parametrize("typed", ["", "soon", "mon border", "25:00", "border weekly"])
def test_what_is_not_understood_is_nothing(typed: str) -> None:
    assert parse_digest_plan(typed) is None


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("23:00-07:00", ("23:00", "07:00")),
        ("23-7", ("23:00", "07:00")),
        ("from 11 pm to 7 am", ("23:00", "07:00")),
        ("с 23 до 7:30", ("23:00", "07:30")),
        ("23:00-ից մինչև 7:00", ("23:00", "07:00")),
        ("22:30 – 6", ("22:30", "06:00")),
        ("7:00-7:00", ("07:00", "07:00")),
    ],
)
def test_a_span_of_hours_is_understood(typed: str, span: tuple[str, str]) -> None:
    assert parse_span(typed) == span


@pytest.mark.parametrize("typed", ["", "23:00", "night", "23:00-", "9-30", "a-b"])
def test_no_span_is_made_up(typed: str) -> None:
    assert parse_span(typed) is None
