"""What is wrong with the machine that Sahman runs on, as its operators are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that is wrong: what and where (`disk:host`), since when, and how much of what."""

    name: str
    since: datetime
    amount: int = 0
    total: int = 0

    @property
    def facts(self) -> dict[str, str]:
        """Return what a notice of it holds."""
        return {
            "alarm": self.name,
            "since": self.since.isoformat(),
            "amount": str(self.amount),
            "total": str(self.total),
        }
