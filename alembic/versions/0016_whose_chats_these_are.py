"""the send clock's row knows which bot the chats belong to"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("budget", recreate="never") as budget:
        budget.add_column(sa.Column("bot_id", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("budget", recreate="never") as budget:
        budget.drop_column("bot_id")
