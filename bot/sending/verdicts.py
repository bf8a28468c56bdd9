"""Verdicts: what one attempt to send means for each delivery that was in it."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.delivery.retry import is_given_up, next_retry_ms
from bot.errors import ChatMoved, MessageRejected, RecipientGone, SahmanError, TryLater
from bot.model import Delivery, DeliveryKind
from bot.sending.composer import Composed
from bot.storage.deliveries import Fate, Outcome

_log = logging.getLogger(__name__)

# A connection that is cut, a fresh one too, was mostly cut before the message was taken: counted as
# sent only after some minutes of that. Silence is counted as sent at its second time.
_MOST_CUTS = 8
_HOUR_MS = 3_600_000


_IN_NO_DIGEST = (
    DeliveryKind.EDIT, DeliveryKind.RING, DeliveryKind.NOTICE, DeliveryKind.BROADCAST,
)  # fmt: skip


class Verdicts:
    """Turns answers and failures into outcomes; of a bulletin, one for each alert in it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def sent(self, owed: Delivery, composed: Composed, message_id: int) -> Sequence[Outcome]:
        """Return the outcomes of a message that Telegram took."""
        last = owed.part >= len(composed.messages) - 1
        _log.info(
            "delivery_sent",
            extra={
                "delivery": owed.id,
                "kind": owed.kind.name.lower(),
                "alerts": len(composed.told) or None,
            },
        )
        return _once_a_chat(
            [
                *(
                    Outcome(
                        delivery=each,
                        fate=Fate.SENT if last else Fate.PART_SENT,
                        message_id=message_id,
                        doubtful=each.doubtful and last,
                        told_item=composed.told_items.get(each.id, 0),
                    )
                    for each in composed.told or (owed,)
                ),
                *_untold(owed, composed),
            ]
        )

    def nothing_to_say(self, owed: Delivery, composed: Composed) -> Sequence[Outcome]:
        """Return the outcomes of what has nothing to say any more, or has said all its parts."""
        fate = Fate.SENT if owed.part else Fate.EMPTY
        return _once_a_chat(
            Outcome(delivery=each, fate=fate, told_item=composed.told_items.get(each.id, 0))
            for each in owed.bulletin or (owed,)
        )

    def broken(self, owed: Delivery, error: Exception) -> Sequence[Outcome]:
        """Return the outcomes of what could not be composed: tried again, each by itself.

        Its chat goes on meanwhile: a bug of ours in one message must not hold up an alert.
        """
        return _once_a_chat(
            dataclasses.replace(
                self._later(each, repr(error), None, alone=bool(owed.bulletin)), own_wait=True
            )
            for each in owed.bulletin or (owed,)
        )

    def failed(self, owed: Delivery, composed: Composed, error: SahmanError) -> Sequence[Outcome]:
        """Return the outcomes of a message that Telegram did not take, or may not have taken."""
        chat = owed.subscriber.chat_id
        told = composed.told or (owed,)
        match error:
            case RecipientGone():
                _log.info("chat_gone", extra={"chat": chat, "reason": error.reason})
                return [Outcome(delivery=owed, fate=Fate.GONE, error=error.reason)]
            case ChatMoved():
                _log.info("chat_moved", extra={"chat": chat, "to": error.new_chat_id})
                return [Outcome(delivery=owed, fate=Fate.MOVED, new_chat_id=error.new_chat_id)]
            case TryLater():
                last = owed.part >= len(composed.messages) - 1
                verdicts = [
                    self._try_later(
                        each, error, last=last, told_item=composed.told_items.get(each.id, 0)
                    )
                    for each in told
                ]
            case MessageRejected() if len(told) > 1:
                # One of them is to blame: each goes alone, and only that one is given up.
                verdicts = [self._later(each, error.reason, None, alone=True) for each in told]
            case MessageRejected(known=False):
                # It may be anything: this one waits, its chat goes on.
                verdicts = [
                    dataclasses.replace(
                        self._later(each, error.reason, None, longest_ms=_HOUR_MS), own_wait=True
                    )
                    for each in told
                ]
            case MessageRejected():
                verdicts = [_given_up(each, error.reason) for each in told]
            case _:
                verdicts = [self._later(each, str(error), None) for each in told]
        return _once_a_chat([*verdicts, *_untold(owed, composed)])

    def _try_later(self, owed: Delivery, error: TryLater, *, last: bool, told_item: int) -> Outcome:
        hopeful = error.cut and owed.retries < _MOST_CUTS
        if error.ambiguous and owed.doubtful and not hopeful and owed.kind is not DeliveryKind.EDIT:
            _log.warning("delivery_doubtful", extra={"delivery": owed.id})
            fate = Fate.SENT if last else Fate.PART_SENT
            return Outcome(
                delivery=owed,
                fate=fate,
                doubtful=True,
                error=error.reason,
                told_item=told_item,
            )
        patient = error.of_chat or error.of_topic
        later = self._later(
            owed, error.reason, error.wait_s, longest_ms=_HOUR_MS if patient else None
        )
        if later.fate is not Fate.LATER:
            return later
        return dataclasses.replace(
            later,
            doubtful=error.ambiguous and owed.kind is not DeliveryKind.EDIT,
            unreached=error.wait_s is None and not patient,
            closed=error.of_chat,
            own_wait=error.of_topic,
        )

    def _later(
        self,
        owed: Delivery,
        reason: str,
        wait_s: float | None,
        *,
        alone: bool = False,
        longest_ms: int | None = None,
    ) -> Outcome:
        if is_given_up(owed.created_at, self._clock()):
            return _missed(owed, reason)
        if wait_s is not None:
            wait_ms = int(wait_s * 1000)
        elif longest_ms is None:
            wait_ms = next_retry_ms(owed.retries)
        else:
            wait_ms = next_retry_ms(owed.retries, longest_ms=longest_ms)
        _log.warning(
            "delivery_deferred",
            extra={"delivery": owed.id, "reason": reason, "wait_ms": wait_ms},
        )
        return Outcome(
            delivery=owed,
            fate=Fate.LATER,
            error=reason,
            wait_ms=wait_ms,
            asked_to_wait=wait_s is not None,
            alone=alone,
        )


def _missed(owed: Delivery, reason: str) -> Outcome:
    """Give up bringing it by itself: the next digest that arrives tells it."""
    _log.error("delivery_given_up", extra={"delivery": owed.id, "reason": reason})
    known = owed.kind in _IN_NO_DIGEST
    fate = Fate.REJECTED if known else Fate.MISSED
    return Outcome(delivery=owed, fate=fate, error=reason)


def _given_up(owed: Delivery, reason: str) -> Outcome:
    _log.error("delivery_given_up", extra={"delivery": owed.id, "reason": reason})
    return Outcome(delivery=owed, fate=Fate.REJECTED, error=reason)


def _untold(owed: Delivery, composed: Composed) -> list[Outcome]:
    """Return the outcomes of a bulletin's alerts that its message does not tell."""
    told = {each.id for each in (*composed.told, *composed.empty)}
    return [
        *(Outcome(delivery=each, fate=Fate.EMPTY) for each in composed.empty),
        *(Outcome(delivery=each, fate=Fate.LEFT) for each in owed.bulletin if each.id not in told),
    ]


def _once_a_chat(outcomes: Iterable[Outcome]) -> Sequence[Outcome]:
    """Let the first of them set the chat's gate."""
    lead, *others = outcomes
    return [lead, *(dataclasses.replace(each, leads=False) for each in others)]
