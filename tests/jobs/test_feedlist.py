"""Watching feeds.yaml: an edit takes effect, a broken one keeps the last good one."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.jobs.feedlist import FeedListJob
from bot.storage import Storage
from bot.storage.tables import feed
from tests.samples import NOW, rows_of

GOOD = """\
publishers:
  Herald: {country: AM, kind: independent}
feeds:
  - {name: alpha, url: "https://herald.example/a", publisher: Herald, language: en}
"""
MORE = GOOD + "  - {name: beta, url: 'https://herald.example/b', publisher: Herald, language: ru}\n"


@pytest.fixture
def storage(sqlite_storage: Storage) -> Storage:
    """One database is enough here."""
    return sqlite_storage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "feeds.yaml").write_text(GOOD)
    return tmp_path / "feeds.yaml"


def listed(storage: Storage) -> list[str]:
    return [row["name"] for row in rows_of(storage, feed) if row["enabled"]]


def edit(path: Path, text: str | None) -> None:
    """Let the operator write another feeds.yaml, or remove it."""
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


async def test_an_edit_takes_effect(storage: Storage, path: Path) -> None:
    job = FeedListJob(storage, path)
    await job.load(NOW)
    assert listed(storage) == ["alpha"]
    edit(path, MORE)
    await job.reload_if_edited(NOW)
    assert listed(storage) == ["alpha", "beta"]
    edit(path, GOOD)
    await job.reload_if_edited(NOW)
    assert listed(storage) == ["alpha"]


async def test_a_broken_edit_keeps_the_last_good_one_and_is_said_once(
    storage: Storage, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job = FeedListJob(storage, path)
    await job.load(NOW)
    edit(path, MORE.replace("language: ru", "language: klingon, colour: red"))
    with caplog.at_level(logging.ERROR):
        for minutes in range(3):
            await job.reload_if_edited(NOW + timedelta(minutes=minutes))
    assert listed(storage) == ["alpha"]
    said = [vars(record)["problem"] for record in caplog.records]
    assert len(said) == 2
    assert all("feeds.yaml line 5" in each for each in said)
    edit(path, MORE)
    await job.reload_if_edited(NOW)
    assert listed(storage) == ["alpha", "beta"]


async def test_a_file_that_vanishes_changes_nothing(storage: Storage, path: Path) -> None:
    job = FeedListJob(storage, path)
    await job.load(NOW)
    edit(path, None)
    await job.reload_if_edited(NOW)
    assert listed(storage) == ["alpha"]


async def test_without_a_file_the_first_load_says_what_to_do(
    storage: Storage, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="BOT_FEEDS"):
        await FeedListJob(storage, tmp_path / "absent.yaml").load(NOW)


async def test_a_database_that_is_away_for_a_moment_loses_no_edit(
    storage: Storage, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = FeedListJob(storage, path)
    await job.load(NOW)
    edit(path, MORE)

    async def away(*_: object) -> None:
        raise ConnectionError("away")

    with monkeypatch.context() as patched:
        patched.setattr(storage.feeds, "save_config", away)
        with pytest.raises(ConnectionError):
            await job.reload_if_edited(NOW)
    await job.reload_if_edited(NOW)
    assert listed(storage) == ["alpha", "beta"]
