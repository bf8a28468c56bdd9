"""Sahman with bugs: `python -m tests.acceptance.clumsy run`.

Whoever types a word with "bug" in it meets an error that quotes them: in a handler, in a thread, in
a task that nobody awaits, and in a callback of the loop.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from bot.chat import keywords
from bot.cli import main


def _break(words: str) -> None:
    raise ValueError(f"cannot digest {words!r}")


async def _break_later(words: str) -> None:
    _break(words)


def _add_bugs() -> None:
    original = keywords.add

    async def add(visit: Any) -> None:
        words = visit.words
        if "bug" in words:
            threading.Thread(target=_break, args=(words,)).start()
            asyncio.get_running_loop().call_soon(_break, words)
            task = asyncio.create_task(_break_later(words), name=f"task about {words}")
            await asyncio.sleep(0.05)
            del task
            _break(words)
        await original(visit)

    from bot.chat import commands

    commands.COMMANDS["add"] = commands.Command(add)  # type: ignore[index]


if __name__ == "__main__":
    _add_bugs()
    main()
