"""What people do wrong: each is told in one sentence with its remedy, and no traceback."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.demo import BotApi
from bot.demo.feeds import FeedServer
from bot.storage.database import make_engine
from bot.storage.migrating import migrate
from tests.acceptance.process import TOKEN, environment, running
from tests.cli.commands import sahman, take_away

pytestmark = pytest.mark.slow

_FEED = {"publisher": "P", "language": "en", "allow_private": True}


def write_feeds(folder: Path, *urls: str) -> str:
    """Write a feeds.yaml of these feeds; return where."""
    feeds = [{"name": f"feed {number}", "url": url, **_FEED} for number, url in enumerate(urls)]
    publishers = {"P": {"country": "AM", "kind": "independent"}}
    file = folder / "feeds.yaml"
    file.write_text(json.dumps({"publishers": publishers, "feeds": feeds}))
    return str(file)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of a name with a space in it, with a feeds.yaml of one feed."""
    with tempfile.TemporaryDirectory(prefix="sahman's own ") as name:
        made = Path(name)
        write_feeds(made, "http://127.0.0.1:9/feed.xml")
        yield made


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi(TOKEN)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def news() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    await server.start()
    server.add_item("alpha", "Talks on the border")
    yield server
    await server.stop()


async def run_and_check(folder: Path, telegram: BotApi, **more: str) -> str:
    """Return the one sentence that `run` and `check` both say."""
    settings = {"token": TOKEN, "api_url": telegram.url, "contact": "a@example.org", **more}
    ran = (await sahman("run", folder=folder, without_rights=True, **settings)).sentence()
    checked = (await sahman("check", folder=folder, without_rights=True, **settings)).sentence()
    assert checked.removeprefix("BOT_DATABASE_URL: ").rstrip() == ran.rstrip()
    return ran


async def test_a_folder_that_may_not_be_written(folder: Path, telegram: BotApi) -> None:
    take_away(folder)
    said = await run_and_check(folder, telegram)
    assert "data/sahman.db cannot be written" in said
    assert "chown" in said


async def test_a_data_folder_of_somebody_else(folder: Path, telegram: BotApi) -> None:
    engine = make_engine(f"sqlite:///{folder}/data/sahman.db")
    migrate(engine)
    engine.dispose()
    take_away(folder / "data", folder / "data" / "sahman.db")
    assert "cannot be written" in await run_and_check(folder, telegram)
    (folder / "data").chmod(0o000)
    assert "cannot be written" in await run_and_check(folder, telegram)


async def test_data_that_is_a_file(folder: Path, telegram: BotApi) -> None:
    (folder / "data").write_text("notes")
    said = await run_and_check(folder, telegram)
    assert "data is a file, and the database needs a folder there. Move it away" in said


@pytest.mark.parametrize("damage", ["no header", "torn inside"])
async def test_a_damaged_database(folder: Path, telegram: BotApi, damage: str) -> None:
    file = folder / "data" / "sahman.db"
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()
    content = bytearray(file.read_bytes())
    if damage == "no header":
        content[:100] = b"x" * 100
    else:
        content[200:] = os.urandom(len(content) - 200)
    file.write_bytes(content)
    said = await run_and_check(folder, telegram)
    assert "is damaged, or no SQLite file" in said
    assert "restore" in said


async def test_a_database_of_a_newer_sahman(folder: Path, telegram: BotApi) -> None:
    file = folder / "data" / "sahman.db"
    engine = make_engine(f"sqlite:///{file}")
    migrate(engine)
    engine.dispose()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    said = await run_and_check(folder, telegram)
    assert "newer Sahman (tables 9999)" in said
    assert "Install that version again" in said


async def test_a_wrong_token_is_told_before_any_publisher_is_asked(
    folder: Path, telegram: BotApi, news: FeedServer
) -> None:
    settings = {
        "token": "99:wrong-token-of-no-value-at-all-000000",
        "api_url": telegram.url,
        "contact": "a@example.org",
        "feeds": write_feeds(folder, news.feed_url("alpha")),
    }
    ran = await sahman("run", folder=folder, **settings)
    checked = await sahman("check", folder=folder, **settings)
    assert ran.sentence() == checked.sentence()
    assert "BOT_TOKEN: Telegram refuses it" in ran.sentence()
    assert "/newbot to @BotFather" in ran.sentence()
    assert news.requests == []


