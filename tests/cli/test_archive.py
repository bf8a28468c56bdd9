"""`export`, `prune`, `backup` and `restore`, as an operator types them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.storage import Storage
from bot.storage.database import Database, make_engine
from bot.storage.migrating import migrate
from bot.stories.surge import hour_of
from tests.cli.commands import sahman
from tests.samples import change, follow, new_item, open_chat, open_feed, take_in

pytestmark = pytest.mark.slow

_NOW = datetime(2026, 9, 12, 8, 0, tzinfo=UTC)


@pytest.fixture
def archive(database_url: str) -> Iterator[Storage]:
    engine = make_engine(database_url)
    migrate(engine)
    yield Storage(Database(engine))
    engine.dispose()


async def print_news(storage: Storage) -> None:
    source = await open_feed(storage)
    await follow(storage, await open_chat(storage), "secret keyword")
    printed = [
        new_item('=Talks on the "border", they say', published_at=_NOW),
        new_item("Rain", published_at=_NOW - timedelta(days=3), seen_at=_NOW - timedelta(days=3)),
    ]
    talks, _ = (await take_in(storage, source, *printed)).items
    over = change(talks.id, "Talks on the border are over", alerts=False)
    await take_in(storage, source, changed=[over], now=_NOW + timedelta(hours=1))


async def test_the_archive_is_exported_by_dates_and_words_and_nothing_of_readers(
    archive: Storage, database_url: str, tmp_path: Path
) -> None:
    await print_news(archive)
    items = await sahman("export", "items", database_url=database_url)
    assert items.code == 0, items
    rows = [json.loads(line) for line in items.out.splitlines()]
    assert [row["title"] for row in rows] == ["Talks on the border are over", "Rain"]
    assert rows[0]["published_at"] == "2026-09-12T08:00:00Z"
    for form, dates in (("jsonl", ["--since", "2026-09-10"]), ("csv", ["--until", "2026-09-10"])):
        some = await sahman("export", "items", "--format", form, *dates, database_url=database_url)
        assert ("Talks" in some.out, "Rain" in some.out) == (form == "jsonl", form == "csv")
    found = await sahman("export", "items", "--query", "граница", database_url=database_url)
    assert ("Talks" in found.out, "Rain" in found.out) == (True, False)
    file = tmp_path / "versions.csv"
    versions = await sahman(
        "export", "versions", "--format", "csv", "--to", str(file), database_url=database_url
    )
    assert versions.code == 0, versions
    (row,) = csv.DictReader(io.StringIO(file.read_text()))
    assert row["old_title"] == '\'=Talks on the "border", they say', "no formula of a spreadsheet"
    again = await sahman("export", "versions", "--to", str(file), database_url=database_url)
    assert "File exists" in again.sentence()
    stories = await sahman("export", "stories", database_url=database_url)
    told = [json.loads(line) for line in stories.out.splitlines()]
    assert {(row["country"], row["role"]) for row in told} == {("AM", "told")}
    for printed in (items, found, stories):
        assert "secret keyword" not in printed.out


async def test_hours_are_exported_with_those_in_which_sources_were_silent(
    archive: Storage, database_url: str
) -> None:
    source = await open_feed(archive)
    await take_in(
        archive, source,
        *(new_item(f"Rain {n}", published_at=_NOW - timedelta(hours=n)) for n in (0, 0.5, 3)),
    )  # fmt: skip
    for minute in range(40):
        await archive.trends.note_heard(hour_of(_NOW - timedelta(hours=2)), minute)
    for minute in range(10):
        await archive.trends.note_heard(hour_of(_NOW), minute)
    exported = await sahman("export", "hours", database_url=database_url)
    rows = [json.loads(line) for line in exported.out.splitlines()]
    assert [(row["hour"][11:13], row["items"], row["silent"]) for row in rows] == [
        ("05", 1, None), ("06", 0, False), ("07", 1, True), ("08", 1, True),
    ]  # fmt: skip


async def test_what_is_too_old_is_deleted_at_once(archive: Storage, database_url: str) -> None:
    source = await open_feed(archive)
    old = [
        new_item(f"Old news {number}", seen_at=_NOW - timedelta(days=30)) for number in range(1200)
    ]
    await take_in(archive, source, *old, now=_NOW)
    await take_in(archive, source, now=_NOW + timedelta(minutes=5))  # lists none of them
    pruned = await sahman("prune", "--days", "3", database_url=database_url)
    assert (pruned.code, "1200 items" in pruned.out) == (0, True), pruned
    exported = await sahman("export", "items", database_url=database_url)
    assert exported.out == ""


async def test_a_backup_is_sealed_by_a_passphrase_and_opens_with_it_alone(
    archive: Storage, database_url: str, tmp_path: Path
) -> None:
    await print_news(archive)
    file = tmp_path / "backup"
    made = await sahman(
        "backup", "--encrypt", str(file), given="hush hush\nhush hush\n", database_url=database_url
    )
    assert made.code == 0, made
    assert "sealed" in made.out
    taken = await sahman("backup", str(file), database_url=database_url)
    assert taken.sentence() == f"{file}: is there already. Name another file"
    empty = f"sqlite:///{tmp_path}/new/sahman.db"
    refused = await sahman(
        "restore", str(file), database_url=empty, backup_passphrase="something else"
    )
    assert "the passphrase is another" in refused.sentence()
    restored = await sahman("restore", str(file), given="hush hush\n", database_url=empty)
    assert (restored.code, "✓ restored" in restored.out) == (0, True), restored
    assert "hush" not in restored.out + restored.errors
    exported = await sahman("export", "items", database_url=empty)
    assert "Talks on the border are over" in exported.out


async def test_a_folder_that_is_not_there_or_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sahman.db"
    nowhere = await sahman("backup", str(tmp_path / "no" / "where"), database_url=url)
    assert "cannot be written (No such file or directory)" in nowhere.sentence()
    absent = await sahman("restore", str(tmp_path / "absent"), database_url=url)
    assert "cannot be read (No such file or directory)" in absent.sentence()
    (tmp_path / "notes").write_text("notes")
    notes = await sahman("restore", str(tmp_path / "notes"), database_url=url)
    assert "is no backup of Sahman's" in notes.sentence()
