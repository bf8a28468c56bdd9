"""Pictures: drawn in a child process that ends, kept, bounded; and those that cannot be drawn."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Chart, Theme
from bot.pictures import studio as studio_module
from bot.pictures.studio import Studio

SIZE = (1200, 880)
CHART = Chart(
    title="սահման · граница · $100$ & <b>",
    y_label="լուրեր ըստ ժամերի",
    theme=Theme.LIGHT,
    bars=(
        ("hy", "հայերեն", (1, 2, 0, 7)),
        ("ru", "русский", (0, 1, 0, 3)),
        ("other", "այլ", (0, 0, 0, 1)),
    ),
    size=4,
    ticks=((0, "22:00"), (2, "սեպ 12")),
    days=(2,),
    surges=(3,),
    silent=(2,),
    surge_label="необычно много",
    silent_label="աղբյուրները լռել են",
    empty_label="Նորություններ չկան։",
)
NOTHING = replace(CHART, bars=(), surges=(), silent=())
#: Draws a picture as quickly as none.
QUICK = r"""
import json, os, sys
asked = json.load(sys.stdin)
with open(__file__ + ".log", "a") as log:
    print(asked["title"], *sorted(os.environ), file=log)
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" + asked["title"].encode())
"""


def read_size(png: bytes) -> tuple[int, int]:
    """Return a PNG's width and height."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


@pytest.fixture
def script(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What the child runs instead."""
    file = tmp_path / "draw.py"
    file.write_text(getattr(request, "param", QUICK))
    return file


def read_log(script: Path) -> list[str]:
    """Return what the quick one was asked for, and with what environment."""
    return Path(f"{script}.log").read_text().splitlines()


def draw(chart: Chart) -> bytes | None:
    """Have one picture drawn, and look that nothing is left behind."""
    studio = Studio()
    png = asyncio.run(studio.draw(chart))
    notes = Path(studio._notes)
    assert notes.is_dir()
    studio.close()
    assert not notes.exists()
    return png


def test_a_real_picture_is_drawn_and_nothing_is_left_behind() -> None:
    png = draw(CHART)
    assert png is not None
    assert read_size(png) == SIZE
    assert 10_000 < len(png) < 100_000


@pytest.mark.slow
@pytest.mark.parametrize("chart", [replace(CHART, theme=Theme.DARK), NOTHING])
def test_the_dark_and_the_empty_are_drawn_too(chart: Chart) -> None:
    png = draw(chart)
    assert png is not None
    assert read_size(png) == SIZE


@pytest.mark.slow
def test_all_its_letters_are_in_the_font() -> None:
    done = subprocess.run(
        [sys.executable, str(studio_module._SCRIPT)],
        input=CHART.to_json().encode(),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""  # matplotlib warns of each letter that it has not


async def test_the_same_picture_is_drawn_once_and_the_oldest_is_given_up(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_module, "_MOST_KEPT", 2)
    monkeypatch.setenv("BOT_TOKEN", "a secret")
    studio = Studio(script=script)
    a, b, c = (replace(CHART, title=title) for title in "abc")
    assert await asyncio.gather(studio.draw(a), studio.draw(a)) == [b"\x89PNG\r\n\x1a\na"] * 2
    for chart in (b, a, c, a, b):
        await studio.draw(chart)
    drawn = read_log(script)
    assert [line.split()[0] for line in drawn] == ["a", "b", "c", "b"]
    assert "MPLCONFIGDIR" in drawn[0]
    assert "BOT_TOKEN" not in drawn[0]


async def test_who_asks_behind_many_others_is_not_kept_waiting(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_module, "_MOST_WAITING", 2)
    studio = Studio(script=script)
    charts = [replace(CHART, title=title) for title in "abcd"]
    pictures = await asyncio.gather(*map(studio.draw, charts))
    assert [png is not None for png in pictures] == [True, True, False, False]
    assert await studio.draw(charts[3]) is not None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import no_such_library_of_that_name", "ModuleNotFoundError (1)"),
        ("raise ValueError('what somebody typed')", "ValueError (1)"),
        ("print('no picture')", "no picture (0)"),
        ("import os; os.kill(os.getpid(), 9)", "no picture (-9)"),
        ("import time; time.sleep(60)", "it took too long"),
    ],
    indirect=["script"],
)
async def test_what_cannot_be_drawn_is_said_without_what_was_typed(
    script: Path,
    reason: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(studio_module, "_TIME_LIMIT_S", 0.5 if "long" in reason else 15)
    studio = Studio(script=script)
    with caplog.at_level(logging.WARNING):
        assert await studio.draw(CHART) is None
    (record,) = caplog.records
    assert (record.message, record.reason) == ("picture_not_drawn", reason)  # type: ignore[attr-defined]
    assert studio._kept == {}


async def test_without_a_python_there_is_no_picture() -> None:
    assert await Studio(python="/nowhere/python").draw(CHART) is None


def test_the_main_process_imports_no_matplotlib() -> None:
    code = "import sys, bot.app, bot.chat.trends, bot.pictures.studio; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "bot.pictures.studio" in loaded
    assert not {"matplotlib", "numpy", "PIL"} & set(loaded)
