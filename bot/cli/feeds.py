"""`python -m bot feeds`: how the feeds do, and adding, switching, trying and exchanging them."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from bot.cli.console import errors, finish, out, say_offline, settings_or_exit
from bot.config import Settings, load_feeds
from bot.errors import ConfigError, FeedError

_SHOWN_DAYS = 7


class _FeedsGroup(TyperGroup):
    """Takes what is none of its commands for the name of a feed."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=_FeedsGroup, help="How the feeds do; add, switch, try and exchange them.")


@app.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """Show every feed: its state, last success, last new item, delay and failures."""
    if context.invoked_subcommand is None:
        finish(_show(settings_or_exit(), datetime.now(UTC)))


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="A feed's address, or its site's.")],
    name: Annotated[str, typer.Option(help="What to call it; default its own title.")] = "",
    publisher: Annotated[str, typer.Option(help="Who stands behind it.")] = "",
    country: Annotated[str, typer.Option(help="ISO 3166, of a new publisher.")] = "AM",
    kind: Annotated[str, typer.Option(help="Of a new publisher, as feeds.yaml says.")] = "private",
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="It may be on a private network.")
    ] = False,
) -> None:
    """Find the feed behind an address, show what it holds and add it to feeds.yaml."""
    facts = {"country": country, "kind": kind}
    finish(_add(settings_or_exit(), url, name, publisher, facts, private=allow_private))


@app.command("show", hidden=True)
def show_one(name: Annotated[list[str], typer.Argument(help="As in feeds.yaml.")]) -> None:
    """Show what became of one feed's items, day by day, and why some alerted nobody."""
    finish(_show_one(settings_or_exit(), " ".join(name)))


@app.command("test")
def try_out(
    feed: Annotated[str, typer.Argument(help="A name in feeds.yaml, or an address.")],
    allow_private: Annotated[bool, typer.Option("--allow-private")] = False,
) -> None:
    """Fetch a feed once and show what it holds; nothing is stored."""
    finish(_test(settings_or_exit(), feed, private=allow_private))


@app.command()
def enable(name: Annotated[str, typer.Argument(help="As in feeds.yaml.")]) -> None:
    """Switch a feed on; one that was gone is asked again."""
    finish(_switch(settings_or_exit(), name, True))


@app.command()
def disable(name: Annotated[str, typer.Argument(help="As in feeds.yaml.")]) -> None:
    """Switch a feed off; its history stays."""
    finish(_switch(settings_or_exit(), name, False))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An OPML file.")],
) -> None:
    """Add the feeds of an OPML file, switched off, to be looked at one by one."""
    finish(_import(settings_or_exit(), file))


@app.command()
def export() -> None:
    """Write every feed of feeds.yaml as OPML to the standard output."""
    finish(_export(settings_or_exit()))


async def _show(settings: Settings, now: datetime) -> None:
    from bot.feeds.health import find_offline, find_outages, judge_health
    from bot.jobs.feedlist import FeedListJob
    from bot.storage import open_storage

    async with open_storage(settings) as storage:
        await FeedListJob(storage, settings.feeds, settings.variables).load(now)
        feeds = await storage.health.load()
    offline = find_offline(feeds)
    table = Table("feed", "state", "success", "new", "delay", "next", "failures")
    for feed in feeds:
        state = judge_health(feed)
        why = f"{feed.failures}: {feed.error}" if feed.failures and not offline else ""
        table.add_row(
            escape(feed.name),
            state,
            _ago(feed.last_success_at, now),
            _ago(feed.last_new_at, now),
            "" if feed.delay_s is None else _short(timedelta(seconds=feed.delay_s)),
            _short(feed.next_poll_at - now) if feed.enabled and not feed.gone_at else "",
            escape(why),
        )
    out.print(table)
    if offline:
        errors.print(
            f"⚠ {say_offline(sum(bool(feed.failures) for feed in feeds), offline)}", markup=False
        )
        return
    for outage in find_outages(feeds, now):
        away = _short(now - outage.since)
        out.print(
            f"⚠ {outage.about}: {outage.down} of {outage.total} down for {away}", markup=False
        )


async def _show_one(settings: Settings, name: str) -> None:
    from bot.delivery.silences import say_fate
    from bot.storage import open_storage
    from bot.texts import load_texts

    texts = load_texts()["en"]
    async with open_storage(settings) as storage:
        feeds = {feed.name.casefold(): feed for feed in await storage.health.load()}
        if name.casefold() not in feeds:
            errors.print(f"✗ no feed is called {name!r}: see `feeds` for all", markup=False)
            raise typer.Exit(1)
        feed = feeds[name.casefold()]
        days = await storage.silences.load_days(feed.name, _SHOWN_DAYS)
    table = Table("day (UTC)", "what became of it", "items", "last example")
    for day in days:
        for fate, tally in day.tallies.items():
            said = str(say_fate(fate, texts).unescape())
            table.add_row(day.on_day, said, str(tally.count), escape(tally.example[:80]))
        if day.unasked:
            table.add_row(day.on_day, "in nobody's keywords", str(day.unasked), "")
    by = feed.publisher
    facts = ", ".join(filter(None, [by.country, by.kind, by.family, by.city, by.source]))
    out.print(f"{feed.name}: {feed.url}", markup=False)
    out.print(f"{by.name}: {facts}", markup=False)
    out.print(table if days else "nothing new yet")


