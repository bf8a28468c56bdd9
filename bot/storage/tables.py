"""The tables, once for SQLite and PostgreSQL; `alembic/` creates them, tests compare the two."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.storage.columns import Id, Moment, make_id, metadata, refer_to
from bot.storage.news_tables import (
    feed,
    feed_day,
    heard_hour,
    item,
    item_version,
    notice,
    outage,
    publisher,
    search_period,
    story,
    story_apart,
    story_counts,
    story_item,
    story_news,
)
from bot.storage.operator_tables import alarm, applicant, applicant_message, broadcast, start
from bot.storage.process_tables import poller, process, received_update, waiting_update

__all__ = [
    "HAS_REFUSED",
    "IS_CLOSED",
    "IS_GONE",
    "alarm",
    "applicant",
    "applicant_message",
    "broadcast",
    "budget",
    "channel_admin",
    "chat",
    "delivery",
    "fanout",
    "feed",
    "feed_day",
    "heard_hour",
    "item",
    "item_version",
    "keyword",
    "match",
    "metadata",
    "muted_publisher",
    "notice",
    "outage",
    "poller",
    "process",
    "publisher",
    "received_update",
    "search_period",
    "start",
    "story",
    "story_apart",
    "story_counts",
    "story_item",
    "story_news",
    "subscriber",
    "subscription",
    "surge",
    "typed_words",
    "waiting_update",
]

keyword = Table(
    "keyword",
    metadata,
    make_id(),
    Column("query", Text, nullable=False, unique=True),
    Column("compiled", Text, nullable=False),
    Column("keys_version", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

#: Conditions as the indexes of `chat` have them: a planner must see that they are the same.
HAS_REFUSED = text("refused_at > 0")
IS_CLOSED = text("closed_at > 0")
IS_GONE = text("gone_at > 0")

chat = Table(
    "chat",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default="0"),
    Column("state_reason", Text, nullable=False, server_default=""),
    # When it refused for good; asked once more an hour later. 0: it did not.
    Column("refused_at", BigInteger, nullable=False, server_default="0"),
    # Since when it takes nothing for now, and whether its admins have been told.
    Column("closed_at", BigInteger, nullable=False, server_default="0"),
    Column("closed_told", Boolean, nullable=False, server_default=text("false")),
    # Since when it is gone: a while later all that was kept of it is erased. 0: it is not gone.
    Column("gone_at", BigInteger, nullable=False, server_default="0"),
    Index("ix_chat_gone", "gone_at", sqlite_where=IS_GONE, postgresql_where=IS_GONE),
    # Looked for every twenty seconds among all chats; mostly there are none.
    Index("ix_chat_refused", "refused_at", sqlite_where=HAS_REFUSED, postgresql_where=HAS_REFUSED),
    Index("ix_chat_closed", "closed_at", sqlite_where=IS_CLOSED, postgresql_where=IS_CLOSED),
    # Lease, pace and retry in one: nothing unasked goes to this chat before that instant.
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("lease", BigInteger, nullable=False, server_default="0"),
    # When that gate was set: one set in the future was set before the clock was put back.
    Column("gated_at", BigInteger, nullable=False, server_default="0"),
    postgresql_with={"fillfactor": "70"},
)

#: Who sets a channel up from their private chat; whether they may is asked of Telegram each time.
channel_admin = Table(
    "channel_admin",
    metadata,
    Column(
        "person_id",
        BigInteger,
        ForeignKey("chat.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        nullable=False,
    ),
    refer_to("chat.id", primary_key=True, index=True),
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
    # Silence that ends by itself.
    Column("paused_until", Moment),
    # What is less grave alerts nobody here; it stands in the digest.
    Column("least_gravity", SmallInteger, nullable=False, server_default="0"),
    # Languages, apart by blanks: those that are read, and those whose news is not wanted.
    Column("reads", Text, nullable=False, server_default=""),
    Column("hidden_languages", Text, nullable=False, server_default=""),
    Column("shows", Text, nullable=False, server_default="summary gist"),
    Column("discreet", Boolean, nullable=False, server_default=text("false")),
    Column("sound", Boolean, nullable=False, server_default=text("true")),
    # Days of the week on which the digest comes, Monday being 0.
    Column("digest_days", Text, nullable=False, server_default="0123456"),
    Column("tells_absence", Boolean, nullable=False, server_default=text("false")),
    Column("zone_chosen", Boolean, nullable=False, server_default=text("false")),
    # Local times; empty: no hours are quiet.
    Column("quiet_from", Text, nullable=False, server_default=""),
    Column("quiet_until", Text, nullable=False, server_default=""),
    # The gravest may ring all the same.
    Column("quiet_urgent", Boolean, nullable=False, server_default=text("true")),
    # Whether it is quiet just now, since which item, and when that changes.
    Column("quiet", Boolean, nullable=False, server_default=text("false")),
    Column("quiet_item", BigInteger, nullable=False, server_default="0"),
    Column("next_quiet_at", Moment, index=True),
    Column("next_digest_at", Moment, index=True),
    # The last item that a digest has told of: the next one begins after it.
    Column("digest_item", BigInteger, nullable=False),
    # The last item before they paused.
    Column("paused_item", BigInteger, nullable=False, server_default="0"),
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
    # Until then its alerts are held; they stand in the digest.
    Column("muted_until", Moment),
    Column("sound", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Moment, nullable=False),
    Index("ix_subscription_subscriber", "subscriber_id", "keyword_id"),
    sqlite_with_rowid=False,
)

#: Whose news a subscriber does not want, by the name that their messages bear.
muted_publisher = Table(
    "muted_publisher",
    metadata,
    refer_to("subscriber.id", primary_key=True),
    Column("name", Text, primary_key=True),
    sqlite_with_rowid=False,
)

_OWING = text("owing")

#: Unusually many stories on a keyword, in the hour before.
surge = Table(
    "surge",
    metadata,
    refer_to("keyword.id", primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("stories", Integer, nullable=False),
    Column("families", Integer, nullable=False),
    Column("usual", Double, nullable=False),
    # Of the hours that it was compared with, those left out, for sources were silent in them.
    Column("left_out", Integer, nullable=False),
    # Not all who follow it are owed the notice yet: the last who was.
    Column("owing", Boolean, nullable=False),
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    Index("ix_surge_owing", "owing", sqlite_where=_OWING, postgresql_where=_OWING),
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
_ALERTS = text("kind = 1")

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
    # A digest's window: items after the first, up to and with the second. Of an alert, an edit or
    # a ring: the last item of its story that was told, and the last that is to be.
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
    # Who was told of a story, when there is more of it.
    Index("ix_delivery_story", "story_id", "id", sqlite_where=_ALERTS, postgresql_where=_ALERTS),
    sqlite_autoincrement=True,
    postgresql_with={"fillfactor": "50"},  # room for the claim's update in place
)

#: One row per bot token: the send clock (GCRA's theoretical arrival time, in milliseconds) and
#: what Telegram has lately taken.
budget = Table(
    "budget",
    metadata,
    Column("name", Text, primary_key=True),
    # Telegram's id of the bot whose chats these are; 0: nobody has been told.
    Column("bot_id", BigInteger, nullable=False, server_default="0"),
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

#: Keywords that somebody shares by a link; nothing says who did.
shared_list = Table(
    "shared_list",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("words", Text, nullable=False),
    Column("shared_at", Moment, nullable=False, index=True),
)
