"""The log: one line a record, text or JSON, and never a token."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import log
from bot.errors import DatabaseError

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_0123"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(style: str) -> io.StringIO:
    """Send the log into a stream of this test's own."""
    stream = io.StringIO()
    log.configure(style, stream)  # type: ignore[arg-type]
    return stream


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_token_is_printed_nowhere(style: str) -> None:
    stream = written(style)
    logger = logging.getLogger("bot.test")
    logger.info(f"asked https://api.telegram.org/bot{TOKEN}/getMe")  # noqa: G004
    logger.info("asked %s", TOKEN)
    logger.info("asked", extra={"url": f"https://api.telegram.org/bot{TOKEN}/getMe"})
    logger.info("asked", extra={"several": {"urls": [f"/bot{TOKEN}/x"]}})
    try:
        raise ValueError(f"cannot connect to https://api.telegram.org/bot{TOKEN}/getMe")
    except ValueError:
        logger.exception("asking_failed")
    said = stream.getvalue()
    assert said.count("<token>") == 4, "an error that is not ours keeps its words"
    assert TOKEN not in said
    assert TOKEN.partition(":")[2] not in said


def test_text_tells_the_event_and_its_facts_on_one_line() -> None:
    stream = written("text")
    logging.getLogger("bot.test").warning("feed_failed", extra={"feed": "Herald", "reason": "410"})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("warning feed_failed feed=Herald reason=410")


def test_json_is_one_object_a_line_with_the_facts_as_keys() -> None:
    stream = written("json")
    logger = logging.getLogger("bot.test")
    logger.info("feed_polled", extra={"feed": "Ազատություն", "new": 3})
    try:
        raise KeyError("x")
    except KeyError:
        logger.exception("poll_broke")
    polled, broke = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert polled["event"] == "feed_polled"
    assert (polled["feed"], polled["new"], polled["level"]) == ("Ազատություն", 3, "info")
    assert polled["at"].endswith("+00:00")
    assert "KeyError" in broke["error"]


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_fact_that_bears_a_line_break_cannot_forge_a_line(style: str) -> None:
    stream = written(style)
    logging.getLogger("bot.test").info("feed_failed", extra={"reason": "x\n2026 info started"})
    assert len(stream.getvalue().splitlines()) == 1


def test_the_chatter_of_libraries_is_left_out_and_their_warnings_are_not() -> None:
    stream = written("text")
    for name in ("apscheduler.executors.default", "aiohttp.access"):
        logging.getLogger(name).info("tick")
        logging.getLogger(name).warning("trouble")
    assert "tick" not in stream.getvalue()
    assert stream.getvalue().count("trouble") == 2


def test_what_telegrams_library_would_write_of_people_is_never_written() -> None:
    stream = written("text")
    for name in ("telegram.Bot", "telegram.ext.Application", "telegram.request"):
        logging.getLogger(name).critical("Error while parsing updates! Received data was %r", ["x"])
    assert stream.getvalue() == ""


def test_the_secrets_of_this_process_are_written_in_no_form() -> None:
    stream = written("text")
    log.keep_secret("p@ss/word of the database")
    logger = logging.getLogger("bot.test")
    logger.error("cannot connect", extra={"to": "p@ss/word of the database"})
    logger.error("cannot connect", extra={"to": "x?y=p%40ss%2Fword%20of%20the%20database"})
    assert stream.getvalue().count("<secret>") == 2
    assert "word of the database" not in stream.getvalue()


def test_an_error_is_told_by_its_place_and_kind_and_only_ours_by_its_words() -> None:
    try:
        try:
            raise ValueError("what somebody typed")
        except ValueError as error:
            raise DatabaseError("the disk is full") from error
    except DatabaseError as error:
        said = log.describe_error(error)
    assert "typed" not in said.replace('raise ValueError("what somebody typed")', "")
    assert "ValueError" in said
    assert "DatabaseError: the disk is full" in said
    assert "test_log.py" in said
