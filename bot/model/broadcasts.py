"""What operators say to all who are written to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """How far a broadcast is."""

    DRAFT = "draft"  #: shown to its operator, who has not said "send"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One text of an operator's, for the readers of some languages; none named: of all."""

    id: int
    text: str
    languages: tuple[str, ...]
    operator_id: int
    #: Under which its progress is told.
    message_id: int | None
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastProgress:
    """How many have been owed a broadcast so far, how many wait for it, and how many never got it.

    The last is counted once nobody waits any more.
    """

    owed: int
    waiting: int
    missed: int = 0
    spreading: bool = False  #: not all are owed it yet
