"""What columns are made of: moments, the database's clock, ids and references."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Integer, MetaData, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

#: Named so that a migration can drop what an earlier one made, on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as integer milliseconds; refuses naive values."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a zone")
        return (value - _EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(milliseconds=int(value))


class now_ms(FunctionElement[int]):
    """The database's clock in milliseconds: one clock for the leases of all processes."""

    type = BigInteger()
    inherit_cache = True


@compiles(now_ms, "postgresql")
def _now_postgresql(element: Any, compiler: Any, **kwargs: Any) -> str:
    # Not clock_timestamp(): it is volatile, and a comparison with it could use no index.
    return "(extract(epoch from statement_timestamp())*1000)::bigint"


@compiles(now_ms, "sqlite")
def _now_sqlite(element: Any, compiler: Any, **kwargs: Any) -> str:
    return "CAST((julianday('now')-2440587.5)*86400000 AS INTEGER)"


# SQLite gives only INTEGER PRIMARY KEY an id of its own.
Id = BigInteger().with_variant(Integer, "sqlite")
# `sqlite_autoincrement`: without it, SQLite gives a deleted row's id to the next one, and a matcher
# that still holds the old keyword would match for the new.


def make_id() -> Column[int]:
    """Return a primary key that numbers rows in the order in which they come."""
    return Column("id", Id, primary_key=True)


def refer_to(column: str, *, primary_key: bool = False, index: bool = False) -> Column[int]:
    """Return a reference to another row, gone with it."""
    return Column(
        f"{column.split('.')[0]}_id",
        BigInteger,
        ForeignKey(column, ondelete="CASCADE"),
        primary_key=primary_key,
        autoincrement=False,
        nullable=False,
        index=index,
    )
