"""One long day with faults at every seam: no secret and no typed word stands where it must not."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import aiohttp
import psutil
import pytest
from sqlalchemy import select

from bot.demo import faults
from bot.storage.database import make_engine
from bot.storage.tables import metadata
from tests.acceptance.conftest import World
from tests.acceptance.process import REPOSITORY, TOKEN, Person, environment
from tests.acceptance.test_webhook_process import free_port

_WEBHOOK_SECRET = "planted-webhook-secret-1"
_DATABASE_PASSWORD = "planted-database-pass-2"
_FEED_PASSWORD = "planted-feed-password-3"
_SECRETS = (TOKEN, TOKEN.partition(":")[2], _WEBHOOK_SECRET, _DATABASE_PASSWORD, _FEED_PASSWORD)
#: Nonsense words: nothing but a leak brings them anywhere.
_KEYWORDS = [f"qwyx{chr(97 + n)}zzorb" for n in range(20)]
#: Where what people follow is kept: nowhere else may it stand.
_KEPT_IN = {
    ("keyword", "query"), ("keyword", "compiled"), ("subscription", "typed"),
    ("typed_words", "words"), ("waiting_update", "wire"), ("match", "words"),
}  # fmt: skip
#: News may say the word of itself.
_NEWS = ("item", "story", "match", "feed_day")
_COMMANDS = (["check", "--feeds"], ["outbox"], ["feeds"], ["feeds", "english"], ["poll"])
_VERBOSE = {"PYTHONASYNCIODEBUG": "1", "PYTHONDEVMODE": "1", "PYTHONWARNINGS": "default"}


@pytest.mark.slow
@pytest.mark.parametrize("door", ["polling", "webhook"])
async def test_no_secret_and_no_typed_word_leaks(world: World, tmp_path: Path, door: str) -> None:
    """About 30 seconds each."""
    _protect_a_feed(Path(world.settings["feeds"]))
    settings = {**world.settings, "database_url": _with_password(world.settings["database_url"])}
    if door == "webhook":
        port = free_port()
        settings |= {
            "listen": f"127.0.0.1:{port}", "webhook_secret": _WEBHOOK_SECRET,
            "webhook_url": f"http://127.0.0.1:{port}/telegram",
        }  # fmt: skip
    env = environment(token=TOKEN, **settings) | _VERBOSE | {"NEWS_PASSWORD": _FEED_PASSWORD}
    output = tmp_path / "output.txt"
    await world.print_item("english", "Quiet so far")
    ani = world.person(101)
    await ani.arrive("Ani", "en")
    with output.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.acceptance.clumsy", "run",
            cwd=REPOSITORY, env=env, stdout=stream, stderr=stream,
        )  # fmt: skip
        try:
            await _wait_for(output, "started version")
            await _live_through_everything(world, ani)
            children = _environments_of_children(process.pid)
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 20)
        for command in (
            ["check", "--feeds"],
            ["outbox"],
            ["feeds"],
            ["feeds", "english"],
            ["poll"],
        ):
            another = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", *command,
                cwd=REPOSITORY, env=env, stdout=stream, stderr=stream,
            )  # fmt: skip
            await asyncio.wait_for(another.wait(), 60)
    said = output.read_text(errors="replace")
    assert "ValueError" in said, "the bugs were met, and told"
    assert "uncaught" in said
    for secret in _SECRETS:
        assert secret not in said
        assert secret not in children
    # What `poll` prints is news.
    ours = "\n".join(line for line in said.splitlines() if "News of" not in line)
    for word in (*_KEYWORDS, "bugqwyx"):
        assert word not in ours, word
    assert children, "there were parse workers"
    leaks = _search_tables(world.settings["database_url"])
    assert leaks == []
    assert _search_files(tmp_path) == []


async def _live_through_everything(world: World, ani: Person) -> None:
    """Type every word in some way while something goes wrong."""
    telegram = world.telegram
    chat = ani.user_id
    echoed = _KEYWORDS[0]
    words = iter(_KEYWORDS[3:])

    async def odd(fault: faults.Fault, *methods: str) -> None:
        telegram.faults.plan(fault, *methods, chats=[chat])
        # A refusal may meet an earlier message that is tried again: all hold what it quotes.
        await ani.say(f"/add {' '.join(_KEYWORDS[:3])} {next(words)}")
        await asyncio.sleep(0.3)

    telegram.refuse("sendMessage", 400, f'Bad Request: can\'t parse entities: tag "{echoed}"')
    await odd(faults.broken(500), "sendMessage")
    telegram.refuse("sendMessage", 400, f"Bad Request: never heard of {_KEYWORDS[1]}", chat_id=chat)
    await odd(faults.error_page(502), "sendMessage")
    telegram.refuse("sendMessage", 403, f"Forbidden: {_KEYWORDS[2]} is not wanted", chat_id=chat)
    await odd(faults.cut(accepted=False), "sendMessage")
    await odd(faults.flooded(1), "sendMessage")
    await odd(faults.late(1.0), "sendMessage")
    await odd(faults.broken(503), "getUpdates")
    await asyncio.sleep(3)  # until what is refused has been tried again
    for word in words:
        await ani.say(f"/latest {word}")
        await ani.say(f"{word}")
        await ani.say(f"/add bug{word}")
        await ani.say(f"/nonsense {word}")
    for wire in (
        {"message_id": 5, "text": _KEYWORDS[3], "date": 2**63, "chat": {"id": chat}},
        {"message_id": 6, "text": [_KEYWORDS[4]], "date": 1, "chat": {"id": chat}},
        {"message_id": 7, "text": f"/add {_KEYWORDS[5]}\x00\ud800", "date": 1,
         "chat": {"id": chat, "type": "private"}, "from": {"id": chat, "is_bot": False,
                                                           "first_name": _KEYWORDS[6]}},
    ):  # fmt: skip
        telegram.messenger.updates.add("message", wire)
    world.news.set_raw("russian", b"<html>no feed</html>", 401, {"Content-Type": "text/html"})
    world.news.set_raw("armenian", b"<rss><broken", 200, {"Content-Type": "text/xml"})
    for word in _KEYWORDS[:3]:
        await world.print_item("english", f"News of {word} at the border")
    await asyncio.sleep(6)
    async with aiohttp.ClientSession() as session:
        with_secret = f"{world.telegram.url}/bot{TOKEN}/noSuchMethod"
        await session.get(with_secret)


def _protect_a_feed(path: Path) -> None:
    config = json.loads(path.read_text())
    config["feeds"][1] |= {"username": "desk", "password": "$NEWS_PASSWORD"}
    path.write_text(json.dumps(config))


def _with_password(url: str) -> str:
    """Return a PostgreSQL address with a password, which the test's server does not ask for."""
    scheme, _, rest = url.partition("://")
    if not scheme.startswith("postgresql"):
        return url
    login, at, place = rest.rpartition("@")
    user = login.partition(":")[0] or "postgres"
    return f"{scheme}://{user}:{_DATABASE_PASSWORD}@{place if at else rest}"


