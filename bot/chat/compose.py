"""Composing what is owed, from what is stored at the moment it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from telegram import InlineKeyboardMarkup

from bot.delivery.render import render_alert, render_digest
from bot.model import Delivery, DeliveryKind, Subscriber
from bot.storage import Storage
from bot.texts import Texts


@dataclass(frozen=True, slots=True)
class Composed:
    """The messages of one delivery, in order; none when there is nothing to say."""

    messages: tuple[str, ...]
    keyboard: InlineKeyboardMarkup | None = None


class Composer:
    """Writes alerts and digests in the language and the local time of their readers."""

    def __init__(self, storage: Storage, texts: Mapping[str, Texts]) -> None:
        self._storage = storage
        self._texts = texts

    async def compose(self, owed: Delivery, now: datetime) -> Composed:
        """Return what this delivery says by now."""
        if owed.kind is DeliveryKind.DIGEST:
            return await self._digest(owed, now)
        return await self._alert(owed, now)

    async def _wants_empty(self, subscriber: Subscriber) -> bool:
        # Who follows nothing has not asked to hear that there is nothing.
        if not subscriber.digest_when_empty:
            return False
        return bool(await self._storage.keywords.load(subscriber.id))

    async def _alert(self, owed: Delivery, now: datetime) -> Composed:
        items, keywords = await self._storage.matches.load_story(owed)
        if not items or not keywords:  # pruned, or the keyword was removed meanwhile
            return Composed(())
        texts = self._texts[owed.subscriber.language]
        return Composed((render_alert(items, keywords, owed.subscriber, texts, now),))

    async def _digest(self, owed: Delivery, now: datetime) -> Composed:
        matched = await self._storage.matches.load_digest(
            owed.subscriber.id, after=owed.after_item, upto=owed.upto_item
        )
        if not matched and not await self._wants_empty(owed.subscriber):
            return Composed(())
        texts = self._texts[owed.subscriber.language]
        day, _, hour = owed.ref.partition("T")
        title = texts.say(
            "📰 <b>Your digest</b> · {day}, {time}",
            day=texts.date(day),
            time=hour,
        )
        return Composed(tuple(render_digest(matched, owed.subscriber, texts, title=title, now=now)))
