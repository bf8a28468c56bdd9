"""lists of keywords that are shared by a link, without who made it"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_list",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("shared_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_shared_list")),
    )
    op.create_index(op.f("ix_shared_list_shared_at"), "shared_list", ["shared_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_shared_list_shared_at"), "shared_list")
    op.drop_table("shared_list")
