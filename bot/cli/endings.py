"""How a command ends that could not do its work: one sentence with a remedy, never a traceback.

This is the one place that turns errors into sentences; what it does not know is a bug.
"""

from __future__ import annotations

import errno
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot import __version__
from bot.cli.console import errors
from bot.errors import ConfigError, SahmanError, TokenRefused
from bot.log import describe_error

#: Where people tell of bugs.
_WHERE = "the page where you got Sahman"
_RIGHTS = "Give it to the user who runs Sahman, or name another place"
_REMEDIES = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "Name a place that may be written",
    errno.ENOSPC: "Make room on that disk",
    errno.ENOENT: "Check the name",
    errno.EISDIR: "Name a file, not a folder",
    errno.ENOTDIR: "Name a folder where one is needed",
    errno.EEXIST: "Name another, or move that one away",
}


def say_error(error: Exception) -> int:
    """Say how a command ended, on the standard error; return the exit code."""
    sentences = find_sentences(error) or _report(error)
    for sentence in sentences:
        errors.print(f"✗ {sentence}", markup=False)
    return 1


def find_sentences(error: Exception) -> list[str]:
    """Return what a person can do about an error, a sentence for each thing; none for a bug."""
    if isinstance(error, ConfigError):
        return [str(problem) for problem in error.problems]
    if isinstance(error, TokenRefused):
        return [str(error.problem)]
    if isinstance(error, SahmanError):
        return [str(error)]
    if isinstance(error, OSError) and error.filename and error.errno in _REMEDIES:
        return [f"{error.filename}: {error.strerror}. {_REMEDIES[error.errno]}"]
    return []


def _report(error: Exception) -> list[str]:
    """Write a bug down, without its words, which may be a person's; return what to do with it."""
    described = f"Sahman {__version__}\n{describe_error(error)}\n"
    written = datetime.now(UTC)
    try:
        folder = Path(tempfile.gettempdir())
        handle, name = tempfile.mkstemp(
            prefix=f"sahman-bug-{written:%Y%m%d-%H%M%S}-", suffix=".txt", dir=folder
        )
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(described)
    except OSError:
        errors.print(described, markup=False)
        return [f"A bug of Sahman's: please report the lines above on {_WHERE}"]
    return [
        f"A bug of Sahman's ({type(error).__name__}): please report it on {_WHERE}, with what "
        f"stands in {name} (no token and nobody's words are in it)"
    ]
