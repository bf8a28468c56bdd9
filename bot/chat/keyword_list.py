"""What is followed in a chat, and how each keyword does: /keywords."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from markupsafe import Markup

from bot.chat.keyboards import keyword_keyboard
from bot.chat.visit import Visit
from bot.delivery.split import cut
from bot.model import Keyword
from bot.storage.keywords import Catch

#: A keyword that caught nothing for so long may be mistyped.
_SILENT = timedelta(days=30)


async def keywords(visit: Visit) -> None:
    """Show what is followed here."""
    subscriber = visit.subscriber
    await show_list(visit, await visit.storage.keywords.load(subscriber.id) if subscriber else [])


async def show_list(visit: Visit, keywords: Sequence[Keyword]) -> None:
    """Answer with what is followed here, and a button to remove each."""
    await visit.answer(await say_list(visit, keywords), keyword_keyboard(keywords))


async def say_list(visit: Visit, keywords: Sequence[Keyword]) -> str:
    """Return the list of what is followed: how often each word catches something, and when last."""
    subscriber = visit.subscriber
    if not keywords or subscriber is None:
        return visit.texts.say(
            "You follow nothing yet. "
            "Type a word after the command, for example: <code>/add border</code>"
        )
    head = visit.texts.count(
        "You follow {n} keyword. Tap it to remove it:",
        "You follow {n} keywords. Tap one to remove it:",
        len(keywords),
    )
    catches = await visit.storage.keywords.load_catches(subscriber.id, visit.now)
    lines = [
        Markup("{}. <b>{}</b> · {}").format(
            number, cut(keyword.typed, 60), _say_catch(visit, catches[keyword.id], subscriber.zone)
        )
        for number, keyword in enumerate(keywords, 1)
        if keyword.id in catches
    ]
    return "\n".join([head, *lines])


def _say_catch(visit: Visit, catch: Catch, zone: str) -> Markup:
    """Return how often a keyword caught something in a week, and when it last did."""
    texts = visit.texts
    if catch.last is None:
        if visit.now - catch.since >= _SILENT:
            return texts.say("never yet")
        return texts.say("nothing so far")
    last = texts.moment(catch.last, zone, visit.now)
    if not catch.week:
        return texts.say("last: {when}", when=last)
    return texts.count(
        "{n} item in a week, last: {when}",
        "{n} items in a week, last: {when}",
        catch.week,
        when=last,
    )
