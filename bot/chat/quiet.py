"""/quiet: hours in which nothing rings."""

from __future__ import annotations

from bot.chat.choices import save_choices
from bot.chat.keyboards import button
from bot.chat.sending_sections import say_quiet
from bot.chat.visit import Visit
from bot.delivery.span import parse_span
from bot.delivery.split import cut
from bot.model import Subscriber

_OFF = frozenset({"off", "none", "no", "выкл", "выключить", "нет", "անջատել", "ոչ"})


async def quiet(visit: Visit) -> None:
    """Say between which hours nothing rings, or set them."""
    typed = visit.words.casefold().strip(" .!։")
    if not typed:
        await _answer(visit, visit.reader)
        return
    if typed in _OFF:
        subscriber = await visit.open_subscriber()
        await _answer(visit, await save_choices(visit, subscriber, quiet_from="", quiet_until=""))
        return
    span = parse_span(typed)
    if span is None:
        await visit.answer(
            visit.texts.say(
                "I do not understand “{words}”, and nothing has changed. For example: "
                "<code>/quiet 23:00-07:00</code>, <code>/quiet off</code>.",
                words=cut(visit.words, 100),
            )
        )
        return
    begin, end = span
    if begin == end:
        await visit.answer(
            visit.texts.say(
                "Quiet hours from {time} to {time} would be none, or all day. Nothing has changed. "
                "For all day: /pause",
                time=begin,
            )
        )
        return
    subscriber = await visit.open_subscriber()
    await _answer(visit, await save_choices(visit, subscriber, quiet_from=begin, quiet_until=end))


async def _answer(visit: Visit, subscriber: Subscriber) -> None:
    texts = visit.texts
    if subscriber.quiet_from:
        said = texts.say(
            "🌙 Quiet hours: <b>{hours}</b> ({zone}). What comes meanwhile is one message when "
            "they end.",
            hours=say_quiet(subscriber, texts),
            zone=texts.zone_name(subscriber.zone),
        )
    else:
        said = texts.say("There are no quiet hours. To set them: <code>/quiet 23:00-07:00</code>")
    await visit.answer(said, [[button(texts.say("Change"), "set:quiet")]])
