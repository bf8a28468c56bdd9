"""The real process behind a webhook: it answers, and answers what was said while it was down."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.acceptance.conftest import World
from tests.acceptance.process import running


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.slow
async def test_people_are_answered_through_a_webhook_and_their_updates_outlive_a_kill(
    world: World, tmp_path: Path
) -> None:
    await world.print_item("english", "Quiet so far")
    port = free_port()
    settings = {
        **world.settings,
        "listen": f"127.0.0.1:{port}",
        "webhook_url": f"http://127.0.0.1:{port}/telegram",
        "webhook_secret": "a-secret-of-no-value",
    }
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **settings) as sahman:
        await sahman.wait_for_log("feed=english new=1")
        assert "Added" in await ani.write("/add border")
        await sahman.kill()
    await ani.say("/keywords")
    async with running(tmp_path, **settings) as sahman:
        await ani.wait_for("You follow 1 keyword")
        await world.print_item("english", "Shots heard at the border")
        await ani.wait_for("Shots heard")
        assert world.telegram.calls_of("getUpdates") == []
        assert "a-secret-of-no-value" not in sahman.log.read_text()
        assert await sahman.stop() == 0
