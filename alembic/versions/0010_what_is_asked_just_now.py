"""which feeds are asked just now is found by an index"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    held = sa.text("leased_until IS NOT NULL")
    op.create_index(
        "ix_feed_held", "feed", ["leased_until"], sqlite_where=held, postgresql_where=held
    )


def downgrade() -> None:
    op.drop_index("ix_feed_held", "feed")
