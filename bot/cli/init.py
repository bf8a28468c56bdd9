"""`init`: the two files that an installation needs, written into the folder at hand."""

from __future__ import annotations

import os
from pathlib import Path

from bot.cli.console import out
from bot.config import find_shipped
from bot.errors import ConfigError, Problem

#: What is written, from which sample; the first one will hold the token.
_FILES = {".env": ".env.example", "feeds.yaml": "feeds.yaml"}


def init() -> None:
    """Write .env and feeds.yaml into this folder, to be filled in; nothing is overwritten."""
    remedy = "Go to an empty folder, or move it away"
    there = [name for name in _FILES if os.path.lexists(name)]
    if there:
        raise ConfigError([Problem(name, "is there already", remedy) for name in there])
    for name, sample in _FILES.items():
        content = find_shipped(sample).read_bytes()
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
    out.print(
        f"✓ .env and feeds.yaml are in {Path.cwd()}. Put the token of @BotFather into .env after "
        "BOT_TOKEN=, then `check`, then `run`",
        markup=False,
    )
