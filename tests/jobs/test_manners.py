"""A virtual day of polling: every row of the manners table, each run a new process's state.

Nothing is kept between two runs but the database, and no clock is read but the argument.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.config import FeedEntry, FeedList
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.intake import Intake
from bot.jobs.poll import PollJob
from bot.storage import Storage
from bot.storage.tables import feed
from tests.feeds.publishers import (
    Answer,
    Publishers,
    expiring,
    failing,
    packed,
    plain,
    refusing,
    sending_on,
    validated,
)
from tests.samples import NOW, feeds_config, rows_of

START = NOW.replace(hour=0)
_TICK = timedelta(minutes=15)
_H = 3_600.0
_SKIPPED = "".join(f"<hour>{hour}</hour>" for hour in (3, 4, 5, 18, 24))
_ETAG, _DATE = "W/\"Odd  tag, '5'\"", "Sat,  12 Sep 2026 0:00:00 GMT"

PATHS: dict[str, Answer] = {
    "plain": plain(),
    "etag": validated(_ETAG),
    "lastmod": validated(last_modified=_DATE),
    "both": validated(_ETAG, _DATE),
    "maxage": plain(Cache_Control="public, max-age=9000"),
    "maxage304": validated('"1"', Cache_Control="max-age=9000"),
    "expires": expiring(timedelta(hours=3)),
    "r429": refusing(429, timedelta(hours=5)),
    "r429date": refusing(429, timedelta(hours=5), by_date=True),
    "r429bare": refusing(429, None),
    "r503": refusing(503, timedelta(hours=5)),
    "r503date": refusing(503, timedelta(hours=5), by_date=True),
    "ttl": plain("<ttl>180</ttl>"),
    "skiphours": plain(f"<skipHours>{_SKIPPED}</skipHours>"),
    "skipdays": plain("<skipDays><day>Saturday</day></skipDays>"),
    "syperiod": plain(
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>"
    ),
    "e500": failing(500),
    "gone": failing(410),
    "moved": sending_on(301, "moved2"),
    "moved2": sending_on(308, "target"),
    "temp": sending_on(302, "tempt"),
    "half": sending_on(301, "half2"),
    "half2": sending_on(307, "halft"),
    "loop": sending_on(302, "loop"),
    "target": plain(),
    "tempt": plain(),
    "halft": plain(),
    "cookie": plain(Set_Cookie="track=1; Path=/"),
    "query?b=2&a=%31": plain(),
    "gzip": packed("gzip"),
    "deflate": packed("deflate"),
    "br": packed("br"),
    "named": plain(),
    "urgent": plain("<ttl>180</ttl>", Cache_Control="max-age=9000"),
    "urgent500": failing(500),
    "urgent429": refusing(429, timedelta(hours=5)),
}
_HOPS = {"moved2", "half2", "target", "tempt", "halft"}


@pytest.fixture(scope="module")
def worker() -> Iterator[ParseWorker]:
    worker = ParseWorker()
    yield worker
    worker.close()


@pytest.fixture
async def day(sqlite_storage: Storage, worker: ParseWorker) -> AsyncIterator[Publishers]:
    """Twenty-four hours, a round every quarter of an hour."""
    publishers = Publishers(
        START, {path.partition("?")[0]: answer for path, answer in PATHS.items()}
    )
    await publishers.start()
    feeds = tuple(_configure(path, publishers.url) for path in PATHS if path not in _HOPS)
    config = FeedList(feeds_config("x").publishers, feeds)
    with ThreadPoolExecutor(1) as reading:
        for tick in range(96):
            now = publishers.now = START + tick * _TICK
            await sqlite_storage.feeds.save_config(config, now)
            fetcher = FeedFetcher()
            job = PollJob(sqlite_storage, fetcher, worker, Intake(sqlite_storage, reading))
            await job.run_round(now)
            await fetcher.close()
    yield publishers
    await publishers.stop()


def _configure(path: str, url: str) -> FeedEntry:
    changes: dict[str, Any] = {"user_agent": "Mozilla/5.0"} if path == "named" else {}
    urgent = path.startswith("urgent")
    return FeedEntry(
        name=path, url=f"{url}/{path}", publisher="Sample Herald", language="en",
        allow_private=True, every_s=900 if urgent else 3600, urgent=urgent, **changes,
    )  # fmt: skip


@pytest.mark.slow
async def test_a_day_of_polling_is_polite_to_everybody(
    day: Publishers, sqlite_storage: Storage
) -> None:
    rows = {row["name"]: row for row in rows_of(sqlite_storage, feed)}

    def hours(path: str) -> list[float]:
        return [gap_s / _H for gap_s in day.gaps_s(path)]

    # The pace: hourly where nothing else is asked, and not much rarer.
    for path in ("plain", "etag", "lastmod", "both", "cookie", "gzip", "deflate", "br", "named"):
        assert 1 <= min(hours(path)) <= max(hours(path)) <= 1.5, path
        assert rows[path]["failures"] == 0, path

    # Validators, byte for byte, all that were sent and nothing else; the first question has none.
    for path, etag, date in (
        ("etag", _ETAG, None), ("lastmod", None, _DATE), ("both", _ETAG, _DATE),
    ):  # fmt: skip
        first, *others = [each for each in day.asked if each.path == path]
        assert not {"If-None-Match", "If-Modified-Since"} & set(first.headers)
        for each in others:
            assert each.headers.get("If-None-Match") == etag
            assert each.headers.get("If-Modified-Since") == date
            assert each.status == 304
    assert not [
        each for each in day.asked if each.path == "plain" and "If-None-Match" in each.headers
    ]

    # What servers and documents wish for.
    assert 2.5 <= min(hours("maxage")) <= max(hours("maxage")) <= 3
    assert min(hours("maxage304")) >= 2.5, "a 304 that does not repeat it leaves it standing"
    assert 3 <= min(hours("expires")) <= max(hours("expires")) <= 3.5
    assert 3 <= min(hours("ttl")) <= max(hours("ttl")) <= 3.5
    assert 4 <= min(hours("syperiod")) <= max(hours("syperiod")) <= 4.5
    assert {at.hour for at in day.times("skiphours")[1:]}.isdisjoint({3, 4, 5, 18, 0})
    assert len(day.times("skiphours")) >= 12
    assert len(day.times("skipdays")) == 1, "the day that this one is"
    for path in ("r429", "r429date", "r503", "r503date"):
        assert min(hours(path)[1::2]) >= 5, path
        assert max(hours(path)[1::2]) <= 5.5, path
    assert min(hours("r429bare")[1::2]) >= 2

    # Failures: ever rarer, then not at all.
    growing = hours("e500")
    assert len(growing) >= 3
    assert all(1.5 * before <= after for before, after in pairwise(growing))
    assert len(day.times("gone")) == 1
    assert rows["gone"]["gone_at"] == START

    # Redirects: stored when every hop is permanent.
    assert len(day.times("moved")) == 1
    assert len(day.times("target")) >= 16
    assert rows["moved"]["moved_to"] == f"{day.url}/target"
    for path, target in (("temp", "tempt"), ("half", "halft")):
        assert day.times(path) == day.times(target)
        assert rows[path]["moved_to"] == ""
    assert "circle" in rows["loop"]["error"]

    # Who we are, and what we never send.
    for each in day.asked:
        assert {"Cookie", "Referer"}.isdisjoint(each.headers)
        assert each.query == ("b=2&a=%31" if each.path == "query" else "")
        if each.path == "named":
            assert each.headers["User-Agent"] == "Mozilla/5.0"
        else:
            assert each.headers["User-Agent"].startswith("Sahman/")
            assert "+http" in each.headers["User-Agent"]
    assert day.most_under_way <= 2

    # Urgent: wishes and failures hold it off for minutes, a refusal for as long as it asks.
    assert max(hours("urgent")) <= 0.5
    assert max(hours("urgent500")) <= 0.5
    assert min(hours("urgent429")[1::2]) >= 5

    # Spread: feeds that began together do not stay in step.
    together: dict[datetime, int] = {}
    for each in day.asked[len(PATHS) * 4 :]:
        together[each.at] = together.get(each.at, 0) + 1
    assert len(together) > 48
