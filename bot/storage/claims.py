"""Claims: which deliveries go next, each chat's with a lease that keeps other senders off it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from bot.delivery.bulletin import MOST_IN_BULLETIN, needs_bulletin
from bot.delivery.pace import HORIZON_MS
from bot.model import (
    AWAY,
    MAX_GRAVITY,
    ChatKind,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Subscriber,
)
from bot.storage.clock import Slots, load_slots, take_slots
from bot.storage.columns import Moment, now_ms
from bot.storage.quiet import is_settled
from bot.storage.subscribers import to_subscriber
from bot.storage.tables import chat, delivery, fanout, story_news, subscriber

#: A claimed chat comes free again after this long, should its sender die.
LEASE_MS = 30_000
#: A delivery that ended this many claims without an outcome is given up.
MAX_ATTEMPTS = 8
#: After so many, it goes alone: its neighbours are cleared of what its sender died on.
SUSPECT_ATTEMPTS = 2
_IDLE_MS = 1_000
# A gate set later than now was set before the clock was put back.
_TOLERATED_MS = 1_000

# Literals: with a bound parameter the planner cannot prove that the partial index serves.
_IS_PENDING = delivery.c.state == literal_column(str(int(DeliveryState.PENDING)))
_IS_ACTIVE = chat.c.state.not_in([literal_column(str(int(each))) for each in AWAY])

#: Less grave than this, alerts wait for what was told already and grew graver.
_GRAVE = 2
#: What goes first: grave alerts, more of what was told, other alerts, notices, digests, what
#: operators say, and edits when nothing else waits.
_LANES = (
    *((DeliveryKind.ALERT, gravity) for gravity in range(MAX_GRAVITY, _GRAVE - 1, -1)),
    (DeliveryKind.RING, 0),
    *((DeliveryKind.ALERT, gravity) for gravity in range(_GRAVE - 1, -1, -1)),
    (DeliveryKind.NOTICE, 0),
    (DeliveryKind.DIGEST, 0),
    (DeliveryKind.BROADCAST, 0),
    (DeliveryKind.EDIT, 0),
)


def is_open() -> Any:
    """Return the condition that a chat's gate stands open."""
    return or_(chat.c.not_before <= now_ms(), chat.c.gated_at > now_ms() + _TOLERATED_MS)


