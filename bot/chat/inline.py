"""Inline mode: `@bot border` in any chat finds stories, and one tap sends one there."""

from __future__ import annotations

import asyncio
import logging

from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.chat.floods import Manner
from bot.chat.found import find_stories
from bot.chat.links import pack
from bot.chat.visit import Services, make_default
from bot.delivery.digest import find_headline, render_story
from bot.delivery.render import say_origin
from bot.delivery.requests import Request, parse_request
from bot.delivery.sight import is_blind, say_blindness
from bot.delivery.split import cut
from bot.matching import KeywordRefused
from bot.model import MatchedStory, Subscriber
from bot.texts import Texts, choose_language

_log = logging.getLogger(__name__)

_ON_A_PAGE = 10
#: Telegram may show the same answer again for so long: news is older than that anyway.
_FRESH_S = 30
_TITLE, _LABEL = 100, 60


async def serve_inline(query: InlineQuery, services: Services) -> None:
    """Answer with the stories that are asked for; without words, with the newest.

    What is found depends on the words and the reader's language alone, never on their keywords:
    whoever looks over their shoulder learns nothing of these.
    """
    now, person = services.clock(), query.from_user.id
    asked_s = asyncio.get_running_loop().time()
    if services.inline_floods.judge(person, person, asked_s) is not Manner.ANSWER:
        return
    stored = await services.storage.subscribers.load(person, 0)
    language = stored.language if stored else choose_language(query.from_user.language_code)
    if services.terms.approved_only and not stored and person not in services.terms.admins:
        await _turn_away(query, services.texts[language], services)
        return
    texts = services.texts[language]
    reader = stored or make_default(person, 0, language, now)
    words = " ".join(query.query.split())
    before = int(query.offset) if query.offset.isdecimal() and len(query.offset) <= 18 else None
    request = await _read(words, services, reader)
    found: list[MatchedStory] = []
    if request is not None:
        found = await find_stories(services.storage, request, _ON_A_PAGE + 1, before=before)
    shown = found[:_ON_A_PAGE]
    sight = await services.storage.health.load_sight()
    blindness = say_blindness(sight, reader.zone, texts, now) if is_blind(sight, now) else None
    button = None
    if blindness:
        button = InlineQueryResultsButton(cut(blindness.unescape(), _LABEL), start_parameter="help")
    elif not shown and words and before is None:
        button = _offer_to_follow(words, texts)
    results = [_make_result(each, reader, texts, services) for each in shown]
    next_offset = str(shown[-1].lead.item.id) if len(found) > _ON_A_PAGE else ""
    try:
        await services.bot.answer_inline_query(
            query.id,
            results,
            cache_time=_FRESH_S,
            is_personal=True,
            next_offset=next_offset,
            button=button,
        )
    except TelegramError as error:
        # Somebody who types on has asked anew by now.
        _log.info("inline_not_answered", extra={"reason": error.message})


async def _turn_away(query: InlineQuery, texts: Texts, services: Services) -> None:
    """Show whoever is not let in nothing but the way to ask."""
    label = cut(texts.say("Ask to be let in").unescape(), _LABEL)
    button = InlineQueryResultsButton(label, start_parameter="ask")
    try:
        await services.bot.answer_inline_query(query.id, [], is_personal=True, button=button)
    except TelegramError as error:
        _log.info("inline_not_answered", extra={"reason": error.message})


async def _read(words: str, services: Services, reader: Subscriber) -> Request | None:
    """Return what is asked for; None while what is typed cannot be looked for yet."""
    if not words:
        return Request()
    publishers = await services.storage.items.load_publishers()
    try:
        request, unknown = await asyncio.to_thread(
            parse_request, words, publishers, reader.zone, services.clock()
        )
    except KeywordRefused:
        return None
    return None if unknown else request


def _offer_to_follow(words: str, texts: Texts) -> InlineQueryResultsButton:
    payload = pack([words])
    if payload is None:
        return InlineQueryResultsButton(str(texts.say("Nothing found.")), start_parameter="help")
    label = texts.say("Nothing found. Follow it: {words}", words=cut(words, 30)).unescape()
    return InlineQueryResultsButton(cut(label, _LABEL), start_parameter=payload)


def _make_result(
    story: MatchedStory, reader: Subscriber, texts: Texts, services: Services
) -> InlineQueryResultArticle:
    now = services.clock()
    lead = find_headline(story, reader.language)
    return InlineQueryResultArticle(
        id=str(story.story.id),
        title=cut(lead.item.title, _TITLE),
        description=say_origin(lead.item, reader, texts, now).unescape(),
        input_message_content=InputTextMessageContent(
            render_story(story, reader, texts, now),
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
    )