def _environments_of_children(pid: int) -> str:
    """Return what the parse workers were given, and how they were called."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        try:
            found.append(json.dumps(child.environ()) + " ".join(child.cmdline()))
        except psutil.Error:
            continue
    return "\n".join(found)


def _search_files(folder: Path) -> list[str]:
    """Return the files in which a secret stands."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    secrets = [each.encode() for each in _SECRETS]
    return [str(each) for each in files if any(one in each.read_bytes() for one in secrets)]


def _search_tables(url: str) -> list[str]:
    """Return where in the database a secret stands, or a typed word that is kept elsewhere."""
    engine = make_engine(url)
    leaks = []
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column, value in row.items():
                    said = str(value)
                    where = (table.name, str(column))
                    if any(secret in said for secret in _SECRETS):
                        leaks.append(f"{where}: a secret")
                    elif where in _KEPT_IN or table.name in _NEWS:
                        continue
                    elif any(word in said for word in _KEYWORDS):
                        leaks.append(f"{where}: {said[:200]}")
    engine.dispose()
    return leaks


async def _wait_for(file: Path, words: str) -> None:
    async with asyncio.timeout(40):
        while words not in file.read_text(errors="replace"):  # noqa: ASYNC110, ASYNC240 - a process
            await asyncio.sleep(0.1)
