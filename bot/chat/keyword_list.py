"""What is followed in a chat, and how each keyword does: /keywords."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.chat.keyboards import button, rows
from bot.chat.visit import Visit
from bot.delivery.split import cut
from bot.model import Keyboard, Keyword
from bot.storage.keywords import Catch

#: A keyword that caught nothing for so long may be mistyped.
_SILENT = timedelta(days=30)
_ON_A_PAGE = 8


async def keywords(visit: Visit) -> None:
    """Show what is followed here."""
    subscriber = visit.subscriber
    await show_list(visit, await visit.storage.keywords.load(subscriber.id) if subscriber else [])


async def show_list(visit: Visit, keywords: Sequence[Keyword]) -> None:
    """Answer with what is followed here, and a button to open each."""
    await visit.answer(*await say_list(visit, keywords))


async def say_list(
    visit: Visit, keywords: Sequence[Keyword], page: int = 0
) -> tuple[str, Keyboard | None]:
    """Return a page of what is followed, how often each word catches something, and its buttons."""
    subscriber, texts = visit.subscriber, visit.texts
    if not keywords or subscriber is None:
        nothing = texts.say(
            "You follow nothing yet. "
            "Type a word after the command, for example: <code>/add border</code>"
        )
        return nothing, None
    pages = -(-len(keywords) // _ON_A_PAGE)
    first = min(page, pages - 1) * _ON_A_PAGE
    shown = keywords[first : first + _ON_A_PAGE]
    head = texts.count(
        "You follow {n} keyword. Tap it to change it:",
        "You follow {n} keywords. Tap one to change it:",
        len(keywords),
    )
    catches = await visit.storage.keywords.load_catches(subscriber.id, visit.now)
    lines = [
        Markup("{}. <b>{}</b> · {}").format(
            number, cut(keyword.typed, 60), say_catch(visit, catches[keyword.id], subscriber.zone)
        )
        for number, keyword in enumerate(shown, first + 1)
        if keyword.id in catches
    ]
    buttons = (button(_label(each, visit), f"word:open:{each.id}") for each in shown)
    return "\n".join([head, *lines]), [*rows(buttons, 2), *_turns(first // _ON_A_PAGE, pages)]


def find_page(keywords: Sequence[Keyword], keyword_id: int) -> int:
    """Return the page on which a keyword stands."""
    places = (place for place, each in enumerate(keywords) if each.id == keyword_id)
    return next(places, 0) // _ON_A_PAGE


def is_muted(keyword: Keyword, now: datetime) -> bool:
    """Say whether a keyword rings nobody just now."""
    return keyword.muted_until is not None and keyword.muted_until > now


def _label(keyword: Keyword, visit: Visit) -> str:
    if is_muted(keyword, visit.now):
        return f"🔇 {keyword.typed}"
    return keyword.typed if keyword.sound else f"🔕 {keyword.typed}"


def _turns(page: int, pages: int) -> Keyboard:
    around = [
        button("‹", f"word:list:{page - 1}") if page else None,
        button(f"{page + 1}/{pages}", f"word:list:{page}"),
        button("›", f"word:list:{page + 1}") if page < pages - 1 else None,
    ]
    return [[each for each in around if each]] if pages > 1 else []


def say_catch(visit: Visit, catch: Catch, zone: str) -> Markup:
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
