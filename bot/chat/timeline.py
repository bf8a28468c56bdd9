"""/timeline: how a story came about, headline by headline."""

from __future__ import annotations

from bot.chat.visit import Visit
from bot.chat.why import find_item
from bot.delivery.split import join_blocks
from bot.delivery.timeline import render_timeline
from bot.model import ToldStory


async def timeline(visit: Visit) -> None:
    """Tell turn by turn the story of the alert that is replied to, or of the item named."""
    texts = visit.texts
    if visit.reply_to is None and not visit.words:
        await visit.answer(
            texts.say(
                "Reply with /timeline to an alert, and I say who told its story when, and which "
                "headlines were changed. Or: <code>/timeline</code> and a link or headline."
            )
        )
        return
    stories = await _find_stories(visit)
    if not stories:
        await visit.answer(texts.say("I know of no such story, or not any more."))
        return
    for story in stories:
        versions = await visit.storage.stories.load_versions(
            [each.item.id for each in story.tellings]
        )
        head = texts.say("🕰 <b>How this story came about</b>")
        turns = render_timeline(story, versions, visit.reader, texts, visit.now)
        for message in join_blocks([head, *turns]):
            await visit.answer(message)


async def _find_stories(visit: Visit) -> list[ToldStory]:
    if visit.words:
        item = await find_item(visit)
        found = await visit.storage.stories.load_of([item]) if item is not None else {}
        return list(found.values())
    if visit.subscriber is None or visit.reply_to is None:
        return []
    reasons = await visit.storage.reasons.load_of_message(visit.subscriber.id, visit.reply_to)
    return [each.story for each in reasons[:1]]