# Statements are built once: building them anew costs as much as running them.
_RINGING = (int(DeliveryKind.ALERT), int(DeliveryKind.RING), int(DeliveryKind.NOTICE))
_FANNING = select(exists(select(fanout.c.item_id)) | exists(select(story_news.c.id)))
_DUE = (
    select(delivery, chat.c.kind.label("chat_kind"))
    .join(chat, chat.c.id == delivery.c.chat_id)
    .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
    .where(
        _IS_PENDING,
        delivery.c.kind == bindparam("its_kind"),
        delivery.c.gravity == bindparam("its_gravity"),
        delivery.c.due_at <= now_ms(),
        _IS_ACTIVE,
        # Who paused wants no news; what operators say comes without a sound.
        or_(subscriber.c.paused.is_(False), delivery.c.kind == int(DeliveryKind.BROADCAST)),
        # Quiet hours may have begun that nobody has turned to yet.
        or_(delivery.c.kind.not_in(_RINGING), is_settled(bindparam("its_now", type_=Moment))),
        is_open(),
    )
    .order_by(delivery.c.due_at, delivery.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=[delivery, chat])
)
_READERS = select(subscriber).where(subscriber.c.id.in_(bindparam("ids", expanding=True)))
_TAKE = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .values(attempts=delivery.c.attempts + 1, lease=bindparam("its_lease"))
)
_LEASE = (
    update(chat)
    .where(chat.c.id.in_(bindparam("ids", expanding=True)))
    .values(not_before=now_ms() + LEASE_MS, gated_at=now_ms(), lease=bindparam("its_lease"))
)
_RANKED = (
    select(
        delivery.c.id,
        func.row_number()
        .over(
            partition_by=delivery.c.subscriber_id, order_by=(delivery.c.created_at, delivery.c.id)
        )
        .label("place"),
    )
    .where(
        _IS_PENDING,
        delivery.c.chat_id.in_(bindparam("chats", expanding=True)),
        # The sum keeps planners off the index of everything that is due: a chat's own few rows
        # are wanted, whatever else is owed.
        delivery.c.kind + 0 == int(DeliveryKind.ALERT),
        delivery.c.due_at + 0 <= now_ms(),
        delivery.c.attempts < SUSPECT_ATTEMPTS,
    )
    .subquery()
)
_WAITING = (
    select(delivery)
    .join(_RANKED, and_(_RANKED.c.id == delivery.c.id, _RANKED.c.place <= MOST_IN_BULLETIN))
    .order_by(_RANKED.c.place)
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries that are this sender's for LEASE_MS, and how long to wait before the next."""

    deliveries: tuple[Delivery, ...]
    wait_ms: int
    #: Some matches have not become deliveries yet.
    fanning: bool = False


def claim(connection: Connection, room: int, rate: float, now: datetime, lease: int) -> Claim:
    """Claim up to *room* chats with what they are owed, at most *rate* a second in all.

    *lease* is new, and of the process that claims. *now* decides what has become late; leases and
    the send clock are the database's.
    """
    fanning = connection.scalar(_FANNING) or False
    slots = load_slots(connection, rate)
    if slots.count <= 0:
        wait_ms = slots.paused_ms or int(slots.first_ms - HORIZON_MS / 2)
        return Claim((), max(1, min(wait_ms, _IDLE_MS)), fanning)
    rows = _pick(connection, min(room, slots.count), now)
    spent = [row.id for row in rows if row.attempts >= MAX_ATTEMPTS]
    if spent:
        _give_up(connection, spent)
        rows = [row for row in rows if row.attempts < MAX_ATTEMPTS]
    if not rows:
        return Claim((), _next_gate_ms(connection), fanning)
    claimed = tuple(_to_deliveries(connection, rows, lease, slots, now))
    ids = [each.id for owed in claimed for each in (owed.bulletin or (owed,))]
    connection.execute(_TAKE, {"ids": ids, "its_lease": lease})
    connection.execute(_LEASE, {"ids": [row.chat_id for row in rows], "its_lease": lease})
    take_slots(connection, slots, len(rows))
    drained = len(rows) < min(room, slots.count)
    return Claim(claimed, 0 if not drained else int(slots.interval_ms), fanning)


def _pick(connection: Connection, room: int, now: datetime) -> list[Row[Any]]:
    """Return due deliveries behind open gates, one a chat, lane by lane."""
    picked: list[Row[Any]] = []
    busy: set[int] = set()
    suspect = False
    for kind, gravity in _LANES:
        wanted = room - len(picked)
        if wanted <= 0:
            break
        lane = {
            "its_kind": int(kind),
            "its_gravity": gravity,
            "its_now": now,
            "most": wanted * 2,
        }
        for row in connection.execute(_DUE, lane):
            if row.chat_id in busy or len(picked) >= room:
                continue
            busy.add(row.chat_id)
            if row.attempts >= SUSPECT_ATTEMPTS:
                # Its sender died twice: one such a claim, so that its neighbours are cleared.
                if suspect:
                    continue
                suspect = True
            picked.append(row)
    return picked


def _to_deliveries(
    connection: Connection, rows: Sequence[Row[Any]], lease: int, slots: Slots, now: datetime
) -> Iterator[Delivery]:
    people = connection.execute(_READERS, {"ids": list({row.subscriber_id for row in rows})})
    by_id = {row.id: to_subscriber(row) for row in people}
    waiting = _load_waiting_alerts(connection, rows)
    for place, row in enumerate(rows):
        reader = by_id[row.subscriber_id]
        slot_ms = int(slots.first_ms + place * slots.interval_ms)
        alerts = [row]
        if row.kind == DeliveryKind.ALERT and row.attempts < SUSPECT_ATTEMPTS:
            alerts += [each for each in waiting.get(reader.id, ()) if each.id != row.id]
        bulletin: tuple[Delivery, ...] = ()
        if row.kind == DeliveryKind.ALERT and needs_bulletin(
            [each.created_at for each in alerts], now
        ):
            together = sorted(alerts[:MOST_IN_BULLETIN], key=lambda each: each.created_at)
            bulletin = tuple(_to_delivery(each, row.chat_kind, reader, lease) for each in together)
        yield _to_delivery(row, row.chat_kind, reader, lease, slot_ms, bulletin)


def _load_waiting_alerts(
    connection: Connection, rows: Sequence[Row[Any]]
) -> dict[int, list[Row[Any]]]:
    """Return what else these subscribers are due, for those who are due more than one message.

    Locks nothing: the lease on the chat keeps others off.
    """
    alerted = {row.chat_id for row in rows if row.kind == DeliveryKind.ALERT}
    waiting: dict[int, list[Row[Any]]] = {}
    if not alerted:
        return waiting
    for row in connection.execute(_WAITING, {"chats": list(alerted)}):
        waiting.setdefault(row.subscriber_id, []).append(row)
    return waiting


def _to_delivery(
    row: Row[Any],
    chat_kind: str,
    reader: Subscriber,
    lease: int,
    slot_ms: int = 0,
    bulletin: tuple[Delivery, ...] = (),
) -> Delivery:
    return Delivery(
        id=row.id,
        kind=DeliveryKind(row.kind),
        ref=row.ref,
        subscriber=reader,
        chat_kind=ChatKind(chat_kind),
        lease=lease,
        part=row.part,
        doubtful=row.doubtful,
        retries=row.retries,
        story_id=row.story_id,
        after_item=row.after_item,
        upto_item=row.upto_item,
        created_at=row.created_at,
        slot_ms=slot_ms,
        bulletin=bulletin,
    )


def _next_gate_ms(connection: Connection) -> int:
    """Return how long until a gate opens behind which something waits, 1 s at the most."""
    soonest = connection.scalar(
        select(func.min(chat.c.not_before) - now_ms())
        .join(delivery, delivery.c.chat_id == chat.c.id)
        .where(_IS_PENDING, _IS_ACTIVE, chat.c.not_before > now_ms())
    )
    return _IDLE_MS if soonest is None else min(_IDLE_MS, max(10, int(soonest)))


def _give_up(connection: Connection, ids: Collection[int]) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids))
        .values(
            state=DeliveryState.DEAD,
            error="the sender died on every attempt",
            settled_at=now_ms(),
        )
    )
