"""The documentation says what the code does, and every link in it leads somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest
from bs4 import BeautifulSoup

_ROOT = Path(__file__).parents[1]
_DOCS = _ROOT / "docs"
_PAGES = [*sorted(_DOCS.glob("*.md")), *sorted(_ROOT.glob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """The script that makes the reference pages."""
    spec = importlib.util.spec_from_file_location("make_reference", _DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_commands_settings_and_log_events_are_documented_as_the_code_has_them(
    reference: ModuleType,
) -> None:
    for page, text in reference.make_all().items():
        assert _read(page) == text, f"{page.name} lags behind the code: run `make reference`"


def test_every_event_of_the_log_is_explained_and_none_that_is_gone(reference: ModuleType) -> None:
    meanings = reference.read_meanings()
    assert set(reference.find_events()) == set(meanings), "see docs/log_events.tsv"
    assert list(meanings) == sorted(meanings)


def test_an_event_of_the_log_without_a_fixed_name_is_refused(
    reference: ModuleType, tmp_path: Path
) -> None:
    room = tmp_path / "bot"
    room.mkdir()
    (room / "odd.py").write_text('_log.info(f"polled {feed}")\n', encoding="utf-8")
    with pytest.raises(TypeError, match=r"odd\.py:1: an event of the log needs a fixed name"):
        reference.find_events(room)
    (room / "odd.py").write_text('_log.warning("polled", extra=dict(a=1))\n', encoding="utf-8")
    with pytest.raises(TypeError, match=r"odd\.py:1: `extra` has to be written out"):
        reference.find_events(room)


def test_every_call_of_a_logger_is_an_event_that_was_found(reference: ModuleType) -> None:
    calls = re.compile(r"\b_?log(?:ger)?\.(?:debug|info|warning|error|exception|critical)\(")
    files = {
        file.relative_to(_ROOT).as_posix()
        for file in (_ROOT / "bot").rglob("*.py")
        if calls.search(_read(file))
    }
    found = {file for event in reference.find_events().values() for file in event.files}
    assert files <= found


def test_the_architecture_names_every_room_and_the_layers_as_they_are_held() -> None:
    page = _read(_DOCS / "architecture.md")
    rooms = {
        f"bot/{each.name}/" if each.is_dir() else f"bot/{each.name}"
        for each in (_ROOT / "bot").iterdir()
        if each.name not in ("__init__.py", "__pycache__", "py.typed")
    }
    assert set(re.findall(r"^\| `(bot/[\w./]+)` \|", page, re.MULTILINE)) == rooms
    listed = page.split("<!-- layers -->\n")[1].split("\n\n")[0]
    configured = tomllib.loads(_read(_ROOT / "pyproject.toml"))["tool"]["importlinter"]
    assert [line.strip() for line in listed.splitlines()] == configured["contracts"][0]["layers"]


def test_the_picture_of_the_house_shows_every_room() -> None:
    picture = ET.parse(_DOCS / "pictures" / "rooms.svg").getroot()  # noqa: S314 - our own
    shown = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    rooms = {each.stem for each in (_ROOT / "bot").iterdir()} - {"__init__", "__pycache__", "py"}
    assert {room for room in rooms if room not in shown} == {"demo"}
    assert "demo: imports none of these" in shown


@pytest.mark.parametrize(
    "page", [_DOCS / "architecture.md", _ROOT / "SECURITY.md"], ids=lambda page: page.name
)
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(r"`([\w/]+/[\w/]+\.\w+)`", _read(page))
    assert len(named) > 10
    for name in named:
        assert (_ROOT / name).exists() or (_ROOT / "bot" / name).exists(), name


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_or_a_heading_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_read(page)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, heading = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", _read(target), re.MULTILINE)
            assert heading in {_anchor(title) for title in titles}, link


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"],
        cwd=_ROOT, capture_output=True, text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 10
    for page in pages:
        soup = BeautifulSoup(_read(page), "html.parser")
        asked = [each.get("src") or each.get("href") for each in soup.select("link, [src]")]
        assert not [each for each in asked if each and re.match(r"(https?:)?//", str(each))], page
