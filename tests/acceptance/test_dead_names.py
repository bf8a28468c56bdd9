"""A name server that hangs: people are answered, other feeds are read, and a stop is a stop."""

from __future__ import annotations

import asyncio
import json
import os
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.acceptance.conftest import World
from tests.acceptance.process import HANGING_NAMES, running


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_twelve_names_that_hang_delay_neither_a_reply_nor_another_feed_nor_a_stop(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HANGING_NAMES)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    _add_dead_feeds(Path(world.settings["feeds"]))
    await world.print_item("english", "Talks")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    async with running(tmp_path, **world.settings) as sahman:
        for _ in range(12):
            asked = time.monotonic()
            assert await ani.write("/help")
            assert time.monotonic() - asked < 2
            await asyncio.sleep(1)
        assert "no name server told the address of dead" in sahman.log.read_text()
        times = [each.at for each in world.news.requests if each.feed == "english"]
        assert len(times) > 3
        assert max((after - before).total_seconds() for before, after in pairwise(times)) < 10
        assert await sahman.stop(within_s=5) == 0


def _add_dead_feeds(path: Path) -> None:
    config = json.loads(path.read_text())
    config["feeds"] += [
        {
            "name": f"dead {n}",
            "url": f"http://dead{n}.example/",
            "publisher": "Sample",
            "language": "en",
            "every_s": 30,
        }
        for n in range(12)
    ]
    path.write_text(json.dumps(config))
