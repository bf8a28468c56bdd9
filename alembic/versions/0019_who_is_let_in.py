"""chats that asked to be let in, and the operators' messages about them"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "applicant",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_applicant")),
    )
    op.create_index(op.f("ix_applicant_asked_at"), "applicant", ["asked_at"])
    op.create_table(
        "applicant_message",
        sa.Column("applicant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["applicant_id"],
            ["applicant.chat_id"],
            name=op.f("fk_applicant_message_applicant_id_applicant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("applicant_id", "operator_id", name=op.f("pk_applicant_message")),
    )


def downgrade() -> None:
    op.drop_table("applicant_message")
    op.drop_index(op.f("ix_applicant_asked_at"), "applicant")
    op.drop_table("applicant")
