"""The outbox: every message Sahman owes, claimed and settled by one code on both databases.

A delivery is pending, then sent, dead or cancelled. There is no "sending": the lease lies on the
chat row. `chat.not_before` is lease, pace and retry in one, so that at most one message is on its
way to a chat, in order; `claims.py` takes it, `outcomes.py` gives it back, `clock.py` spaces all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, literal_column, or_, select, true, update

from bot.model import DeliveryKind, DeliveryState
from bot.storage.claims import LEASE_MS, MAX_ATTEMPTS, Claim, claim
from bot.storage.columns import now_ms
from bot.storage.database import Database
from bot.storage.fanout import expand_fanout
from bot.storage.news import expand_news
from bot.storage.outcomes import Fate, Outcome, settle
from bot.storage.processes import Processes
from bot.storage.tables import delivery, fanout, subscription

__all__ = ["LEASE_MS", "MAX_ATTEMPTS", "Claim", "Deliveries", "Fate", "Outbox", "Outcome"]

_DAY_MS = 86_400_000
# A literal: with a bound parameter the planner cannot prove that the partial index serves.
_IS_PENDING = delivery.c.state == literal_column(str(int(DeliveryState.PENDING)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """How the outbox stands: what is owed, and what the last day and the given-up ones were."""

    owed: dict[DeliveryKind, int]
    sent_today: int
    doubtful_today: int
    #: Given up, by error.
    dead: dict[str, int]
    #: How long the oldest that is owed and due has waited, in milliseconds.
    oldest_ms: int


class Deliveries:
    """Storage of the outbox."""

    def __init__(self, database: Database, processes: Processes) -> None:
        self._database = database
        self._processes = processes

    async def settle_and_claim(
        self, outcomes: Sequence[Outcome], room: int, rate: float, now: datetime
    ) -> Claim:
        """Settle what was sent and claim up to *room* more, in one transaction.

        At most *rate* messages a second leave all processes together, evenly spaced. *now* decides
        which alerts have become late.
        """

        def work(connection: Connection) -> Claim:
            if outcomes:
                settle(connection, outcomes, rate)
            lease = self._processes.make_lease()
            return claim(connection, room, rate, now, lease) if room else Claim((), 0)

        return await self._database.write(work)

    async def expand(self, rate: float) -> bool:
        """Owe one chunk of subscribers their alert, or more of a story; False when nothing waits.

        Of what is owed at *rate* a second, enough for some seconds stands in the outbox.
        """

        def work(connection: Connection) -> bool:
            # Whoever knows a story is few beside those who may be told of it.
            told = expand_news(connection)
            return expand_fanout(connection, rate) or told

        return await self._database.write(work)

    async def count_owed(self) -> int:
        """Return how many deliveries are pending."""

        def work(connection: Connection) -> int:
            query = select(func.count()).select_from(delivery).where(_IS_PENDING)
            return int(connection.scalar(query) or 0)

        return await self._database.read(work)

    async def count_waiting(self, subscriber_id: int, *, besides: int = 0) -> int:
        """Return how much a subscriber is still owed, and how much is not yet told apart.

        *besides* the delivery of this id, which is on its way just now.
        """

        def work(connection: Connection) -> int:
            owed = select(func.count()).where(
                delivery.c.subscriber_id == subscriber_id, _IS_PENDING, delivery.c.id != besides
            )
            spreading = (
                select(func.count())
                .select_from(fanout)
                .join(subscription, subscription.c.keyword_id == fanout.c.keyword_id)
                .where(
                    subscription.c.subscriber_id == subscriber_id,
                    fanout.c.cursor < subscriber_id,
                )
            )
            return (connection.scalar(owed) or 0) + (connection.scalar(spreading) or 0)

        return await self._database.read(work)

    async def load_outbox(self) -> Outbox:
        """Return how the outbox stands."""

        def work(connection: Connection) -> Outbox:
            owed = connection.execute(
                select(delivery.c.kind, func.count()).where(_IS_PENDING).group_by(delivery.c.kind)
            )
            today = (delivery.c.state == DeliveryState.SENT) & (
                delivery.c.settled_at > now_ms() - _DAY_MS
            )
            sent = select(func.count()).select_from(delivery).where(today)
            dead = connection.execute(
                select(func.coalesce(delivery.c.error, ""), func.count())
                .where(delivery.c.state == DeliveryState.DEAD)
                .group_by(delivery.c.error)
                .order_by(func.count().desc())
            )
            oldest = select(now_ms() - func.min(delivery.c.due_at)).where(
                _IS_PENDING, delivery.c.due_at > 0
            )
            return Outbox(
                owed={DeliveryKind(kind): count for kind, count in owed},
                sent_today=connection.scalar(sent) or 0,
                doubtful_today=connection.scalar(sent.where(delivery.c.doubtful)) or 0,
                dead={row[0]: row[1] for row in dead},
                oldest_ms=max(0, connection.scalar(oldest) or 0),
            )

        return await self._database.read(work)

    async def owe_dead_again(self, now: datetime) -> int:
        """Owe everything that was given up once more, its tries counted anew; return how many."""

        def work(connection: Connection) -> int:
            again = connection.execute(
                update(delivery)
                .where(delivery.c.state == DeliveryState.DEAD)
                .values(
                    state=DeliveryState.PENDING,
                    attempts=0,
                    retries=0,
                    doubtful=False,
                    created_at=now,
                    settled_at=None,
                )
                .returning(delivery.c.id)
            )
            return len(again.all())

        return await self._database.write(work)

    async def cancel_alerts(
        self, subscriber_id: int, reason: str, *, least_gravity: int | None = None
    ) -> None:
        """Owe a subscriber no alert that is still waiting; its items stay in the digest.

        With *least_gravity*, only those that are less grave than that.
        """
        among = delivery.c.gravity < least_gravity if least_gravity is not None else true()

        def work(connection: Connection) -> None:
            connection.execute(
                update(delivery)
                .where(
                    delivery.c.subscriber_id == subscriber_id,
                    delivery.c.kind == DeliveryKind.ALERT,
                    _IS_PENDING,
                    among,
                )
                .values(state=DeliveryState.CANCELLED, error=reason, settled_at=now_ms())
            )

        await self._database.write(work)

    async def prune(self, *, sent_days: int = 7, dead_days: int = 90, limit: int = 5000) -> int:
        """Delete at most *limit* settled deliveries that are old enough; return how many."""

        def work(connection: Connection) -> int:
            dead = delivery.c.state == DeliveryState.DEAD
            old = (
                select(delivery.c.id)
                .where(
                    or_(
                        dead & (delivery.c.settled_at < now_ms() - dead_days * _DAY_MS),
                        ~dead & (delivery.c.settled_at < now_ms() - sent_days * _DAY_MS),
                    )
                )
                .limit(limit)
            )
            ids = list(connection.scalars(old))
            connection.execute(delete(delivery).where(delivery.c.id.in_(ids)))
            return len(ids)

        return await self._database.write(work)
