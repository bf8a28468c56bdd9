"""One logging configuration: text or JSON; never a secret, never what a subscriber typed."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO
from urllib.parse import quote, quote_plus

from bot.errors import SahmanError

# A bot token as Telegram writes it: digits, a colon, then 30 or more letters. Telegram's URLs
# carry it, so errors of HTTP libraries do too.
# No word boundary before the digits: in a URL the word "bot" touches them.
_TOKEN = re.compile(r"(?<!\d)\d{3,}:[A-Za-z0-9_-]{20,}")
# To the last sign that ends a login: passwords hold that sign as well.
_LOGIN = re.compile(r"(?<=//)[^/\s]*@")
_FRAMES_SAID = 5
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


#: Secrets of this process, in every form in which they may be written.
_secrets: set[str] = set()
_SHORTEST_SECRET = 4


def keep_secret(*values: str) -> None:
    """Never write these values again, whoever quotes them."""
    for value in values:
        if len(value) >= _SHORTEST_SECRET:
            _secrets.update((value, quote(value, safe=""), quote_plus(value)))


def hide(text: str) -> str:
    """Return *text* without tokens, logins and the secrets of this process."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "<secret>")
    return hide_logins(hide_tokens(text))


def hide_tokens(text: str) -> str:
    """Return *text* with everything that looks like a bot token replaced."""
    return _TOKEN.sub("<token>", text)


def hide_logins(text: str) -> str:
    """Return *text* without the user names and passwords that stand in its addresses."""
    return _LOGIN.sub("...@", text)


def where(error: BaseException) -> str:
    """Return what kind of error it is and where it came from, without its text.

    That may quote what somebody typed.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_SAID:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return " > ".join([*places, type(error).__name__])


def describe_error(error: BaseException) -> str:
    """Return an error and those behind it with their places: no values, no foreign words.

    Only our own errors keep their sentences; another's may quote what somebody typed.
    """
    lines: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        said = f": {link}" if isinstance(link, SahmanError) else ""
        frames = [line.rstrip() for line in traceback.format_tb(link.__traceback__)]
        lines = [*frames, f"{type(link).__module__}.{type(link).__name__}{said}", *lines]
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return hide("\n".join(lines))


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        line = f"{self.formatTime(record)} {record.levelname.lower()} {record.getMessage()} {facts}"
        # What a server said may hold line breaks, and must not pass for lines of ours.
        line = " ".join(line.splitlines())
        if record.exc_info and record.exc_info[1]:
            line = f"{line}\n{describe_error(record.exc_info[1])}"
        return hide(line.rstrip())


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[1]:
            entry["error"] = describe_error(record.exc_info[1])
        return hide(json.dumps(entry, ensure_ascii=False, default=str))


def _is_no_traceback(record: logging.LogRecord) -> bool:
    return record.exc_info is None


def configure(
    style: Literal["text", "json"] = "text",
    stream: TextIO | None = None,
    *,
    level: int = logging.INFO,
) -> None:
    """Send the process's log records from *level* on to *stream* (standard error) in *style*."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonFormatter() if style == "json" else _TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Their INFO lines tell of every request and every tick of a timer.
    for name in ("apscheduler", "aiohttp", "alembic", "pymorphy3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It writes whole batches of updates and whole answers, with all that people typed; what fails
    # there is told by us.
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
    # In its debug mode it writes what tasks return and wait for.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    # A job that failed is told of by jobs/timers.py, once.
    logging.getLogger("apscheduler.executors.default").addFilter(_is_no_traceback)


def catch_uncaught() -> None:
    """Let what nobody caught in this process be logged like everything else, and nowhere else."""
    sys.excepthook = lambda kind, error, tb: _tell_uncaught(error, "the main thread")
    threading.excepthook = lambda given: _tell_uncaught(
        given.exc_value, given.thread.name if given.thread else "a thread"
    )
    sys.unraisablehook = lambda given: _tell_uncaught(given.exc_value, "a destructor")


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Let what nobody caught in *loop* be logged like everything else."""
    loop.set_exception_handler(_tell_of_loop)


def _tell_of_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Not the context itself: it holds tasks and callbacks, with what they were given and return.
    error = context.get("exception")
    extra = {"what": re.split(r"[(<]", str(context.get("message", "")))[0][:200]}
    logging.getLogger("bot").error(
        "uncaught_in_loop", extra=extra, exc_info=error if isinstance(error, Exception) else None
    )


def _tell_uncaught(error: BaseException | None, place: str) -> None:
    """Write what nobody caught: the one place that prints such."""
    if isinstance(error, KeyboardInterrupt) or error is None:
        return
    logging.getLogger("bot").critical("uncaught", extra={"in": place}, exc_info=error)
