"""The recipes of CONTRIBUTING.md work: each is followed in a copy of the code, by its blocks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import load_feeds
from bot.errors import ConfigError

_ROOT = Path(__file__).parents[1]
_COPIED = ("alembic", "bot", "tests", "feeds.yaml", "pyproject.toml")

pytestmark = pytest.mark.slow


def blocks(title: str, language: str) -> list[str]:
    """Return the blocks of one section of CONTRIBUTING.md, as somebody would copy them."""
    text = (_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the code, to be changed."""
    for name in _COPIED:
        source = _ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "data")
            )
        else:
            shutil.copy(source, tmp_path)
    return tmp_path


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy."""
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "XDG_CACHE_HOME": str(checkout / "cache"),
    }
    return subprocess.run(
        [sys.executable, *arguments], cwd=checkout, env=surroundings,
        capture_output=True, text=True,
    )  # fmt: skip


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_publisher_and_its_feed_are_added(checkout: Path) -> None:
    feeds = checkout / "feeds.yaml"
    (publisher,), (feed,) = blocks("Add a publisher", "yaml"), blocks("Add a feed", "yaml")
    append(feeds, "\n" + feed)
    with pytest.raises(ConfigError, match="Example Herald"):
        load_feeds(feeds)
    listed = feeds.read_text(encoding="utf-8")
    feeds.write_text(
        listed.replace("\npublishers:\n", f"\npublishers:\n{publisher}", 1), encoding="utf-8"
    )
    added = load_feeds(feeds).feeds[-1]
    assert (added.name, added.enabled) == ("Example Herald (Armenian)", False)


def test_a_concept_is_added_and_found_in_three_languages(checkout: Path) -> None:
    (record,) = blocks("Add a concept to the glossary", "json")
    append(checkout / "bot" / "language" / "concepts_places.jsonl", record)
    concept = json.loads(record)
    code = (
        "import sys; from bot.matching import read_text\n"
        "print([f'@{sys.argv[1]}' in read_text(each).keys for each in sys.argv[2:]])"
    )
    found = run(checkout, "-c", code, concept["id"], *concept["yes"], *concept["no"])
    assert found.stdout.strip() == "[True, True, True, False]", found
    shown = run(checkout, "-m", "bot", "glossary", concept["ru"][0])
    assert all(concept[each][0] in shown.stdout for each in ("hy", "ru", "en")), shown


def test_a_sentence_is_added_and_its_absence_is_told(checkout: Path) -> None:
    (said,) = blocks("Add a sentence", "python")
    russian, armenian = blocks("Add a sentence", "po")
    append(checkout / "bot" / "chat" / "welcome.py", f"\n\ndef say_tea(texts, name):\n    {said}")
    catalogues = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/texts")
    missing = run(checkout, *catalogues)
    assert "The tea is ready, {name}." in missing.stdout, missing
    append(checkout / "bot" / "texts" / "ru.po", "\n" + russian)
    append(checkout / "bot" / "texts" / "hy.po", "\n" + armenian)
    assert run(checkout, *catalogues).returncode == 0


def test_a_migration_is_drafted_from_the_tables_and_leaves_nothing_to_find(checkout: Path) -> None:
    tables = checkout / "bot" / "storage" / "tables.py"
    before = tables.read_text(encoding="utf-8")
    new = 'Table("samovar", metadata, Column("name", Text, primary_key=True))\n'
    tables.write_text(f"{before}\n{new}", encoding="utf-8")
    drafted = run(checkout, "alembic/draft.py", "who likes samovars")
    assert drafted.returncode == 0, drafted
    written = Path(drafted.stdout.splitlines()[-1])
    assert re.fullmatch(r"\d{4}_who_likes_samovars\.py", written.name)
    migration = written.read_text(encoding="utf-8")
    assert 'op.create_table(\n        "samovar"' in migration
    assert 'op.drop_table("samovar")' in migration
    assert "import bot" not in migration
    tested = run(
        checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider",
        "tests/storage/test_migrations.py", "-k", "nothing_is_left and sqlite",
    )  # fmt: skip
    assert (tested.returncode, "1 passed" in tested.stdout) == (0, True), tested


def test_a_migration_that_says_nothing_is_refused(checkout: Path) -> None:
    refused = run(checkout, "alembic/draft.py", " ")
    assert (refused.returncode, refused.stderr.startswith("Say what changes")) == (1, True)
