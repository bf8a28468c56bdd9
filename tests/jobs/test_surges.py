"""Looking for surges: two weeks of news, then many stories at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.jobs.health import HealthJob
from bot.jobs.surges import owe_surges
from bot.model import Surge
from bot.storage import Storage
from bot.storage.tables import delivery, heard_hour, surge
from bot.stories.surge import hour_of
from tests.samples import (
    NOW,
    count_rows,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)

HOUR = timedelta(hours=1)
ALL_MINUTES = (1 << 60) - 1


async def live_through(
    storage: Storage,
    *,
    usual: int = 1,
    days: int = 15,
    heard_until: datetime = NOW,
) -> int:
    """Let somebody follow "border" for two weeks of usual news; return the keyword's id."""
    who = await open_chat(storage)
    keyword_id = (await follow(storage, who, "border", NOW - timedelta(days=days))).keyword_id
    source = await open_feed(storage, "usual")
    hours = [NOW - timedelta(days=day, hours=hour) for day in range(1, 15) for hour in (-1, 0, 1)]
    await take_in(
        storage,
        source,
        *(
            new_item(f"Border, {number} of {at}", seen_at=at - timedelta(minutes=10))
            for at in hours
            for number in range(usual)
        ),
    )
    first, last = hour_of(NOW - timedelta(days=20)), hour_of(heard_until)
    with storage.database.engine.begin() as connection:
        connection.execute(
            heard_hour.insert(),
            [{"hour": hour, "minutes": ALL_MINUTES} for hour in range(first, last + 1)],
        )
    return keyword_id


async def print_much(storage: Storage, count: int, at: datetime = NOW) -> None:
    """Let two publishers print about the border within the hour before."""
    for name in ("Gazette", "Tribune"):
        source = await open_feed(storage, f"{name} {at}", publisher=name)
        news = (
            new_item(f"{name}: border {n} {at}", seen_at=at - timedelta(minutes=5))
            for n in range(count // 2)
        )
        await take_in(storage, source, *news)


async def test_a_surge_is_noted_once_in_six_hours_and_its_notice_owed(storage: Storage) -> None:
    keyword_id = await live_through(storage)
    await print_much(storage, 12)
    assert await owe_surges(storage, NOW) == 1
    assert await storage.trends.load_surges([keyword_id], NOW) == [
        Surge(keyword_id=keyword_id, at=NOW, stories=12, families=2, usual=1.0)
    ]
    (owed,) = rows_of(storage, delivery)
    assert owed["ref"] == f"surge:{keyword_id}:{NOW.timestamp() * 1000:.0f}"
    await print_much(storage, 12, NOW + HOUR)
    assert await owe_surges(storage, NOW + HOUR) == 0
    assert count_rows(storage, delivery) == 1


@pytest.mark.parametrize(
    ("usual", "days", "heard_until", "count"),
    [
        (4, 15, NOW, 10),  # not three times the usual
        (1, 13, NOW, 12),  # not followed for two weeks
        (1, 15, NOW - 2 * HOUR, 12),  # sources were silent until now
        (1, 15, NOW, 4),  # few
    ],
)
async def test_what_is_no_surge_is_owed_to_nobody(
    sqlite_storage: Storage, usual: int, days: int, heard_until: datetime, count: int
) -> None:
    await live_through(sqlite_storage, usual=usual, days=days, heard_until=heard_until)
    await print_much(sqlite_storage, count)
    assert await owe_surges(sqlite_storage, NOW) == 0
    assert count_rows(sqlite_storage, surge) == 0


async def test_nothing_surges_where_sahman_began_less_than_two_weeks_ago(
    sqlite_storage: Storage,
) -> None:
    await live_through(sqlite_storage)
    await sqlite_storage.trends.prune(NOW - timedelta(days=13))  # of before, nothing is known
    await print_much(sqlite_storage, 12)
    assert await owe_surges(sqlite_storage, NOW) == 0


async def test_what_was_not_owed_before_a_crash_is_owed_after_it(sqlite_storage: Storage) -> None:
    keyword_id = await live_through(sqlite_storage)
    found = Surge(keyword_id=keyword_id, at=NOW, stories=12, families=2, usual=1.0)
    await sqlite_storage.trends.save_surge(found, NOW - HOUR)
    assert await owe_surges(sqlite_storage, NOW) == 0
    assert count_rows(sqlite_storage, delivery) == 1


async def test_minutes_in_which_sources_answer_are_noted(sqlite_storage: Storage) -> None:
    await open_feed(sqlite_storage)
    job = HealthJob(sqlite_storage, ())
    for seconds in (0, 20, 40, 60):
        await job.check(NOW + timedelta(seconds=seconds))
    assert await sqlite_storage.trends.load_heard(0) == {hour_of(NOW): 2}
    await job.check(NOW + timedelta(hours=5))  # nobody was asked any more
    assert await sqlite_storage.trends.load_heard(0) == {hour_of(NOW): 2}
