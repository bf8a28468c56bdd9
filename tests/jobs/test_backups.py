"""The daily backup: one a day, seven kept; a stop waits for none."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.backups import BackupJob, forget_copies
from bot.storage import Storage
from bot.storage.copies import copy_before_upgrade
from bot.storage.restoring import check_backup
from tests.samples import NOW, open_chat, owe_alert


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def test_one_is_made_a_day_and_the_last_seven_are_kept(
    storage: Storage, tmp_path: Path
) -> None:
    await owe_alert(storage, await open_chat(storage))
    folder = tmp_path / "kept here"
    job = BackupJob(storage, folder, "")
    for day in range(9):
        for hour in range(3):
            await job.back_up(NOW + timedelta(days=day, hours=hour))
    assert names(folder) == [f"sahman-2026-09-{day}.backup" for day in range(14, 21)]
    assert check_backup(folder / "sahman-2026-09-20.backup", "", lambda *_: None).rows > 3
    assert folder.stat().st_mode & 0o077 == 0


async def test_with_a_passphrase_it_is_sealed_and_what_others_put_there_stays(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    (tmp_path / "sahman-notes.backup").write_text("mine")
    await BackupJob(sqlite_storage, tmp_path, "a word for tests").back_up(NOW)
    assert (tmp_path / "sahman-2026-09-12.backup").read_bytes().startswith(b"age-encryption.org")
    assert names(tmp_path) == ["sahman-2026-09-12.backup", "sahman-notes.backup"]


async def test_what_cannot_be_made_is_logged_with_what_to_do(
    sqlite_storage: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    await BackupJob(sqlite_storage, tmp_path / "file", "").back_up(NOW)
    (record,) = caplog.records
    assert record.message == "backup_failed"
    assert "BOT_BACKUPS" in vars(record)["reason"] or "folder" in vars(record)["reason"]


async def test_a_stop_drops_the_one_that_is_being_made(
    sqlite_storage: Storage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await owe_alert(sqlite_storage, await open_chat(sqlite_storage))
    job = BackupJob(sqlite_storage, tmp_path, "")
    job.stop()
    await asyncio.wait_for(job.back_up(NOW), 5)
    assert names(tmp_path) == []
    assert caplog.records == []


def test_a_copy_that_an_upgrade_left_is_forgotten_after_a_week(tmp_path: Path) -> None:
    database = tmp_path / "sahman.db"
    database.touch()
    copy = copy_before_upgrade(database, "0020")
    os.utime(copy, (NOW.timestamp(), NOW.timestamp()))
    forget_copies(str(database), NOW + timedelta(days=6))
    assert copy.exists()
    forget_copies(str(database), NOW + timedelta(days=8))
    assert names(tmp_path) == ["sahman.db"]
    forget_copies(None, NOW)
