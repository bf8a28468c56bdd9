"""One keyword: what it finds, how it does; muted, without a sound, narrowed, removed, undone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.chat.explain import explain_added, offer_less, say_meaning
from bot.chat.keyboards import button, is_number
from bot.chat.keyword_list import find_page, is_muted, say_catch, say_list
from bot.chat.keywords import follow, load_words, say_removed
from bot.chat.section import tick
from bot.chat.visit import Visit
from bot.delivery.split import cut
from bot.matching import WIDENED, KeywordRefused, find_concepts, parse_keyword
from bot.model import Keyboard, Keyword, Subscriber

_MUTES = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
_SHOWN = 100


async def word_tapped(visit: Visit) -> None:
    """Turn the list's page, open a keyword, or do with it what the button says."""
    verb, _, value = visit.words.partition(":")
    number, _, choice = value.partition(":")
    subscriber = visit.subscriber
    if subscriber is None or not is_number(number):
        await visit.toast()
        return
    if verb == "undo":
        await _undo(visit, number)
        return
    mine = await visit.storage.keywords.load(subscriber.id)
    if verb == "list":
        await visit.toast()
        await visit.change(*await say_list(visit, mine, int(number)))
        return
    word = next((each for each in mine if each.id == int(number)), None)
    if word is None:
        await visit.toast(visit.texts.say("You do not follow that word any more."), alert=True)
        await visit.change(*await say_list(visit, mine))
        return
    match verb:
        case "mute":
            until = visit.now + _MUTES[choice] if choice in _MUTES else None
            await visit.storage.muting.mute_keyword(subscriber.id, word.id, until)
        case "sound":
            await visit.storage.muting.set_sound(subscriber.id, word.id, sound=choice == "on")
        case "remove":
            await visit.storage.keywords.remove(subscriber.id, word.id)
            await visit.toast()
            await visit.change(*await say_removed(visit, word.typed))
            return
        case "back":
            await visit.toast()
            await visit.change(*await say_list(visit, mine, find_page(mine, word.id)))
            return
    await visit.toast()
    fresh = await visit.storage.keywords.load(subscriber.id)
    word = next((each for each in fresh if each.id == word.id), word)
    await visit.change(*await _open(visit, subscriber, word))


async def _undo(visit: Visit, words_id: str) -> None:
    typed = await load_words(visit, words_id)
    if typed is None:
        return
    added = await follow(visit, typed, whole=True, by_surname=False)
    await visit.toast()
    if added is not None:
        await visit.change(*await explain_added(visit, added))


async def _open(visit: Visit, reader: Subscriber, word: Keyword) -> tuple[str, Keyboard]:
    texts = visit.texts
    catches = await visit.storage.keywords.load_catches(reader.id, visit.now)
    concepts = await asyncio.to_thread(_find_concepts, word)
    lines = [texts.say("<b>{keyword}</b>", keyword=cut(word.typed, _SHOWN))]
    if word.id in catches:
        lines.append(say_catch(visit, catches[word.id], reader.zone))
    if is_muted(word, visit.now) and word.muted_until is not None:
        lines.append(
            texts.say(
                "🔇 Muted until {when}: what it finds stands in the digest.",
                when=texts.moment(word.muted_until, reader.zone, visit.now),
            )
        )
    meanings = [line for each in concepts if (line := say_meaning(each))]
    if meanings:
        lines += [texts.say("It finds, in every form:"), *meanings]
    return "\n".join(lines), [
        *_quieter(visit, word),
        *offer_less(word.id, word.typed, concepts, texts),
        [button(texts.say("Remove it"), f"word:remove:{word.id}")],
        [button(texts.say("« All keywords"), f"word:back:{word.id}")],
    ]


def _quieter(visit: Visit, word: Keyword) -> Keyboard:
    texts = visit.texts
    if is_muted(word, visit.now):
        mutes = [button(texts.say("Hear it again"), f"word:mute:{word.id}:off")]
    else:
        mutes = [
            button(texts.say("Mute for 1 hour"), f"word:mute:{word.id}:hour"),
            button(texts.say("Mute for 1 day"), f"word:mute:{word.id}:day"),
        ]
    wanted = "off" if word.sound else "on"
    sound = tick(texts.say("With sound"), word.sound, f"word:sound:{word.id}:{wanted}")
    return [mutes, [sound]]


def _find_concepts(word: Keyword) -> tuple[str, ...]:
    try:
        return find_concepts(parse_keyword(word.typed, wide=WIDENED in word.query))
    except KeywordRefused:
        return ()  # followed since it was still accepted
