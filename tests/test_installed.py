"""Sahman as people install it: from a wheel, in any folder, with its migrations and samples."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.config import load_feeds

_REPOSITORY = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel of this repository, its libraries those of whoever tests."""
    built = tmp_path_factory.mktemp("built here")
    # In a copy: what setuptools leaves beside the sources is nobody's to clean.
    source = built / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "docs", "bot", "alembic",
                 "feeds.yaml", ".env.example"):  # fmt: skip
        (source / name).symlink_to(_REPOSITORY / name)
    code = "from setuptools.build_meta import build_wheel; print(build_wheel('..'))"
    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    ).stdout
    with zipfile.ZipFile(built / printed.splitlines()[-1]) as wheel:
        wheel.extractall(built / "site")
    return built / "site"


def sahman(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the installed Sahman in a folder."""
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}
    code = "from bot.cli import main; main()"  # what the command `sahman` does
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder, env=surroundings, capture_output=True, text=True,
    )  # fmt: skip


def test_it_works_in_any_folder_after_init(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder's name"
    folder.mkdir()
    lost = sahman(installed, folder, "poll")
    assert "write one by `init`" in lost.stderr
    (folder / "data" / "sahman.db").unlink(missing_ok=True)
    made = sahman(installed, folder, "init")
    assert made.returncode == 0, made
    assert (folder / ".env").stat().st_mode & 0o077 == 0
    assert len(load_feeds(folder / "feeds.yaml").feeds) > 50
    shown = sahman(installed, folder, "feeds")
    assert (shown.returncode, "Azatutyun" in shown.stdout) == (0, True), shown
    assert (folder / "data" / "sahman.db").exists(), "the migrations came along"
    assert "border" in sahman(installed, folder, "glossary", "граница").stdout


def test_init_overwrites_nothing(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("mine")
    refused = sahman(installed, tmp_path, "init")
    assert refused.returncode == 1
    assert refused.stderr.startswith("✗ feeds.yaml: is there already")
    assert (tmp_path / "feeds.yaml").read_text() == "mine"
    assert not (tmp_path / ".env").exists()


def test_the_operators_page_comes_along(installed: Path) -> None:
    ours = {each.name for each in (_REPOSITORY / "bot" / "web" / "page").iterdir()}
    assert ours == {each.name for each in (installed / "bot" / "web" / "page").iterdir()}


def test_the_licence_comes_along(installed: Path) -> None:
    (licence,) = installed.glob("sahman-*.dist-info/licenses/LICENSE")
    assert "Apache License" in licence.read_text()
    (metadata,) = installed.glob("sahman-*.dist-info/METADATA")
    assert "License-Expression: Apache-2.0" in metadata.read_text()
    (commands,) = installed.glob("sahman-*.dist-info/entry_points.txt")
    assert "sahman = bot.cli:main" in commands.read_text()
