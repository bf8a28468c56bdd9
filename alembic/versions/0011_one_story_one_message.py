"""one story is one message that grows"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JOINED = sa.text("key IS NOT NULL")
_ALERTS = sa.text("kind = 1")
_STORY = ("head", "follows", "merged_into", "rings")
_STORY_ITEM = ("key", "role", "origin", "imitates", "gravity", "why")


def upgrade() -> None:
    with op.batch_alter_table("story", recreate="never") as story:
        for name in ("head", "follows", "merged_into"):
            story.add_column(sa.Column(name, sa.BigInteger()))
        story.add_column(sa.Column("rings", sa.Text(), server_default="", nullable=False))
    op.execute(
        "UPDATE story SET head = (SELECT min(story_item.item_id) FROM story_item "
        "WHERE story_item.story_id = story.id)"
    )
    with op.batch_alter_table("subscriber", recreate="never") as subscriber:
        subscriber.add_column(
            sa.Column("least_gravity", sa.SmallInteger(), server_default="0", nullable=False)
        )
        subscriber.add_column(sa.Column("paused_until", sa.BigInteger()))
    with op.batch_alter_table("story_item", recreate="never") as story_item:
        story_item.add_column(sa.Column("key", sa.BigInteger()))
        story_item.add_column(sa.Column("role", sa.Text(), server_default="told", nullable=False))
        for name in ("origin", "imitates", "why"):
            story_item.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
        story_item.add_column(
            sa.Column("gravity", sa.SmallInteger(), server_default="0", nullable=False)
        )
    op.create_index(
        "ix_story_item_key",
        "story_item",
        ["key"],
        sqlite_where=_JOINED,
        postgresql_where=_JOINED,
    )
    op.create_table(
        "story_apart",
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name="fk_story_apart_story_id_story", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("story_id", "other_id", name="pk_story_apart"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "story_news",
        sa.Column("id", _ID, nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("ring", sa.Text(), server_default="", nullable=False),
        sa.Column("changed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gravity", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"], ["story.id"], name="fk_story_news_story_id_story", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name="fk_story_news_item_id_item", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_story_news"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_story_news_story_id", "story_news", ["story_id"])
    op.create_index("ix_story_news_item_id", "story_news", ["item_id"])
    op.create_table(
        "story_counts",
        sa.Column("keys_version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("counted", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("aged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("keys_version", name="pk_story_counts"),
    )
    op.create_index(
        "ix_delivery_story",
        "delivery",
        ["story_id", "id"],
        sqlite_where=_ALERTS,
        postgresql_where=_ALERTS,
    )
    # Alerts that were sent before stories grew have told all that there was of theirs.
    op.execute(
        "UPDATE delivery SET after_item = coalesce((SELECT max(story_item.item_id) "
        "FROM story_item WHERE story_item.story_id = delivery.story_id), 0) "
        "WHERE kind = 1 AND state = 1"
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_story", "delivery")
    op.execute("DELETE FROM delivery WHERE kind = 2")
    op.drop_table("story_counts")
    op.drop_table("story_news")
    op.drop_table("story_apart")
    op.drop_index("ix_story_item_key", "story_item")
    with op.batch_alter_table("subscriber", recreate="never") as subscriber:
        subscriber.drop_column("least_gravity")
        subscriber.drop_column("paused_until")
    with op.batch_alter_table("story_item", recreate="never") as story_item:
        for name in _STORY_ITEM:
            story_item.drop_column(name)
    with op.batch_alter_table("story", recreate="never") as story:
        for name in _STORY:
            story.drop_column(name)
