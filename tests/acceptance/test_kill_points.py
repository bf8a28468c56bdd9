"""SIGKILL at every point from a message received to a message marked: nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import World
from tests.acceptance.dying import POINTS
from tests.acceptance.process import running, start_dying

#: Telegram may have taken what was on its way: it gives no key to send by only once.
_PERHAPS_TWICE = {"send", "mark"}


@pytest.mark.slow
@pytest.mark.parametrize("point", ["receive", "confirm"])
async def test_a_command_is_not_lost(world: World, tmp_path: Path, point: str) -> None:
    await world.print_item("english", "Quiet so far")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    dying = await start_dying(tmp_path, point, **world.settings)
    await dying.wait_for_log("feed=english new=1")
    await ani.say("/add border")
    assert await dying.ended() < 0
    async with running(tmp_path, **world.settings) as sahman:
        await ani.wait_for("Added: border")
        await sahman.wait_for_log("started version")
        await world.print_item("english", "Shots heard at the border")
        await ani.wait_for("Shots heard")
        assert sum("Shots heard" in text for text in await ani.texts()) == 1
        assert await sahman.stop() == 0


@pytest.mark.slow
@pytest.mark.parametrize("point", sorted(POINTS.keys() - {"receive", "confirm"}))
async def test_an_alert_is_not_lost(world: World, tmp_path: Path, point: str) -> None:
    await world.print_item("english", "Quiet so far")
    ani, oleg = world.person(101), world.person(202)
    async with running(tmp_path, **world.settings) as sahman:
        await sahman.wait_for_log("feed=english new=1")
        for person in (ani, oleg):
            await person.arrive("Somebody", "en")
            await person.write("/add border")
        assert await sahman.stop() == 0
    await world.print_item("english", "Shots heard at the border")
    dying = await start_dying(tmp_path, point, **world.settings)
    assert await dying.ended() < 0
    async with running(tmp_path, **world.settings) as sahman:
        for person in (ani, oleg):
            await person.wait_for("Shots heard", within_s=40)
        await sahman.wait_for_silence(world.telegram, 4.0)
        told = [
            sum("Shots heard" in text for text in await person.texts()) for person in (ani, oleg)
        ]
        assert min(told) >= 1, "lost"
        most = 2 if point in _PERHAPS_TWICE else 1
        assert max(told) <= most, "sent again though it cannot have been on its way"
        assert await sahman.stop() == 0
