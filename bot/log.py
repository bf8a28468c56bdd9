"""One logging configuration: text or JSON; never a token, never what a subscriber typed."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

# A bot token as Telegram writes it: digits, a colon, then 30 or more letters. Telegram's URLs
# carry it, so errors of HTTP libraries do too.
# No word boundary before the digits: in a URL the word "bot" touches them.
_TOKEN = re.compile(r"(?<!\d)\d{3,}:[A-Za-z0-9_-]{20,}")
# To the last sign that ends a login: passwords hold that sign as well.
_LOGIN = re.compile(r"(?<=//)[^/\s]*@")
_FRAMES_SAID = 5
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


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


def _facts(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        line = f"{self.formatTime(record)} {record.levelname.lower()} {record.getMessage()} {facts}"
        # What a server said may hold line breaks, and must not pass for lines of ours.
        line = " ".join(line.splitlines())
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return hide_logins(hide_tokens(line.rstrip()))


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return hide_logins(hide_tokens(json.dumps(entry, ensure_ascii=False, default=str)))


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
    # A job that failed is told of by jobs/timers.py, once.
    logging.getLogger("apscheduler.executors.default").addFilter(_is_no_traceback)
