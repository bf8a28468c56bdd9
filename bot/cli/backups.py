"""`backup`, `restore` and `move`: all that is kept, into a file, back, or to another database."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import log
from bot.cli.console import counting, finish, out, settings_or_exit
from bot.config import Settings, load_settings
from bot.errors import ConfigError, Problem

if TYPE_CHECKING:
    from bot.storage.restoring import Backup

_Encrypt = Annotated[
    bool, typer.Option("--encrypt", help="Seal it with a passphrase, which is asked for.")
]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to; it must not be there yet.")],
    encrypt: _Encrypt = False,
) -> None:
    """Back up all that is kept into one file, while Sahman runs; it fits both databases."""
    settings = settings_or_exit()
    passphrase = settings.backup_key
    if encrypt and not passphrase:
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)
    from bot.storage import open_storage
    from bot.storage.backing_up import dump_lines
    from bot.storage.backup_file import write_lines

    if file.exists():
        raise ConfigError([Problem(str(file), "is there already", "Name another file")])

    async def main() -> None:
        async with open_storage(settings) as storage:
            engine = storage.database.engine
            with counting("backing up") as progress:
                lines = dump_lines(engine, datetime.now(UTC), progress)
                await asyncio.to_thread(write_lines, file, lines, passphrase)

    finish(main())
    out.print(f"✓ {file}, {_say_size(file)}{', sealed' if passphrase else ''}", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` made.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the file is whole.")
    ] = False,
) -> None:
    """Bring a backup back into an empty database of either kind; all of it is checked first."""
    settings = settings_or_exit()
    passphrase = _ask_passphrase(settings, file)
    from bot.storage.restoring import check_backup
    from bot.storage.restoring import restore as store

    with counting("checking") as progress:
        found = check_backup(file, passphrase, progress)
    _say_backup(found)
    if check:
        return
    url = settings.database_url.get_secret_value()
    with counting("restoring") as progress:
        store(found, passphrase, url, progress)
    finish(_read_archive_anew(settings))
    out.print("✓ restored. Start Sahman again with `run`", markup=False)


def move(
    url: Annotated[
        str, typer.Argument(help="The other database; asked for if left out, as it may be secret.")
    ] = "",
) -> None:
    """Move all that is kept to another, empty database: SQLite to PostgreSQL, or back."""
    settings = settings_or_exit()
    url = url or typer.prompt("Move to (postgresql://... or sqlite:///...)", hide_input=True)
    target = load_settings({"BOT_DATABASE_URL": url})
    log.keep_secret(*target.secrets())
    if target.database_url == settings.database_url:
        raise ConfigError([Problem("URL", "is the database itself", "Name another")])
    from bot.storage import open_storage
    from bot.storage.backing_up import dump_lines
    from bot.storage.backup_file import write_lines
    from bot.storage.restoring import check_backup
    from bot.storage.restoring import restore as store

    async def main(file: Path) -> None:
        # Served by nobody else meanwhile: what came after would be left behind.
        async with open_storage(settings, serving=True) as storage:
            await storage.processes.refuse_others()
            with counting("reading") as progress:
                lines = dump_lines(storage.database.engine, datetime.now(UTC), progress)
                await asyncio.to_thread(write_lines, file, lines)
            found = check_backup(file, "", lambda done, total: None)
            with counting("moving") as progress:
                await asyncio.to_thread(
                    store, found, "", target.database_url.get_secret_value(), progress
                )
        await _read_archive_anew(target)

    with tempfile.TemporaryDirectory(prefix="sahman-move-") as folder:
        finish(main(Path(folder) / "move"))
    out.print(
        "✓ moved. Set BOT_DATABASE_URL to the new database before you start Sahman; the old one is "
        "as it was: delete it once the new one runs",
        markup=False,
    )


async def _read_archive_anew(settings: Settings) -> None:
    """Make the search keys of a restored archive, newest first; `run` goes on with what is left."""
    from bot import language
    from bot.jobs.rekey import rekey_items
    from bot.storage import open_storage

    async with open_storage(settings) as storage:
        total = await storage.items.count()
        if not total:
            return
        await asyncio.to_thread(language.load)
        done = 0
        with counting("reading the archive") as progress:
            while read := await rekey_items(storage, datetime.now(UTC)):
                done += read
                progress(done, total)


def _ask_passphrase(settings: Settings, file: Path) -> str:
    from bot.storage.backup_file import is_sealed

    if not is_sealed(file):
        return ""
    return settings.backup_key or str(typer.prompt("Passphrase", hide_input=True, err=True))


def _say_backup(found: Backup) -> None:
    out.print(
        f"{found.file}: made {found.made_at} by Sahman {found.version}, {found.rows} rows, whole",
        markup=False,
    )


def _say_size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"
