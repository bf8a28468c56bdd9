"""refusals are weather until they are proved final"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("chat", recreate="never") as chat:
        chat.add_column(
            sa.Column("refused_at", sa.BigInteger(), server_default="0", nullable=False)
        )
        chat.add_column(sa.Column("closed_at", sa.BigInteger(), server_default="0", nullable=False))
        chat.add_column(
            sa.Column("closed_told", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    for name in ("refused", "closed"):
        where = sa.text(f"{name}_at > 0")
        op.create_index(
            f"ix_chat_{name}", "chat", [f"{name}_at"], sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    for name in ("closed", "refused"):
        op.drop_index(f"ix_chat_{name}", "chat")
    with op.batch_alter_table("chat", recreate="never") as chat:
        for name in ("closed_told", "closed_at", "refused_at"):
            chat.drop_column(name)
