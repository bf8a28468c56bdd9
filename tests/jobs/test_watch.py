"""Watching the machine: operators hear of it in chat, each once, and that it is over."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.config import Settings
from bot.jobs import watch
from bot.jobs.watch import WatchJob, open_watch
from bot.model import Telegram
from bot.sending.notices import send_notices
from bot.storage.tables import delivery, feed
from tests.loopback import ANI, OLEG, Sahman, idle, languages, sahman, telegram
from tests.samples import NOW, change_rows, follow, new_item, open_chat, open_feed, take_in

__all__ = ["idle", "languages", "sahman", "telegram"]
_MB = 1_000_000


class _Machine:
    """What the machine shows of itself."""

    free_mb = 50_000
    ahead_s: float | None = 0.0

    def usage(self, folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=self.free_mb * _MB, total=100_000 * _MB)

    def telegram(self, now: datetime) -> Telegram:
        return Telegram(ahead_s=self.ahead_s)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> _Machine:
    """A machine whose disk and clock do as the test wants."""
    machine = _Machine()
    monkeypatch.setattr(shutil, "disk_usage", machine.usage)
    monkeypatch.setattr(watch.socket, "gethostname", lambda: "box")
    return machine


def _settings(**more: object) -> Settings:
    return Settings.model_validate({"admins": f"{ANI}, {OLEG}", **more})


def _job(sahman: Sahman, machine: _Machine, **more: object) -> WatchJob:
    settings = _settings(**more)
    return WatchJob(settings, sahman.storage, machine.telegram, "box, everything", of_all=True)


async def _tell(sahman: Sahman, now: datetime, chat_id: int = ANI) -> str:
    services = sahman.services
    await send_notices(sahman.storage, services.messenger, services.texts, now)
    return (await sahman.silence(chat_id))[-1]


async def test_operators_are_told_of_a_full_disk_once_and_of_its_end_in_their_language(
    sahman: Sahman, machine: _Machine
) -> None:
    await sahman.say("/start")
    await sahman.say("/start", OLEG)
    job = _job(sahman, machine)
    assert await job.look(NOW) == 0
    machine.free_mb = 120
    assert await job.look(NOW) == 2
    assert await job.look(NOW) == 0
    assert await _job(sahman, machine).look(NOW) == 0, "nor after a new start"
    assert "120 MB of 100000 are free where BOT_DATABASE_URL lies" in await _tell(sahman, NOW)
    assert "свободно 120 МБ из 100000" in (await sahman.silence(OLEG))[-1]
    machine.free_mb = 9_000
    later = NOW + timedelta(hours=2)
    assert await job.look(later) == 2
    assert await _tell(sahman, later) == "✅ There is room on the disk again. It lasted 2 hours."


async def test_a_wrong_clock_is_told_when_it_stays_wrong(sahman: Sahman, machine: _Machine) -> None:
    await sahman.say("/start")
    job = _job(sahman, machine)
    machine.ahead_s = -600.0
    assert await job.look(NOW) == 0
    assert await job.look(NOW + timedelta(minutes=4)) == 2
    told = await _tell(sahman, NOW)
    assert "The clock of box is 10 minutes slow" in told


async def test_sending_that_is_stuck_is_told_though_nothing_is_sent(
    idle: Sahman, machine: _Machine
) -> None:
    source = await open_feed(idle.storage)
    change_rows(idle.storage, feed, polled_at=NOW, last_success_at=NOW, next_poll_at=NOW)
    await follow(idle.storage, await open_chat(idle.storage, ANI), "border")
    await take_in(idle.storage, source, new_item("Talks on the border"))
    while await idle.storage.deliveries.expand(1000):
        pass
    change_rows(idle.storage, delivery, due_at=1)
    job = _job(idle, machine)
    await job.look(NOW)
    assert await job.look(NOW + timedelta(minutes=4)) == 2
    assert [*await idle.storage.alarms.load()] == ["not_sent"]


async def test_a_process_that_ends_by_itself_again_and_again_is_told(
    sahman: Sahman, machine: _Machine
) -> None:
    await sahman.say("/start")
    settings = _settings()
    for _ in range(6):
        async with open_watch(settings, sahman.storage, machine.telegram, ["send"]) as job:
            assert await job.look(NOW) == 0, "what is stopped in order is no loop"

    async def break_down() -> None:
        async with open_watch(settings, sahman.storage, machine.telegram, ["send"]) as job:
            assert await job.look(NOW) == 0
            raise RuntimeError("broke")

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await break_down()
    async with open_watch(settings, sahman.storage, machine.telegram, ["send"]) as job:
        assert await job.look(NOW) == 2
    told = await _tell(sahman, NOW)
    assert "Sahman was started 4 times within an hour (box, send)" in told


async def test_operators_are_told_once_that_there_is_no_room(
    sahman: Sahman, machine: _Machine
) -> None:
    await sahman.say("/start")
    job = _job(sahman, machine, most_subscribers=1)
    assert await job.look(NOW) == 2
    assert await job.look(NOW) == 0
    assert "There are 1 subscribers, as many as BOT_MOST_SUBSCRIBERS" in await _tell(sahman, NOW)
