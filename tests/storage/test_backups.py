"""Backups: the same rows on either kind of database, of one instant, whole or refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BackupError
from bot.jobs.rekey import rekey_items
from bot.matching import parse_keyword
from bot.model import DeliveryState
from bot.storage import Storage
from bot.storage.backing_up import carried_tables, dump_lines
from bot.storage.backup_file import write_lines
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.storage.restoring import check_backup, restore
from bot.storage.tables import chat, delivery, item, story_counts, subscriber
from tests.samples import (
    NOW,
    change,
    change_rows,
    count_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)

_PASSPHRASE = "a word for tests"


@pytest.fixture(params=["sqlite to postgres", "postgres to sqlite", "sqlite to sqlite"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two databases, the second one empty."""
    kinds = request.param.split(" to ")
    return tuple(  # type: ignore[return-value]
        str(request.getfixturevalue("postgres_url"))
        if kind == "postgres"
        else f"sqlite:///{tmp_path}/{number}.db"
        for number, kind in enumerate(kinds)
    )


@pytest.fixture
def old(urls: tuple[str, str]) -> Iterator[Storage]:
    engine = make_engine(urls[0])
    migrate(engine)
    yield Storage(Database(engine))
    engine.dispose()


def open_new(urls: tuple[str, str]) -> Storage:
    return Storage(Database(make_engine(urls[1])))


def quiet(done: int, total: int) -> None:
    """Show nothing."""


async def fill(storage: Storage) -> None:
    """Two readers, one alert sent, others owed, an item that changed, a picture of counts."""
    source = await open_feed(storage)
    for chat_id in (101, 2**40):
        await follow(storage, await open_chat(storage, chat_id), "border")
    printed = [new_item("Talks on the «border» \U0001f6a8"), new_item("Rain")]
    talks, _ = (await take_in(storage, source, *printed)).items
    over = change(talks.id, "Talks on the border are over", alerts=False)
    await take_in(storage, source, changed=[over])
    await expand(storage)
    with storage.database.engine.begin() as connection:
        one = delivery.c.chat_id == 101
        connection.execute(
            delivery.update().where(one).values(state=DeliveryState.SENT, message_id=2**35)
        )
        connection.execute(
            story_counts.insert().values(
                keys_version=7, counted=bytes(range(256)), saved_at=NOW, aged_at=NOW
            )
        )


def back_up(storage: Storage, file: Path, passphrase: str = "") -> Path:
    write_lines(file, dump_lines(storage.database.engine, NOW, quiet), passphrase)
    return file


def all_rows(storage: Storage) -> dict[str, list[dict[str, Any]]]:
    """Return every row but what is made anew: leases, and where the search finds items."""
    found = {table.name: rows_of(storage, table) for table in carried_tables()}
    for row in found["item"]:
        del row["place"], row["keys_version"]
    for row in found["chat"]:
        del row["lease"], row["not_before"]
    for row in found["feed"]:
        del row["leased_until"], row["leased_by"]
    return found


@pytest.mark.parametrize("passphrase", ["", _PASSPHRASE])
async def test_all_rows_stand_in_the_other_database_as_they_did(
    urls: tuple[str, str], old: Storage, tmp_path: Path, passphrase: str
) -> None:
    await fill(old)
    file = back_up(old, tmp_path / "backup", passphrase)
    assert file.stat().st_mode & 0o077 == 0
    backup = check_backup(file, passphrase, quiet)
    restore(backup, passphrase, urls[1], quiet)
    new = open_new(urls)
    assert all_rows(new) == all_rows(old)
    assert count_rows(new, delivery, state=DeliveryState.SENT) == 1
    assert count_rows(new, delivery, state=DeliveryState.PENDING) == 1
    new.database.close()


async def test_what_comes_after_a_restore_is_numbered_on_and_the_archive_is_found_again(
    urls: tuple[str, str], old: Storage, tmp_path: Path
) -> None:
    await fill(old)
    with old.database.engine.begin() as connection:
        connection.execute(item.delete().where(item.c.title == "Rain"))  # the newest number
    restore(check_backup(back_up(old, tmp_path / "b"), "", quiet), "", urls[1], quiet)
    new = open_new(urls)
    assert await rekey_items(new, NOW) == 1
    anchors = parse_keyword("talks").anchors
    found = await new.items.load_holding(anchors, lambda each: True, before=None, limit=5)
    assert [each.title for each in found] == ["Talks on the border are over"]
    source = await open_feed(new, "beta")
    await take_in(new, source, new_item("The border is closed"))
    await expand(new)
    assert [row["id"] for row in rows_of(new, item)] == [1, 3]
    assert count_rows(new, delivery, state=DeliveryState.PENDING) == 3
    third = await open_chat(new, 303)
    assert third.id == 3
    new.database.close()


async def test_a_database_that_holds_rows_is_not_overwritten(
    urls: tuple[str, str], old: Storage, tmp_path: Path
) -> None:
    await fill(old)
    backup = check_backup(back_up(old, tmp_path / "backup"), "", quiet)
    before = all_rows(old)
    with pytest.raises(BackupError, match="holds rows already"):
        restore(backup, "", urls[0], quiet)
    assert all_rows(old) == before


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content[:-20],
        lambda content: content[: len(content) // 2],
        lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:],
        lambda content: gzip.compress(gzip.decompress(content).replace(b"Rain", b"Hail")),
        lambda content: b"",
        lambda content: b"notes of somebody",
        lambda content: gzip.compress(b"notes of somebody\n"),
    ],
)
async def test_a_file_that_is_not_whole_is_refused_before_anything_is_stored(
    sqlite_storage: Storage, tmp_path: Path, harm: Any
) -> None:
    await fill(sqlite_storage)
    file = back_up(sqlite_storage, tmp_path / "backup")
    file.write_bytes(harm(file.read_bytes()))
    with pytest.raises(BackupError, match=r"damaged or cut off|is no backup"):
        check_backup(file, "", quiet)


async def test_a_backup_of_a_newer_sahman_is_refused(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    file = back_up(sqlite_storage, tmp_path / "backup")
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    head = {**json.loads(lines[0]), "tables_of": "9999", "version": "9.9"}
    file.write_bytes(gzip.compress(json.dumps(head).encode() + b"\n" + b"".join(lines[1:])))
    with pytest.raises(BackupError, match=r"newer Sahman \(9.9\)"):
        check_backup(file, "", quiet)


async def test_a_sealed_backup_opens_with_its_passphrase_alone(
    sqlite_storage: Storage, tmp_path: Path
) -> None:
    await fill(sqlite_storage)
    file = back_up(sqlite_storage, tmp_path / "backup", _PASSPHRASE)
    assert b"border" not in file.read_bytes()
    assert check_backup(file, _PASSPHRASE, quiet).rows > 5
    for wrong in ("", "another"):
        with pytest.raises(BackupError, match="passphrase"):
            check_backup(file, wrong, quiet)


async def test_a_backup_is_of_one_instant_while_others_write(
    storage: Storage, tmp_path: Path
) -> None:
    await fill(storage)
    lines = dump_lines(storage.database.engine, NOW, quiet)
    written = [next(lines), next(lines)]
    await open_chat(storage, -1_001_909_909_909)
    change_rows(storage, chat, state_reason="written meanwhile")
    file = tmp_path / "backup"
    write_lines(file, [*written, *lines])
    assert check_backup(file, "", quiet).rows
    text = gzip.decompress(file.read_bytes()).decode()
    assert "written meanwhile" not in text
    assert "1001909909909" not in text
    assert count_rows(storage, subscriber) == 3
