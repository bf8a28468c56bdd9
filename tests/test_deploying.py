"""What is deployed is what is meant: the image, compose.yaml and the unit of systemd.

No engine runs here: the files are read, and what the image does is done in a folder like its own.
"""

from __future__ import annotations

import compileall
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.config import load_feeds
from bot.config.settings import Settings
from bot.demo.feeds import FeedServer
from tests.cli.commands import sahman, take_away

_ROOT = Path(__file__).parents[1]
_UNIT = _ROOT / "deploy" / "sahman.service"
#: As systemd-analyze counts it, times ten: 0 is closed, 100 open.
_MOST_EXPOSED = 15


def read_compose(text: str = "") -> dict[str, Any]:
    text = text or (_ROOT / "compose.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = YAML(typ="safe").load(text)
    return document


def read_dockerfile() -> list[tuple[str, list[str]]]:
    """Return the instructions of the last stage, with the words of each."""
    text = (_ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    last = max(index for index, line in enumerate(lines) if line.startswith("FROM "))
    return [(line.split()[0], shlex.split(line.split(maxsplit=1)[1])) for line in lines[last:]]


def copied() -> list[tuple[list[str], str]]:
    """Return what the last stage copies out of the repository, and where to."""
    steps = [words for name, words in read_dockerfile() if name == "COPY"]
    own = [words for words in steps if not words[0].startswith("--from")]
    plain = [[word for word in words if not word.startswith("--")] for words in own]
    return [(words[:-1], words[-1]) for words in plain]


def read_unit() -> dict[str, list[str]]:
    """Return the options of the unit, each with its values in order."""
    options: dict[str, list[str]] = defaultdict(list)
    for line in _UNIT.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            options[name].append(value)
    return options


def test_every_service_is_watched_restarted_and_bounded() -> None:
    for name, service in read_compose()["services"].items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert {"mem_limit", "cpus", "pids_limit"} <= set(service), name
        assert {"max-size", "max-file"} <= set(service["logging"]["options"]), name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_sahman_writes_its_data_its_feeds_and_its_backups_and_nothing_else() -> None:
    service = read_compose()["services"]["sahman"]
    assert (service["read_only"], service["tmpfs"]) == (True, "/tmp")  # noqa: S108 - a name
    assert service["cap_drop"] == ["ALL"]
    mounted = [volume.split(":") for volume in service["volumes"]]
    written = ["/app/data", "/app/config", "/app/backups", "/app/.cache"]
    assert [each[1] for each in mounted] == written
    assert all(len(each) == 2 for each in mounted), "a volume that cannot be written"
    assert {each[0] for each in mounted} < set(read_compose()["volumes"])
    given = service["environment"]
    assert given["BOT_FEEDS"].startswith("/app/config/")
    assert given["BOT_BACKUPS"] == "/app/backups"
    known = {f"BOT_{name.upper()}" for name in Settings.model_fields}
    assert set(given) <= known


def test_nothing_is_reached_from_outside_the_machine() -> None:
    compose = read_compose()
    services = compose["services"]
    assert all(port.startswith("127.0.0.1:") for port in services["sahman"]["ports"])
    assert "ports" not in services["postgres"]
    assert services["postgres"]["networks"] == ["database"]
    assert compose["networks"]["database"]["internal"] is True


def test_without_the_lines_of_postgresql_sahman_stands_alone() -> None:
    text = (_ROOT / "compose.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^  postgres:\n(?:(?:    .*)?\n)+", "", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^  postgres:\n", "", text, flags=re.MULTILINE)
    lines = [line for line in text.splitlines() if "(postgres)" not in line]
    alone = read_compose("\n".join(lines))
    assert set(alone["services"]) == {"sahman"}
    assert "postgres" not in str(alone)


def test_the_image_does_not_run_as_root_and_owns_what_compose_lets_it_write() -> None:
    steps = read_dockerfile()
    assert [words for name, words in steps if name == "USER"] == [["10001"]]
    volumes = next(words for name, words in steps if name == "VOLUME")
    declared = [re.sub(r"[\[\],\"]", "", each) for each in volumes]
    volumes = read_compose()["services"]["sahman"]["volumes"]
    mounted = [each.split(":")[1] for each in volumes]
    assert mounted == [*declared, "/app/.cache"]
    made = next(words for name, words in steps if name == "RUN" and "useradd" in words)
    owned = made[made.index("chown") + 2 :]
    assert {f"/app/{each}" for each in owned} == set(mounted)


def test_the_images_health_check_is_composes() -> None:
    words = next(words for name, words in read_dockerfile() if name == "HEALTHCHECK")
    command = [word.strip('[],"') for word in words[words.index("CMD") + 1 :]]
    checked = read_compose()["services"]["sahman"]["healthcheck"]
    assert ["CMD", *command] == checked["test"]
    assert f"--interval={checked['interval']}" in words


def test_what_the_image_copies_is_there_and_let_through() -> None:
    ignored = (_ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    sources = {each for some, _ in copied() for each in some}
    assert sources == {"LICENSE", "alembic", "bot", "feeds.yaml"}
    for source in sources:
        assert (_ROOT / source).exists()
        assert f"!{source}" in ignored


@pytest.mark.slow
async def test_in_a_folder_like_the_images_feeds_are_added_and_backups_made(tmp_path: Path) -> None:
    app = tmp_path / "app"
    for each in ("data", "config", "backups"):
        (app / each).mkdir(parents=True)
    for sources, target in copied():
        for source in sources:
            if (_ROOT / source).is_dir():
                shutil.copytree(_ROOT / source, app / target)
            else:
                shutil.copy(_ROOT / source, app / target)
    assert compileall.compile_dir(app / "bot", quiet=1)
    given = {
        "feeds": str(app / "config" / "feeds.yaml"),
        "database_url": f"sqlite:///{app}/data/sahman.db",
    }
    take_away(app, app / "feeds.yaml", app / "bot")
    server = FeedServer()
    await server.start()
    try:
        server.add_item("herald", "Talks on the border")
        wanted = ("feeds", "add", server.feed_url("herald"), "--allow-private", "--name", "Herald",
                  "--publisher", "Herald")  # fmt: skip
        added = await sahman(*wanted, folder=app, before=str(app), without_rights=True, **given)
        assert added.code == 0, added
        refused = await sahman(
            *wanted, folder=app, before=str(app), without_rights=True,
            **{**given, "feeds": str(app / "feeds.yaml")},
        )  # fmt: skip
    finally:
        await server.stop()
    assert "cannot be written" in refused.sentence()
    names = [each.name for each in load_feeds(app / "config" / "feeds.yaml").feeds]
    assert "Herald" in names
    assert "Herald" not in [each.name for each in load_feeds(app / "feeds.yaml").feeds]
    saved = await sahman(
        "backup", str(app / "backups" / "today.gz"),
        folder=app, before=str(app), without_rights=True, **given,
    )  # fmt: skip
    assert (saved.code, (app / "backups" / "today.gz").exists()) == (0, True), saved


def test_the_unit_starts_the_installed_command_and_starts_it_again() -> None:
    unit = read_unit()
    (command,) = unit["ExecStart"]
    scripts = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    path, *arguments = command.split()
    assert Path(path).name in scripts
    assert arguments == ["run"]
    # What is written down in the file's own head puts it there.
    assert f"{Path(path).parent}/pip install" in _UNIT.read_text(encoding="utf-8")
    assert (unit["Restart"], unit["StartLimitIntervalSec"]) == (["always"], ["0"])
    assert int(unit["TimeoutStopSec"][0]) > 10
    assert unit["WorkingDirectory"] == [f"/var/lib/{unit['StateDirectory'][0]}"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("User", "sahman"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("ProtectProc", "invisible"),
        ("RestrictNamespaces", "yes"),
        ("RestrictSUIDSGID", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("SystemCallArchitectures", "native"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("UMask", "0077"),
    ],
)
def test_the_unit_is_hardened(option: str, value: str) -> None:
    assert read_unit()[option] == [value]


def test_the_unit_is_bounded() -> None:
    assert {"MemoryMax", "MemoryHigh", "TasksMax"} <= set(read_unit())


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="NOT CHECKED: systemd-analyze is not here"
)
def test_systemd_takes_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={_MOST_EXPOSED}", _UNIT],
        capture_output=True, text=True,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-300:]
    # What it starts is not installed here: another program in its place.
    there = tmp_path / _UNIT.name
    text = _UNIT.read_text(encoding="utf-8")
    there.write_text(text.replace("/opt/sahman/bin/sahman", sys.executable), encoding="utf-8")
    read = subprocess.run(["systemd-analyze", "verify", there], capture_output=True, text=True)
    assert (read.returncode, read.stderr) == (0, ""), read


def test_the_documentation_tells_how_closed_the_unit_is() -> None:
    page = (_ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    said = re.search(r"exposure of (\d\.\d)", page)
    assert said is not None
    assert float(said[1]) * 10 <= _MOST_EXPOSED
