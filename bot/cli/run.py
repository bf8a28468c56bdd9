"""`run` and `poll`: Sahman at work, for good or for one round."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.console import errors, finish, out, say_offline, settings_or_exit
from bot.cli.demo import start_demo

_NO_TOKEN = (
    "BOT_TOKEN is not set. To get one, write /newbot to @BotFather on Telegram,",
    "then put BOT_TOKEN=... into .env and run this again. Until then, here is the demo:",
)


class Only(StrEnum):
    """A part of the work, for one of several processes on one PostgreSQL."""

    POLL = "poll"
    CHAT = "chat"
    SEND = "send"


def run(
    only: Annotated[
        list[Only] | None,
        typer.Option(
            help="Do only this; may be repeated. For several processes on one PostgreSQL."
        ),
    ] = None,
) -> None:
    """Run Sahman: poll feeds, match, send, answer. Without BOT_TOKEN: the demo."""
    settings = settings_or_exit()
    if settings.token is None and not only:
        for line in _NO_TOKEN:
            out.print(line, markup=False)
        start_demo(port=0, every_s=12.0)
        return
    from bot import app as sahman
    from bot.lifetime import stop_on_signals

    async def main() -> None:
        stop = asyncio.Event()
        stop_on_signals(stop)
        roles = frozenset(sahman.Role(each) for each in only or sahman.Role)
        await sahman.run(settings, stop, roles=roles)

    finish(main())


def poll(
    at: Annotated[
        str, typer.Option(help="The instant of the round, ISO 8601 in UTC; default now.")
    ] = "",
) -> None:
    """Poll the feeds that are due, once: store, owe, and print what is new."""
    settings = settings_or_exit()
    now = _read_instant(at)
    from bot.app import poll_once
    from bot.feeds.health import find_unreached

    results, alerts = finish(poll_once(settings, now))
    failed = [result.failed for result in results if result.failed]
    offline = find_unreached(failed) if len(failed) == len(results) else ""
    if offline:
        errors.print(f"✗ {say_offline(len(failed), offline)}", markup=False)
        raise typer.Exit(1)
    for result in results:
        if result.failed:
            out.print(f"{result.feed}: failed: {result.failed}", markup=False)
        elif result.not_modified:
            out.print(f"{result.feed}: unchanged", markup=False)
        else:
            silence = ", first poll: stored in silence" if result.first else ""
            out.print(f"{result.feed}: {len(result.items)} new{silence}", markup=False)
        for item in result.items:
            out.print(f"  {item.published_at:%Y-%m-%d %H:%M} {item.title}", markup=False)
    new = sum(len(result.items) for result in results)
    out.print(f"{len(results)} feeds asked, {new} new items, {alerts} alerts owed", markup=False)
    if results and len(failed) == len(results):
        raise typer.Exit(1)


def _read_instant(written: str) -> datetime:
    if not written:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        errors.print(f"✗ --at {written}: write it like 2026-09-12T09:00:00Z", markup=False)
        raise typer.Exit(2) from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
