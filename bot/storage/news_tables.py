"""The tables of what comes in: publishers, feeds, items and stories."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.storage.columns import Moment, make_id, metadata, refer_to

publisher = Table(
    "publisher",
    metadata,
    make_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("country", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("city", Text, nullable=False, server_default=""),
    # Where a reader can check this.
    Column("source", Text, nullable=False, server_default=""),
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
    # By which process; what the dead held is free at once.
    Column("leased_by", BigInteger, nullable=False, server_default="0"),
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
_HELD = text("leased_until IS NOT NULL")
Index("ix_feed_held", feed.c.leased_until, sqlite_where=_HELD, postgresql_where=_HELD)

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

#: In which minutes of an hour any sources were heard, a bit for each; no row: Sahman did not run.
heard_hour = Table(
    "heard_hour",
    metadata,
    # Since 1970.
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("minutes", BigInteger, nullable=False),
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
    # Until then some process is telling it.
    Column("held_until", BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

_NAMES_SOURCE = text("source <> ''")
_NAMES_NO_SOURCE = text("source = ''")

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
    # Whether its feed listed it when it was last read.
    Column("listed", Boolean, nullable=False, server_default=text("false")),
    # Its publisher, where an aggregator's feed names one.
    Column("source", Text, nullable=False, server_default=""),
    Column("keys_version", BigInteger, nullable=False),
    # Where its words stand in the search (bot.storage.search); nothing where they do not.
    Column("place", BigInteger, index=True),
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
    # The newest of one language, of one feed in its own name, and of one that an aggregator names.
    Index("ix_item_language", "language", "published_at", "id"),
    Index(
        "ix_item_feed_newest",
        "feed_id",
        "published_at",
        "id",
        # Told apart without a look at the item.
        "language",
        sqlite_where=_NAMES_NO_SOURCE,
        postgresql_where=_NAMES_NO_SOURCE,
    ),
    Index(
        "ix_item_source",
        "source",
        "published_at",
        "id",
        sqlite_where=_NAMES_SOURCE,
        postgresql_where=_NAMES_SOURCE,
    ),
    Index(
        "ix_item_listed",
        "feed_id",
        sqlite_where=text("listed"),
        postgresql_where=text("listed"),
    ),
    sqlite_autoincrement=True,
)

#: The words that an item bore before those it bears now.
item_version = Table(
    "item_version",
    metadata,
    refer_to("item.id", primary_key=True),
    Column("replaced_at", Moment, primary_key=True),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
)

#: What became of a feed's items of one day (UTC): new, alerted, changed, or silent and why.
feed_day = Table(
    "feed_day",
    metadata,
    refer_to("feed.id", primary_key=True),
    Column("on_day", Text, primary_key=True),
    Column("fate", Text, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("example", Text, nullable=False, server_default=""),
    Column("example_at", Moment, nullable=False),
    Index("ix_feed_day_on_day", "on_day"),
    sqlite_with_rowid=False,
)

#: The weeks (since 1970) whose words the archive is searched by, each in a table of its own.
search_period = Table(
    "search_period",
    metadata,
    Column("week", Integer, primary_key=True, autoincrement=False),
    # So many places were given out in it.
    Column("used", Integer, nullable=False),
)

story = Table(
    "story",
    metadata,
    make_id(),
    # Of its first item.
    Column("key", Text, nullable=False, unique=True),
    Column("opened_at", Moment, nullable=False),
    # Its first item, by which others are found to tell the same.
    Column("head", BigInteger),
    # Of the story that it goes on with, closed when it began.
    Column("follows", BigInteger),
    # Of the story that it proved to be; nothing joins it any more.
    Column("merged_into", BigInteger),
    # Why it was told again aloud so far.
    Column("rings", Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

_JOINED = text("key IS NOT NULL")

story_item = Table(
    "story_item",
    metadata,
    refer_to("story.id", primary_key=True),
    refer_to("item.id", primary_key=True, index=True),
    # A hash of the story that it would be by its address, where it joined another's.
    Column("key", BigInteger),
    Column("role", Text, nullable=False, server_default="told"),
    Column("origin", Text, nullable=False, server_default=""),
    Column("imitates", Text, nullable=False, server_default=""),
    Column("gravity", SmallInteger, nullable=False, server_default="0"),
    # By what it joined: how sure, and the words that met.
    Column("why", Text, nullable=False, server_default=""),
    Index("ix_story_item_key", "key", sqlite_where=_JOINED, postgresql_where=_JOINED),
    sqlite_with_rowid=False,
)

#: Two stories, the older first, that are apart for a reason, or that an operator took apart: only
#: an operator joins them.
story_apart = Table(
    "story_apart",
    metadata,
    refer_to("story.id", primary_key=True),
    Column("other_id", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

#: What is new in a story, for those who were told of it: an edit, and a ring if it has one.
story_news = Table(
    "story_news",
    metadata,
    make_id(),
    refer_to("story.id", index=True),
    refer_to("item.id", index=True),
    Column("ring", Text, nullable=False, server_default=""),
    # The item was told already, under another headline.
    Column("changed", Boolean, nullable=False, server_default=text("false")),
    Column("gravity", SmallInteger, nullable=False, server_default="0"),
    # The last alert whose reader was given it.
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)

#: How often keys stood in headlines lately, as JSON packed by gzip.
story_counts = Table(
    "story_counts",
    metadata,
    Column("keys_version", BigInteger, primary_key=True, autoincrement=False),
    Column("counted", LargeBinary, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("aged_at", Moment, nullable=False),
)
