"""the shared send clock learns what Telegram takes; graver alerts first; webhooks"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PENDING = {"sqlite_where": sa.text("state = 0"), "postgresql_where": sa.text("state = 0")}
_CLOCK = ("rate_at", "refused_at", "refused_chat", "paused_at", "paused_until")


def upgrade() -> None:
    op.add_column(
        "budget", sa.Column("rate", sa.Double(), server_default=sa.text("0"), nullable=False)
    )
    for name in _CLOCK:
        op.add_column(
            "budget", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
        )
    op.add_column(
        "chat", sa.Column("gated_at", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "fanout", sa.Column("gravity", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "fanout", sa.Column("served_at", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.drop_index("ix_delivery_due", "delivery", **_PENDING)
    op.create_index("ix_delivery_due", "delivery", ["kind", "gravity", "due_at", "id"], **_PENDING)
    op.create_table(
        "received_update",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_received_update")),
    )
    op.create_index(op.f("ix_received_update_received_at"), "received_update", ["received_at"])


def downgrade() -> None:
    op.drop_table("received_update")
    op.drop_index("ix_delivery_due", "delivery", **_PENDING)
    op.create_index("ix_delivery_due", "delivery", ["kind", "due_at", "id"], **_PENDING)
    for table, names in (
        ("fanout", ("served_at", "gravity")),
        ("chat", ("gated_at",)),
        ("budget", (*reversed(_CLOCK), "rate")),
    ):
        for name in names:
            op.drop_column(table, name)
