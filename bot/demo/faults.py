"""What a test wants to go wrong between a bot and Telegram, how often, and for whom.

A `Fault` is one kind of trouble. Those of `before` strike a call before it has any effect, those
of `after` keep back or lose the answer to a call that took effect: the bot cannot tell.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.demo.refusal import Refusal, too_many

# Our own words in the shape of what a proxy before Telegram's servers answers.
_PAGE = (
    "<!DOCTYPE html>\r\n<html>\r\n<head><title>{code} {name}</title></head>\r\n<body>\r\n"
    "<h1>{code} {name}</h1>\r\n<p>The server behind this one gave no usable answer.</p>\r\n"
    "</body>\r\n</html>\r\n"
)
_NAMES = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
ANY = "*"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble: exactly one of a refusal, a page, a late answer, a cut, a silence."""

    accepted: bool = False
    refusal: Refusal | None = None
    page_code: int = 0
    page: str = ""
    late_s: float = 0.0
    cut: bool = False
    silent: bool = False


def refused(refusal: Refusal) -> Fault:
    """Answer with *refusal*."""
    return Fault(refusal=refusal)


def flooded(retry_after_s: float) -> Fault:
    """Answer 429: wait so many seconds."""
    return Fault(refusal=too_many(retry_after_s))


def broken(code: int = 500) -> Fault:
    """Answer a 5xx in JSON, as the Bot API server itself does."""
    return Fault(refusal=Refusal(code, _NAMES.get(code, "Internal Server Error")))


def error_page(code: int = 502) -> Fault:
    """Answer a page of HTML, as a proxy before the server does."""
    name = _NAMES.get(code, "Bad Gateway")
    return Fault(page_code=code, page=_PAGE.format(code=code, name=name))


def late(seconds: float) -> Fault:
    """Take the call and answer it *seconds* later."""
    return Fault(accepted=True, late_s=seconds)


def cut(*, accepted: bool) -> Fault:
    """Close the connection without an answer, before or after the call took effect."""
    return Fault(accepted=accepted, cut=True)


def silent(*, accepted: bool) -> Fault:
    """Keep the connection open and never answer, whether or not the call took effect."""
    return Fault(accepted=accepted, silent=True)


def unauthorized() -> Fault:
    """Answer 401: Telegram no longer knows the token."""
    return Fault(refusal=Refusal(401, "Unauthorized"))


def conflict() -> Fault:
    """Answer 409: another process asks for the updates. Meant for getUpdates."""
    return Fault(
        refusal=Refusal(
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot"
            " instance is running",
        )
    )


@dataclass(slots=True)
class _Plan:
    fault: Fault
    methods: frozenset[str]
    chats: frozenset[str]
    times: float
    probability: float
    chance: random.Random

    def strikes(self, method: str, parameters: dict[str, Any]) -> bool:
        """Say whether this call is hit, and count it if so."""
        if self.times <= 0 or not (ANY in self.methods or method in self.methods):
            return False
        if self.chats and str(parameters.get("chat_id")) not in self.chats:
            return False
        if self.probability < 1 and self.chance.random() >= self.probability:
            return False
        self.times -= 1
        return True


class Faults:
    """What is planned to go wrong; of several plans for one call the earliest strikes."""

    def __init__(self) -> None:
        self._before: list[_Plan] = []
        self._after: list[_Plan] = []

    def plan(
        self,
        fault: Fault,
        *methods: str,
        chats: Iterable[int] = (),
        times: int | None = 1,
        probability: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Let *fault* strike the next calls of *methods* (none: any) to *chats* (none: any).

        It strikes *times* times (None: until `clear`), each call with *probability*, drawn from
        *seed*, so that a run can be repeated.
        """
        plan = _Plan(
            fault,
            frozenset(methods or (ANY,)),
            frozenset(map(str, chats)),
            float("inf") if times is None else times,
            probability,
            random.Random(seed),  # noqa: S311 - repeatable, and nobody's secret
        )
        (self._after if fault.accepted else self._before).append(plan)

    def before(self, method: str, parameters: dict[str, Any]) -> Fault | None:
        """Return the trouble that this call meets before it takes effect, and count it."""
        return _first(self._before, method, parameters)

    def after(self, method: str, parameters: dict[str, Any]) -> Fault | None:
        """Return the trouble that the answer to this call meets, and count it."""
        return _first(self._after, method, parameters)

    def clear(self) -> None:
        """Plan nothing any more."""
        self._before.clear()
        self._after.clear()


def _first(plans: list[_Plan], method: str, parameters: dict[str, Any]) -> Fault | None:
    for plan in plans:
        if plan.strikes(method, parameters):
            return plan.fault
    return None
