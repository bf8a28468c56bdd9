"""The command line: parses, calls, prints."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from dotenv import dotenv_values
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from bot import __version__, log
from bot.config import Settings, load_feeds, load_settings, read_settings
from bot.errors import ConfigError, DatabaseError, TokenRefused

if TYPE_CHECKING:
    from bot.storage.deliveries import Outbox

# What is slow to import (dictionaries, Telegram, SQL) is imported by the command that needs it,
# so that `version` and `--help` answer at once.

app = typer.Typer(
    name="sahman",
    no_args_is_help=True,
    add_completion=False,
    help="Crisis-news alerts on Telegram.",
)
_out = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

_Result = TypeVar("_Result")

_NO_TOKEN = (
    "BOT_TOKEN is not set. To get one, write /newbot to @BotFather on Telegram,",
    "then put BOT_TOKEN=... into .env and run this again. Until then, here is the demo:",
)
_STALE_S = 60


class Only(StrEnum):
    """A part of the work, for one of several processes on one PostgreSQL."""

    POLL = "poll"
    CHAT = "chat"
    SEND = "send"


@app.command()
def run(
    only: Annotated[
        list[Only] | None,
        typer.Option(
            help="Do only this; may be repeated. For several processes on one PostgreSQL."
        ),
    ] = None,
) -> None:
    """Run Sahman: poll feeds, match, send, answer. Without BOT_TOKEN: the demo."""
    settings = _settings()
    if settings.token is None and not only:
        for line in _NO_TOKEN:
            _out.print(line, markup=False)
        _start_demo(port=0, every_s=12.0)
        return
    from bot import app as sahman

    async def main() -> None:
        stop = asyncio.Event()
        sahman.stop_on_signals(stop)
        roles = frozenset(sahman.Role(each) for each in only or sahman.Role)
        await sahman.run(settings, stop, roles=roles)

    _finish(main())


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the chat page; 0 takes a free one.")] = 0,
    every_s: Annotated[float, typer.Option(help="Seconds between new sample items.")] = 12.0,
) -> None:
    """Show the whole product on this machine, with sample news and no token."""
    _start_demo(port, every_s)


@app.command()
def check(
    feeds: Annotated[bool, typer.Option("--feeds", help="Fetch each enabled feed once.")] = False,
) -> None:
    """Check settings, feeds.yaml, database and token; say everything that is wrong at once."""
    from bot.jobs.check import check_installation

    settings, problems = read_settings(_environment())
    log.configure(settings.log)
    problems += [
        problem for problem in asyncio.run(check_installation(settings)) if problem not in problems
    ]
    for problem in problems:
        _errors.print(f"✗ {log.hide_tokens(str(problem))}", markup=False)
    if not settings.contact:
        _errors.print(
            "! BOT_CONTACT is empty: publishers cannot tell you that your polling troubles them, "
            "and block you instead. Set it to your address or a page of yours",
            markup=False,
        )
    failed = asyncio.run(_check_feeds(settings)) if feeds else 0
    if problems or failed:
        raise typer.Exit(1)
    _out.print("✓ settings, feeds.yaml, database and token are good", markup=False)


async def _check_feeds(settings: Settings) -> int:
    """Fetch each feed once, show what came back, return how many failed."""
    from bot.jobs.check import FeedCheck, check_feeds, enabled_feeds

    checked: list[FeedCheck] = []
    try:
        total = len(enabled_feeds(load_feeds(settings.feeds)))
    except ConfigError:
        return 0  # said already
    with Progress(console=_errors, transient=True) as progress:
        task = progress.add_task("fetching", total=total)
        async for result in check_feeds(settings, datetime.now(UTC)):
            checked.append(result)
            progress.advance(task)
    table = Table("feed", "items", "newest", "failed")
    for result in sorted(checked, key=lambda each: each.name):
        table.add_row(escape(result.name), str(result.items), result.newest, escape(result.failed))
    _out.print(table)
    return sum(bool(result.failed) for result in checked)


@app.command()
def poll(
    at: Annotated[
        str, typer.Option(help="The instant of the round, ISO 8601 in UTC; default now.")
    ] = "",
) -> None:
    """Poll the feeds that are due, once: store, owe, and print what is new."""
    settings = _settings()
    now = _read_instant(at)
    from bot.app import poll_once

    results, alerts = _finish(poll_once(settings, now))
    for result in results:
        if result.failed:
            _out.print(f"{result.feed}: failed: {result.failed}", markup=False)
        elif result.not_modified:
            _out.print(f"{result.feed}: unchanged", markup=False)
        else:
            silence = ", first poll: stored in silence" if result.first else ""
            _out.print(f"{result.feed}: {len(result.items)} new{silence}", markup=False)
        for item in result.items:
            _out.print(f"  {item.published_at:%Y-%m-%d %H:%M} {item.title}", markup=False)
    new = sum(len(result.items) for result in results)
    _out.print(f"{len(results)} feeds asked, {new} new items, {alerts} alerts owed", markup=False)


@app.command()
def glossary(
    word: Annotated[
        str, typer.Argument(help="A word or several, as a subscriber would type them.")
    ],
) -> None:
    """Show what words mean to Sahman: the concepts they stand for, in three languages."""
    from bot import language
    from bot.matching import KeywordRefused, find_concepts, parse_keyword

    try:
        query = parse_keyword(word)
    except KeywordRefused as refused:
        _errors.print(f"✗ refused: {refused.reason} at {refused.position + 1}", markup=False)
        raise typer.Exit(1) from None
    _out.print(f"asks for: {query.canonical}", markup=False)
    concepts = language.load().glossary.concepts
    found = [concepts[each] for each in find_concepts(query) if each in concepts]
    for concept in found:
        _out.print(f"\n{concept.id} ({concept.category}, gravity {concept.gravity})", markup=False)
        for code, words in concept.words.items():
            _out.print(f"  {code}: {', '.join(words)}", markup=False)
        never = [words for each in concept.never.values() for words in each]
        if never:
            _out.print(f"  not: {', '.join(never)}", markup=False)
    if not found:
        _out.print("no concept of the glossary: found by its own forms and sound", markup=False)


@app.command()
def outbox(
    retry: Annotated[
        bool, typer.Option("--retry", help="Owe what was given up once more.")
    ] = False,
) -> None:
    """Show what is owed, what was sent today, and what was given up and why."""
    settings = _settings()
    from bot.app import open_storage

    async def main() -> tuple[Outbox, int]:
        async with open_storage(settings) as storage:
            again = await storage.deliveries.owe_dead_again(datetime.now(UTC)) if retry else 0
            return await storage.deliveries.load_outbox(), again

    stands, again = _finish(main())
    if retry:
        _out.print(f"{again} owed once more", markup=False)
    table = Table("outbox", "messages", show_header=False)
    for kind, count in sorted(stands.owed.items()):
        table.add_row(f"owed: {kind.name.lower()}s", str(count))
    table.add_row("the oldest has waited", f"{stands.oldest_ms / 1000:.0f} s")
    table.add_row("sent in 24 hours", str(stands.sent_today))
    table.add_row("of these doubtful: no answer came", str(stands.doubtful_today))
    for error, count in stands.dead.items():
        table.add_row(escape(f"given up: {log.hide_tokens(error)}"), str(count))
    _out.print(table)


@app.command()
def version() -> None:
    """Print the version."""
    _out.print(__version__, markup=False)


@app.command(hidden=True)
def health() -> None:
    """Exit 0 if a Sahman on this machine is alive: the image's health check."""
    from bot.app import HEARTBEAT

    try:
        age_s = time.time() - HEARTBEAT.stat().st_mtime
    except OSError:
        age_s = float("inf")
    if age_s > _STALE_S:
        _errors.print("no sign of life")
        raise typer.Exit(1)


