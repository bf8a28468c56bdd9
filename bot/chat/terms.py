"""On what terms chats are let in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who operates Sahman, whether they let each chat in, and how many subscribers there may be."""

    admins: Collection[int] = ()
    approved_only: bool = False
    most_subscribers: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> Terms:
        """Return the terms that an operator has set."""
        return cls(
            admins=frozenset(settings.admins),
            approved_only=settings.access == "approved",
            most_subscribers=settings.most_subscribers,
        )

    def most_for(self, chat_id: int) -> int | None:
        """Return the ceiling for whoever comes from this chat; operators always have room."""
        return None if chat_id in self.admins else self.most_subscribers
