"""What the server says when it says no."""

from __future__ import annotations

import math
from typing import Any


class Refusal(Exception):
    """An answer with ``ok: false``, as Telegram words it.

    Raised anywhere below a method and turned into HTTP at the door, so that rules can be
    written as plain functions.
    """

    def __init__(
        self, code: int, description: str, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """Return the JSON that goes over the wire."""
        answer: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(reason: str) -> Refusal:
    """Return a 400 with Telegram's prefix."""
    return Refusal(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> Refusal:
    """Return a 403 with Telegram's prefix."""
    return Refusal(403, f"Forbidden: {reason}")


def too_many(wait_s: float) -> Refusal:
    """Return a 429 that asks to wait; Telegram counts in whole seconds, never none."""
    retry_after = max(1, math.ceil(wait_s))
    return Refusal(
        429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after}
    )


class PeopleError(Exception):
    """A person tried what Telegram's own app would not let them do, e.g. tap a button that is
    not there. Answered with 400 on the people's HTTP door."""
