"""The outbox: every message Sahman owes, claimed and settled by one code on both databases.

A delivery is pending, then sent, dead or cancelled. There is no "sending": the lease lies on the
chat row. `chat.not_before` is lease, pace and retry in one, so that at most one message is on its
way to a chat, in order; `budget.tat` is the send clock of the bot token (GCRA, the generic cell
rate algorithm), and its row lock is the mutex between claimers. Both use the database's clock.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, Row, delete, func, literal_column, or_, select, update

from bot.model import (
    ChatKind,
    Delivery,
    DeliveryKind,
    DeliveryState,
)
from bot.storage.database import Database, insert_into
from bot.storage.fanout import expand_fanout
from bot.storage.subscribers import mark_gone, move_chat, to_subscriber
from bot.storage.tables import (
    budget,
    chat,
    delivery,
    now_ms,
    subscriber,
)

#: A claimed chat comes free again after this long, should its sender die.
LEASE_MS = 30_000
#: A delivery that ended this many claims without an outcome is given up.
MAX_ATTEMPTS = 8
# A gate further ahead than this is a clock that was set back, not a wish of Telegram's.
_MAX_GATE_MS = 24 * 3_600_000
_MAX_PAUSE_MS = 120_000
_PACE_MS = {ChatKind.PRIVATE: 1_000}
_GROUP_PACE_MS = 3_000

_BUDGET = "bot"
# A literal: with a bound parameter the planner cannot prove that the partial index serves.
_IS_PENDING = delivery.c.state == literal_column("0")


class Fate(Enum):
    """What became of one attempt to send."""

    SENT = auto()
    PART_SENT = auto()  #: one message of several; the next part is due
    EMPTY = auto()  #: there was nothing to say
    LATER = auto()  #: not now; `wait_ms` says when
    REJECTED = auto()  #: Telegram refuses this message for good
    GONE = auto()  #: the chat is gone
    MOVED = auto()  #: the chat has a new id


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One attempt's end, to be stored."""

    delivery: Delivery
    fate: Fate
    message_id: int | None = None
    error: str = ""
    wait_ms: int = 0
    doubtful: bool = False
    #: Telegram asked for the wait (429): says nothing about the message itself.
    asked_to_wait: bool = False
    new_chat_id: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries that are this sender's for LEASE_MS, and how long to wait when there is none."""

    deliveries: tuple[Delivery, ...]
    wait_ms: int


class Deliveries:
    """Storage of the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def turn(self, outcomes: Sequence[Outcome], room: int, rate: float) -> Claim:
        """Settle what was sent and claim up to *room* more, in one transaction.

        At most *rate* messages a second leave all processes together, evenly spaced.
        """

        def work(connection: Connection) -> Claim:
            if outcomes:
                _settle(connection, outcomes)
            return _claim(connection, room, rate, _burst(rate)) if room else Claim((), 1_000)

        return await self._database.write(work)

    async def expand(self) -> bool:
        """Owe one chunk of a match's subscribers their alert; False when nothing waits."""
        return await self._database.write(expand_fanout)

    async def count_owed(self) -> int:
        """Return how many deliveries are pending."""

        def work(connection: Connection) -> int:
            query = select(func.count()).select_from(delivery).where(_IS_PENDING)
            return int(connection.scalar(query) or 0)

        return await self._database.read(work)

    async def cancel_alerts(self, subscriber_id: int, reason: str) -> None:
        """Owe a subscriber no alert that is still waiting; its items stay in the digest."""

        def work(connection: Connection) -> None:
            connection.execute(
                update(delivery)
                .where(
                    delivery.c.subscriber_id == subscriber_id,
                    delivery.c.kind == DeliveryKind.ALERT,
                    _IS_PENDING,
                )
                .values(state=DeliveryState.CANCELLED, error=reason, settled_at=now_ms())
            )

        await self._database.write(work)

    async def prune(self, *, sent_days: int = 7, dead_days: int = 90, limit: int = 5000) -> int:
        """Delete at most *limit* settled deliveries that are old enough; return how many."""

        def work(connection: Connection) -> int:
            day_ms = 86_400_000
            dead = delivery.c.state == DeliveryState.DEAD
            old = (
                select(delivery.c.id)
                .where(
                    or_(
                        dead & (delivery.c.settled_at < now_ms() - dead_days * day_ms),
                        ~dead & (delivery.c.settled_at < now_ms() - sent_days * day_ms),
                    )
                )
                .limit(limit)
            )
            ids = list(connection.scalars(old))
            connection.execute(delete(delivery).where(delivery.c.id.in_(ids)))
            return len(ids)

        return await self._database.write(work)


