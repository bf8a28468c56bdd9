"""The command line: parses, calls, prints; a file for each group of commands.

What is slow to import (dictionaries, Telegram, SQL) is imported by the command that needs it, so
that `version` and `--help` answer at once.
"""

from __future__ import annotations

import sys

import typer

from bot.cli import another_bot, archive, backups, care, demo, feeds, glossary, init, outbox, run
from bot.cli.endings import say_error

app = typer.Typer(
    name="sahman",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print what variables hold
    help="Crisis-news alerts on Telegram.",
)
app.command()(init.init)
app.command()(run.run)
app.command()(demo.demo)
app.command()(care.check)
app.command()(run.poll)
app.command()(glossary.glossary)
app.command()(outbox.outbox)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(backups.move)
app.command()(another_bot.token)
app.command()(archive.export)
app.command()(archive.prune)
app.command()(care.version)
app.command(hidden=True)(care.health)
app.add_typer(feeds.app, name="feeds")


def main() -> None:
    """Run the command line; what ends it is said in a sentence."""
    try:
        app()
    except Exception as error:  # known or a bug, one place says it
        sys.exit(say_error(error))
