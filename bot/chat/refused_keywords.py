"""Why a keyword cannot be followed, in a sentence that says what to type instead."""

from __future__ import annotations

from markupsafe import Markup

from bot.delivery.split import cut
from bot.matching import KeywordRefused, RefusalReason
from bot.texts import Texts

_SHOWN = 60


def say_refused(refused: KeywordRefused, texts: Texts, typed: str, command: str = "/add") -> Markup:
    """Return one sentence about a refused keyword, with a correct example, and the place in it."""
    said = Markup(_say_reason(refused, texts).replace("/add", command))  # noqa: S704 - ours
    place = refused.position
    if not 0 <= place < len(typed) or len(typed.split()) < 2:
        return said
    before, after = typed[max(0, place - _SHOWN) : place], typed[place : place + _SHOWN]
    return Markup("{}\n\n{}👉<u>{}</u>").format(said, before, after)


def _say_reason(refused: KeywordRefused, texts: Texts) -> Markup:
    word = cut(refused.word, _SHOWN)
    match refused.reason:
        case RefusalReason.EMPTY | RefusalReason.NO_WORDS:
            return texts.say("There is no word in that. For example: <code>/add border</code>")
        case RefusalReason.TOO_LONG | RefusalReason.TOO_MANY_WORDS:
            return texts.say(
                "That is too long for a keyword. A few words are enough: <code>/add border</code>"
            )
        case RefusalReason.FUNCTION_WORD:
            return texts.say(
                "“{word}” stands in almost every item. Add a word that tells more, "
                "for example: <code>/add border</code>",
                word=word,
            )
        case RefusalReason.ONE_LETTER:
            return texts.say(
                "“{word}” alone would match almost everything. "
                "Type a whole word, for example: <code>/add border</code>",
                word=word,
            )
        case RefusalReason.UNCLOSED_QUOTE:
            return texts.say(
                'A quotation mark is not closed. For example: <code>/add "state border"</code>'
            )
        case RefusalReason.UNCLOSED_PARENTHESIS | RefusalReason.UNOPENED_PARENTHESIS:
            return texts.say(
                "A parenthesis has no partner. "
                "For example: <code>/add border (Syunik OR Tavush)</code>"
            )
        case RefusalReason.MISSING_OPERAND:
            return texts.say(
                "“{word}” needs a word on each side. "
                "For example: <code>/add Syunik OR Tavush</code>",
                word=word,
            )
        case RefusalReason.ONLY_EXCLUDED:
            return texts.say(
                "Say also what you want to read, not only what to leave out. "
                "For example: <code>/add border -Georgia</code>"
            )
        case RefusalReason.ONLY_FILTERS:
            return texts.say("Add a word to look for. For example: <code>/add border #hy</code>")
        case RefusalReason.UNKNOWN_LANGUAGE:
            return texts.say(
                "“{word}” is not a language that I read: #hy, #ru or #en. "
                "For example: <code>/add border #hy</code>",
                word=word,
            )
        case RefusalReason.EMPTY_SOURCE:
            return texts.say(
                "Name the publisher after source: and see /sources. "
                "For example: <code>/add border source:hetq</code>"
            )
        case RefusalReason.LINK:
            return texts.say(
                "That is an address. Type the word to look for; "
                "the news of one publisher alone: <code>/add border source:hetq</code>"
            )
        case RefusalReason.MENTION:
            return texts.say(
                "I follow words in the news, not people or channels of Telegram. "
                "Type the name as the news write it: <code>/add Pashinyan</code>"
            )
        case RefusalReason.UNREAD_SCRIPT:
            return texts.say(
                "I read news in Armenian, Russian and English. "
                "Type “{word}” as one of these writes it, for example: <code>/add border</code>",
                word=word,
            )
