"""who sets which channel up, and since when a chat is gone"""

from __future__ import annotations

import time

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat", sa.Column("gone_at", sa.BigInteger(), server_default="0", nullable=False))
    # Of those that are gone already nobody knows since when: their time begins now.
    since_now = sa.text("UPDATE chat SET gone_at = :now_ms WHERE state = 1")
    op.get_bind().execute(since_now, {"now_ms": int(time.time() * 1000)})
    gone = sa.text("gone_at > 0")
    op.create_index("ix_chat_gone", "chat", ["gone_at"], sqlite_where=gone, postgresql_where=gone)
    op.create_table(
        "channel_admin",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chat.id"], name=op.f("fk_channel_admin_chat_id_chat"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["chat.id"],
            name=op.f("fk_channel_admin_person_id_chat"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "chat_id", name=op.f("pk_channel_admin")),
    )
    op.create_index(op.f("ix_channel_admin_chat_id"), "channel_admin", ["chat_id"])


def downgrade() -> None:
    op.drop_table("channel_admin")
    op.drop_index("ix_chat_gone", "chat")
    op.drop_column("chat", "gone_at")
