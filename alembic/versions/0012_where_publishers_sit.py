"""publishers have a city, and an address where readers can check who they are"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("publisher", recreate="never") as publisher:
        publisher.add_column(sa.Column("city", sa.Text(), server_default="", nullable=False))
        publisher.add_column(sa.Column("source", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("publisher", recreate="never") as publisher:
        publisher.drop_column("source")
        publisher.drop_column("city")
