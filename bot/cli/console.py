"""What all commands share: where they print, what they are set to, and how an error ends."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
from dotenv import dotenv_values
from rich.console import Console
from rich.text import Text

from bot import log
from bot.config import Settings, load_settings
from bot.errors import ConfigError, DatabaseError, TokenRefused


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
    written = {name: value or "" for name, value in dotenv_values(Path(".env")).items()}
    return {**written, **os.environ}


def settings_or_exit() -> Settings:
    """Return the settings, and log as they say; what is wrong with them is said and ends it."""
    try:
        settings = load_settings(read_environment())
    except ConfigError as error:
        _refuse(error)
    log.configure(settings.log)
    log.catch_uncaught()
    log.keep_secret(*settings.secrets())
    _forget_environment(settings)
    # What we write is nobody else's to read.
    os.umask(0o077)
    return settings


def finish(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to the end; an error that a person can mend is said, without a traceback."""
    try:
        return asyncio.run(_watched(main))
    except (ConfigError, DatabaseError) as error:
        _refuse(error)
    except TokenRefused as error:
        errors.print(
            f"✗ Telegram refuses BOT_TOKEN ({error}). Ask @BotFather for the bot's token "
            "(/mybots, API Token), or check BOT_API_URL.",
            markup=False,
        )
        raise typer.Exit(1) from error


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


def _refuse(error: ConfigError | DatabaseError) -> NoReturn:
    lines = error.problems if isinstance(error, ConfigError) else [error]
    for line in lines:
        errors.print(f"✗ {line}", markup=False)
    raise typer.Exit(1) from error
