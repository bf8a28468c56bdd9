"""Search keys: the words of items as 64-bit integers, by which the archive is searched.

They stand in a table for each week in which they were written, which is dropped whole: on SQLite a
contentless full-text index (https://www.sqlite.org/fts5.html#contentless_tables), on PostgreSQL an
array with a GIN index. Under which number an item's keys stand, its *place*, `item.place` says;
places follow the order of publication. What a place no longer says is what no item bears.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    TableClause,
    Text,
    TextClause,
    bindparam,
    column,
    delete,
    insert,
    literal,
    select,
    table,
    text,
    update,
)

from bot.model.search_keys import hash_key
from bot.storage.tables import item, search_period

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK = timedelta(days=7)
# A place is, from the highest bit on: the second of publication (32), the week in which its keys
# were written (10: nineteen years), and a serial number in that week (21).
_WEEK_BITS, _SERIAL_BITS = 10, 21
_SECOND_AT = _WEEK_BITS + _SERIAL_BITS
_LAST_SECOND = 2**32 - 1
_HIGHEST = 2**63 - 1
# How much of the future is believed, where something claims to be of it.
_AHEAD = timedelta(days=1)
# Weeks that are asked first, and how many then at once: SQLite joins up to 500 questions.
_NEW_WEEKS, _WEEKS_ASKED = 2, 100
_QUERIES_HELD = 64
_WEEKS, _SERIALS = 2**_WEEK_BITS, 2**_SERIAL_BITS


def hash_link(link_key: str) -> int | None:
    """Return an address in comparable form as it is stored and looked for; None for none."""
    return hash_key(link_key) if link_key else None


def reserve_places(
    connection: Connection, published: Sequence[datetime], now: datetime
) -> list[int]:
    """Return a place of its own for each item of these times of publication, in this week.

    What claims to be of the future stands a day ahead at the most.
    """
    week = _week_of(now)
    latest = place_after(now + _AHEAD)
    used = _count_on(connection, week, len(published))
    if used is None:
        _make_period(connection, week)
        used = _count_on(connection, week, len(published)) or 0
    first = used - len(published)
    return [
        min(place_after(at), latest) | week % _WEEKS << _SERIAL_BITS | (first + number) % _SERIALS
        for number, at in enumerate(published)
    ]


def place_after(published_at: datetime) -> int:
    """Return the place below which is all that was published before this second."""
    second = (published_at - _EPOCH) // timedelta(seconds=1)
    return min(max(second, 0), _LAST_SECOND) << _SECOND_AT


def save_keys(connection: Connection, keys: Mapping[int, Collection[int]], now: datetime) -> None:
    """Store the words of items, by place; the places were reserved in the same transaction."""
    rows = sorted((place, words) for place, words in keys.items() if words)
    if not rows:
        return
    written = ({"rowid": place, "words": _to_stored(connection, words)} for place, words in rows)
    weekly = _table_of(connection, _week_of(now))
    connection.execute(
        weekly.insert().values(rowid=bindparam("rowid"), words=bindparam("words")), list(written)
    )


def find_places(
    connection: Connection,
    keys: Collection[int],
    *,
    below: int | None,
    limit: int,
    above: int = -1,
    also: Collection[int] = (),
) -> list[int]:
    """Return the highest places under which one of these keys stands, the highest first.

    And one of *also*, if given; only places *above* and *below* these.
    """
    if not keys:
        return []
    lowest = above
    query = select(search_period.c.week).order_by(search_period.c.week.desc())
    weeks = list(connection.scalars(query))
    found: list[int] = []
    for some in _split(weeks):
        # What is lower than as many others is not among the highest.
        above = found[-1] if len(found) >= limit else lowest
        if above < place_after(_EPOCH + (some[0] + 1) * _WEEK + _AHEAD):
            found += _find_in(connection, some, keys, below, above, limit, also)
            found = sorted(found, reverse=True)[:limit]
    return found


def find_places_among(
    connection: Connection, keys: Collection[int], places: Collection[int]
) -> set[int]:
    """Return those of *places* under which one of these keys stands."""
    if not keys or not places:
        return set()
    written = {place >> _SERIAL_BITS & _WEEKS - 1 for place in places}
    weeks = connection.scalars(select(search_period.c.week).order_by(search_period.c.week))
    found: set[int] = set()
    for some in _split([week for week in weeks if week % _WEEKS in written]):
        found |= {*_find_in(connection, some, keys, max(places) + 1, min(places) - 1, None)}
    return found & set(places)


def find_borne_by(connection: Connection, ended_before: datetime) -> list[int]:
    """Return the items whose words stand in weeks that ended before then."""
    weeks = _ended(connection, ended_before)
    if not weeks:
        return []
    ended_at = _EPOCH + (weeks[-1] + 1) * _WEEK
    return list(
        connection.scalars(select(item.c.id).where(item.c.seen_at < ended_at, _is_of(weeks)))
    )


def leave_periods(connection: Connection, ids: Collection[int], ended_before: datetime) -> None:
    """Let these items be read again, and be found again from then on in a later week."""
    connection.execute(
        update(item)
        .where(item.c.id.in_(ids), _is_of(_ended(connection, ended_before)))
        .values(place=None, keys_version=0)
    )


def drop_periods(connection: Connection, ended_before: datetime) -> int:
    """Drop what was written in weeks that ended before then; return how many there were.

    Items that stay have left them by then: a write for each would hold up who searches.
    """
    weeks = _ended(connection, ended_before)
    if weeks:
        with searched_by_nobody(connection):
            for week in weeks:
                connection.execute(text(f"DROP TABLE {_name_table(week)}"))
            connection.execute(delete(search_period).where(search_period.c.week.in_(weeks)))
    return len(weeks)


def _ended(connection: Connection, before: datetime) -> list[int]:
    ended = select(search_period.c.week).where(search_period.c.week < _week_of(before))
    return list(connection.scalars(ended.order_by(search_period.c.week)))


def _is_of(weeks: Sequence[int]) -> ColumnElement[bool]:
    """Return whether the words of an item stand in one of these weeks."""
    of_week = item.c.place.bitwise_rshift(literal(_SERIAL_BITS, Integer)).bitwise_and(_WEEKS - 1)
    return of_week.in_([week % _WEEKS for week in weeks])


@contextmanager
def searched_by_nobody(connection: Connection) -> Iterator[None]:
    """Hold off who searches while tables of words are dropped, for as short as it can be."""
    if connection.dialect.name == "postgresql":
        # Who searches has asked for the weeks first, and holds that table until they are done.
        connection.execute(text("LOCK TABLE search_period IN ACCESS EXCLUSIVE MODE"))
        yield
        return
    # Words of the news are no secret: overwriting them would hold up the writer.
    connection.exec_driver_sql("PRAGMA secure_delete=OFF")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def _count_on(connection: Connection, week: int, count: int) -> int | None:
    counted = (
        update(search_period)
        .where(search_period.c.week == week)
        .values(used=search_period.c.used + count)
        .returning(search_period.c.used)
    )
    used = connection.scalar(counted)
    return None if used is None else int(used)


def _make_period(connection: Connection, week: int) -> None:
    name = _name_table(week)
    if connection.dialect.name == "postgresql":
        # The planner must know which words are frequent, and an index that is not merged is slow.
        connection.execute(
            text(
                f"CREATE TABLE {name} (rowid bigint PRIMARY KEY, words bigint[] NOT NULL) WITH ("
                "autovacuum_vacuum_insert_threshold = 2000, "
                "autovacuum_vacuum_insert_scale_factor = 0, "
                "autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.1)"
            )
        )
        connection.execute(
            text(
                f"CREATE INDEX {name}_words ON {name} USING gin (words) "
                "WITH (fastupdate = on, gin_pending_list_limit = 512)"
            )
        )
        connection.execute(text(f"ALTER TABLE {name} ALTER words SET STATISTICS 500"))
    else:
        connection.execute(
            text(
                f"CREATE VIRTUAL TABLE {name} USING fts5("
                "words, content='', detail=none, columnsize=0, tokenize='ascii')"
            )
        )
    connection.execute(insert(search_period).values(week=week, used=0))


def _split(weeks: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield weeks as they are asked together.

    Most who ask are content with what is new, and each question to the database costs as much.
    """
    if weeks:
        yield weeks[:_NEW_WEEKS]
    for start in range(_NEW_WEEKS, len(weeks), _WEEKS_ASKED):
        yield weeks[start : start + _WEEKS_ASKED]


