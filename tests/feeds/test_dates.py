"""Dates of entries: read as the region and its software write them, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, formatdate
from zoneinfo import ZoneInfo

import dateparser
import pytest
from babel.dates import format_datetime as say
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.dates import WrittenDate, read_date
from bot.feeds.parse import parse_feed
from tests.feeds.test_parse import entry, rss

YEREVAN = ZoneInfo("Asia/Yerevan")
NEW_YORK = ZoneInfo("America/New_York")

#: Every one of them is a quarter to six in the evening of 24 November 2026 in Yerevan.
_QUARTER_TO_SIX = """
24-11-2026 17:45
24-11-2026 17:45:00
24/11/2026 17:45
24/11/26 17:45
24.11.2026 17:45
24.11.26, 17:45
24.11.2026г. 17:45
24. 11. 2026 17.45
17:45 24.11.2026
17:45, 24/11/2026
17:45 - 24.11.2026
2026-11-24 17:45
2026/11/24 17:45
2026.11.24 17:45:00
2026. 11. 24. 17:45
11/24/2026 17:45
2026-11-24T17:45:00
2026-11-24T17:45
2026-11-24t17:45:00.000
2026-11-24T17:45:00,123456
2026-11-24T13:45:00Z
2026-11-24T13:45Z
2026-11-24T13:45:00.123Z
2026-11-24T17:45:00+04
2026-11-24T17:45:00+4
2026-11-24T17:45:00+0400
2026-11-24T17:45:00+04:00
2026-11-24T17:45:00 +04:00
2026-11-24T08:45:00-05:00
2026-11-24T17:45:00+04:00[Asia/Yerevan]
2026-11-24 17:45 Asia/Yerevan
2026-11-24 16:45 [Europe/Moscow]
20261124T174500
20261124T1745
20261124T134500Z
20261124174500
202611241745
2026-W48-2T17:45
2026-328T17:45:00
Tue, 24 Nov 2026 17:45:00 +0400
Tue,24 Nov 2026 17:45:00 +0400
Tue, 24 Nov 2026 17:45 +0400
Tue, 24 Nov 2026 17:45:00 +04:00
Tue, 24 Nov 2026 17:45:00 +0400 (AMT)
Tue, 24 Nov 2026 17:45:00 +0400 (Armenia Standard Time)
Tue, 24 Nov 2026 17:45:00 +0400 AMT
Tue, 24 Nov 2026 13:45:00 GMT
Tue, 24 Nov 2026 13:45:00 UT
Tue, 24 Nov 2026 13:45:00 -0000
Tue, 24 Nov 2026 16:45:00 MSK
Tue, 24 Nov 2026 16:45:00 (MSK)
Tue, 24 Nov 2026 08:45:00 EST
Tue, 24 Nov 2026 17:45:00 GMT+4
Tue, 24 Nov 2026 17:45:00 GMT +0400
Tue, 24 Nov 2026 17:45:00 UTC+04:00
Tue, 24 Nov 2026 17:45:00 (UTC+4)
Tue, 24 Nov 26 17:45:00 +0400
Tue, 24 Nov 2026 17:45:00
TUESDAY, 24 NOVEMBER 2026 17:45
Thu, 24 Nov 2026 17:45:00 +0400
2026-11-24 13:45:00 UTC
2026-11-24 17:45:00 +0400
2026-11-24 17:45:00 +04:00
2026-11-24 16:45:00 MSK
2026-11-24 17:45:00 AMT
Tue Nov 24 13:45:00 UTC 2026
Tue Nov 24 17:45:00 +0400 2026
Tue Nov 24 17:45:00 AMT 2026
Tue Nov 24 17:45:00 GMT+04:00 2026
Tue Nov 24 17:45:00 2026
Tue Nov 24 2026 17:45:00 GMT+0400 (Armenia Standard Time)
Tue Nov 24 2026 17:45:00 GMT+0400 (Армения, стандартное время)
Tue, Nov 24 2026 05:45:00 PM
11/24/2026, 5:45:00 PM
11/24/2026, 5:45:00\u202fPM
24/11/2026, 5:45:00 pm
24/11/2026, 17:45:00
24.11.2026, 17:45:00
2026-11-24 13:45:00.123456789 +0000 UTC m=+0.000012
2026-11-24 17:45:00.123456789 +0400 +04 m=+12.5
2026-11-24 17:45:00 +0400 AMT
Tuesday, 24-Nov-26 13:45:00 UTC
24-Nov-2026 17:45
24/Nov/2026:17:45:00 +0400
2026-Nov-24 17:45
24 Nov 26 13:45 GMT
Nov 24, 2026 5:45 PM
Nov 24, 2026, 5:45 p.m.
Nov. 24, 2026 at 5:45pm
November 24th, 2026 5:45 P.M.
5:45 PM, November 24, 2026
PM 5:45 24.11.2026
Nov 24, 2026 8:45 AM ET
17:45 | 24 November 2026
24 of November 2026, 17:45
24 November 2026 - 17:45
24 November 2026 – 17:45
Tuesday, November 24, 2026 - 17:45
Published: 24 Nov 2026 17:45
24 Nov 2026 17.45
24 Nov 2026 17h45
24 ноября 2026 17:45
24 ноября 2026 г., 17:45
24 ноября 2026 года в 17:45
24 ноября, 2026, 17.45
24 нояб. 2026 г. в 17 ч. 45 мин.
24-го ноября 2026 17:45
Вт, 24 ноя 2026 17:45:00 +0400
вторник, 24 ноября 2026 г. 16:45 МСК
24 ноября 2026, 16:45 (по московскому времени)
24 ноября 2026, 5:45 вечера
24 НОЯБРЯ 2026 17:45
24.11.2026 (вторник) 17:45
24.11.2026 16:45 (МСК)
2026 թ. նոյեմբերի 24, 17:45
2026թ. նոյեմբերի 24-ին, ժամը 17:45
2026 թվականի նոյեմբերի 24, 17:45
24 նոյեմբերի, 2026 17:45
24 Նոյեմբեր 2026, 17:45
24 ՆՈՅԵՄԲԵՐԻ 2026 17:45
Երեքշաբթի, 24 նոյեմբերի 2026, 17:45
24 նոյ, 2026 թ., երք, 17:45
17:45 | Նոյեմբեր 24, 2026
24 նոյեմբերի 2026, ժ. 17.45
24 նոյեմբերի 2026, 17:45 Երևանի ժամանակով
1795527900
1795527900000
1795527900.123
1795527900000000
""".strip().splitlines()


@pytest.mark.parametrize("written", _QUARTER_TO_SIX)
def test_one_instant_is_read_however_it_is_written(written: str) -> None:
    at = datetime(2026, 11, 24, 13, 45, tzinfo=UTC)
    assert read_date(written, YEREVAN) == WrittenDate(at=at, day_only=False)
    assert read_date(f" {written}\n", YEREVAN) == WrittenDate(at=at, day_only=False)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-24", "2026/11/24", "24.11.2026", "24-11-2026", "24/11/2026", "11/24/2026",
        "24.11.26", "20261124", "Tue, 24 Nov 2026", "24 ноября 2026 г.", "2026 թ. նոյեմբերի 24",
        "Nov 24, 2026", "2026-W48-2", "2026-328", "2026-11-24+04:00",
        # What only software writes that knows no more than a day.
        "2026-11-24T00:00:00", "Tue, 24 Nov 2026 00:00:00 +0400", "24.11.2026 0:00",
        "2026-11-23T20:00:00Z", "Nov 24, 2026 12:00 AM",
    ],
)  # fmt: skip
def test_a_day_alone_is_its_beginning_where_the_feed_is(written: str) -> None:
    at = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert read_date(written, YEREVAN) == WrittenDate(at=at, day_only=True)


def test_a_day_that_names_its_zone_begins_there() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    for written in ("2026-11-24Z", "2026-11-24 UTC", "Tue, 24 Nov 2026 00:00:00 GMT"):
        assert read_date(written, YEREVAN) == WrittenDate(at=at, day_only=True)


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "-", "soon", "yesterday", "вчера, 17:45", "այսօր", "2 hours ago", "17:45",
        # Days, times and years that never were.
        "31.02.2026", "31 июня 2026", "32 Մարտ 2026", "29.02.2026", "00.11.2026", "24.00.2026",
        "24.13.2026", "99.99.9999", "2026-02-30T10:00:00Z", "2026-13-01", "2026-W54-1", "2026-366",
        "24.11.2026 25:61", "24.11.2026 24:01", "24.11.2026 23:60", "24.11.2026 23:59:61",
        "99:99 1 мая 2026", "24 Nov 2026 17:45 AM", "24 Nov 2026 17:45 +1500",
        "24 Nov 2026 17:45 +0460", "0000-00-00", "0000-00-00 00:00:00",
        "-0001-11-30T00:00:00+00:00", "0001-01-01T00:00:00Z", "10000-01-01",
        "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
        "Thu, 01 Jan 1970 04:00:00 +0400", "1969-12-31", "0", "-1", "-62135596800", "9999999999999",
        # What lacks a part, or has one too many, or one that nobody knows.
        "2026", "11.2026", "November 2026", "24 November", "24.11", "24 Nov 126", "24 24 Nov 2026",
        "24.11.2026 - 25.11.2026", "24 Nov 2026 17:45 IST", "24 Nov 2026 17:45 XYZ",
        "24 Nov 2026 17:45 (Mars)", "24 Foo 2026", "24 Nov Dec 2026", "24.11.2026 Nov",
        "24.11.2026 17:45 18:00", "24.11.2026 " + "x" * 300, "24 Nov 2026 17:45 [Asia/Nowhere]",
        "2026-11-24T17:45:00+99:00", "²⁴.¹¹", "<b>24</b>",
    ],
)  # fmt: skip
def test_what_is_not_sure_is_no_date(written: str) -> None:
    assert read_date(written, YEREVAN) is None


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("24.11.2026 24:00", "2026-11-24 20:00"),
        ("24.11.2026 23:59:60", "2026-11-24 20:00"),
        ("Nov 24, 2026 12:45 AM", "2026-11-23 20:45"),
        ("Nov 24, 2026 12:45 PM", "2026-11-24 08:45"),
        ("Nov 24, 2026 5 PM", "2026-11-24 13:00"),
        ("5 p.m. Nov 24, 2026", "2026-11-24 13:00"),
        ("24.11.2026 17:45 PM", "2026-11-24 13:45"),
        ("2026-11-24T23Z", "2026-11-24 23:00"),
        ("10/11/2026 17:45", "2026-11-10 13:45"),
        ("Tue, 10/11/2026 17:45", "2026-11-10 13:45"),
        ("Sun, 10/11/2026 17:45", "2026-10-11 13:45"),
        ("24 Nov 99 17:45", "1999-11-24 13:45"),
        ("24.11.70 17:45 UTC", None),
        ("24.11.71 17:45 UTC", "1971-11-24 17:45"),
        ("24.11.69 17:45 UTC", "2069-11-24 17:45"),
        ("9 июня 2026 г., 17:42", "2026-06-09 13:42"),
        ("Вт, 09 июн 2026 17:42:00 +0300", "2026-06-09 14:42"),
        ("09 Май 2026 17:42 МСК", "2026-05-09 14:42"),
        ("2026թ. հունիսի 9, 17:42", "2026-06-09 13:42"),
        ("9 Մարտ, 2026 17:42", "2026-03-09 13:42"),
        ("Sat, 12 Sep 2026 04:00:00 EDT", "2026-09-12 08:00"),
        ("Sept. 12, 2026 04:00 ET", "2026-09-12 08:00"),
    ],
)
def test_the_edges_of_a_form_are_known(written: str, utc: str | None) -> None:
    read = read_date(written, YEREVAN)
    wanted = datetime.fromisoformat(utc).replace(tzinfo=UTC) if utc else None
    assert (read and read.at) == wanted


def test_a_doubled_local_time_is_its_first_and_a_skipped_one_what_follows() -> None:
    doubled, skipped = (
        read_date(each, NEW_YORK) for each in ("01.11.2026 01:30", "08.03.2026 02:30")
    )
    assert doubled
    assert skipped
    assert doubled.at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert skipped.at == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_an_item_bears_its_date_and_whether_that_is_a_day() -> None:
    body = rss(
        entry("A", guid="1", pubDate="24-11-2026 17:45"),
        entry("B", guid="2", pubDate="2026-11-24"),
        entry("C", guid="3", pubDate="soon"),
    )
    first, second, third = parse_feed(body, "", "http://x.example/", "Asia/Yerevan").items
    assert (first.published_at, first.day_only) == (
        datetime(2026, 11, 24, 13, 45, tzinfo=UTC),
        False,
    )
    assert (second.published_at, second.day_only) == (datetime(2026, 11, 23, 20, tzinfo=UTC), True)
    assert (third.published_at, third.day_only) == (None, False)


# How software writes an instant: to the second and with its zone, or less.

Write = Callable[[datetime], str]
_SECOND, _MINUTE, _DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def _strf(form: str) -> Write:
    return lambda at: at.strftime(form)


def _cldr(form: str, language: str) -> Write:
    return lambda at: say(at, form, locale=language)


_BEARS_ZONE: dict[str, tuple[Write, timedelta]] = {
    "email": (format_datetime, _SECOND),
    "http": (lambda at: formatdate(at.timestamp(), usegmt=True), _SECOND),
    "iso": (lambda at: at.isoformat(timespec="seconds"), _SECOND),
    "iso with milliseconds": (lambda at: at.isoformat(timespec="milliseconds"), _SECOND),
    "iso with a blank": (lambda at: at.isoformat(" ", "minutes"), _MINUTE),
    "iso in UTC": (lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), _SECOND),
    "iso basic": (lambda at: at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"), _SECOND),
    "java": (lambda at: f"{at.isoformat(timespec='seconds')}[{at.tzinfo}]", _SECOND),
    "ruby": (_strf("%Y-%m-%d %H:%M:%S %z"), _SECOND),
    "ruby in UTC": (lambda at: at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"), _SECOND),
    "unix date": (lambda at: at.astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y"), _SECOND),
    "ruby date": (_strf("%a %b %d %H:%M:%S %z %Y"), _SECOND),
    "javascript": (_strf("%a %b %d %Y %H:%M:%S GMT%z (Some Standard Time)"), _SECOND),
    "go": (_strf("%Y-%m-%d %H:%M:%S.123456789 %z %z m=+0.01"), _SECOND),
    "rfc 850": (lambda at: at.astimezone(UTC).strftime("%A, %d-%b-%y %H:%M:%S GMT"), _SECOND),
    "apache": (_strf("%d/%b/%Y:%H:%M:%S %z"), _SECOND),
    "epoch": (lambda at: str(int(at.timestamp())), _SECOND),
    "epoch in ms": (lambda at: str(int(at.timestamp() * 1000)), _SECOND),
    "MSK": (
        lambda at: at.astimezone(timezone(timedelta(hours=3))).strftime("%d.%m.%Y %H:%M MSK"),
        _MINUTE,
    ),
    "long hy": (_cldr("EEEE, d MMMM y, HH:mm:ss xx", "hy"), _SECOND),
    "long ru": (_cldr("EE, d MMM y 'г.', HH:mm:ss xx", "ru"), _SECOND),
}
_BEARS_NO_ZONE: dict[str, tuple[Write, timedelta]] = {
    "d-m-Y": (_strf("%d-%m-%Y %H:%M"), _MINUTE),
    "d.m.Y": (_strf("%d.%m.%Y %H:%M:%S"), _SECOND),
    "d.m.y": (_strf("%d.%m.%y, %H:%M"), _MINUTE),
    "d/m/Y": (_strf("%d/%m/%Y %H:%M"), _MINUTE),
    "d/m/Y pm": (_strf("%d/%m/%Y, %I:%M:%S %p"), _SECOND),
    "Y/m/d": (_strf("%Y/%m/%d %H:%M"), _MINUTE),
    "Y.m.d": (_strf("%Y.%m.%d %H:%M"), _MINUTE),
    "Y-m-d": (_strf("%Y-%m-%d %H:%M:%S"), _SECOND),
    "H:M d.m.Y": (_strf("%H:%M %d.%m.%Y"), _MINUTE),
    "iso without a zone": (_strf("%Y-%m-%dT%H:%M:%S"), _SECOND),
    "digits": (_strf("%Y%m%d%H%M%S"), _SECOND),
    "asctime": (_strf("%a %b %d %H:%M:%S %Y"), _SECOND),
    "drupal": (_strf("%A, %B %d, %Y - %H:%M"), _MINUTE),
    "english pm": (_strf("%B %d, %Y %I:%M %p"), _MINUTE),
    "time first": (_strf("%I:%M %p, %b %d, %Y"), _MINUTE),
    "week": (_strf("%G-W%V-%uT%H:%M"), _MINUTE),
    "day of the year": (_strf("%Y-%jT%H:%M"), _MINUTE),
    "hy": (_cldr("y թ. MMMM d, HH:mm", "hy"), _MINUTE),
    "hy short": (_cldr("dd MMM, y թ., EE, HH:mm", "hy"), _MINUTE),
    "hy alone": (_cldr("d LLLL y, HH:mm", "hy"), _MINUTE),
    "ru": (_cldr("EEEE, d MMMM y 'г.', HH:mm", "ru"), _MINUTE),
    "ru short": (_cldr("d MMM y 'г.', HH:mm", "ru"), _MINUTE),
    "en": (_cldr("EEEE, d MMMM y 'at' h:mm a", "en"), _MINUTE),
    "day": (_strf("%Y-%m-%d"), _DAY),
    "day in dots": (_strf("%d.%m.%Y"), _DAY),
    "day in hy": (_cldr("y թ. MMMM d", "hy"), _DAY),
    "day in ru": (_cldr("d MMMM y 'г.'", "ru"), _DAY),
}
_FORMS = _BEARS_ZONE | _BEARS_NO_ZONE
_ZONES = [YEREVAN, ZoneInfo("Europe/Moscow"), ZoneInfo("Asia/Tbilisi"), NEW_YORK, ZoneInfo("UTC")]
#: From when on the epoch has ten digits, to 2059: two digits of a later year mean what one likes.
_instants = st.integers(1_000_000_000, 2_840_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def _cut(local: datetime, name: str) -> tuple[datetime, bool]:
    """Return what of a local time a form tells, as an instant, and whether that is a day."""
    local = local.replace(microsecond=0)
    if _FORMS[name][1] >= _MINUTE:
        local = local.replace(second=0)
    if _FORMS[name][1] >= _DAY:
        local = local.replace(hour=0, minute=0)
    if name in _BEARS_NO_ZONE:
        local = local.replace(fold=0)
    at = local.astimezone(UTC)
    return at, local.strftime("%H%M%S") == "000000"


@given(_instants, st.sampled_from(sorted(_FORMS)), st.sampled_from(_ZONES))
def test_an_instant_that_is_written_is_read_back(at: datetime, name: str, zone: ZoneInfo) -> None:
    local = at.astimezone(zone)
    written = _FORMS[name][0](local)
    instant, day = _cut(local, name)
    read = read_date(written, zone)
    assert read, written
    assert read.at == instant, written
    assert day <= read.day_only, written


@given(st.text(max_size=40) | st.from_regex(r"[\dT:.,/ +Zapm()\-]{0,30}", fullmatch=True))
def test_whatever_is_written_is_a_date_of_this_age_or_none(written: str) -> None:
    read = read_date(written, NEW_YORK)
    assert read is None or (1971 <= read.at.year < 2100 and read.at.tzinfo is UTC)


#: Where dateparser reads something else than what was written, or nothing.
_DIFFERENCES = {
    "iso basic": "it knows no date without separators",
    "digits": "it knows no date without separators",
    "java": "it knows no name of a zone after an offset",
    "ruby date": "it knows no offset before a year",
    "go": "it takes the parts it does not know for a time before now",
    "apache": "it knows no colon between a day and a time",
    "week": "it knows no weeks of the year",
    "day of the year": "it knows no days of the year",
    "hy": "it knows no թ. after a year",
    "hy short": "it knows no թ. after a year",
    "day in hy": "it knows no թ. after a year",
}


def _ask_oracle(written: str, zone: ZoneInfo) -> datetime | None:
    read = dateparser.parse(
        written,
        languages=["en", "ru", "hy"],
        settings={
            "TIMEZONE": str(zone), "TO_TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True,
            "DATE_ORDER": "DMY",
        },
    )  # fmt: skip
    return read.replace(microsecond=0) if read else None


# A zone without clock changes: what dateparser makes of a doubled hour is not ours to follow.
@given(_instants, st.sampled_from(sorted(set(_FORMS) - set(_DIFFERENCES))))
def test_we_read_what_an_oracle_reads(at: datetime, name: str) -> None:
    zone = ZoneInfo("Asia/Dubai")
    written = _FORMS[name][0](at.astimezone(zone))
    read = read_date(written, zone)
    assert read, written
    assert _ask_oracle(written, zone) == read.at, written


@pytest.mark.parametrize("name", _DIFFERENCES)
def test_a_difference_from_the_oracle_is_one(name: str) -> None:
    zone = ZoneInfo("Asia/Dubai")
    months = [datetime(2026, month, month + 9, 17, 45, 12, tzinfo=zone) for month in range(1, 13)]
    assert any(
        _ask_oracle(written, zone) != read_date(written, zone).at  # type: ignore[union-attr]
        for written in map(_FORMS[name][0], months)
    )
