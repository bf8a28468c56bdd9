"""The real process, frozen for a while, a part of it frozen, or without room: it goes on after."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import psutil
import pytest

from tests.acceptance.conftest import World
from tests.acceptance.process import Sahman, running

pytestmark = pytest.mark.slow

_FROZEN_S = 20


def _children(sahman: Sahman) -> list[psutil.Process]:
    """Return the parse workers, without what multiprocessing itself starts."""
    found = psutil.Process(sahman._process.pid).children(recursive=True)
    return [each for each in found if "resource_tracker" not in " ".join(each.cmdline())]


async def test_a_process_that_was_frozen_goes_on_and_tells_nothing_twice(
    world: World, tmp_path: Path
) -> None:
    """About 35 seconds each."""
    await world.print_item("english", "Quiet so far")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("feed=english new=1")
        await ani.write("/add border")
        sahman.freeze()
        await world.print_item("english", "Shots heard at the border")
        await ani.say("/keywords")
        await asyncio.sleep(_FROZEN_S)
        sahman.thaw()
        await ani.wait_for("You follow 1 keyword")
        await ani.wait_for("Shots heard")
        await sahman.wait_for_silence(world.telegram, 3.0)
        assert sum("Shots heard" in text for text in await ani.texts()) == 1
        assert await sahman.stop() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_parse_worker_that_is_frozen_holds_up_nobody(world: World, tmp_path: Path) -> None:
    """About 40 seconds: what it was given is given up after ten, and it is replaced."""
    for feed in ("english", "russian", "armenian"):
        await world.print_item(feed, f"Quiet so far {feed}")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as sahman:
        for feed in ("english", "russian", "armenian"):
            await sahman.wait_for_log(f"feed={feed} new=1")
        await ani.write("/add border")
        workers = _children(sahman)
        assert workers
        workers[0].suspend()
        printed = {
            "english": "A market at the border reopens in Bavra",
            "russian": "Border guards of Lori find lost hikers",
            "armenian": "Grape harvest begins near the border in Tavush",
        }
        for feed, title in printed.items():
            await world.print_item(feed, title)
        assert "You follow" in await ani.write("/keywords"), "replies do not wait for it"
        for title in printed.values():
            await ani.wait_for(title, within_s=40)
        assert await sahman.stop() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_disk_that_fills_and_empties_loses_nothing(world: World, tmp_path: Path) -> None:
    """About 25 seconds. No file of the process may grow: so a full disk looks to it."""
    await world.print_item("english", "Quiet so far")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("feed=english new=1")
        await ani.write("/add border")
        process = psutil.Process(sahman._process.pid)
        before = process.rlimit(resource.RLIMIT_FSIZE)
        process.rlimit(resource.RLIMIT_FSIZE, (1, before[1]))
        await world.print_item("english", "Shots heard at the border")
        await ani.say("/add drone")
        await asyncio.sleep(8)
        assert "Shots heard" not in "\n".join(await ani.texts())
        assert sahman._process.returncode is None, "it lives"
        process.rlimit(resource.RLIMIT_FSIZE, before)
        await ani.wait_for("Shots heard", within_s=60)
        await ani.wait_for("Added: drone", within_s=60)
        await sahman.wait_for_silence(world.telegram, 3.0)
        assert sum("Shots heard" in text for text in await ani.texts()) == 1
        assert await sahman.stop() == 0
