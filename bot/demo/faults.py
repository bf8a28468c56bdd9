"""Answers that a test wants to go wrong, and the order they go wrong in.

Rate limits and further kinds of trouble belong here too: `Faults.planned` is asked once for
every call, before the call has any effect, and `Faults.delay_s` after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.demo.refusal import Refusal


@dataclass(slots=True)
class _Refuse:
    method: str
    chat_id: int | None
    refusal: Refusal
    times: int


@dataclass(slots=True)
class _Delay:
    method: str
    seconds: float
    times: int


class Faults:
    """What is planned to go wrong. A method of ``*`` stands for every method."""

    def __init__(self) -> None:
        self._refusals: list[_Refuse] = []
        self._delays: list[_Delay] = []

    def refuse(
        self, method: str, refusal: Refusal, *, times: int = 1, chat_id: int | None = None
    ) -> None:
        """Answer the next *times* calls of *method* (to *chat_id*) with *refusal*."""
        self._refusals.append(_Refuse(method, chat_id, refusal, times))

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        """Hold back the answers to the next *times* calls of *method*."""
        self._delays.append(_Delay(method, seconds, times))

    def planned(self, method: str, parameters: dict[str, Any]) -> Refusal | None:
        """Return the refusal planned for this call and count it as used."""
        for fault in self._refusals:
            wanted_chat = fault.chat_id is None or str(fault.chat_id) == str(
                parameters.get("chat_id")
            )
            if fault.times > 0 and fault.method in {"*", method} and wanted_chat:
                fault.times -= 1
                return fault.refusal
        return None

    def delay_s(self, method: str) -> float:
        """Return for how long this answer is held back and count the delay as used."""
        for fault in self._delays:
            if fault.times > 0 and fault.method in {"*", method}:
                fault.times -= 1
                return fault.seconds
        return 0.0

    def clear(self) -> None:
        """Plan nothing any more."""
        self._refusals.clear()
        self._delays.clear()
