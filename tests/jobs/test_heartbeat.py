"""The heartbeat: every Sahman has its own file, and one that cannot be written is said once."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Settings
from bot.jobs.heartbeat import HeartbeatJob, find_heartbeat
from tests.samples import NOW


def test_two_of_one_machine_have_files_of_their_own() -> None:
    first = Settings(database_url=SecretStr("sqlite:///a.db"))
    second = Settings(database_url=SecretStr("sqlite:///b.db"))
    assert find_heartbeat(first) == find_heartbeat(first) != find_heartbeat(second)
    assert "a.db" not in str(find_heartbeat(first))


async def test_it_says_when_the_loop_last_turned(tmp_path: Path) -> None:
    await HeartbeatJob(tmp_path / "alive").beat(NOW)
    assert (tmp_path / "alive").read_text() == NOW.isoformat()


async def test_nobody_else_can_read_it_or_lead_it_elsewhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job = HeartbeatJob(tmp_path / "own" / "alive")
    await job.beat(NOW)
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "own" / "alive").stat().st_mode & 0o777 == 0o600
    elsewhere = tmp_path / "precious"
    elsewhere.write_text("kept")
    (tmp_path / "own" / "alive").unlink()
    (tmp_path / "own" / "alive").symlink_to(elsewhere)
    await job.beat(NOW)
    assert elsewhere.read_text() == "kept"
    (tmp_path / "linked").symlink_to(tmp_path / "own")
    await HeartbeatJob(tmp_path / "linked" / "other").beat(NOW)
    assert not (tmp_path / "own" / "other").exists()


async def test_a_file_that_cannot_be_written_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job = HeartbeatJob(tmp_path / "no" / "such" / "alive")
    with caplog.at_level(logging.WARNING):
        await job.beat(NOW)
        await job.beat(NOW)
    assert [record.message for record in caplog.records] == ["heartbeat_not_written"]
