"""what people choose: quiet hours, sound, languages, publishers, what messages show"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NO, _YES, _NONE = sa.text("false"), sa.text("true"), ""


def _of_subscribers() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("reads", sa.Text(), server_default=_NONE, nullable=False),
        sa.Column("hidden_languages", sa.Text(), server_default=_NONE, nullable=False),
        sa.Column("shows", sa.Text(), server_default="summary gist", nullable=False),
        sa.Column("discreet", sa.Boolean(), server_default=_NO, nullable=False),
        sa.Column("sound", sa.Boolean(), server_default=_YES, nullable=False),
        sa.Column("digest_days", sa.Text(), server_default="0123456", nullable=False),
        sa.Column("tells_absence", sa.Boolean(), server_default=_NO, nullable=False),
        sa.Column("zone_chosen", sa.Boolean(), server_default=_NO, nullable=False),
        sa.Column("quiet_from", sa.Text(), server_default=_NONE, nullable=False),
        sa.Column("quiet_until", sa.Text(), server_default=_NONE, nullable=False),
        sa.Column("quiet_urgent", sa.Boolean(), server_default=_YES, nullable=False),
        sa.Column("quiet", sa.Boolean(), server_default=_NO, nullable=False),
        sa.Column("quiet_item", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_quiet_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_item", sa.BigInteger(), server_default="0", nullable=False),
    )


def _of_subscriptions() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("muted_until", sa.BigInteger(), nullable=True),
        sa.Column("sound", sa.Boolean(), server_default=_YES, nullable=False),
    )


def upgrade() -> None:
    for column in _of_subscribers():
        op.add_column("subscriber", column)
    for column in _of_subscriptions():
        op.add_column("subscription", column)
    # Whoever is elsewhere than where everybody begins has said so.
    op.execute("UPDATE subscriber SET zone_chosen = true WHERE zone <> 'Asia/Yerevan'")
    op.create_index("ix_subscriber_next_quiet_at", "subscriber", ["next_quiet_at"])
    op.create_table(
        "muted_publisher",
        sa.Column("subscriber_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_muted_publisher_subscriber_id_subscriber",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "name", name="pk_muted_publisher"),
    )


def downgrade() -> None:
    op.drop_table("muted_publisher")
    op.drop_index("ix_subscriber_next_quiet_at", "subscriber")
    for column in _of_subscriptions():
        op.drop_column("subscription", column.name)
    for column in _of_subscribers():
        op.drop_column("subscriber", column.name)
