"""/feeds: operators see how feeds do and manage them; nobody else knows of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.desk import FeedsDesk
from bot.config import load_feeds
from bot.demo.feeds import FeedServer
from bot.feeds.fetch import FeedFetcher
from bot.feeds.worker import ParseWorker
from bot.jobs.digest import owe_due_digests
from bot.jobs.feedlist import FeedListJob
from bot.jobs.health import HealthJob
from bot.model import Silence
from bot.sending import composer
from bot.sending.notices import send_notices
from bot.storage.poll_notes import Failed
from bot.storage.tables import feed
from tests.loopback import ANI, OLEG, Sahman
from tests.samples import NOW, change_rows, follow, new_item, take_in

_FEEDS = """\
# Ours, by hand.
publishers:
  Herald: {country: AM, kind: private}
feeds:
  - {name: alpha, url: "http://127.0.0.1:1/a", publisher: Herald, language: hy, allow_private: true}
  - {name: beta, url: "http://127.0.0.1:1/b", publisher: Herald, language: hy, allow_private: true}
  - {name: gamma, url: "http://127.0.0.1:1/c", publisher: Herald, language: hy, allow_private: true}
"""


@pytest.fixture
async def desk(idle: Sahman, tmp_path: Path) -> AsyncIterator[FeedsDesk]:
    """Ani is the operator."""
    path = tmp_path / "feeds.yaml"
    path.write_text(_FEEDS)
    desk = FeedsDesk({ANI}, path, FeedFetcher(), ParseWorker())
    object.__setattr__(idle.services, "desk", desk)
    await FeedListJob(idle.storage, path).load(NOW)
    idle.start()
    yield desk
    await desk.fetcher.close()
    desk.worker.close()


async def test_nobody_else_is_told_that_there_is_such_a_command(
    sahman: Sahman, desk: FeedsDesk
) -> None:
    assert "/feeds" in (await sahman.say("/feeds", OLEG)).text  # "I do not know /feeds"
    assert "alpha" not in (await sahman.silence(OLEG))[-1]


async def test_an_operator_sees_every_feed(idle: Sahman, desk: FeedsDesk) -> None:
    told = (await idle.say("/feeds")).text
    assert "0 of 3 work" in told
    assert all(name in told for name in ("alpha", "beta", "gamma"))


async def test_an_operator_sees_what_became_of_one_feeds_items(
    idle: Sahman, desk: FeedsDesk
) -> None:
    (source, *_) = await idle.storage.feeds.claim_due(NOW, 1)
    stale = new_item("Border <of> old", silence=Silence.STALE)
    await take_in(idle.storage, source, stale, new_item("Weather"))
    told = (await idle.say(f"/feeds {source.name.upper()}")).text
    assert "silent: over a day old: 1 · Border <of> old" in told
    assert "in nobody's keywords: 1" in told
    assert "/feeds NAME" in (await idle.say("/feeds nobody")).text


async def test_operators_are_told_once_of_a_feed_that_only_keeps_silent(
    idle: Sahman, desk: FeedsDesk
) -> None:
    await idle.say("/start")
    (source, *_) = await idle.storage.feeds.claim_due(NOW, 1)
    await take_in(idle.storage, source, new_item("Old", silence=Silence.STALE))
    await idle.storage.health.save_outages([], {}, [ANI], NOW + timedelta(days=1))
    for _ in range(2):
        await send_notices(
            idle.storage, idle.services.messenger, idle.services.texts, NOW + timedelta(days=1)
        )
    told = [text for text in await idle.silence(ANI) if "could alert" in text]
    assert len(told) == 1
    assert "no new item of 12 September could alert anybody (silent: over a day old: 1)" in told[0]


async def test_a_feed_is_switched_and_the_file_keeps_its_comments(
    idle: Sahman, desk: FeedsDesk
) -> None:
    assert "is off" in (await idle.say("/feeds disable beta")).text
    assert {each.name: each.enabled for each in load_feeds(desk.path).feeds} == {
        "alpha": True, "beta": False, "gamma": True,
    }  # fmt: skip
    assert desk.path.read_text().startswith("# Ours, by hand.")
    assert "No feed is called “delta”" in (await idle.say("/feeds enable delta")).text


async def test_a_private_address_is_not_asked_from_chat(idle: Sahman, desk: FeedsDesk) -> None:
    server = FeedServer()
    await server.start()
    server.add_item("herald", "Talks on the border")
    assert "private" in (await idle.say(f"/feeds add {server.feed_url('herald')}")).text
    assert server.requests == []
    await server.stop()


async def test_opml_goes_out_and_comes_in(idle: Sahman, desk: FeedsDesk) -> None:
    assert 'xmlUrl="http://127.0.0.1:1/b"' in (await idle.say("/feeds export")).text
    opml = (
        '<opml version="2.0"><body><outline text="New one" xmlUrl="https://new.example/rss"/>'
        "</body></opml>"
    )
    assert "1 feed added" in (await idle.say(f"/feeds import {opml}")).text
    added = load_feeds(desk.path).feeds[-1]
    assert (added.name, added.url, added.enabled) == ("New one", "https://new.example/rss", False)
    bomb = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><opml>&c;</opml>'
    assert "did not work" in (await idle.say(f"/feeds import {bomb}")).text


async def test_sources_that_fall_silent_together_are_told_of_and_their_return_too(
    idle: Sahman, desk: FeedsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composer, "_SIGHT_HOLDS_S", 0.0)
    await idle.say("/start")
    storage, job = idle.storage, HealthJob(idle.storage, [ANI])
    heard = NOW - timedelta(minutes=40)
    change_rows(storage, feed, failures=2, error="HTTP 500", polled_at=NOW, last_success_at=heard)
    await follow(storage, await idle.reader(), "border")
    assert await job.check(NOW)
    assert not await job.check(NOW), "told once"
    await send_notices(storage, idle.services.messenger, idle.services.texts, NOW)
    (told,) = [text for text in await idle.silence(ANI) if "sources" in text]
    assert "3 of 3 sources (all) have not answered for 40 minutes" in told
    seen = await idle.silence(ANI)
    await idle.news("Talks on the border go on")
    alert = (await idle.api.wait_messages(ANI, count=len(seen) + 1, timeout=10))[-1].text
    assert "Talks on the border go on" in alert
    assert alert.endswith("⚠ 3 of 3 sources (all) have not answered for 40 minutes")
    change_rows(storage, feed, failures=0, error="", last_success_at=NOW)
    assert await job.check(NOW)
    await send_notices(storage, idle.services.messenger, idle.services.texts, NOW)
    assert "answer again (all)" in (await idle.silence(ANI))[-1]


async def test_every_digest_and_bulletin_says_that_sources_are_silent(
    idle: Sahman, desk: FeedsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composer, "_SIGHT_HOLDS_S", 0.0)
    line = "⚠ 3 of 3 sources (all) have not answered for 40 minutes"
    storage = idle.storage
    await idle.say("/add border")
    heard = NOW - timedelta(minutes=40)
    change_rows(storage, feed, failures=2, error="HTTP 500", polled_at=NOW, last_success_at=heard)
    await HealthJob(storage, []).check(NOW)
    before = len(await idle.silence(ANI))
    await idle.news(*(f"Talks on the border, part {n}" for n in range(6)))
    bulletin = (await idle.api.wait_messages(ANI, count=before + 1, timeout=10))[-1].text
    assert "6 alerts" in bulletin
    assert bulletin.endswith(line)
    now = (await idle.say("/digest now")).text
    assert now.splitlines()[0] == line
    nothing = (await idle.say("/latest dragons")).text
    assert nothing.splitlines()[0] == line, "nothing found is no calm"
    assert "Nothing found" in nothing
    idle.clock.now = NOW.replace(hour=5) + timedelta(days=1)
    assert await owe_due_digests(storage, idle.clock.now) == 1
    idle.open_gates()
    digest = (await idle.api.wait_messages(ANI, count=before + 4, timeout=10))[-1].text
    first, _, title, *_ = digest.splitlines()
    assert first.startswith("⚠ I cannot see: 0 of ")
    assert title.startswith("📰 Your digest")


async def test_a_feed_that_is_gone_is_told_of_once(idle: Sahman, desk: FeedsDesk) -> None:
    await idle.say("/start")
    (first, *_) = await idle.storage.feeds.claim_due(NOW, 1)
    gone = Failed(feed_id=first.id, at=NOW, next_poll_at=NOW, reason="HTTP 410", gone=True)
    await idle.storage.feeds.note_and_claim([gone], NOW, 0)
    assert await HealthJob(idle.storage, [ANI]).check(NOW)
    assert not await HealthJob(idle.storage, [ANI]).check(NOW), "nor after a new start"
    await send_notices(idle.storage, idle.services.messenger, idle.services.texts, NOW)
    assert "alpha is gone for good" in (await idle.silence(ANI))[-1]
    assert "is on" in (await idle.say("/feeds enable alpha")).text
    again = await idle.storage.feeds.claim_due(NOW, 1)
    assert [each.name for each in again] == ["alpha"]
