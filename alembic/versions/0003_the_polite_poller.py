"""the polite poller"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed", recreate="never") as feed:
        feed.add_column(sa.Column("host", sa.Text(), server_default="", nullable=False))
        feed.add_column(sa.Column("leased_until", sa.BigInteger(), nullable=True))
        feed.add_column(sa.Column("polled_at", sa.BigInteger(), nullable=True))
        feed.add_column(sa.Column("gap_s", sa.Integer(), server_default="0", nullable=False))
        feed.add_column(sa.Column("moved_to", sa.Text(), server_default="", nullable=False))
        feed.add_column(
            sa.Column("moved", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
        feed.add_column(sa.Column("fresh_s", sa.Integer(), server_default="0", nullable=False))
        feed.add_column(sa.Column("asks_every_s", sa.Integer(), server_default="0", nullable=False))
        feed.add_column(sa.Column("skip_hours", sa.Text(), server_default="", nullable=False))
        feed.add_column(sa.Column("skip_days", sa.Text(), server_default="", nullable=False))
        feed.add_column(sa.Column("rhythm", sa.Text(), server_default="", nullable=False))
        feed.add_column(sa.Column("rhythm_at", sa.BigInteger(), nullable=True))
        feed.add_column(sa.Column("newest_at", sa.BigInteger(), nullable=True))
        feed.add_column(sa.Column("last_new_at", sa.BigInteger(), nullable=True))
        feed.add_column(sa.Column("failed_since", sa.BigInteger(), nullable=True))
        feed.add_column(sa.Column("gone_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("item", recreate="never") as item:
        item.add_column(sa.Column("source", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "outage",
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("down", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_outage")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_table("outage")
    # Never by making the table anew: dropping the old one would take all that refers to it along.
    op.drop_column("item", "source")
    for name in (
        "gone_at", "failed_since", "last_new_at", "newest_at", "rhythm_at", "rhythm", "skip_days",
        "skip_hours", "asks_every_s", "fresh_s", "moved", "moved_to", "gap_s", "polled_at",
        "leased_until", "host",
    ):  # fmt: skip
        op.drop_column("feed", name)
