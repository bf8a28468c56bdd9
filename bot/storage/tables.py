"""The tables, once for SQLite and PostgreSQL; `alembic/` creates them, tests compare the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.storage.columns import Id, Moment, make_id, refer_to

#: Named so that a migration can drop what an earlier one made, on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


publisher = Table(
    "publisher",
    metadata,
    make_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("country", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("family", Text, nullable=False),
    sqlite_autoincrement=True,
)

feed = Table(
    "feed",
    metadata,
    make_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    refer_to("publisher.id", index=True),
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
    make_id(),
    Column("chat_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

item = Table(
    "item",
    metadata,
    make_id(),
    refer_to("feed.id"),
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
    UniqueConstraint("feed_id", "key"),
    Index("ix_item_feed_link", "feed_id", "link"),
    Index("ix_item_newest", "published_at", "id"),
    sqlite_autoincrement=True,
)

#: Titles that an item bore before the one it bears now.
item_title = Table(
    "item_title",
    metadata,
    refer_to("item.id", primary_key=True),
    Column("replaced_at", Moment, primary_key=True),
    Column("title", Text, nullable=False),
)

#: The words of an item in comparable form, as 64-bit hashes: serves search in the archive.
item_key = Table(
    "item_key",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    refer_to("item.id", primary_key=True, index=True),
    sqlite_with_rowid=False,
)

story = Table(
    "story",
    metadata,
    make_id(),
    Column("key", Text, nullable=False, unique=True),
    Column("opened_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

story_item = Table(
    "story_item",
    metadata,
    refer_to("story.id", primary_key=True),
    refer_to("item.id", primary_key=True, index=True),
    sqlite_with_rowid=False,
)

keyword = Table(
    "keyword",
    metadata,
    make_id(),
    Column("query", Text, nullable=False, unique=True),
    Column("compiled", Text, nullable=False),
    Column("keys_version", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

chat = Table(
    "chat",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
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
    make_id(),
    refer_to("chat.id"),
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
    refer_to("keyword.id", primary_key=True),
    refer_to("subscriber.id", primary_key=True),
    Column("typed", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_subscription_subscriber", "subscriber_id", "keyword_id"),
    sqlite_with_rowid=False,
)

match = Table(
    "match",
    metadata,
    refer_to("item.id", primary_key=True),
    refer_to("keyword.id", primary_key=True),
    Column("words", Text, nullable=False),
    Index("ix_match_keyword", "keyword_id", "item_id"),
    sqlite_with_rowid=False,
)

#: Which of a keyword's subscribers have been given a delivery for an item so far.
fanout = Table(
    "fanout",
    metadata,
    refer_to("item.id", primary_key=True),
    refer_to("keyword.id", primary_key=True, index=True),
    refer_to("story.id", index=True),
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
    make_id(),
    refer_to("subscriber.id"),
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
    make_id(),
    refer_to("subscriber.id", index=True),
    Column("words", Text, nullable=False),
    Column("typed_at", Moment, nullable=False, index=True),
    sqlite_autoincrement=True,
)
