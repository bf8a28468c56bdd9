"""the newest items of one language and of one publisher, found by an index"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SOURCE, _NO_SOURCE = sa.text("source <> ''"), sa.text("source = ''")


def upgrade() -> None:
    op.create_index("ix_item_language", "item", ["language", "published_at", "id"])
    op.create_index(
        "ix_item_feed_newest",
        "item",
        ["feed_id", "published_at", "id", "language"],
        sqlite_where=_NO_SOURCE,
        postgresql_where=_NO_SOURCE,
    )
    op.create_index(
        "ix_item_source",
        "item",
        ["source", "published_at", "id"],
        sqlite_where=_SOURCE,
        postgresql_where=_SOURCE,
    )


def downgrade() -> None:
    op.drop_index("ix_item_source", "item")
    op.drop_index("ix_item_feed_newest", "item")
    op.drop_index("ix_item_language", "item")
