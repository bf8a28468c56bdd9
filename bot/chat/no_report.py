"""/noreport: whether anything was printed of a word, said so that nobody takes it for safety."""

from __future__ import annotations

from bot.chat.refused_keywords import say_refused
from bot.chat.visit import Visit
from bot.matching import KeywordRefused
from bot.sending.no_report import say_no_report


async def no_report(visit: Visit) -> None:
    """Answer with the newest report of the words typed, or of each keyword, or that none came."""
    words = " ".join(visit.words.split())
    try:
        messages = await say_no_report(
            visit.storage, visit.reader, words or None, visit.texts, visit.now
        )
    except KeywordRefused as refused:
        await visit.answer(say_refused(refused, visit.texts, words, "/noreport"))
        return
    if not messages:
        messages = [
            visit.texts.say(
                "Type the word after the command, for example: <code>/noreport Goris</code>"
            )
        ]
    for message in messages:
        await visit.answer(message)
