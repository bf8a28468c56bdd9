"""`export` and `prune`: the archive for those who study it, and what is too old to be kept."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from bot.cli.console import counting, errors, finish, out, settings_or_exit

if TYPE_CHECKING:
    from bot.model import Item


class What(StrEnum):
    """What is exported."""

    ITEMS = "items"
    STORIES = "stories"
    VERSIONS = "versions"
    HOURS = "hours"


class Form(StrEnum):
    """How it is written."""

    JSONL = "jsonl"
    CSV = "csv"


def export(
    what: Annotated[
        What,
        typer.Argument(help="Items, stories, headlines that were changed, or items by the hour."),
    ],
    to: Annotated[Path | None, typer.Option(help="The file; default the standard output.")] = None,
    form: Annotated[Form, typer.Option("--format", help="JSON Lines or CSV.")] = Form.JSONL,
    since: Annotated[
        datetime | None, typer.Option(help="Printed at or after (UTC).", formats=["%Y-%m-%d"])
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Printed before (UTC).", formats=["%Y-%m-%d"])
    ] = None,
    query: Annotated[
        str, typer.Option(help="Only what holds this keyword, as /add reads it.")
    ] = "",
) -> None:
    """Write the archive by dates and words, as JSON Lines or CSV; nothing of readers is in it."""
    settings = settings_or_exit()
    from bot.storage import exports, open_storage

    asked = exports.Asked(_in_utc(since), _in_utc(until), _read_query(query))
    makers = {
        What.ITEMS: exports.iter_items,
        What.STORIES: exports.iter_stories,
        What.VERSIONS: exports.iter_versions,
        What.HOURS: exports.iter_hours,
    }

    async def main() -> int:
        async with open_storage(settings) as storage:
            rows = makers[what](storage.database.engine, asked)
            if to is None:
                return _write(sys.stdout, form, rows)
            made = to.open("x", encoding="utf-8", newline="")
            with made as stream, counting("exporting") as progress:
                return _write(stream, form, _counted(rows, progress))

    written = finish(main())
    errors.print(f"✓ {written} rows", markup=False)


def prune(
    days: Annotated[
        int | None, typer.Option(min=1, help="How far back to keep; default BOT_KEEP_DAYS.")
    ] = None,
) -> None:
    """Delete at once what is older than it is kept, rather than a little every hour."""
    settings = settings_or_exit()
    from bot.jobs.prune import prune as prune_some
    from bot.storage import open_storage

    async def main() -> tuple[int, int]:
        items = deliveries = 0
        async with open_storage(settings) as storage:
            with counting("pruning") as progress:
                while True:
                    gone = await prune_some(storage, days or settings.keep_days, datetime.now(UTC))
                    if not any(gone):
                        return items, deliveries
                    items, deliveries = items + gone[0], deliveries + gone[1]
                    progress(items, items)

    items, deliveries = finish(main())
    out.print(f"✓ {items} items and {deliveries} settled deliveries deleted", markup=False)


def _read_query(typed: str) -> Callable[[Item], bool]:
    if not typed:
        return lambda each: True
    from bot import language
    from bot.intake import find_words
    from bot.matching import KeywordRefused, parse_keyword

    language.load()
    try:
        query = parse_keyword(typed)
    except KeywordRefused as refused:
        raise typer.BadParameter(f"--query: {refused.reason} at {refused.position + 1}") from None
    return lambda each: find_words(query, each) is not None


def _in_utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)


def _write(stream: TextIO, form: Form, rows: Iterator[dict[str, Any]]) -> int:
    written = 0
    first = next(rows, None)
    if first is None:
        return 0
    table = csv.DictWriter(stream, list(first))
    if form is Form.CSV:
        table.writeheader()
    for row in chain([first], rows):
        written += 1
        if form is Form.CSV:
            table.writerow({name: _harmless(value) for name, value in row.items()})
        else:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return written


def _harmless(value: Any) -> Any:
    """Return a value that a spreadsheet takes for no formula: headlines come from anywhere."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def _counted(
    rows: Iterable[dict[str, Any]], progress: Callable[[int, int], None]
) -> Iterator[dict[str, Any]]:
    for count, row in enumerate(rows, start=1):
        if not count % 500:
            progress(count, count)
        yield row
