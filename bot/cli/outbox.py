"""`outbox`: what is owed, what was sent, what was given up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bot import log
from bot.cli.console import finish, out, settings_or_exit

if TYPE_CHECKING:
    from bot.storage.deliveries import Outbox


def outbox(
    retry: Annotated[
        bool, typer.Option("--retry", help="Owe what was given up once more.")
    ] = False,
) -> None:
    """Show what is owed, what was sent today, and what was given up and why."""
    settings = settings_or_exit()
    from bot.storage import open_storage

    async def main() -> tuple[Outbox, int]:
        async with open_storage(settings) as storage:
            again = await storage.deliveries.owe_dead_again(datetime.now(UTC)) if retry else 0
            return await storage.deliveries.load_outbox(), again

    stands, again = finish(main())
    if retry:
        out.print(f"{again} owed once more", markup=False)
    table = Table("outbox", "messages", show_header=False)
    for kind, count in sorted(stands.owed.items()):
        table.add_row(f"owed: {kind.name.lower()}s", str(count))
    table.add_row("the oldest has waited", f"{stands.oldest_ms / 1000:.0f} s")
    table.add_row("sent in 24 hours", str(stands.sent_today))
    table.add_row("of these doubtful: no answer came", str(stands.doubtful_today))
    for error, count in stands.dead.items():
        table.add_row(escape(f"given up: {log.hide_tokens(error)}"), str(count))
    out.print(table)
