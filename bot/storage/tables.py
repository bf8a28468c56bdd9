"""The tables, once for SQLite and PostgreSQL; `alembic/` creates them, tests compare the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Named so that a migration can drop what an earlier one made, on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


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
_Id = BigInteger().with_variant(Integer, "sqlite")
# `sqlite_autoincrement`: without it, SQLite gives a deleted row's id to the next one, and a matcher
# that still holds the old keyword would match for the new.


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True)


def _to(column: str, *, primary_key: bool = False, index: bool = False) -> Column[int]:
    """A reference to another row, gone with it."""
    return Column(
        f"{column.split('.')[0]}_id",
        BigInteger,
        ForeignKey(column, ondelete="CASCADE"),
        primary_key=primary_key,
        autoincrement=False,
        nullable=False,
        index=index,
    )


publisher = Table(
    "publisher",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("country", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("family", Text, nullable=False),
    sqlite_autoincrement=True,
)

feed = Table(
    "feed",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    _to("publisher.id", index=True),
    Column("language", Text, nullable=False),
    Column("every_s", Integer, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("allow_private", Boolean, nullable=False),
    # What its server said last, echoed byte for byte.
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    Column("body_hash", Text, nullable=False, server_default=""),
    Column("next_poll_at", Moment, nullable=False),
    Column("first_polled_at", Moment),
    # When its list of items was last read; what it listed then is not pruned.
    Column("read_at", Moment),
    Column("last_success_at", Moment),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    # Who is asked, for at most two requests at a time; held by a poller until the lease ends.
    Column("host", Text, nullable=False, server_default=""),
    Column("leased_until", Moment),
    # A last poll that lies in the future was noted before the clock was set back.
    Column("polled_at", Moment),
    Column("gap_s", Integer, nullable=False, server_default="0"),
    # Where permanent redirects lead; `moved` until it has been read there.
    Column("moved_to", Text, nullable=False, server_default=""),
    Column("moved", Boolean, nullable=False, server_default=text("false")),
    # What its server and its document ask of pollers.
    Column("fresh_s", Integer, nullable=False, server_default="0"),
    Column("asks_every_s", Integer, nullable=False, server_default="0"),
    Column("skip_hours", Text, nullable=False, server_default=""),
    Column("skip_days", Text, nullable=False, server_default=""),
    # Its items by hour of the week, fading, and as of when.
    Column("rhythm", Text, nullable=False, server_default=""),
    Column("rhythm_at", Moment),
    Column("newest_at", Moment),
    Column("last_new_at", Moment),
    # When it last answered with a whole document, not with "not modified".
    Column("answered_at", Moment),
    # Operators were told that all its news of a day ended in silence; empty once it does not.
    Column("silence_told_on", Text, nullable=False, server_default=""),
    Column("failed_since", Moment),
    Column("gone_at", Moment),
    sqlite_autoincrement=True,
)
Index("ix_feed_due", feed.c.next_poll_at, feed.c.id)

#: Several sources of one country or language that do not answer together.
outage = Table(
    "outage",
    metadata,
    Column("about", Text, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("down", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    # All of them answer, and none brings anything.
    Column("quiet", Boolean, nullable=False),
)

#: What operators are still to be told, a row for each of their chats.
notice = Table(
    "notice",
    metadata,
    _id(),
    Column("chat_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

item = Table(
    "item",
    metadata,
    _id(),
    _to("feed.id"),
    Column("key", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False, index=True),
    # The last reading of its feed that still listed it.
    Column("listed_at", Moment, nullable=False),
    # Its publisher, where an aggregator's feed names one.
    Column("source", Text, nullable=False, server_default=""),
    Column("keys_version", BigInteger, nullable=False),
    # What its feed says of when it was published; nothing where it says nothing.
    Column("dated_at", Moment),
    # A hash of its address in comparable form, where that is its own: links have no bound.
    Column("link_key", BigInteger),
    # A hash of its words: they are read again only where it differs. 0: not known.
    Column("text_hash", BigInteger, nullable=False, server_default="0"),
    # Why it alerted nobody; empty: it could.
    Column("silence", Text, nullable=False, server_default=""),
    UniqueConstraint("feed_id", "key"),
    Index("ix_item_feed_link", "feed_id", "link_key"),
    Index("ix_item_newest", "published_at", "id"),
    sqlite_autoincrement=True,
)

#: The words that an item bore before those it bears now.
item_version = Table(
    "item_version",
    metadata,
    _to("item.id", primary_key=True),
    Column("replaced_at", Moment, primary_key=True),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
)

#: What became of a feed's items of one day (UTC): new, alerted, changed, or silent and why.
feed_day = Table(
    "feed_day",
    metadata,
    _to("feed.id", primary_key=True),
    Column("on_day", Text, primary_key=True),
    Column("fate", Text, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("example", Text, nullable=False, server_default=""),
    Column("example_at", Moment, nullable=False),
    Index("ix_feed_day_on_day", "on_day"),
    sqlite_with_rowid=False,
)

#: The words of an item in comparable form, as 64-bit hashes: serves search in the archive.
item_key = Table(
    "item_key",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    _to("item.id", primary_key=True, index=True),
    sqlite_with_rowid=False,
)

story = Table(
    "story",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("opened_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

story_item = Table(
    "story_item",
    metadata,
    _to("story.id", primary_key=True),
    _to("item.id", primary_key=True, index=True),
    sqlite_with_rowid=False,
)

keyword = Table(
    "keyword",
    metadata,
    _id(),
    Column("query", Text, nullable=False, unique=True),
    Column("compiled", Text, nullable=False),
    Column("keys_version", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

chat = Table(
    "chat",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default="0"),
    Column("state_reason", Text, nullable=False, server_default=""),
    # Lease, pace and retry in one: nothing unasked goes to this chat before that instant.
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("lease", BigInteger, nullable=False, server_default="0"),
    # When that gate was set: one set in the future was set before the clock was put back.
    Column("gated_at", BigInteger, nullable=False, server_default="0"),
    postgresql_with={"fillfactor": "70"},
)

subscriber = Table(
    "subscriber",
    metadata,
    _id(),
    _to("chat.id"),
    Column("topic", BigInteger, nullable=False),
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("digest_times", Text, nullable=False),
    Column("digest_when_empty", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("next_digest_at", Moment, index=True),
    # The last item that a digest has told of: the next one begins after it.
    Column("digest_item", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("chat_id", "topic"),
    sqlite_autoincrement=True,
)

subscription = Table(
    "subscription",
    metadata,
    _to("keyword.id", primary_key=True),
    _to("subscriber.id", primary_key=True),
    Column("typed", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_subscription_subscriber", "subscriber_id", "keyword_id"),
    sqlite_with_rowid=False,
)

match = Table(
    "match",
    metadata,
    _to("item.id", primary_key=True),
    _to("keyword.id", primary_key=True),
    Column("words", Text, nullable=False),
    Index("ix_match_keyword", "keyword_id", "item_id"),
    sqlite_with_rowid=False,
)

#: Which of a keyword's subscribers have been given a delivery for an item so far.
fanout = Table(
    "fanout",
    metadata,
    _to("item.id", primary_key=True),
    _to("keyword.id", primary_key=True, index=True),
    _to("story.id", index=True),
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    Column("gravity", SmallInteger, nullable=False, server_default="0"),
    # When its story was last given a chunk: the one that waited longest is next.
    Column("served_at", BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

_PENDING = text("state = 0")

delivery = Table(
    "delivery",
    metadata,
    _id(),
    _to("subscriber.id"),
    Column("chat_id", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("ref", Text, nullable=False),
    Column("story_id", BigInteger),
    Column("state", SmallInteger, nullable=False, server_default="0"),
    Column("gravity", SmallInteger, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False),
    # Claims that ended without any outcome: the process died in between.
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    # Sends that ended in "later".
    Column("retries", SmallInteger, nullable=False, server_default="0"),
    Column("doubtful", Boolean, nullable=False, server_default=text("false")),
    Column("lease", BigInteger, nullable=False, server_default="0"),
    # A digest of several messages: how many of them have been sent.
    Column("part", SmallInteger, nullable=False, server_default="0"),
    # A digest's window: items after the first, up to and with the second.
    Column("after_item", BigInteger, nullable=False, server_default="0"),
    Column("upto_item", BigInteger, nullable=False, server_default="0"),
    Column("message_id", BigInteger),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("settled_at", BigInteger),
    UniqueConstraint("subscriber_id", "kind", "ref"),
    Index(
        "ix_delivery_due",
        "kind",
        "gravity",
        "due_at",
        "id",
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index("ix_delivery_chat", "chat_id", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_delivery_settled", "settled_at"),
    sqlite_autoincrement=True,
    postgresql_with={"fillfactor": "50"},  # room for the claim's update in place
)

#: One row per bot token: the send clock (GCRA's theoretical arrival time, in milliseconds) and
#: what Telegram has lately taken.
budget = Table(
    "budget",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tat", Double, nullable=False),
    # Messages a second as of `rate_at`, lowered by refusals; 0: never lowered.
    Column("rate", Double, nullable=False, server_default=text("0")),
    Column("rate_at", BigInteger, nullable=False, server_default="0"),
    # The last 429: a second chat's within seconds is about the bot, not about a chat.
    Column("refused_at", BigInteger, nullable=False, server_default="0"),
    Column("refused_chat", BigInteger, nullable=False, server_default="0"),
    Column("paused_at", BigInteger, nullable=False, server_default="0"),
    Column("paused_until", BigInteger, nullable=False, server_default="0"),
)

#: Who long-polls Telegram now.
poller = Table(
    "poller",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

#: Updates that a webhook brought and that have been dealt with: Telegram may bring one twice.
received_update = Table(
    "received_update",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("received_at", BigInteger, nullable=False, index=True),
)

#: Words someone typed that a button under the answer refers to (a button holds 64 bytes).
typed_words = Table(
    "typed_words",
    metadata,
    _id(),
    _to("subscriber.id", index=True),
    Column("words", Text, nullable=False),
    Column("typed_at", Moment, nullable=False, index=True),
    sqlite_autoincrement=True,
)
