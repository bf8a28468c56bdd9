"""The machine's clock is set while the real process runs: news goes on, and comes once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import World
from tests.acceptance.process import running

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("jump", ["-2h", "+3h"])
async def test_a_clock_that_jumps_stops_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: str
) -> None:
    """About 45 seconds each, with Debian's faketime under the process; SQLite's clock jumps too."""
    if not _LIBRARIES:
        pytest.skip("no libfaketime on this machine (Debian's faketime)")
    clock = tmp_path / "clock"
    clock.write_text("+0")
    for name, value in {
        "LD_PRELOAD": str(_LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }.items():
        monkeypatch.setenv(name, value)
    await world.print_item("english", "Quiet so far")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("feed=english new=1")
        await ani.write("/add border")
        await world.print_item("english", "Shots at the border before it")
        await ani.wait_for("before it", within_s=60)
        clock.write_text(jump)
        await sahman.wait_for_log("clock_was_set", within_s=30)
        assert "You follow" in await ani.write("/keywords")
        await world.print_item("english", "Shots at the border after it")
        await ani.wait_for("after it", within_s=60)
        await sahman.wait_for_silence(world.telegram, 3.0)
        texts = await ani.texts()
        assert sum("before it" in text for text in texts) == 1
        assert sum("after it" in text for text in texts) == 1
        assert await sahman.stop() == 0