async def test_no_token_where_only_a_part_is_to_run(folder: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    said = (await sahman("run", "--only", "send", folder=folder, database_url=url)).sentence()
    assert said.startswith("BOT_TOKEN: is not set. Write /newbot")


async def test_a_port_that_is_taken(folder: Path, telegram: BotApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = (await sahman("demo", "--port", str(port), folder=folder)).sentence()
        assert said.startswith(f"--port {port}: is used by another program. Choose another")
        settings = {
            "token": TOKEN,
            "api_url": telegram.url,
            "contact": "a@example.org",
            "listen": f"127.0.0.1:{port}",
            "webhook_url": "https://bot.example/telegram",
            "webhook_secret": "hush-hush",
        }
        ran = await sahman("run", folder=folder, log="json", **settings)
        lines = ran.errors.splitlines()
        assert "BOT_LISTEN: cannot listen on" in lines[-1]
        assert "Choose a free address" in lines[-1]
        assert "Traceback" not in ran.errors
        checked = (await sahman("check", folder=folder, **settings)).sentence()
        assert f"BOT_LISTEN: cannot listen on 127.0.0.1:{port}" in checked


async def test_a_second_process_on_one_sqlite_file_is_refused_and_short_commands_are_not(
    tmp_path: Path, telegram: BotApi, news: FeedServer
) -> None:
    settings = {
        "api_url": telegram.url,
        "database_url": f"sqlite:///{tmp_path}/sahman.db",
        "feeds": write_feeds(tmp_path, news.feed_url("alpha")),
    }
    async with running(tmp_path, **settings):
        said = (await sahman("run", token=TOKEN, **settings)).sentence()
        assert "another Sahman (process" in said
        assert "postgresql://" in said
        for command in ("outbox", "feeds", "poll"):
            assert (await sahman(command, **settings)).code == 0
        checked = await sahman("check", token=TOKEN, contact="a@example.org", **settings)
        assert (checked.code, checked.errors) == (0, "")
    assert (await sahman("outbox", **settings)).code == 0


async def test_another_folder(folder: Path, telegram: BotApi) -> None:
    (folder / "feeds.yaml").unlink()
    settings = {"token": TOKEN, "api_url": telegram.url, "contact": "a@example.org"}
    for command in ("run", "poll", "check"):
        said = (await sahman(command, folder=folder, **settings)).sentence()
        assert "feeds.yaml: is not there" in said
        assert "init" in said


async def test_the_demo_runs_in_any_folder(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        "timeout", "60", sys.executable, "-m", "bot", "demo",
        cwd=folder, env={**environment(), "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(50):
        while b"http://127.0.0.1:" not in said:
            line = await process.stdout.readline()
            assert line, said
            said += line
    process.terminate()
    assert await process.wait() == 0


@pytest.mark.parametrize("command", ["run", "check", "poll", "feeds"])
async def test_an_env_file_in_other_letters(folder: Path, command: str) -> None:
    (folder / ".env").write_bytes("# Настройки\nBOT_LOG=text\n".encode("cp1251"))
    said = (await sahman(command, folder=folder)).sentence()
    assert said == ".env: line 1 is not UTF-8. Save the file as UTF-8"


async def test_a_feeds_yaml_in_other_letters(folder: Path) -> None:
    (folder / "feeds.yaml").write_bytes("publishers: {}\n# Лента\n".encode("cp1251"))
    said = (await sahman("poll", folder=folder)).sentence()
    assert said == "feeds.yaml: line 2 is not UTF-8. Save the file as UTF-8"


async def test_a_machine_that_is_offline_is_told_so_once(folder: Path, telegram: BotApi) -> None:
    write_feeds(folder, *(f"https://feed{number}.sahman.invalid/rss" for number in range(9)))
    polled = await sahman("poll", folder=folder, log="json")
    assert (polled.code, polled.out) == (1, "")
    *logged, said = polled.errors.splitlines()
    assert said.startswith("✗ this machine is offline: none of 9 feeds can be reached")
    assert [json.loads(line)["event"] for line in logged] == ["machine_offline"]
    shown = await sahman("feeds", folder=folder)
    assert shown.code == 0
    assert shown.errors.count("this machine is offline") == 1
    assert shown.out.count("not reached") == 0


async def test_a_poll_in_which_every_feed_failed_is_a_failure(
    folder: Path, news: FeedServer
) -> None:
    news.set_raw("beta", b"<html>no feed</html>", 200, {"Content-Type": "text/html"})
    urls = [news.feed_url("beta"), news.feed_url("alpha")]
    write_feeds(folder, urls[0])
    polled = await sahman("poll", folder=folder)
    assert polled.code == 1
    assert "web page, not a feed" in polled.out
    write_feeds(folder, *urls)
    assert (await sahman("poll", folder=folder)).code == 0


async def test_a_heartbeat_that_cannot_be_written(
    folder: Path, telegram: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / f"sahman-{os.getuid()}").write_text("in the way")
    monkeypatch.setenv("TMPDIR", str(folder))
    settings = {"token": TOKEN, "api_url": telegram.url, "contact": "a@example.org"}
    said = (await sahman("check", folder=folder, **settings)).sentence()
    assert "by which `health` knows that Sahman is alive, cannot be written" in said
    assert "Set TMPDIR" in said


async def test_a_bug_is_told_with_a_file_to_send_that_holds_no_token_and_no_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(folder))
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "class Breaker:\n"
        "    def find_spec(self, name, *more):\n"
        "        if name == 'bot.storage.deliveries':\n"
        "            raise RuntimeError(open('words.txt').read())\n"
        "sys.meta_path.insert(0, Breaker())\n"
    )
    (folder / "words.txt").write_text(f"{TOKEN} and what a reader typed")
    ended = await sahman("outbox", folder=folder, before=str(folder), token=TOKEN)
    said = ended.sentence()
    assert said.startswith("A bug of Sahman's (RuntimeError): please report it")
    name = said.split("what stands in ")[1].split(" (no token")[0]
    written, mode = await asyncio.to_thread(_read_report, folder / Path(name).name)
    assert "outbox.py" in written
    assert TOKEN not in written
    assert "a reader" not in written
    assert mode & 0o077 == 0


def _read_report(file: Path) -> tuple[str, int]:
    return file.read_text(), file.stat().st_mode
