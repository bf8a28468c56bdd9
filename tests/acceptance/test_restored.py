"""The machine dies: a backup that was made under load is restored on the other kind of database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.conftest import World
from tests.acceptance.process import TOKEN, running
from tests.cli.commands import sahman

pytestmark = pytest.mark.slow


@pytest.fixture
def other_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the other kind."""
    if database_url.startswith("sqlite"):
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/other.db"


async def test_readers_lose_nothing_and_hear_nothing_twice(
    world: World, other_url: str, tmp_path: Path
) -> None:
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    file = str(tmp_path / "backup")
    async with running(tmp_path, **world.settings) as process:
        await process.wait_for_log("feed=armenian")
        await ani.write("/start")
        await ani.write("/add border")
        for number in range(6):
            await world.print_item("english", f"Border report number {number} of all")
        backed_up = await sahman("backup", file, **world.settings)
        assert backed_up.code == 0, backed_up
        await ani.wait(3)
        # A second one, when all is told: what is told after a backup is told again.
        await process.wait_for_silence(world.telegram, 6)
        second = await sahman("backup", file + "2", token=TOKEN, **world.settings)
        assert second.code == 0, second
        await process.kill()
    checked = await sahman("restore", "--check", file, **world.settings)
    assert (checked.code, "whole" in checked.out) == (0, True)
    told = await ani.texts()
    reports = [f"Border report number {number}" for number in range(6)]
    assert all(sum(text.count(report) for text in told) == 1 for report in reports), told
    settings = {**world.settings, "database_url": other_url}
    restored = await sahman("restore", file + "2", **settings)
    assert restored.code == 0, restored
    again = await sahman("restore", file + "2", **settings)
    assert "nothing is overwritten" in again.sentence()
    async with running(tmp_path, **settings) as process:
        await world.print_item("russian", "На границе снова спокойно")
        await ani.wait_for("На границе снова спокойно")
        await process.wait_for_silence(world.telegram, 5)
        assert "border" in await ani.write("/keywords")
        assert "Border report number 3" in await ani.write("/latest border")
    told = (await ani.texts())[len(told) :]
    assert sum("На границе снова спокойно" in text for text in told[:1]) == 1, told
    assert not any(report in text for text in told[:2] for report in reports), told


async def test_all_moves_to_the_other_kind_of_database_and_another_bot_takes_over(
    world: World, other_url: str, tmp_path: Path
) -> None:
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as process:
        await process.wait_for_log("feed=armenian")
        await ani.write("/start")
        await ani.write("/add border")
        moved = await sahman("move", other_url, **world.settings)
        assert "another Sahman" in moved.errors or "Stop them first" in moved.errors, moved
        assert moved.code == 1
        assert await process.stop() == 0
    moved = await sahman("move", other_url, **world.settings)
    assert moved.code == 0, moved
    settings = {**world.settings, "database_url": other_url}
    assert "already: nothing" in (await sahman("token", token=TOKEN, **settings)).out

    new_token = TOKEN.replace("123456", "654321")
    world.telegram.token = new_token
    refused = await sahman("run", token=new_token, **settings)
    checked = await sahman("check", token=new_token, contact="a@example.org", **settings)
    assert refused.sentence() == checked.sentence()
    assert "is of another bot" in refused.sentence()
    taken = await sahman("token", "--yes", token=new_token, **settings)
    assert taken.code == 0, taken
    assert "1 chats wait" in taken.out
    settings["token"] = new_token
    heard = len(await ani.read())
    async with running(tmp_path, **settings) as process:
        await world.print_item("english", "The border is quiet")
        await process.wait_for_log("new=1")
        await asyncio.sleep(3)
        assert len(await ani.read()) == heard
        assert "border" in await ani.write("/keywords")
        await world.print_item("english", "The border is closed again")
        await ani.wait_for("The border is closed again")
