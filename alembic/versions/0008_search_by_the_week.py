"""the archive's words by the week

What stands in `item_key` is carried over by the running process, a little at a time, which then
drops the table; an archive that has none loses it here.
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_period",
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_search_period")),
    )
    with op.batch_alter_table("item", recreate="never") as item:
        item.add_column(sa.Column("place", sa.BigInteger()))
    op.create_index(op.f("ix_item_place"), "item", ["place"])
    if op.get_bind().scalar(sa.text("SELECT 1 FROM item_key LIMIT 1")) is None:
        op.drop_table("item_key")


def downgrade() -> None:
    bind = op.get_bind()
    for week in bind.scalars(sa.text("SELECT week FROM search_period")).all():
        op.drop_table(f"search_{week}")
    op.drop_table("search_period")
    op.drop_index(op.f("ix_item_place"), "item")
    with op.batch_alter_table("item", recreate="never") as item:
        item.drop_column("place")
    if not sa.inspect(bind).has_table("item_key"):
        op.create_table(
            "item_key",
            sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column(
                "item_id",
                sa.BigInteger(),
                autoincrement=False,
                nullable=False,
            ),
            sa.ForeignKeyConstraint(
                ["item_id"], ["item.id"], name=op.f("fk_item_key_item_id_item"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("key", "item_id", name=op.f("pk_item_key")),
            sqlite_with_rowid=False,
        )
        op.create_index(op.f("ix_item_key_item_id"), "item_key", ["item_id"])
    # The words are read again.
    bind.execute(sa.text("UPDATE item SET keys_version = 0"))
