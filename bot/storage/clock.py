"""The send clock: one row per bot token that all senders share, evenly spaced, adapting.

`tat` is GCRA's theoretical arrival time (the generic cell rate algorithm): when the next message
may leave. The row's lock is also the mutex between claimers. All times are the database's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Result, bindparam, func, select, update

from bot.delivery.pace import (
    HORIZON_MS,
    LONGEST_PAUSE_MS,
    SAME_REFUSAL_MS,
    current_rate,
    lower_rate,
)
from bot.storage.columns import now_ms
from bot.storage.database import insert_into
from bot.storage.tables import budget

_NAME = "bot"
# Slots are given out shortly ahead: a clock still further ahead is of before the machine's was set
# back.
_FARTHEST_MS = 2_000
# What was noted later than now was noted before the machine's clock was set back.
_TOLERATED_MS = 1_000


#: Whoever holds the clock for so long without asking anything is frozen: PostgreSQL ends its
#: transaction, and the others go on.
HELD_MS = 3_000

_CLOCK = select(budget, now_ms().label("now")).where(budget.c.name == _NAME).with_for_update()
_CLOCK_OF_MANY = _CLOCK.add_columns(
    func.set_config("idle_in_transaction_session_timeout", bindparam("held_ms"), True)
)
_TAKE = update(budget).where(budget.c.name == _NAME).values(tat=bindparam("its_tat"))


@dataclass(frozen=True, slots=True)
class Slots:
    """Slots on the send clock that are free: how many, when the first is, how far apart."""

    count: int
    first_ms: float  #: after the claim
    interval_ms: float
    base: float
    #: Until when nothing leaves at all, counted from now; 0 when sending is not paused.
    paused_ms: int = 0


def load_slots(connection: Connection, limit: float) -> Slots:
    """Lock the send clock and return the slots that are free within the next moments."""
    row = _lock(connection).one_or_none()
    if row is None:
        connection.execute(
            insert_into(connection, budget).values(name=_NAME, tat=0).on_conflict_do_nothing()
        )
        row = _lock(connection).one()
    now = int(row.now)
    interval_ms = 1000.0 / current_rate(limit, row.rate, now - row.rate_at)
    if row.paused_until > now and row.paused_at <= now + _TOLERATED_MS:
        return Slots(0, 0, interval_ms, row.tat, paused_ms=row.paused_until - now)
    farthest = now + HORIZON_MS + 2 * interval_ms + _FARTHEST_MS
    base = max(float(now), row.tat if row.tat <= farthest else 0.0)
    count = int((now + HORIZON_MS - base) / interval_ms) + 1 if base <= now + HORIZON_MS else 0
    return Slots(count, base - now, interval_ms, base)


def take_slots(connection: Connection, slots: Slots, count: int) -> None:
    """Move the send clock on by so many slots."""
    connection.execute(_TAKE, {"its_tat": slots.base + count * slots.interval_ms})


def note_refusals(connection: Connection, waits: dict[int, int], limit: float) -> bool:
    """Note that Telegram told chats to wait (429), by chat and milliseconds.

    One chat's refusal is its own. A second chat's within seconds is the bot's: everything pauses
    and goes on slower. True when this was such a second one.
    """
    row = _lock(connection).one_or_none()
    if row is None:
        return False
    now = int(row.now)
    last, last_at = row.refused_chat, row.refused_at
    general = False
    for chat_id in waits:
        general |= last not in (0, chat_id) and 0 <= now - last_at <= SAME_REFUSAL_MS
        last, last_at = chat_id, now
    values: dict[str, object] = {"refused_chat": last, "refused_at": last_at}
    if general:
        paused = row.paused_until > now >= row.paused_at
        # What was on its way when the first of them was refused is refused too: once is enough.
        if not paused:
            rate = current_rate(limit, row.rate, now - row.rate_at)
            values |= {"rate": lower_rate(rate), "paused_at": now}
        until = now + min(max(waits.values()), LONGEST_PAUSE_MS)
        values["paused_until"] = max(until, row.paused_until) if paused else until
        # The rate creeps up from when sending goes on.
        values["rate_at"] = values["paused_until"]
    connection.execute(update(budget).where(budget.c.name == _NAME).values(values))
    return general


def pause(connection: Connection, wait_ms: int) -> None:
    """Let nothing leave for so long: Telegram is not to be reached at all."""
    connection.execute(
        update(budget)
        .where(budget.c.name == _NAME, budget.c.paused_until < now_ms() + wait_ms)
        .values(paused_at=now_ms(), paused_until=now_ms() + wait_ms)
    )


def _lock(connection: Connection) -> Result[Any]:
    """Return the clock's row, held until the transaction ends; no row before the first claim."""
    if connection.dialect.name == "postgresql":
        return connection.execute(_CLOCK_OF_MANY, {"held_ms": str(HELD_MS)})
    return connection.execute(_CLOCK)
