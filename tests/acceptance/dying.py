"""Sahman, killed at a chosen point of its work: `python -m tests.acceptance.dying POINT run`.

The process sends itself SIGKILL the first time it comes to the point: no handler runs, nothing is
flushed, as when the power goes. Its leases are short, so that a test need not wait for their end.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.chat import receive
from bot.chat.receive import Receiver
from bot.cli import app
from bot.intake import Intake
from bot.intake.reading import HeldAgainst
from bot.sending.sender import Sender
from bot.storage import arrivals, claims, clock, deliveries, fanout, news, polls
from bot.telegram_api.messenger import Messenger

LEASE_S = 3
_CLAIMS_BEFORE_FREEZING = 4


def die() -> None:
    """End at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def freeze() -> None:
    """Stop where it stands, with all that it holds: as when the machine is out of memory."""
    os.kill(os.getpid(), signal.SIGSTOP)


def _freeze_with_clock() -> None:
    original, claimed = claims.take_slots, itertools.count(1)

    def freezing(*given: Any) -> None:
        original(*given)
        if next(claimed) == _CLAIMS_BEFORE_FREEZING:
            freeze()

    claims.take_slots = freezing


def _before(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    original = getattr(owner, name)

    def dying(*given: Any, **named: Any) -> Any:
        if when(*given):
            die()
        return original(*given, **named)

    setattr(owner, name, dying)


def _after(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    original = getattr(owner, name)

    def dying(*given: Any, **named: Any) -> Any:
        result = original(*given, **named)
        if when(*given):
            die()
        return result

    setattr(owner, name, dying)


def _after_awaiting(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    original = getattr(owner, name)

    async def dying(*given: Any, **named: Any) -> Any:
        result = await original(*given, **named)
        if when(*given):
            die()
        return result

    setattr(owner, name, dying)


#: A process that does not die, with the short leases of one that does.
NOWHERE = "nowhere"
#: One that is frozen in the transaction in which it holds the send clock of all senders.
CLOCK = "clock"

POINTS: dict[str, Callable[[], None]] = {
    # An update is there, nothing of it has been done.
    "receive": lambda: _before(Receiver, "_take", lambda _, updates: bool(updates)),
    # Its effects are stored and answered, it is not confirmed to Telegram.
    "confirm": lambda: _after_awaiting(Receiver, "_take", lambda _, updates: bool(updates)),
    # A feed has been fetched and parsed, nothing of it is stored.
    "poll": lambda: _before(Intake, "take_in"),
    # In the transaction that stores its items and what they match.
    "match": lambda: _after(HeldAgainst, "find"),
    # In the transaction that owes a chunk of deliveries.
    "plan": lambda: _after(fanout, "_owe_alerts"),
    # Deliveries are claimed, none of them is on its way.
    "claim": lambda: _before(Sender, "_begin", lambda _, claim, *more: bool(claim.deliveries)),
    # Telegram has taken a message, nobody has noted it.
    "send": lambda: _after_awaiting(
        Messenger, "send", lambda *given: given[3].startswith("\N{BELL}")
    ),
    # In the transaction that notes it.
    "mark": lambda: _after(deliveries, "settle"),
}

#: What a story goes through when there is more of it.
GROWING: dict[str, Callable[[], None]] = {
    # In the transaction in which an item joins the story.
    "join": lambda: _after(arrivals, "save_news"),
    # In the transaction that owes an edit, and in that it owes a ring too.
    "news": lambda: _after(news, "_owe"),
    # Telegram has taken the edit, nobody has noted it.
    "edit": lambda: _after_awaiting(Messenger, "edit"),
    **{point: POINTS[point] for point in ("poll", "match", "claim", "send", "mark")},
}

if __name__ == "__main__":
    point = sys.argv.pop(1)
    if point == CLOCK:
        _freeze_with_clock()
    elif point != NOWHERE:
        (POINTS | GROWING)[point]()
    news.EDIT_EVERY_MS = 1_500
    claims.LEASE_MS = LEASE_S * 1000
    clock.HELD_MS = 1_000
    polls.POLL_LEASE = timedelta(seconds=LEASE_S)
    receive._LEASE_S = LEASE_S
    app()