def _burst(rate: float) -> int:
    # Telegram counts by the second: a large burst and the rate together would exceed it.
    return max(3, int(rate / 10))


def _claim(connection: Connection, room: int, rate: float, burst: int) -> Claim:
    connection.execute(
        insert_into(connection, budget).values(name=_BUDGET, tat=0).on_conflict_do_nothing()
    )
    tat, now = connection.execute(
        select(budget.c.tat, now_ms()).where(budget.c.name == _BUDGET).with_for_update()
    ).one()
    interval_ms = 1000.0 / rate
    base = max(min(tat, now + _MAX_PAUSE_MS), float(now))
    tokens = int((now + burst * interval_ms - base) / interval_ms)
    if tokens <= 0:
        return Claim((), max(1, int(base + interval_ms - (now + burst * interval_ms))))
    rows = _pick(connection, min(room, tokens))
    if not rows:
        return Claim((), _next_due_ms(connection, now))
    spent = [row for row in rows if row.attempts >= MAX_ATTEMPTS]
    if spent:
        _give_up(connection, [row.id for row in spent], "the sender died on every attempt")
        rows = [row for row in rows if row.attempts < MAX_ATTEMPTS]
    lease = random.getrandbits(62)
    connection.execute(
        update(delivery)
        .where(delivery.c.id.in_([row.id for row in rows]))
        .values(attempts=delivery.c.attempts + 1, lease=lease)
    )
    connection.execute(
        update(chat)
        .where(chat.c.id.in_([row.chat_id for row in rows]))
        .values(not_before=now_ms() + LEASE_MS, lease=lease)
    )
    connection.execute(
        update(budget).where(budget.c.name == _BUDGET).values(tat=base + len(rows) * interval_ms)
    )
    people = connection.execute(
        select(subscriber).where(subscriber.c.id.in_([row.subscriber_id for row in rows]))
    )
    by_id = {row.id: to_subscriber(row) for row in people}
    return Claim(
        tuple(
            Delivery(
                id=row.id,
                kind=DeliveryKind(row.kind),
                ref=row.ref,
                subscriber=by_id[row.subscriber_id],
                lease=lease,
                part=row.part,
                doubtful=row.doubtful,
                retries=row.retries,
                story_id=row.story_id,
                after_item=row.after_item,
                upto_item=row.upto_item,
                created_at=row.created_at,
            )
            for row in rows
        ),
        0,
    )


def _pick(connection: Connection, room: int) -> list[Row[Any]]:
    """Return due deliveries behind open gates, one a chat, alerts before digests."""
    picked: list[Row[Any]] = []
    busy: set[int] = set()
    suspect = False
    open_gate = or_(chat.c.not_before <= now_ms(), chat.c.not_before > now_ms() + _MAX_GATE_MS)
    for kind in DeliveryKind:
        wanted = room - len(picked)
        if wanted <= 0:
            break
        due = (
            select(delivery)
            .join(chat, chat.c.id == delivery.c.chat_id)
            .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
            .where(
                _IS_PENDING,
                delivery.c.kind == int(kind),
                delivery.c.due_at <= now_ms(),
                chat.c.state == literal_column("0"),
                subscriber.c.paused.is_(False),
                open_gate,
            )
            .order_by(delivery.c.due_at, delivery.c.id)
            .limit(wanted * 2)
            .with_for_update(skip_locked=True, of=[delivery, chat])
        )
        for row in connection.execute(due):
            if row.chat_id in busy or len(picked) >= room:
                continue
            busy.add(row.chat_id)
            if row.attempts >= 2:
                # Its sender died twice: it goes alone, so that its neighbours are cleared.
                if suspect:
                    continue
                suspect = True
            picked.append(row)
    return picked


