"""what surges, and in which hours sources were heard"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OWING = sa.text("owing")
_ALL_MINUTES = (1 << 60) - 1


def upgrade() -> None:
    op.create_table(
        "heard_hour",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name="pk_heard_hour"),
    )
    # Of the time before this was noted: an hour in which news was seen was heard.
    op.execute(
        "INSERT INTO heard_hour (hour, minutes) "  # noqa: S608 - a number of ours
        f"SELECT DISTINCT seen_at / 3600000, {_ALL_MINUTES} FROM item"
    )
    op.create_table(
        "surge",
        sa.Column("keyword_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("families", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Double(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("owing", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["keyword_id"],
            ["keyword.id"],
            name="fk_surge_keyword_id_keyword",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("keyword_id", "at", name="pk_surge"),
    )
    op.create_index(
        "ix_surge_owing", "surge", ["owing"], sqlite_where=_OWING, postgresql_where=_OWING
    )


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE kind = 5")
    op.drop_index("ix_surge_owing", "surge")
    op.drop_table("surge")
    op.drop_table("heard_hour")
