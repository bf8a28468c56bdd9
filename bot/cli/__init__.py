"""The command line: parses, calls, prints; a file for each group of commands.

What is slow to import (dictionaries, Telegram, SQL) is imported by the command that needs it, so
that `version` and `--help` answer at once.
"""

from __future__ import annotations

import sys

import typer

from bot.cli import care, demo, feeds, glossary, outbox, run
from bot.log import describe_error

app = typer.Typer(
    name="sahman",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print what variables hold
    help="Crisis-news alerts on Telegram.",
)
app.command()(run.run)
app.command()(demo.demo)
app.command()(care.check)
app.command()(run.poll)
app.command()(glossary.glossary)
app.command()(outbox.outbox)
app.command()(care.version)
app.command(hidden=True)(care.health)
app.add_typer(feeds.app, name="feeds")


def main() -> None:
    """Run the command line; what nobody caught is written once, without what variables held."""
    try:
        app()
    except Exception as error:  # a bug of ours: without its words, which may be a person's
        sys.stderr.write("✗ A bug of Sahman's: please report these lines\n")
        sys.stderr.write(f"{describe_error(error)}\n")
        sys.exit(1)
