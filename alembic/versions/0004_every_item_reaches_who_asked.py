"""every item reaches who asked"""

from __future__ import annotations

import hashlib
import re

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CHUNK = 5_000
# As same_address() in bot/feeds/links.py compared links when this was written.
_SCHEME = re.compile(r"^https?://(?:www\.)?")
_LAST_SLASHES = re.compile(r"/+(?=[?#]|$)")


def _hash_link(link: str) -> int:
    same = _LAST_SLASHES.sub("", _SCHEME.sub("", link), count=1)
    return int.from_bytes(
        hashlib.blake2b(same.encode(), digest_size=8).digest(), "big", signed=True
    )


def _fill_link_keys() -> None:
    connection = op.get_bind()
    item = sa.table(
        "item", sa.column("id", sa.BigInteger), sa.column("link", sa.Text),
        sa.column("link_key", sa.BigInteger),
    )  # fmt: skip
    statement = (
        sa.update(item)
        .where(item.c.id == sa.bindparam("of_item"))
        .values(link_key=sa.bindparam("hashed"))
    )
    after = 0
    while True:
        rows = connection.execute(
            sa.select(item.c.id, item.c.link)
            .where(item.c.id > after)
            .order_by(item.c.id)
            .limit(_CHUNK)
        ).all()
        if not rows:
            return
        after = rows[-1].id
        filled = [{"of_item": row.id, "hashed": _hash_link(row.link)} for row in rows if row.link]
        if filled:
            connection.execute(statement, filled)


def upgrade() -> None:
    with op.batch_alter_table("feed", recreate="never") as feed:
        feed.add_column(sa.Column("answered_at", sa.BigInteger(), nullable=True))
        feed.add_column(sa.Column("silence_told_on", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("item", recreate="never") as item:
        item.add_column(sa.Column("dated_at", sa.BigInteger(), nullable=True))
        item.add_column(sa.Column("link_key", sa.BigInteger(), nullable=True))
        item.add_column(sa.Column("text_hash", sa.BigInteger(), server_default="0", nullable=False))
        item.add_column(sa.Column("silence", sa.Text(), server_default="", nullable=False))
    _fill_link_keys()
    op.drop_index("ix_item_feed_link", "item")
    op.create_index("ix_item_feed_link", "item", ["feed_id", "link_key"])
    op.create_table(
        "item_version",
        sa.Column("item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_item_version_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "replaced_at", name=op.f("pk_item_version")),
    )
    op.execute(
        "INSERT INTO item_version (item_id, replaced_at, title)"
        " SELECT item_id, replaced_at, title FROM item_title"
    )
    op.drop_table("item_title")
    op.create_table(
        "feed_day",
        sa.Column("feed_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("on_day", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("example", sa.Text(), server_default="", nullable=False),
        sa.Column("example_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_feed_day_feed_id_feed"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("feed_id", "on_day", "fate", name=op.f("pk_feed_day")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feed_day_on_day", "feed_day", ["on_day"])


def downgrade() -> None:
    op.drop_table("feed_day")
    op.create_table(
        "item_title",
        sa.Column("item_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_item_title_item_id_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "replaced_at", name=op.f("pk_item_title")),
    )
    op.execute(
        "INSERT INTO item_title (item_id, replaced_at, title)"
        " SELECT item_id, replaced_at, title FROM item_version"
    )
    op.drop_table("item_version")
    op.drop_index("ix_item_feed_link", "item")
    op.create_index("ix_item_feed_link", "item", ["feed_id", "link"])
    for name in ("silence", "text_hash", "link_key", "dated_at"):
        op.drop_column("item", name)
    for name in ("silence_told_on", "answered_at"):
        op.drop_column("feed", name)
