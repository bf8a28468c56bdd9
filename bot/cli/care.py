"""`check`, `version` and `health`: whether this installation is as it should be."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from bot import __version__, log
from bot.cli.console import errors, out, read_environment
from bot.config import Settings, load_feeds, read_settings
from bot.errors import ConfigError

_HEALTH_MAY_TAKE_S = 5


def check(
    feeds: Annotated[bool, typer.Option("--feeds", help="Fetch each enabled feed once.")] = False,
) -> None:
    """Check settings, feeds.yaml, database and token; say everything that is wrong at once."""
    from bot.jobs.check import check_installation, load_of_operators

    settings, problems = read_settings(read_environment())
    log.configure(settings.log)
    log.keep_secret(*settings.secrets())
    problems += [
        problem
        for problem in asyncio.run(check_installation(settings, datetime.now(UTC)))
        if problem not in problems
    ]
    for problem in problems:
        errors.print(f"✗ {problem}", markup=False)
    if not settings.contact:
        errors.print(
            "! BOT_CONTACT is empty: publishers cannot tell you that your polling troubles them, "
            "and block you instead. Set it to your address or a page of yours",
            markup=False,
        )
    if settings.page is None and settings.why_no_page:
        errors.print(f"! the operator's page is not served: {settings.why_no_page}", markup=False)
    told = None if problems else load_of_operators(settings)
    for alarm in told.alarms if told else ():
        errors.print(f"! {alarm.removeprefix('⚠ ')}", markup=False)
    if told and told.unreached:
        errors.print(
            f"! {told.unreached} of BOT_ADMINS have not written to the bot, so it can tell them "
            "nothing. Let each write /start to it",
            markup=False,
        )
    failed = asyncio.run(_check_feeds(settings)) if feeds else 0
    if problems or failed:
        raise typer.Exit(1)
    out.print("✓ settings, feeds.yaml, database and token are good", markup=False)


async def _check_feeds(settings: Settings) -> int:
    """Fetch each feed once, show what came back, return how many failed."""
    from bot.jobs.check import FeedCheck, check_feeds, enabled_feeds

    checked: list[FeedCheck] = []
    try:
        total = len(enabled_feeds(load_feeds(settings.feeds)))
    except ConfigError:
        return 0  # said already
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task("fetching", total=total)
        async for result in check_feeds(settings, datetime.now(UTC)):
            checked.append(result)
            progress.advance(task)
    table = Table("feed", "items", "newest", "failed")
    for result in sorted(checked, key=lambda each: each.name):
        table.add_row(escape(result.name), str(result.items), result.newest, escape(result.failed))
    out.print(table)
    return sum(bool(result.failed) for result in checked)


def version() -> None:
    """Print the version."""
    out.print(__version__, markup=False)


def health() -> None:
    """Exit 0 if a Sahman on this machine is alive: the image's health check."""
    from bot.jobs.heartbeat import find_heartbeat, is_alive, read_address

    settings, _ = read_settings(read_environment())
    heartbeat = find_heartbeat(settings)
    if not is_alive(heartbeat, datetime.now(UTC)):
        errors.print("no sign of life")
        raise typer.Exit(1)
    address = read_address(heartbeat)
    if address and not _answers(f"{address}/healthz"):
        errors.print(f"no answer from {address}/healthz", markup=False)
        raise typer.Exit(1)


def _answers(url: str) -> bool:
    from urllib.request import ProxyHandler, build_opener

    try:
        # No proxy of the environment's: it is this machine that is asked.
        with build_opener(ProxyHandler({})).open(url, timeout=_HEALTH_MAY_TAKE_S) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
