"""Wishes and validators of servers that know no measure: capped where they are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from bot.errors import FeedBusy, FeedError
from bot.feeds import fetch as fetching
from bot.feeds.manners import Ceilings, next_poll_at, next_try_at
from bot.feeds.wishes import LONGEST_WISH_S, read_fresh_s, read_pace, read_retry_after_s
from bot.model import Pace
from tests.feeds.publishers import http_date
from tests.samples import NOW, feed

_MOST_32_BITS = 2**31 - 1
_HUGE = ("9" * 9, "9" * 10, "99999999999999", "9" * 5_000)


@pytest.mark.parametrize("number", _HUGE)
def test_a_huge_number_is_a_month(number: str) -> None:
    assert read_fresh_s({"Cache-Control": f"max-age={number}"}, NOW) == LONGEST_WISH_S
    assert read_retry_after_s({"Retry-After": number}, NOW) == LONGEST_WISH_S
    if len(number) < 50:
        assert read_pace(f"<rss><channel><ttl>{number}</ttl>").every_s == LONGEST_WISH_S


@pytest.mark.parametrize(
    ("headers", "fresh_s"),
    [
        ({"Cache-Control": "max-age=00000000000000600"}, 600),
        ({"Cache-Control": "max-age=600", "Age": "9" * 5_000}, 0),
        ({"Cache-Control": "max-age=600", "Age": "-900"}, 600),
        ({"Cache-Control": "max-age=-1"}, 0),
        ({"Cache-Control": "max-age"}, 0),
        ({"Cache-Control": "max-age=٦٠٠"}, 0),
        ({"Cache-Control": "max-age=soon", "Expires": http_date(NOW + timedelta(days=9))}, 0),
        ({"Expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_WISH_S),
        ({"Expires": "Fri, 31 Dec 9999 23:59:59 -2300"}, 0),
        ({"Expires": "Fri, 31 Dec 10000 23:59:59 GMT"}, 0),
        ({"Expires": "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"}, 0),
        ({"Expires": "-1"}, 0),
    ],
)
def test_what_is_no_measure_is_no_wish(headers: dict[str, str], fresh_s: int) -> None:
    assert read_fresh_s(headers, NOW) == fresh_s


@pytest.mark.parametrize(
    ("written", "wait_s"),
    [
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WISH_S),
        ("Fri, 31 Dec 10000 23:59:59 GMT", None),
        ("-99999999999999", None),
        ("1.5", 1.0),
        ("1.soon", None),
        ("٣", None),
        ("1e9", None),
    ],
)
def test_a_refusal_waits_for_a_month_at_most(written: str, wait_s: float | None) -> None:
    assert read_retry_after_s({"Retry-After": written}, NOW) == wait_s


_numbers = (
    st.integers(-(10**30), 10**30).map(str)
    | st.from_regex(r"\d{1,60}", fullmatch=True)
    | st.sampled_from(_HUGE)
)
_dates = st.datetimes().map(lambda at: f"{at:%a, %d %b} {at.year} {at:%T} GMT")
_anything = st.text(max_size=60) | _numbers | _dates
_headers = st.fixed_dictionaries(
    {},
    optional={
        "Cache-Control": _anything | _numbers.map("public, max-age={}".format),
        "Age": _anything,
        "Expires": _anything,
        "Date": _anything,
        "Retry-After": _anything,
    },
)


@given(_headers, _numbers, _numbers, st.sampled_from(["hourly", "yearly", "x"]), st.booleans())
def test_no_wish_is_longer_than_a_month_or_breaks_anything(
    headers: dict[str, str], ttl: str, frequency: str, period: str, urgent: bool
) -> None:
    fresh_s, wait_s = read_fresh_s(headers, NOW), read_retry_after_s(headers, NOW)
    assert fresh_s is None or 0 <= fresh_s <= LONGEST_WISH_S
    assert wait_s is None or 0 <= wait_s <= LONGEST_WISH_S
    pace = read_pace(
        f"<rss><channel><ttl>{ttl}</ttl><sy:updatePeriod>{period}</sy:updatePeriod>"
        f"<sy:updateFrequency>{frequency}</sy:updateFrequency><item/></channel></rss>"
    )
    assert 0 <= pace.every_s <= LONGEST_WISH_S
    patient = Ceilings(wish_s=1e12, urgent_s=1e12, retry_after_s=1e12, failing_s=1e12)
    asked = feed(pace=Pace(fresh_s=fresh_s or 0, every_s=pace.every_s), urgent=urgent, failures=99)
    for at in (
        next_poll_at(asked, NOW, 1.0, patient),
        next_try_at(asked, NOW, 1.0, patient, busy=True, wait_s=wait_s),
    ):
        assert 0 <= (at - NOW).total_seconds() <= _MOST_32_BITS


@given(st.text(st.characters(), max_size=40) | st.binary(max_size=40))
def test_what_is_kept_of_a_header_can_be_stored_and_echoed(sent: Any) -> None:
    value = sent.decode("utf-8", "surrogateescape") if isinstance(sent, bytes) else sent
    kept = fetching._validator(CIMultiDictProxy(CIMultiDict({"ETag": value})), "ETag")
    assert kept in ("", value)
    assert "\x00" not in kept
    kept.encode()


@pytest.mark.parametrize("value", ["x" * 2_001, "a\x00b", "a\tb", "\udcff", "a\x85b", "a\u2028b"])
def test_a_validator_that_cannot_be_stored_is_dropped(value: str) -> None:
    assert fetching._validator(CIMultiDictProxy(CIMultiDict({"ETag": value})), "ETag") == ""


def test_an_honest_validator_stays_as_it_is() -> None:
    for value in ("W/\"Odd  tag, '5'\"", '"ետագ"', "x" * 2_000):
        kept = fetching._validator(CIMultiDictProxy(CIMultiDict({"ETag": value})), "ETag")
        assert kept == value


@pytest.mark.parametrize("kind", [FeedError, lambda reason: FeedBusy(reason, None)])
def test_a_reason_can_be_stored_and_shown_whatever_it_quotes(kind: Any) -> None:
    error = kind("HTTP 503 \x00\udcff\x1b[31m\nAdmin: all is well" + "x" * 900)
    error.reason.encode()
    assert error.reason.startswith("HTTP 503 ��")
    assert error.reason.count("\n") == 0
    assert len(error.reason) == 500
