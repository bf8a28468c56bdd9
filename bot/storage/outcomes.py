"""Outcomes: what became of attempts to send, stored; each delivery settled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, Integer, and_, bindparam, case, literal_column, update

from bot.delivery.pace import chat_pace_ms
from bot.model import Delivery, DeliveryKind, DeliveryState
from bot.storage.chats import close_gate, follow_chat, note_refusal, note_written, rewind_digests
from bot.storage.claims import SUSPECT_ATTEMPTS
from bot.storage.clock import note_refusals, pause
from bot.storage.columns import now_ms
from bot.storage.news import EDIT_EVERY_MS
from bot.storage.tables import chat, delivery

#: Telegram cannot be reached when so many chats fail at once.
_UNREACHABLE_CHATS = 3

# A literal: with a bound parameter the planner cannot prove that the partial index serves.
_IS_PENDING = delivery.c.state == literal_column(str(int(DeliveryState.PENDING)))


class Fate(Enum):
    """What became of one attempt to send."""

    SENT = auto()
    PART_SENT = auto()  #: one message of several; the next part is due
    EMPTY = auto()  #: there was nothing to say
    LATER = auto()  #: not now; `wait_ms` says when
    LEFT = auto()  #: it did not fit into its bulletin and goes into the next
    REJECTED = auto()  #: Telegram refuses this message for good
    MISSED = auto()  #: it could not be delivered in its time: the next digest tells it
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
    #: Telegram was not reached, or not well: says nothing about the message either.
    unreached: bool = False
    #: This chat takes nothing now: it is asked ever more rarely, and nothing else is.
    closed: bool = False
    #: The wait is this delivery's alone, not its chat's.
    own_wait: bool = False
    #: It failed as part of a bulletin and goes alone next time: one of them is to blame.
    alone: bool = False
    #: This is one of a bulletin; the chat's gate is set by the one that led it.
    leads: bool = True
    new_chat_id: int = 0
    #: The last item of its story that the message tells; 0: it tells of no story.
    told_item: int = 0


def settle(connection: Connection, outcomes: Sequence[Outcome], rate: float) -> None:
    """Store what became of attempts.

    "Sent" is a fact, stored whoever holds the lease by now; everything else only while the lease
    is still ours.
    """
    sent = [each for each in outcomes if each.fate is Fate.SENT]
    if sent:
        connection.execute(_SENT, [_sent_values(each) for each in sent])
    # What was never answered proves nothing of the chat.
    took = [
        _chat_id(each)
        for each in outcomes
        if each.fate in (Fate.SENT, Fate.PART_SENT) and not each.doubtful
    ]
    if took:
        note_written(connection, took)
    for outcome in outcomes:
        if outcome.fate is not Fate.SENT:
            _settle_one(connection, outcome)
    gates = [_gate_values(each) for each in outcomes if each.leads and not each.closed]
    if gates:
        connection.execute(_GATE, gates)
    for each in outcomes:
        if each.leads and each.closed:
            close_gate(connection, _chat_id(each), each.delivery.lease)
    refused = {_chat_id(each): each.wait_ms for each in outcomes if each.asked_to_wait}
    if refused:
        note_refusals(connection, refused, rate)
    failed = {_chat_id(each): each.wait_ms for each in outcomes if each.unreached}
    if len(failed) >= _UNREACHABLE_CHATS:
        # Not about these chats: those that still wait would fail too.
        pause(connection, max(failed.values()))


# An edit that more came to meanwhile than it tells stays owed, a minute on.
_TELLS_LESS = and_(
    delivery.c.kind == int(DeliveryKind.EDIT), delivery.c.upto_item > bindparam("its_told")
)
_SENT = (
    update(delivery)
    .where(delivery.c.id == bindparam("its_id"), _IS_PENDING)
    .values(
        state=case(
            (_TELLS_LESS, int(DeliveryState.PENDING)), else_=bindparam("its_state", type_=Integer)
        ),
        due_at=case((_TELLS_LESS, now_ms() + EDIT_EVERY_MS), else_=delivery.c.due_at),
        attempts=case((_TELLS_LESS, 0), else_=delivery.c.attempts),
        message_id=bindparam("its_message"),
        error=bindparam("its_error"),
        doubtful=bindparam("its_doubt"),
        after_item=bindparam("its_told"),
        settled_at=now_ms(),
    )
)
_GATE = (
    update(chat)
    .where(chat.c.id == bindparam("its_chat"), chat.c.lease == bindparam("its_lease"))
    .values(not_before=now_ms() + bindparam("its_wait"), gated_at=now_ms(), lease=0)
)


def _sent_values(outcome: Outcome) -> dict[str, Any]:
    return {
        "its_id": outcome.delivery.id,
        "its_message": outcome.message_id,
        "its_error": outcome.error[:500] or None,
        "its_doubt": outcome.doubtful,
        # A digest's window stays what it is.
        "its_told": outcome.told_item or outcome.delivery.after_item,
        "its_state": int(DeliveryState.SENT),
    }


def _gate_values(outcome: Outcome) -> dict[str, Any]:
    owed = outcome.delivery
    wait_ms = 0 if outcome.own_wait else outcome.wait_ms
    if not wait_ms and outcome.fate is not Fate.EMPTY:
        wait_ms = chat_pace_ms(owed.chat_kind)
    return {"its_chat": _chat_id(outcome), "its_lease": owed.lease, "its_wait": wait_ms}


def _chat_id(outcome: Outcome) -> int:
    return outcome.delivery.subscriber.chat_id


def _settle_one(connection: Connection, outcome: Outcome) -> None:
    owed = outcome.delivery
    mine = (delivery.c.id == owed.id) & _IS_PENDING & (delivery.c.lease == owed.lease)
    match outcome.fate:
        case Fate.PART_SENT:
            connection.execute(
                update(delivery)
                .where(delivery.c.id == owed.id, _IS_PENDING, delivery.c.part == owed.part)
                .values(part=owed.part + 1, attempts=0, retries=0, doubtful=False)
            )
        case Fate.EMPTY:
            # More than was looked at may have come to an edit meanwhile.
            seen = delivery.c.upto_item <= outcome.told_item
            whole = mine & seen if owed.kind is DeliveryKind.EDIT and outcome.told_item else mine
            _end(connection, whole, DeliveryState.CANCELLED, "nothing to say")
        case Fate.REJECTED:
            _end(connection, mine, DeliveryState.DEAD, outcome.error)
        case Fate.LATER:
            changes: dict[str, Any] = {
                "attempts": SUSPECT_ATTEMPTS if outcome.alone else 0,
                "error": outcome.error[:500],
            }
            if not outcome.asked_to_wait:
                changes["retries"] = delivery.c.retries + 1
            if outcome.doubtful:
                changes["doubtful"] = True
            if outcome.own_wait:
                changes["due_at"] = now_ms() + outcome.wait_ms
            connection.execute(update(delivery).where(mine).values(changes))
        case Fate.LEFT:
            connection.execute(update(delivery).where(mine).values(attempts=0))
        case Fate.GONE:
            note_refusal(connection, owed.subscriber.chat_id, outcome.error)
        case Fate.MISSED:
            rewind_digests(connection, mine, owe=True)
            _end(connection, mine, DeliveryState.CANCELLED, f"for the digest: {outcome.error}")
        case Fate.MOVED:
            follow_chat(connection, owed.subscriber.chat_id, outcome.new_chat_id)


def _end(connection: Connection, which: Any, state: DeliveryState, why: str) -> None:
    connection.execute(
        update(delivery).where(which).values(state=state, error=why[:500], settled_at=now_ms())
    )
