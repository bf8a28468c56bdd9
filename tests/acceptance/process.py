"""Sahman as a process of its own, and the people and newsrooms around it, over HTTP only."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.demo import BotApi

REPOSITORY = Path(__file__).parents[2]
TOKEN = "123456:test-token-of-no-value-at-all-00000"
#: A sitecustomize.py, loaded by the interpreter before anything of ours: names that hang.
HANGING_NAMES = """
import socket, time
ask = socket.getaddrinfo
def hang(host, *rest, **more):
    if "dead" in str(host):
        time.sleep(300)
    return ask(host, *rest, **more)
socket.getaddrinfo = hang
"""


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of a Sahman with these settings, and no other of its own.

    Several run beside one another: unless a test wants its page, none listens.
    """
    settings = {"page": "no", **settings}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    return {**kept, **{f"BOT_{name.upper()}": value for name, value in settings.items()}}


class Sahman:
    """One running `python -m bot run`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    async def stop(self, within_s: float = 10.0) -> int:
        """Send SIGTERM; return the exit code; fail when it takes longer than allowed."""
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), within_s)

    async def kill(self) -> None:
        """Send SIGKILL: as when the power goes."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def freeze(self) -> None:
        """Send SIGSTOP: as when the machine is out of memory, or its disk hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Send SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    async def wait_for_silence(self, telegram: BotApi, seconds: float) -> None:
        """Wait until nothing has been sent for so long."""
        sent, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            if len(telegram.calls_of("sendMessage")) != sent:
                sent, since = len(telegram.calls_of("sendMessage")), time.monotonic()
            await asyncio.sleep(0.1)

    async def wait_for_log(self, words: str, within_s: float = 30.0) -> None:
        """Wait until the log says something; fail with the whole log when it does not."""
        await until(lambda: words in self.log.read_text(), within_s, self.log.read_text)

    async def ended(self, within_s: float = 60.0) -> int:
        """Wait until it ends by itself; return the exit code."""
        return await asyncio.wait_for(self._process.wait(), within_s)


async def start(folder: Path, *only: str, **settings: str) -> Sahman:
    """Start Sahman with these settings, its log in *folder*; with *only*, parts of it."""
    parts = [word for each in only for word in ("--only", each)]
    return await _start(folder, ["-m", "bot", "run", *parts], settings)


async def start_dying(folder: Path, point: str, *only: str, **settings: str) -> Sahman:
    """Start a Sahman that kills itself at this point of `dying.py`."""
    parts = [word for each in only for word in ("--only", each)]
    return await _start(folder, ["-m", "tests.acceptance.dying", point, "run", *parts], settings)


async def _start(folder: Path, arguments: Sequence[str], settings: dict[str, str]) -> Sahman:
    log = folder / f"log-{time.monotonic_ns()}.txt"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=REPOSITORY, stdout=stream, stderr=stream,
            env=environment(**{"token": TOKEN, **settings}),
        )  # fmt: skip
    return Sahman(process, log)


@asynccontextmanager
async def running(folder: Path, *only: str, **settings: str) -> AsyncIterator[Sahman]:
    """Run Sahman with these settings; whatever happens, it is gone afterwards."""
    sahman = await start(folder, *only, **settings)
    try:
        await sahman.wait_for_log("started version")
        yield sahman
    finally:
        await sahman.kill()


class Person:
    """Somebody in a private chat with the bot, reached over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, url: str, user_id: int) -> None:
        self._session = session
        self._chat = f"{url}/people/chats/{user_id}"
        self._people = f"{url}/people"
        self.user_id = user_id

    async def arrive(self, name: str, language_code: str) -> None:
        """Exist, with a Telegram in this language."""
        who = {"id": self.user_id, "first_name": name, "language_code": language_code}
        await self._post(f"{self._people}/users", who)

    async def write(self, text: str) -> str:
        """Send a message; return the text of the bot's answer."""
        seen = len(await self.read())
        await self.say(text)
        return (await self.wait(seen + 1))[seen]["text"]

    async def say(self, text: str) -> None:
        """Send a message; wait for no answer."""
        await self._post(f"{self._chat}/messages", {"text": text})

    async def texts(self) -> list[str]:
        """Return the texts that the bot has sent, oldest first."""
        return [str(message["text"]) for message in await self.read()]

    async def tap(self, label: str) -> None:
        """Tap the newest button with this label."""
        for message in reversed(await self.read()):
            keyboard = (message.get("reply_markup") or {}).get("inline_keyboard", [])
            labels = [button["text"] for row in keyboard for button in row]
            if label in labels:
                body = {"message_id": message["message_id"], "button": label, "wait": 5}
                await self._post(f"{self._chat}/taps", body)
                return
        raise AssertionError(f"no button {label!r}")

    async def read(self) -> list[dict[str, Any]]:
        """Return what the bot has sent, oldest first."""
        async with self._session.get(f"{self._chat}/messages") as answer:
            answer.raise_for_status()
            return list(await answer.json())

    async def wait(self, count: int, within_s: float = 20.0) -> list[dict[str, Any]]:
        """Return what the bot has sent once it is at least *count* messages."""
        messages: list[dict[str, Any]] = []

        async def enough() -> bool:
            messages[:] = await self.read()
            return len(messages) >= count

        await until_async(enough, within_s, lambda: [each["text"] for each in messages])
        return messages

    async def wait_for(self, words: str, within_s: float = 20.0) -> None:
        """Wait until the bot has sent something that holds these words."""

        async def told() -> bool:
            return any(words in text for text in await self.texts())

        await until_async(told, within_s, lambda: words)

    async def _post(self, url: str, body: dict[str, Any]) -> None:
        async with self._session.post(url, json=body) as answer:
            assert answer.status == 200, await answer.text()


async def until(true: Callable[[], bool], within_s: float, otherwise: Callable[[], object]) -> None:
    """Wait until *true* holds; fail with what *otherwise* tells when it does not in time."""

    async def check() -> bool:
        return true()

    await until_async(check, within_s, otherwise)


async def until_async(true: Any, within_s: float, otherwise: Callable[[], object]) -> None:
    """Wait until the coroutine function *true* answers yes."""
    give_up_at = asyncio.get_running_loop().time() + within_s
    while not await true():
        if asyncio.get_running_loop().time() > give_up_at:
            raise AssertionError(f"not within {within_s} s: {otherwise()}")
        await asyncio.sleep(0.05)
