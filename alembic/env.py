"""Runs the migrations inside the transaction that `bot.storage.database.migrate` opened."""

from __future__ import annotations

from typing import Any

from alembic import context
from bot.storage.columns import Moment
from bot.storage.tables import metadata


def _render_item(kind: str, thing: Any, autogen_context: Any) -> str | bool:
    # A migration must not import the application: what it made must stay what it made.
    return "sa.BigInteger()" if kind == "type" and isinstance(thing, Moment) else False


def _compare_type(ctx: Any, inspected: Any, column: Any, found: Any, meant: Any) -> bool | None:
    return False if isinstance(meant, Moment) else None


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_render_item,
    compare_type=_compare_type,
    render_as_batch=True,
)
context.run_migrations()
