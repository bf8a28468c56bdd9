"""What all commands share: where they print, what they are set to, and how an error ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
from dotenv import dotenv_values
from rich.console import Console

from bot import log
from bot.config import Settings, load_settings
from bot.errors import ConfigError, DatabaseError, TokenRefused

out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

_Result = TypeVar("_Result")


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
    return settings


def finish(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to the end; an error that a person can mend is said, without a traceback."""
    try:
        return asyncio.run(main)
    except (ConfigError, DatabaseError) as error:
        _refuse(error)
    except TokenRefused as error:
        errors.print(
            log.hide_tokens(
                f"✗ Telegram refuses BOT_TOKEN ({error}). Ask @BotFather for the bot's token "
                "(/mybots, API Token), or check BOT_API_URL."
            ),
            markup=False,
        )
        raise typer.Exit(1) from error


def _refuse(error: ConfigError | DatabaseError) -> NoReturn:
    lines = error.problems if isinstance(error, ConfigError) else [error]
    for line in lines:
        errors.print(f"✗ {line}", markup=False)
    raise typer.Exit(1) from error
