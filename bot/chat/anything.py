"""Whatever is sent in private is answered usefully: talk, pictures, forwarded posts, long texts."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from markupsafe import Markup
from telegram import Message

from bot.chat.admission import read_words
from bot.chat.arrivals import name_attached
from bot.chat.articles import explain_article, explain_site
from bot.chat.channels import offer_forwarded
from bot.chat.intents import Intent, Said, find_intent
from bot.chat.keyboards import button, do_button, fits, rows
from bot.chat.keywords import offer
from bot.chat.place import take_place
from bot.chat.visit import Visit
from bot.chat.welcome import help_
from bot.delivery.split import cut
from bot.matching import KeywordRefused, parse_keyword, read_text
from bot.model import Button
from bot.stories.mentions import find_mentions
from bot.texts import Texts

_MOST_FOUND = 6
_SHOWN = 60
#: Of so many words, with a sentence of so many among them, nobody makes a keyword.
_LONG_TEXT, _LONG_SENTENCE = 12, 7
#: Words by which a question begins, and the signs by which one is known.
_ASKED = re.compile(
    r"(?:what|where|when|why|how|who|is|are|was|were|did|does|do|has|have|will"
    r"|что|где|когда|почему|как|кто|есть ли|правда ли"
    r"|ինչ|որտեղ|երբ|ինչու|ինչպես|ով|արդյոք)\s+\S+\s+\S|(?=.*[?՞])(?:\S+\s+){2}\S",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\n,;|]|\s(?:OR|AND|или|ИЛИ|կամ|ԿԱՄ)\s")


async def answer_anything(visit: Visit, message: Message) -> None:
    """Answer what is no command, in a private chat."""
    text = read_words(message).strip()
    if message.location is not None:
        await take_place(visit, message.location.latitude, message.location.longitude)
        return
    if not text:
        await visit.answer(_say_attached(name_attached(message), visit.texts))
        return
    if await offer_forwarded(visit, message):
        return
    headline = await explain_article(visit, text)
    if headline:
        await _offer_found(visit, headline)
        return
    is_long = is_long_text(text)
    if message.forward_origin is not None or is_long:
        if await _offer_found(visit, text):
            return
        if is_long:
            await visit.answer(_say_nothing_found(visit.texts))
            return
    elif await explain_site(visit, text):
        return
    await _answer_said(visit, text, find_intent(text))


def is_long_text(text: str) -> bool:
    """Say whether a text tells something, rather than names what is to be followed."""
    longest = max(len(part.split()) for part in _BETWEEN.split(text))
    return len(text.split()) > _LONG_TEXT and longest > _LONG_SENTENCE


async def _answer_said(visit: Visit, text: str, said: Said) -> None:
    texts = visit.texts
    match said.intent:
        case Intent.THANKS:
            await visit.answer(texts.say("You are welcome! I keep watching the news."))
        case Intent.GREETING:
            await visit.answer(
                texts.say(
                    "Hello! Type a word, and I write to you as soon as it is in the news: "
                    "<code>/add border</code>. What else I can do: /help"
                )
            )
        case Intent.HELP:
            await help_(visit)
        case Intent.HOW:
            await visit.answer(_say_how(said.command, texts))
        case Intent.STOP:
            await visit.answer(
                texts.say(
                    "Shall I only be silent for now, or stop and erase everything? "
                    "Nothing has changed yet."
                ),
                [
                    [do_button(texts.say("Be silent until I say /resume"), "pause")],
                    [do_button(texts.say("Stop and erase everything"), "stop")],
                ],
            )
        case Intent.MEANT:
            await _offer_command(visit, text, said)
        case Intent.UNKNOWN:
            await visit.answer(
                texts.say("I do not know /{name}. See /help", name=said.command[:32])
            )
        case Intent.FOLLOW | Intent.COMMAND if said.words:
            await offer(replace(visit, words=said.words))
        case _ if _ASKED.match(text) and await _offer_found(visit, text):
            pass  # a question is no keyword; what it asks about may be
        case _:
            await offer(replace(visit, words=text))


async def _offer_command(visit: Visit, text: str, said: Said) -> None:
    """Offer a command that was probably meant; and the words as a keyword where they may be one."""
    texts = visit.texts
    command = f"/{said.command} {' '.join(said.words.split())}".strip()
    keyboard = [[await make_do_button(visit, cut(command, _SHOWN), said.command, said.words)]]
    if not text.startswith("/"):
        words = " ".join(text.split())
        label = texts.say("Follow: {word}", word=words)
        keyboard.append([await make_do_button(visit, label, "add", words)])
    await visit.answer(
        texts.say("Did you mean <b>{command}</b>? Tap it.", command=cut(command, _SHOWN)), keyboard
    )


def _say_how(command: str, texts: Texts) -> Markup:
    if command == "remove":
        return texts.say(
            "To stop following a word, tap it under /keywords, or type: <code>/remove border</code>"
        )
    return texts.say(
        "Just type the word, or type it after the command: <code>/add border</code>. "
        "It is found in Armenian, Russian and English, whatever its ending. "
        "What you follow: /keywords"
    )


async def _offer_found(visit: Visit, text: str) -> bool:
    """Offer the names and concepts of a text, to follow them; False where there are none."""
    texts = visit.texts
    subscriber = visit.subscriber
    mine = await visit.storage.keywords.load(subscriber.id) if subscriber else []
    followed = {each.typed.casefold() for each in mine}
    found = await asyncio.to_thread(_find_followable, text, texts.language)
    new = [each for each in found if each.casefold() not in followed][:_MOST_FOUND]
    if new:
        buttons = [await make_do_button(visit, f"+ {name}", "add", name) for name in new]
        await visit.answer(
            texts.say("This is what it speaks of. Tap what you want to follow:"), rows(buttons, 2)
        )
    elif found:
        await visit.answer(texts.say("You follow all that it speaks of: /keywords"))
    return bool(found)


def _say_nothing_found(texts: Texts) -> Markup:
    return texts.say(
        "I found no name and no subject in it. Type the word you want to read about, "
        "for example: <code>/add border</code>"
    )


def _find_followable(text: str, language: str) -> list[str]:
    found: dict[str, None] = {}
    for mention in find_mentions(text, read_text(text), language):
        label = mention.label.strip("«»“”„\"' ")
        try:
            parse_keyword(label)
        except KeywordRefused:
            continue
        found.setdefault(label)
    return list(found)


async def make_do_button(visit: Visit, label: str, command: str, words: str) -> Button:
    """Return a button that does a command with words, which are kept where they do not fit."""
    made = do_button(label, command, words)
    if fits(made):
        return made
    subscriber = await visit.open_subscriber()
    words_id = await visit.storage.subscribers.save_words(subscriber.id, words, visit.now)
    return button(label, f"do:{command}:{words_id}")


def _say_attached(attached: str, texts: Texts) -> Markup:
    match attached:
        case "voice" | "video_note" | "audio":
            return texts.say(
                "I cannot listen, I only read. Type the word you want to read about, "
                "for example: <code>/add border</code>"
            )
        case "photo" | "video" | "document" | "animation" | "paid_media" | "story":
            return texts.say(
                "I read text only, no pictures and no files. Write the word under it, or by "
                "itself: <code>/add border</code>"
            )
        case "contact":
            return texts.say(
                "I have not kept this contact. To read about a person, type the name as the news "
                "write it: <code>/add Pashinyan</code>"
            )
    return texts.say(
        "I read text only. Type the word you want to read about, "
        "for example: <code>/add border</code>"
    )
