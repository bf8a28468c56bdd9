"""What the buttons under an alert do: mute its word or publisher, leave something out, say why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.keyboards import button, is_number
from bot.chat.visit import Visit
from bot.chat.why import why
from bot.delivery.alert_buttons import render_buttons
from bot.delivery.split import cut
from bot.intake import find_words
from bot.matching import KeywordRefused, parse_keyword, read_text
from bot.model import Item, Keyboard, Keyword, Subscriber
from bot.stories.mentions import find_mentions

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MOST_WORDS = 3
_MOST_EXCLUSIONS = 4
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alert:
    """The alert under which a button was tapped."""

    reader: Subscriber
    item: Item
    #: The reader's keywords by which it came.
    keywords: Sequence[Keyword]


async def alert_tapped(visit: Visit) -> None:
    """Do what a button under an alert says."""
    verb, _, value = visit.words.partition(":")
    alert = await _load(visit)
    if alert is None:
        await visit.toast(
            visit.texts.say("That alert is too old: I do not know any more what it was."),
            alert=True,
        )
        return
    match verb:
        case "mute":
            await visit.toast()
            await visit.change_buttons(_mute_keyboard(visit, alert))
        case "back":
            await visit.toast()
            await visit.change_buttons(render_buttons(visit.texts))
        case "hour" | "day" | "hear":
            await _mute_keyword(visit, alert, verb, value)
        case "publisher" | "unmute":
            await _mute_publisher(visit, alert, mute=verb == "publisher")
        case "not":
            await _offer_exclusions(visit, alert)
        case "why":
            await visit.toast()
            await why(replace(visit, words="", reply_to=visit.message_id))
        case _:
            await visit.toast()


async def _load(visit: Visit) -> _Alert | None:
    if visit.subscriber is None or visit.message_id is None:
        return None
    reasons = await visit.storage.reasons.load_of_message(visit.subscriber.id, visit.message_id)
    caught = [each for reason in reasons for each in reason.catches]
    if not caught:
        return None
    typed = {each.typed for each in caught}
    mine = await visit.storage.keywords.load(visit.subscriber.id)
    items = {each.item.id: each.item for reason in reasons for each in reason.story.tellings}
    return _Alert(
        reader=visit.subscriber,
        item=items[caught[0].item_id],
        keywords=[each for each in mine if each.typed in typed][:_MOST_WORDS],
    )


def _mute_keyboard(visit: Visit, alert: _Alert) -> Keyboard:
    texts = visit.texts
    keyboard = [
        [
            button(texts.say("{word}: 1 hour", word=cut(each.typed, 20)), f"alert:hour:{each.id}"),
            button(texts.say("{word}: 1 day", word=cut(each.typed, 20)), f"alert:day:{each.id}"),
        ]
        for each in alert.keywords
    ]
    name = cut(alert.item.publisher, 30)
    keyboard.append([button(texts.say("Mute {name} for good", name=name), "alert:publisher")])
    keyboard.append([button(texts.say("« Back"), "alert:back")])
    return keyboard


async def _mute_keyword(visit: Visit, alert: _Alert, verb: str, value: str) -> None:
    texts = visit.texts
    word = next((each for each in alert.keywords if str(each.id) == value), None)
    if not is_number(value) or word is None:
        await visit.toast(texts.say("You do not follow that word any more."), alert=True)
        return
    muting = visit.storage.muting
    if verb == "hear":
        await muting.mute_keyword(alert.reader.id, word.id, None)
        await visit.toast(texts.say("It is heard again."))
        await visit.change_buttons(render_buttons(texts))
        return
    until = visit.now + (_HOUR if verb == "hour" else _DAY)
    await muting.mute_keyword(alert.reader.id, word.id, until)
    said = texts.say(
        "Muted until {when}: {word}. It will still be in the digest.",
        when=texts.moment(until, alert.reader.zone, visit.now),
        word=cut(word.typed, _SHOWN),
    )
    await visit.toast(said)
    undo = button(
        texts.say("🔇 Hear it again: {word}", word=cut(word.typed, 20)), f"alert:hear:{value}"
    )
    await visit.change_buttons([[undo], [button(texts.say("« Back"), "alert:back")]])


async def _mute_publisher(visit: Visit, alert: _Alert, *, mute: bool) -> None:
    texts, name = visit.texts, alert.item.publisher
    if not mute:
        await visit.storage.muting.unmute_publisher(alert.reader.id, name)
        await visit.toast(texts.say("It is heard again."))
        await visit.change_buttons(render_buttons(texts))
        return
    await visit.storage.muting.mute_publisher(alert.reader.id, name)
    await visit.toast(
        texts.say(
            "Muted: {name}. Stories that only it reports will not reach you.",
            name=cut(name, _SHOWN),
        )
    )
    await visit.change_buttons(_undo_keyboard(visit, name, "unmute"))


def _undo_keyboard(visit: Visit, name: str, verb: str) -> Keyboard:
    texts = visit.texts
    label = texts.say("🔇 Hear it again: {word}", word=cut(name, 20))
    return [
        [button(label, f"alert:{verb}")],
        [button(texts.say("« Back"), "alert:back")],
    ]


async def _offer_exclusions(visit: Visit, alert: _Alert) -> None:
    """Say by which word it came, and offer to follow that word without something of this item."""
    texts = visit.texts
    await visit.toast()
    word = alert.keywords[0] if alert.keywords else None
    if word is None:
        await visit.answer(texts.say("You do not follow that word any more."))
        return
    found = await asyncio.to_thread(_find_exclusions, word, alert.item, visit.texts.language)
    keyboard = []
    for name, typed in found:
        words_id = await visit.storage.subscribers.save_words(alert.reader.id, typed, visit.now)
        label = texts.say("{word} without “{name}”", word=cut(word.typed, 16), name=cut(name, 16))
        keyboard.append([button(label, f"instead:{word.id}:{words_id}")])
    if keyboard:
        said = texts.say(
            "It came by <b>{word}</b>. What shall be left out from now on?",
            word=cut(word.typed, _SHOWN),
        )
    else:
        said = texts.say(
            "It came by <b>{word}</b>. To leave something out, type it behind a minus: "
            "<code>/add {word} -word</code>. To follow it no more: /remove",
            word=cut(word.typed, _SHOWN),
        )
    await visit.answer(said, keyboard or None)


def _find_exclusions(word: Keyword, item: Item, language: str) -> list[tuple[str, str]]:
    """Return what this item speaks of beside the keyword, with the keyword that leaves it out."""
    text = f"{item.title}\n{item.summary}"
    found: dict[str, str] = {}
    for mention in find_mentions(text, read_text(text), language):
        name = mention.label
        typed = f'{word.typed} -"{name}"' if " " in name else f"{word.typed} -{name}"
        if name in found:
            continue
        try:
            query = parse_keyword(typed)
        except KeywordRefused:
            continue
        # Offered only what would have kept this away, and not everything with it.
        if find_words(query, item) is None and name.casefold() != word.typed.casefold():
            found[name] = typed
    return list(found.items())[:_MOST_EXCLUSIONS]