async def _add(
    settings: Settings, url: str, name: str, publisher: str, facts: dict[str, str], *, private: bool
) -> None:
    from bot.feeds.finder import describe_entry
    from bot.feeds_yaml import FeedsFile

    found = await _find(settings, url, private)
    entry = describe_entry(found, name=name, publisher=publisher, private=private)
    FeedsFile(settings.feeds).add(entry, facts)
    out.print(f"✓ added to {settings.feeds} as {entry['name']!r}", markup=False)


async def _test(settings: Settings, feed: str, *, private: bool) -> None:
    from bot.feeds.logins import find_logins

    try:
        listed = load_feeds(settings.feeds, settings.variables)
    except ConfigError:
        # What is wrong with others is no reason not to try this address.
        await _find(settings, feed, private)
        return
    configured = {each.name: each for each in listed.feeds}
    if feed not in configured:
        await _find(settings, feed, private)
        return
    its = configured[feed]
    await _find(settings, its.url, its.allow_private, its.name, find_logins(listed))


async def _find(
    settings: Settings, url: str, private: bool, name: str = "", logins: Any = None
) -> Any:
    """Return the feed behind an address, its contents printed; *name* is its in feeds.yaml."""
    from bot import language
    from bot.feeds.fetch import FeedFetcher
    from bot.feeds.finder import find_feed
    from bot.feeds.worker import ParseWorker

    language.load()
    fetcher, worker = FeedFetcher(settings.contact, proxy=settings.proxy), ParseWorker()
    fetcher.logins = logins or {}
    try:
        found = await find_feed(url, fetcher, worker, datetime.now(UTC), private=private, name=name)
    except FeedError as error:
        errors.print(f"✗ {url}: {error.reason}", markup=False)
        raise typer.Exit(1) from None
    finally:
        await fetcher.close()
        worker.close()
    newest = found.newest_at
    out.print(
        f"{found.url}: {len(found.items)} items, language {found.language}, newest "
        f"{f'{newest:%Y-%m-%d %H:%M} UTC' if newest else 'without a date'}",
        markup=False,
    )
    for item in found.items[:5]:
        out.print(f"  {item.title}", markup=False)
    return found


async def _switch(settings: Settings, name: str, wanted: bool) -> None:
    from bot.feeds_yaml import FeedsFile
    from bot.jobs.feedlist import FeedListJob
    from bot.storage import open_storage

    now = datetime.now(UTC)
    changed = FeedsFile(settings.feeds).enable(name, wanted)
    async with open_storage(settings) as storage:
        await FeedListJob(storage, settings.feeds, settings.variables).load(now)
        if wanted:
            await storage.feeds.revive(name, now)
    said = "switched on" if wanted else "switched off"
    out.print(f"✓ {name}: {said}" if changed else f"✓ {name}: was so already", markup=False)


async def _import(settings: Settings, file: Path) -> None:
    from bot.feeds.finder import name_host
    from bot.feeds.opml import read_opml
    from bot.feeds_yaml import FeedsFile

    try:
        listed = read_opml(await asyncio.to_thread(file.read_bytes))
    except (FeedError, OSError) as error:
        errors.print(f"✗ {file}: {error}", markup=False)
        raise typer.Exit(1) from None
    for unread in listed.unread:
        errors.print(
            f"✗ {file}, line {unread.line}: {unread.title or 'an outline'} has no feed's address "
            '(xmlUrl="https://..."). Find it by `feeds add SITE`',
            markup=False,
        )
    if not listed.outlines:
        errors.print(
            f"✗ {file} lists no feeds: each is an <outline> with an xmlUrl. Export it again from "
            "your reader, as OPML",
            markup=False,
        )
        raise typer.Exit(1)
    known = {each.url for each in load_feeds(settings.feeds).feeds}
    added, already, refused = 0, 0, 0
    for outline in listed.outlines:
        if outline.url in known:
            already += 1
            continue
        host = name_host(outline.url)
        entry = {
            "name": outline.title or host, "url": outline.url, "publisher": host,
            "language": "other", "enabled": False,
        }  # fmt: skip
        try:
            FeedsFile(settings.feeds).add(entry, {"country": "AM", "kind": "private"})
        except ConfigError as error:
            for problem in error.problems:
                errors.print(f"✗ {outline.url}: {problem.what}", markup=False)
            refused += 1
            continue
        added += 1
    if already:
        out.print(f"{already} are in feeds.yaml already", markup=False)
    if added:
        out.print(
            f"✓ {added} of {len(listed.outlines)} added, switched off: give each its publisher's "
            "country and kind and its language, try it by `feeds test`, then `feeds enable`",
            markup=False,
        )
    if refused and not added:
        raise typer.Exit(1)


async def _export(settings: Settings) -> None:
    from bot.feeds.opml import Outline, write_opml

    feeds = load_feeds(settings.feeds).feeds
    document = write_opml(
        (each.publisher, Outline(title=each.name, url=each.url)) for each in feeds
    )
    sys.stdout.buffer.write(document)


def _ago(at: datetime | None, now: datetime) -> str:
    return _short(now - at) if at else "never"


def _short(lasted: timedelta) -> str:
    seconds = int(lasted.total_seconds())
    if seconds <= 0:
        return "now"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