def _start_demo(port: int, every_s: float) -> None:
    # Newcomers look for the address: no line of the log may push it away.
    log.configure("text", level=logging.WARNING)
    from bot.app import run_demo

    def announce(url: str) -> None:
        _out.print(f"\nSahman's demo is at {url} (Ctrl-C ends it)", markup=False)

    _finish(run_demo(port, every_s, announce))


# At the end: the commands under `feeds` use what stands above.
def _add_feeds() -> None:
    from bot.cli_feeds import make_feeds_app

    app.add_typer(make_feeds_app(_settings, _finish), name="feeds")


def _environment() -> dict[str, str]:
    """Return the environment over what .env says; the environment wins."""
    written = {name: value or "" for name, value in dotenv_values(Path(".env")).items()}
    return {**written, **os.environ}


def _settings() -> Settings:
    try:
        settings = load_settings(_environment())
    except ConfigError as error:
        _refuse(error)
    log.configure(settings.log)
    return settings


def _finish(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to the end; an error that a person can mend is said, without a traceback."""
    try:
        return asyncio.run(main)
    except (ConfigError, DatabaseError) as error:
        _refuse(error)
    except TokenRefused as error:
        _errors.print(
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
        _errors.print(f"✗ {line}", markup=False)
    raise typer.Exit(1) from error


def _read_instant(written: str) -> datetime:
    if not written:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        _errors.print(f"✗ --at {written}: write it like 2026-09-12T09:00:00Z", markup=False)
        raise typer.Exit(2) from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


_add_feeds()
