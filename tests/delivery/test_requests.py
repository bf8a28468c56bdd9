"""What people ask the archive for, as they type it in three languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.periods import parse_period
from bot.delivery.requests import Request, parse_request
from bot.matching import KeywordRefused
from tests.samples import item

#: A Thursday, 19:30 in Yerevan.
_NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
_ZONE = "Asia/Yerevan"
_TODAY = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
_DAY = timedelta(days=1)
_PUBLISHERS = frozenset({"Hetq", "Sample Herald", "Armenian Weekly"})


def ask(typed: str) -> Request:
    """Return what is asked for."""
    return parse_request(typed, _PUBLISHERS, _ZONE, _NOW)[0]


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("today", _TODAY, None),
        ("сегодня", _TODAY, None),
        ("Այսօր", _TODAY, None),
        ("yesterday", _TODAY - _DAY, _TODAY),
        ("вчера", _TODAY - _DAY, _TODAY),
        ("երեկ", _TODAY - _DAY, _TODAY),
        ("позавчера", _TODAY - 2 * _DAY, _TODAY - _DAY),
        ("since yesterday", _TODAY - _DAY, None),
        ("երեկվանից", _TODAY - _DAY, None),
        ("since Monday", _TODAY - 3 * _DAY, None),
        ("с понедельника", _TODAY - 3 * _DAY, None),
        ("со вторника", _TODAY - 2 * _DAY, None),
        ("երկուշաբթիից", _TODAY - 3 * _DAY, None),
        ("on monday", _TODAY - 3 * _DAY, _TODAY - 2 * _DAY),
        ("в среду", _TODAY - _DAY, _TODAY),
        ("friday", _TODAY - 6 * _DAY, _TODAY - 5 * _DAY),
        ("thursday", _TODAY, None),
        ("this week", _TODAY - 3 * _DAY, None),
        ("на этой неделе", _TODAY - 3 * _DAY, None),
        ("այս շաբաթ", _TODAY - 3 * _DAY, None),
        ("այս ամիս", _TODAY - 25 * _DAY, None),
        ("за неделю", _NOW - 7 * _DAY, None),
        ("за последние 3 дня", _NOW - 3 * _DAY, None),
        ("3 дня", _NOW - 3 * _DAY, None),
        ("3 days", _NOW - 3 * _DAY, None),
        ("last 3 days", _NOW - 3 * _DAY, None),
        ("3d", _NOW - 3 * _DAY, None),
        ("24h", _NOW - _DAY, None),
        ("за сутки", _NOW - _DAY, None),
        ("a week", _NOW - 7 * _DAY, None),
        ("վերջին 3 օրը", _NOW - 3 * _DAY, None),
        ("վերջին շաբաթվա ընթացքում", _NOW - 7 * _DAY, None),
        ("մեկ շաբաթ", _NOW - 7 * _DAY, None),
        ("2 ժամ", _NOW - timedelta(hours=2), None),
        ("2026-11-20", _TODAY - 6 * _DAY, _TODAY - 5 * _DAY),
        ("20.11", _TODAY - 6 * _DAY, _TODAY - 5 * _DAY),
        ("20.11.2026", _TODAY - 6 * _DAY, _TODAY - 5 * _DAY),
        ("с 20.11", _TODAY - 6 * _DAY, None),
        ("20.11-ից", _TODAY - 6 * _DAY, None),
        ("20 ноября", _TODAY - 6 * _DAY, _TODAY - 5 * _DAY),
        ("November 20", _TODAY - 6 * _DAY, _TODAY - 5 * _DAY),
        ("նոյեմբերի 20", _TODAY - 6 * _DAY, _TODAY - 5 * _DAY),
        ("since november 20", _TODAY - 6 * _DAY, None),
        ("27.11", _TODAY - 364 * _DAY, _TODAY - 363 * _DAY),
    ],
)
def test_a_time_is_read_as_people_write_it(
    typed: str, since: datetime, until: datetime | None
) -> None:
    period = parse_period(typed.split(), _ZONE, _NOW)
    assert period is not None
    assert (period.since, period.until) == (since, until)
    for words in (f"border {typed}", f"{typed} border"):
        if len(typed.split()) > 1 or typed not in ("friday", "thursday"):
            asked = ask(words)
            assert (asked.words, asked.period) == ("border", period), words


@pytest.mark.parametrize(
    "typed",
    ["border", "32.11", "2026-13-40", "day", "неделя", "с", "ից", "0 days", "2026-11-30", ""],
)
def test_what_is_no_time_is_not_taken_for_one(typed: str) -> None:
    assert parse_period(typed.split(), _ZONE, _NOW) is None


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("#hy", "hy"), ("#ru", "ru"), ("armenian", "hy"), ("армянский", "hy"), ("հայերեն", "hy"),
        ("по-русски", "ru"), ("на русском языке", "ru"), ("in English", "en"), ("անգլերեն", "en"),
    ],
)  # fmt: skip
def test_a_language_alone_is_asked_for(typed: str, language: str) -> None:
    for words in (typed, f"{typed} today", f"since monday {typed}"):
        asked = ask(words)
        assert asked.languages == {language}, words
        assert asked.query is None


@pytest.mark.parametrize("typed", ["source:hetq", "Hetq", "HETQ", "hetq вчера", "հետք source:hetq"])
def test_a_publisher_alone_is_asked_for(typed: str) -> None:
    asked = ask(typed)
    if "հետք" in typed:
        assert asked.words == typed
    else:
        assert asked.publishers == {"Hetq"}
        assert asked.query is None


def test_a_publisher_in_one_language() -> None:
    asked = ask("#ru source:sample")
    assert (asked.languages, asked.publishers) == ({"ru"}, {"Sample Herald"})


def test_a_source_that_is_none_of_ours_is_named() -> None:
    assert parse_request("source:nowhere", _PUBLISHERS, _ZONE, _NOW)[1] == "nowhere"


@pytest.mark.parametrize(
    ("typed", "words", "newest"),
    [
        ("5", "", 5),
        ("border 5", "border", 5),
        ("border today 5", "border", 5),
        ("border 5 today", "border", 5),
        ("Су 20", "Су 20", None),
        ("статья 242", "статья 242", None),
        ("99", "99", None),
    ],
)
def test_a_small_number_says_how_many(typed: str, words: str, newest: int | None) -> None:
    asked = ask(typed)
    assert (asked.words, asked.newest) == (words, newest)


@pytest.mark.parametrize(
    "typed", ['"this week"', "Armenian border", "«сегодня»", "border OR war", "-#ru border"]
)
def test_anything_else_is_looked_for_as_it_stands(typed: str) -> None:
    asked = ask(typed)
    assert (asked.words, asked.period, asked.languages) == (typed, None, frozenset())
    assert asked.query is not None


@pytest.mark.parametrize("typed", ['"border', "-border", "и", "-#ru"])
def test_what_cannot_be_looked_for_is_refused(typed: str) -> None:
    with pytest.raises(KeywordRefused):
        ask(typed)


def test_an_item_is_held_against_all_that_was_asked() -> None:
    told = item(published_at=_NOW - _DAY, publisher="Hetq", language="en")
    for typed in ("", "border", "yesterday", "border yesterday", "Hetq", "#en", "#en source:hetq"):
        assert ask(typed).holds(told), typed
    for typed in ("war", "today", "2 hours", "border today", "sample herald", "#ru", "20.11"):
        assert not ask(typed).holds(told), typed
