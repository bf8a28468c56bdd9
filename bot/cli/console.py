"""What all commands share: where they print, what they are set to, and how they run."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from bot import log
from bot.config import Settings, load_settings, not_utf8
from bot.errors import ConfigError, Problem


class _Discreet(Console):
    """Prints everything but secrets."""

    def render_str(self, text: str, *given: Any, **named: Any) -> Text:
        return super().render_str(log.hide(text), *given, **named)


out = _Discreet(highlight=False, soft_wrap=True)
errors = _Discreet(stderr=True, highlight=False, soft_wrap=True)

_Result = TypeVar("_Result")
# What feeds.yaml takes out of the environment: "password: $NEWS_PASSWORD".
_NAMED = re.compile(r"(?:username|password)[\"']?\s*:\s*[\"']?\$\{?(\w+)")


def read_environment() -> dict[str, str]:
    """Return the environment over what .env says; the environment wins."""
    return {**_read_written(Path(".env")), **os.environ}


def _read_written(file: Path) -> dict[str, str]:
    """Return what .env says; raises ConfigError."""
    try:
        return {name: value or "" for name, value in dotenv_values(file).items()}
    except UnicodeDecodeError as error:
        raise ConfigError([not_utf8(file, error)]) from error
    except OSError as error:
        what, remedy = f"cannot be read ({error.strerror})", "Let the user who runs Sahman read it"
        raise ConfigError([Problem(str(file), what, remedy)]) from error


def settings_or_exit() -> Settings:
    """Return the settings, and log as they say; raises ConfigError, with which a command ends."""
    settings = load_settings(read_environment())
    log.configure(settings.log)
    log.catch_uncaught()
    log.keep_secret(*settings.secrets())
    _forget_environment(settings)
    # What we write is nobody else's to read.
    os.umask(0o077)
    return settings


def finish(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to the end; what it raises ends the command (see bot/cli/endings.py)."""
    return asyncio.run(_watched(main))


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while something long is done; gives what is told how much of it is."""
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress


def say_offline(feeds: int, reason: str) -> str:
    """Return the one sentence for feeds of which none can be reached."""
    return (
        f"this machine is offline: none of {feeds} feeds can be reached ({reason}). Check the "
        "network and its name server, or set BOT_PROXY"
    )


async def _watched(main: Coroutine[Any, Any, _Result]) -> _Result:
    log.watch_loop(asyncio.get_running_loop())
    return await main


def _forget_environment(settings: Settings) -> None:
    """Take our settings out of the environment: processes that we start inherit it."""
    named: set[str] = set()
    with suppress(OSError, UnicodeDecodeError):
        named.update(_NAMED.findall(settings.feeds.read_text(encoding="utf-8")))
    for name in [each for each in os.environ if each.startswith("BOT_") or each in named]:
        del os.environ[name]
