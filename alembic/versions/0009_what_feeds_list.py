"""what feeds list is marked, not noted at each poll"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("item", recreate="never") as item:
        item.add_column(
            sa.Column("listed", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    op.execute(
        "UPDATE item SET listed = true WHERE listed_at >= "
        "(SELECT feed.read_at FROM feed WHERE feed.id = item.feed_id)"
    )
    where = sa.text("listed")
    op.create_index(
        "ix_item_listed", "item", ["feed_id"], sqlite_where=where, postgresql_where=where
    )
    with op.batch_alter_table("item", recreate="never") as item:
        item.drop_column("listed_at")


def downgrade() -> None:
    with op.batch_alter_table("item", recreate="never") as item:
        item.add_column(sa.Column("listed_at", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE item SET listed_at = seen_at")
    op.execute(
        "UPDATE item SET listed_at = coalesce("
        "(SELECT feed.read_at FROM feed WHERE feed.id = item.feed_id), seen_at) WHERE listed"
    )
    op.drop_index("ix_item_listed", "item")
    with op.batch_alter_table("item", recreate="never") as item:
        item.drop_column("listed")
