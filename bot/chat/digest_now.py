"""The digest at once: what the last day brought."""

from __future__ import annotations

from datetime import timedelta

from bot.chat.sight import look_out
from bot.chat.visit import Visit
from bot.delivery.digest import render_digest

_DIGEST_NOW = timedelta(hours=24)


async def send_digest_now(visit: Visit) -> None:
    """Answer with what the last day brought on the subscriber's keywords."""
    subscriber = visit.reader
    keywords = await visit.storage.keywords.load(subscriber.id)
    if not keywords:
        await visit.answer(
            visit.texts.say("A digest needs keywords. For example: <code>/add border</code>")
        )
        return
    after = await visit.storage.matches.load_first_item_since(visit.now - _DIGEST_NOW)
    matched = await visit.storage.matches.load_digest(subscriber.id, after=after)
    title = visit.texts.say("📰 <b>The last 24 hours</b>")
    messages = render_digest(
        matched,
        subscriber,
        visit.texts,
        title=title,
        now=visit.now,
        blindness=await look_out(visit),
    )
    for message in messages:
        await visit.answer(message)