def _next_due_ms(connection: Connection, now: int) -> int:
    """Return how long until a gate opens or a waiting delivery comes due, 1 s at the most."""
    soonest = connection.scalar(
        select(func.min(chat.c.not_before))
        .join(delivery, delivery.c.chat_id == chat.c.id)
        .where(_IS_PENDING, chat.c.state == literal_column("0"), chat.c.not_before > now)
    )
    return 1_000 if soonest is None else min(1_000, max(10, int(soonest - now)))


def _settle(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Store what became of attempts. "Sent" is a fact, stored whoever holds the lease by now;
    everything else only while the lease is still ours."""
    for outcome in outcomes:
        owed = outcome.delivery
        mine = (delivery.c.id == owed.id) & _IS_PENDING & (delivery.c.lease == owed.lease)
        pause_ms = outcome.wait_ms or _pace_ms(connection, owed)
        match outcome.fate:
            case Fate.SENT:
                connection.execute(
                    update(delivery)
                    .where(delivery.c.id == owed.id, _IS_PENDING)
                    .values(
                        state=DeliveryState.SENT,
                        message_id=outcome.message_id,
                        error=outcome.error or None,
                        doubtful=outcome.doubtful,
                        settled_at=now_ms(),
                    )
                )
            case Fate.PART_SENT:
                connection.execute(
                    update(delivery)
                    .where(delivery.c.id == owed.id, _IS_PENDING, delivery.c.part == owed.part)
                    .values(part=owed.part + 1, attempts=0, retries=0, doubtful=False)
                )
            case Fate.EMPTY:
                connection.execute(
                    update(delivery)
                    .where(mine)
                    .values(
                        state=DeliveryState.CANCELLED, error="nothing to say", settled_at=now_ms()
                    )
                )
                pause_ms = 0
            case Fate.LATER:
                connection.execute(
                    update(delivery)
                    .where(mine)
                    .values(
                        attempts=0,
                        retries=delivery.c.retries + (0 if outcome.asked_to_wait else 1),
                        **({"doubtful": True} if outcome.doubtful else {}),
                        error=outcome.error[:500],
                    )
                )
            case Fate.REJECTED:
                connection.execute(
                    update(delivery)
                    .where(mine)
                    .values(
                        state=DeliveryState.DEAD, error=outcome.error[:500], settled_at=now_ms()
                    )
                )
            case Fate.GONE:
                mark_gone(connection, owed.subscriber.chat_id, outcome.error)
            case Fate.MOVED:
                move_chat(connection, owed.subscriber.chat_id, outcome.new_chat_id)
        connection.execute(
            update(chat)
            .where(chat.c.id == owed.subscriber.chat_id, chat.c.lease == owed.lease)
            .values(not_before=now_ms() + pause_ms, lease=0)
        )
    _pause_everything(connection, outcomes)


def _pause_everything(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Stop the send clock when several chats must wait at once: then it is not about a chat."""
    waiting = {
        outcome.delivery.subscriber.chat_id: outcome.wait_ms
        for outcome in outcomes
        if outcome.fate is Fate.LATER
    }
    if len(waiting) < 3:
        return
    until = now_ms() + min(max(waiting.values()), _MAX_PAUSE_MS)
    connection.execute(
        update(budget).where(budget.c.name == _BUDGET, budget.c.tat < until).values(tat=until)
    )


def _pace_ms(connection: Connection, owed: Delivery) -> int:
    kind = connection.scalar(select(chat.c.kind).where(chat.c.id == owed.subscriber.chat_id))
    return _PACE_MS.get(ChatKind(kind), _GROUP_PACE_MS) if kind else 0


def _give_up(connection: Connection, ids: list[int], error: str) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids))
        .values(state=DeliveryState.DEAD, error=error, settled_at=now_ms())
    )
