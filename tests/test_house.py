"""The rules of the house that import-linter cannot hold, read off the syntax trees."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

_BOT = Path(__file__).parents[1] / "bot"
_FILES = sorted(_BOT.rglob("*.py"))
_PURE = ("language/", "matching/", "stories/", "delivery/")
#: Where a pure room loads what it knows, once.
_LOADERS = {
    *(f"language/{name}.py" for name in ("tables", "detect", "tries", "kept", "files")),
    "stories/learnt.py",
}
#: Near it a file is cut, by noun.
_MOST_LINES = 360
_FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "telegram", "queue", "types"}
#: Each outside library has one home; what is not named here may be used anywhere.
_HOMES = {
    "telegram": ("telegram_api/", "chat/"),
    "sqlalchemy": ("storage/",),
    "alembic": ("storage/",),
    "feedparser": ("feeds/",),
    "brotli": ("feeds/",),
    "pebble": ("feeds/",),
    "apscheduler": ("jobs/",),
    "langdetect": ("language/",),
    "pymorphy3": ("language/",),
    "simplemma": ("language/",),
    "rapidfuzz": ("matching/", "language/", "stories/"),
    "babel": ("texts/", "chat/", "language/"),
    "aiohttp": ("feeds/", "telegram_api/", "web/", "demo/", "proxies.py"),
    "aiohttp_socks": ("proxies.py",),
    "jinja2": ("web/",),
    "prometheus_client": ("web/",),
    "pyrage": ("storage/",),
    "matplotlib": ("pictures/draw.py",),
    "ruamel": ("config/", "feeds_yaml.py"),
    "typer": ("cli/",),
    "rich": ("cli/",),
    "dotenv": ("cli/",),
}
#: Who may ask what time it is: the clock comes in at the edge and is handed on.
_CLOCKS = ("jobs/timers.py", "app.py", "cli/", "log.py", "demo/")


@cache
def _nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def _inside(file: Path) -> str:
    return file.relative_to(_BOT).as_posix()


def _imports(file: Path) -> Iterator[str]:
    for node in _nodes(file):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@cache
def _calls(file: Path) -> list[tuple[str, int]]:
    return [
        (ast.unparse(node.func), node.lineno) for node in _nodes(file) if isinstance(node, ast.Call)
    ]


def test_an_outside_library_is_imported_only_in_its_home() -> None:
    strayed = []
    for file in _FILES:
        for module in _imports(file):
            homes = _HOMES.get(module.split(".")[0])
            if homes is not None and not _inside(file).startswith(homes):
                strayed.append(f"{module} in {_inside(file)}")
    assert strayed == []


def test_a_pure_room_waits_for_nothing_and_opens_nothing() -> None:
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    opens = {"open", "Path", "read_text", "read_bytes"}
    pure = [file for file in _FILES if _inside(file).startswith(_PURE)]
    assert len(pure) > 10
    for file in pure:
        waiting = [node.lineno for node in _nodes(file) if isinstance(node, waits)]
        assert not waiting, (_inside(file), waiting)
        if _inside(file) not in _LOADERS:
            # `read_text(...)` by itself is the one of matching, which opens nothing.
            opening = [
                call
                for call in _calls(file)
                if call[0].split(".")[-1] in opens and call[0] != "read_text"
            ]
            assert not opening, (_inside(file), opening)


def test_only_the_edge_reads_the_clock() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
    for file in _FILES:
        if not _inside(file).startswith(_CLOCKS):
            reading = [call for call in _calls(file) if call[0] in clocks]
            assert not reading, (_inside(file), reading)


def test_a_file_is_named_after_a_noun_and_can_be_read_at_one_sitting() -> None:
    for file in _FILES:
        assert file.stem not in _FORBIDDEN_NAMES
        lines = file.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= _MOST_LINES, _inside(file)
        assert len(_inside(file).split("/")) <= 2, "a room inside a room"


def test_catching_everything_says_why() -> None:
    everything = ("Exception", "BaseException", "")
    for file in _FILES:
        lines = file.read_text(encoding="utf-8").splitlines()
        for node in _nodes(file):
            if isinstance(node, ast.ExceptHandler):
                around = lines[node.lineno - 1 : node.lineno + 1]
                said = any("#" in line for line in around)
                caught = ast.unparse(node.type or ast.Name(""))
                assert said or caught not in everything, f"{_inside(file)}:{node.lineno}"


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = "import sys, bot.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "telegram",
        "sqlalchemy",
        "pymorphy3",
        "simplemma",
        "feedparser",
        "aiohttp",
        "bot.demo",
    }
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    "bench", sorted((_BOT.parent / "bench").glob("[a-z]*.py")), ids=lambda p: p.stem
)
def test_every_bench_still_finds_what_it_measures(bench: Path) -> None:
    importlib.import_module(f"bench.{bench.stem}")
