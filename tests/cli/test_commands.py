"""The command line, as an operator types it."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import __version__
from bot.demo import BotApi
from bot.demo.feeds import FeedServer
from bot.model import DeliveryState
from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.storage.tables import delivery
from tests.acceptance.process import REPOSITORY, TOKEN, environment, until
from tests.samples import change_rows, new_item, open_chat, open_feed, owe_alert, take_in


@pytest.fixture
async def news() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi(TOKEN)
    await server.start()
    yield server
    await server.stop()


async def sahman(*arguments: str, **settings: str) -> tuple[int, str]:
    """Run one command to its end; return the exit code and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments,
        cwd=REPOSITORY, env=environment(**settings),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


def feeds_file(folder: Path, **urls: str) -> str:
    config = {
        "publishers": {"Sample": {"country": "AM", "kind": "independent"}},
        "feeds": [
            {
                "name": name,
                "url": url,
                "publisher": "Sample",
                "language": "en",
                "allow_private": True,
            }
            for name, url in urls.items()
        ],
    }
    path = folder / "feeds.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    return str(path)


async def test_version_says_the_version() -> None:
    assert await sahman("version") == (0, f"{__version__}\n")


@pytest.mark.slow
async def test_check_says_everything_that_is_wrong_at_once(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text("publishers: {}\nfeeds:\n  - name: a\n    url: nonsense\n    publisher: P\n")
    code, said = await sahman(
        "check", feeds=str(feeds), database_url=f"sqlite:///{tmp_path}/x.db", send_rates="3"
    )
    assert code == 1
    for complaint in ("BOT_SEND_RATES", "BOT_TOKEN", "nonsense", "'language' is missing"):
        assert complaint in said


@pytest.mark.slow
async def test_check_of_a_good_installation_is_content(
    tmp_path: Path, news: FeedServer, telegram: BotApi
) -> None:
    news.add_item("alpha", "One item", summary="Text")
    news.set_raw("beta", b"<html>no feed</html>", 200, {"Content-Type": "text/html"})
    settings = {
        "token": TOKEN,
        "api_url": telegram.url,
        "database_url": f"sqlite:///{tmp_path}/x.db",
        "feeds": feeds_file(tmp_path, alpha=news.feed_url("alpha"), beta=news.feed_url("beta")),
    }
    code, said = await sahman("check", **settings)
    assert code == 0
    assert "BOT_CONTACT is empty" in said
    code, said = await sahman("check", "--feeds", contact="desk@example.org", **settings)
    assert code == 1
    assert "BOT_CONTACT" not in said
    assert all("+desk@example.org" in each.headers["User-Agent"] for each in news.requests)
    assert "alpha" in said
    assert "web page, not a feed" in said


@pytest.mark.slow
async def test_poll_stores_in_silence_then_tells_what_is_new_and_never_to_whom(
    tmp_path: Path, news: FeedServer
) -> None:
    settings = {
        "database_url": f"sqlite:///{tmp_path}/x.db",
        "feeds": feeds_file(tmp_path, alpha=news.feed_url("alpha")),
    }
    first = datetime(2026, 9, 12, 8, 0, tzinfo=UTC)
    news.add_item("alpha", "From before", published=first - timedelta(hours=2))
    code, said = await sahman("poll", "--at", first.isoformat(), **settings)
    assert code == 0
    assert "From before" in said
    assert "stored in silence" in said
    news.add_item("alpha", "Fresh item", published=first + timedelta(minutes=8))
    code, said = await sahman("poll", "--at", "2026-09-12T08:10:00Z", **settings)
    assert "Fresh item" in said
    assert "From before" not in said
    assert "1 feeds asked, 1 new items, 0 alerts owed" in said
    code, said = await sahman("poll", "--at", "2026-09-12T08:10:30Z", **settings)
    assert "0 feeds asked" in said


@pytest.mark.slow
async def test_glossary_shows_what_a_word_means_in_three_languages() -> None:
    code, said = await sahman("glossary", "граница")
    assert code == 0
    for words in ("border (conflict, gravity 1)", "hy: սահման", "за границей"):
        assert words in said
    assert (await sahman("glossary", "("))[0] == 1


@pytest.mark.slow
async def test_glossary_lists_what_the_archive_of_a_month_says_and_no_concept_knows(
    database_url: str,
) -> None:
    engine = make_engine(database_url)
    migrate(engine)
    storage = Storage(Database(engine))
    now = datetime.now(UTC)
    source = await open_feed(storage)
    titles = [
        "Старый мост в Квазибурге закрыт",
        "Все жители Квазибурга ждут",
        "На границе спокойно",
    ]
    fresh = [new_item(title, published_at=now - timedelta(days=2)) for title in titles]
    old = new_item("Сильный шторм в Альфабурге", published_at=now - timedelta(days=50))
    await take_in(storage, source, *fresh, old, now=now)
    storage.database.close()
    code, said = await sahman("glossary", "--missing", database_url=database_url)
    assert code == 0, said
    assert re.search(r"ru names: .*Квазибург\w* 2", said)
    assert "Альфабург" not in said
    assert "границ" not in said
    code, said = await sahman("glossary", "--missing", "--days", "90", database_url=database_url)
    assert "Альфабург" in said


async def test_glossary_without_a_word_says_what_it_can_do() -> None:
    code, said = await sahman("glossary")
    assert code == 2
    assert "--missing" in said


async def test_an_instant_that_cannot_be_read_is_answered_with_an_example() -> None:
    code, said = await sahman("poll", "--at", "yesterday")
    assert code == 2
    assert "2026-09-12T09:00:00Z" in said


@pytest.mark.slow
async def test_without_a_token_run_says_how_to_get_one_and_shows_the_demo(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run",
            cwd=REPOSITORY, env=environment(), stdout=stream, stderr=stream,
        )  # fmt: skip
    try:
        await until(lambda: "demo is at http://127.0.0.1:" in log.read_text(), 40, log.read_text)
        said = log.read_text()
        assert "@BotFather" in said.splitlines()[0]
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.slow
async def test_outbox_shows_what_is_owed_and_owes_again_what_was_given_up(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sahman.db"
    engine = make_engine(url)
    migrate(engine)
    database = Database(engine)
    await owe_alert(Storage(database), await open_chat(Storage(database)))
    given_up = {"state": DeliveryState.DEAD, "error": "Bad Request: [too] long"}
    change_rows(Storage(database), delivery, **given_up)
    database.close()
    code, printed = await sahman("outbox", "--retry", database_url=url)
    assert code == 0, printed
    assert "1 owed once more" in printed
    assert re.search(r"owed: alerts\s+│ 1 ", printed)
    assert "given up" not in printed


@pytest.mark.slow
async def test_a_part_of_the_work_is_refused_on_sqlite_with_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sahman.db"
    code, printed = await sahman("run", "--only", "send", token=TOKEN, database_url=url)
    assert code == 1
    assert "--only" in printed
    assert "postgresql://" in printed
    assert "Traceback" not in printed
