"""The machine's clock is set while the real process runs: news goes on, and comes once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import World
from tests.acceptance.process import running

_SOURCE = Path(__file__).with_name("clock.c")
_COMPILER = shutil.which("cc")


@pytest.fixture
def set_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], object]:
    """Set the clock of what is started from now on, by so many seconds off."""
    library, offset = tmp_path / "clock.so", tmp_path / "clock"
    command = [str(_COMPILER), "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    offset.write_text("0")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("CLOCK_OFFSET", str(offset))
    return lambda seconds: offset.write_text(str(seconds))


@pytest.mark.slow
@pytest.mark.skipif(_COMPILER is None, reason="no C compiler (cc) on this machine")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("jump_s", [-7200, 10800])
async def test_a_clock_that_jumps_stops_nothing(
    world: World, tmp_path: Path, set_clock: Callable[[int], object], jump_s: int
) -> None:
    """About 30 seconds each; SQLite's clock jumps too."""
    await world.print_item("english", "Quiet so far")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("feed=english new=1")
        await ani.write("/add border")
        await world.print_item("english", "Shots at the border before it")
        await ani.wait_for("before it", within_s=60)
        set_clock(jump_s)
        await sahman.wait_for_log("clock_was_set", within_s=30)
        assert "You follow" in await ani.write("/keywords")
        await world.print_item("english", "A market near the border opens after it")
        await ani.wait_for("after it", within_s=60)
        await sahman.wait_for_silence(world.telegram, 3.0)
        # Some hour's digest may be due after the jump: it tells them too.
        texts = [text for text in await ani.texts() if text.startswith("🔔")]
        assert sum("before it" in text for text in texts) == 1
        assert sum("after it" in text for text in texts) == 1
        assert await sahman.stop() == 0