def _find_in(
    connection: Connection,
    weeks: Sequence[int],
    keys: Collection[int],
    below: int | None,
    above: int,
    limit: int | None,
    also: Collection[int] = (),
) -> list[int]:
    dialect = connection.dialect.name
    words = _to_stored(connection, keys, " OR ")
    asked = {
        "words": words,
        "below": _HIGHEST if below is None else below,
        "above": above,
        "most": _HIGHEST if limit is None else limit,
    }
    if also and dialect == "postgresql":
        asked["also"] = _to_stored(connection, also)
    elif also:
        asked["words"] = f"({words}) AND ({_to_stored(connection, also, ' OR ')})"
    two_sets = "also" in asked
    return list(connection.scalars(_ask_weeks(dialect, tuple(weeks), two_sets), asked))


@functools.lru_cache(_QUERIES_HELD)
def _ask_weeks(dialect: str, weeks: tuple[int, ...], two_sets: bool) -> TextClause:
    """Return one question to the tables of all these weeks."""
    both = " AND words && CAST(:also AS bigint[])" if two_sets else ""
    each = [
        f"SELECT rowid FROM (SELECT rowid FROM {name} WHERE {bearing} "  # noqa: S608 - our names
        "AND rowid > :above AND rowid < :below ORDER BY rowid DESC LIMIT :most) AS w"
        for name in map(_name_table, weeks)
        for bearing in [
            f"words && CAST(:words AS bigint[]){both}"
            if dialect == "postgresql"
            else f"{name} MATCH :words"
        ]
    ]
    return text(" UNION ALL ".join(each) + " ORDER BY rowid DESC LIMIT :most")


def _week_of(now: datetime) -> int:
    return (now - _EPOCH) // _WEEK


def _name_table(week: int) -> str:
    return f"search_{week}"


def _table_of(connection: Connection, week: int) -> TableClause:
    kind = ARRAY(BigInteger) if connection.dialect.name == "postgresql" else Text()
    return table(_name_table(week), column("rowid", BigInteger), column("words", kind))


def _to_stored(connection: Connection, keys: Collection[int], between: str = " ") -> Any:
    if connection.dialect.name == "postgresql":
        return list(keys)
    # A letter first: FTS5 must take each for a word.
    return between.join(f"k{key & 0xFFFF_FFFF_FFFF_FFFF:x}" for key in keys)
