"""/why: by what a message came, and why an item did not come."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

from markupsafe import Markup

from bot.chat.visit import Visit
from bot.delivery.publishers import name_publisher
from bot.delivery.render import KEYWORD_UNITS, cut_escaped, linked
from bot.delivery.silences import say_fate
from bot.delivery.split import join_blocks
from bot.feeds.links import canonical_link, same_address
from bot.intake import find_words, matched_text
from bot.language import clean, written_words
from bot.matching import KeywordRefused, Miss, Query, find_miss, parse_keyword, read_text
from bot.model import DeliveryState, Item, Silence, Telling
from bot.storage import fanout, quiet
from bot.storage.reasons import Reason
from bot.texts import Texts

_MOST_ITEMS = 8
#: Of a headline that is looked for by its words.
_WORDS_READ, _WORDS_ASKED = 40, 12
_AROUND = "<>«»\"'“”„‘’()[]{},;!?։"
_WITH_SCHEME = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(
    r"(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)(?::\d+)?[/?]\S", re.IGNORECASE
)


async def why(visit: Visit) -> None:
    """Explain the message that is replied to, or what became of the item that is named."""
    if visit.words:
        lines = await _explain_item(visit)
    elif visit.reply_to is not None and visit.subscriber is not None:
        lines = await _explain_message(visit, visit.subscriber.id, visit.reply_to)
    else:
        lines = [
            visit.texts.say(
                "Reply with /why to an alert, and I say by what it came. To learn why something "
                "did not come: <code>/why</code> and its link or headline."
            )
        ]
    for message in join_blocks(lines):
        await visit.answer(message)


async def _explain_message(visit: Visit, subscriber_id: int, message_id: int) -> list[str]:
    texts = visit.texts
    told = await visit.storage.reasons.explain_message(subscriber_id, message_id)
    if not told.reasons and not told.forgotten:
        return [
            texts.say(
                "That is no alert, or one of over a week ago: I do not know any more. "
                "To ask about an item: <code>/why</code> and its link or headline."
            )
        ]
    lines: list[str] = []
    for reason in told.reasons:
        if len(told.reasons) + told.forgotten + told.more > 1:
            lines.append(Markup("{}🔎 {}").format("\n" if lines else "", _name_caught(reason)))
        lines.extend(_explain(reason, visit))
    if told.forgotten:
        forgotten = texts.count(
            "{n} story it told of is too old: I know nothing of it any more.",
            "{n} stories it told of are too old: I know nothing of them any more.",
            told.forgotten,
        )
        lines.append(Markup("{}{}").format("\n" if lines else "", forgotten))
    if told.more:
        more = texts.count(
            "It tells of {n} more story. To ask about it: <code>/why</code> and its headline.",
            "It tells of {n} more stories. To ask about one: <code>/why</code> and its headline.",
            told.more,
        )
        lines.append(Markup("\n{}").format(more))
    return lines


def _name_caught(reason: Reason) -> Markup:
    """Return the headline by which a reader knows a story: that of what was caught first."""
    caught = {each.item_id for each in reason.catches}
    tellings = reason.story.tellings
    lead = next((each for each in tellings if each.item.id in caught), tellings[0])
    return linked(lead.item, bold=True)


async def _explain_item(visit: Visit) -> list[str]:
    texts = visit.texts
    item = await find_item(visit)
    if item is None:
        return [
            texts.say(
                "I have read no such item. Its source may not be among /sources, or it is not in "
                "its feed yet."
            )
        ]
    subscriber = visit.reader
    reason = await visit.storage.reasons.load_of_item(subscriber.id, item)
    if reason is None:
        return [texts.say("I have read no such item.")]
    telling = next(each for each in reason.story.tellings if each.item.id == item)
    lines: list[str] = [
        Markup("🔎 {}\n<i>{}</i>").format(linked(telling.item, bold=True), _who(telling, visit))
    ]
    caught = any(each.item_id == item for each in reason.catches)
    missing = not reason.catches and await _is_missing(visit, telling.item)
    unwanted = "" if reason.alert or missing else await _say_unwanted(visit, telling.item, reason)
    if unwanted:
        lines.append(unwanted)
    else:
        lines.extend(_say_fate(reason, visit, missing=missing, caught=caught))
    if missing:
        lines.extend(await _say_misses(visit, telling.item))
    else:
        lines.extend(_explain(reason, visit))
    return lines


async def find_item(visit: Visit) -> int | None:
    """Return the item that is meant: by its address, its very title, or all the words of it."""
    reasons = visit.storage.reasons
    address = find_address(visit.words)
    if address:
        found = await reasons.find_by_address(same_address(canonical_link(address)))
        if found is not None:
            return found
    title = " ".join(visit.words.split())
    titled = await reasons.find_titled({visit.words, title, title.strip(_AROUND)})
    if titled is not None or address:
        return titled
    query = await asyncio.to_thread(_ask_for_all, visit.words)
    if query is None:
        return None
    bearing = await visit.storage.items.load_holding(
        query.anchors, lambda each: find_words(query, each) is not None, before=None, limit=1
    )
    return bearing[0].id if bearing else None


def find_address(typed: str) -> str:
    """Return the first address in what was typed, with a scheme; empty where there is none."""
    for token in typed.split():
        written = token.strip(_AROUND)
        if _WITH_SCHEME.match(written):
            return written
        if _WITHOUT_SCHEME.match(written):
            return f"https://{written}"
    return ""


def _ask_for_all(typed: str) -> Query | None:
    """Return the query for what bears every word of a headline, in which nothing is an operator.

    Words that no keyword may consist of are passed over: "or", "the".
    """
    asked: list[str] = []
    for word in list(dict.fromkeys(written_words(clean(typed))))[:_WORDS_READ]:
        try:
            parse_keyword(word)
        except KeywordRefused:
            continue
        asked.append(word)
    return parse_keyword(" AND ".join(asked[:_WORDS_ASKED])) if asked else None


async def _say_unwanted(visit: Visit, item: Item, reason: Reason) -> str:
    """Say by which choice of the reader's an item did not come; "" where by none."""
    texts, reader = visit.texts, visit.reader
    if not reason.catches or reason.silence:
        return ""
    if item.language in reader.hidden_languages:
        return texts.say("You have chosen not to get news in its language: /settings")
    if item.publisher in await visit.storage.muting.load_publishers(reader.id):
        return texts.say(
            "You have muted {name}: /settings", name=cut_escaped(item.publisher, KEYWORD_UNITS)
        )
    asking = {each.typed for each in reason.catches}
    mine = await visit.storage.keywords.load(reader.id)
    mutes = [each.muted_until for each in mine if each.typed in asking]
    muted = [each for each in mutes if each is not None and each > visit.now]
    if muted and len(muted) == len(mutes):
        when = texts.moment(max(muted), reader.zone, visit.now)
        return texts.say("You have muted its words until {when}: /keywords", when=when)
    return ""


async def _is_missing(visit: Visit, item: Item) -> bool:
    """Say whether none of the reader's keywords is in an item, whatever became of it."""
    keywords = await visit.storage.keywords.load(visit.reader.id)

    def find() -> bool:
        queries = [parse_keyword(each.typed) for each in keywords]
        return all(find_words(query, item) is None for query in queries)

    return await asyncio.to_thread(find)


async def _say_misses(visit: Visit, item: Item) -> list[str]:
    texts = visit.texts
    keywords = await visit.storage.keywords.load(visit.reader.id)
    if not keywords:
        return [texts.say("You follow nothing yet. For example: <code>/add border</code>")]

    def find() -> list[tuple[str, Miss]]:
        text = read_text(matched_text(item.title, item.summary))
        by = {"language": item.language, "publisher": item.publisher}
        return [(each.typed, find_miss(parse_keyword(each.typed), text, **by)) for each in keywords]

    misses = await asyncio.to_thread(find)
    misses.sort(key=lambda each: (each[1].excluded, each[1].held / max(1, each[1].parts)))
    return [_say_miss(*each, texts) for each in reversed(misses[-5:])]


def _say_miss(typed: str, miss: Miss, texts: Texts) -> Markup:
    keyword = cut_escaped(typed, KEYWORD_UNITS)
    if miss.excluded and miss.held == miss.parts:
        return texts.say("• <b>{keyword}</b>: what you left out is in it.", keyword=keyword)
    if miss.parts > 1:
        return texts.say(
            "• <b>{keyword}</b>: {held} of its {parts} parts are in it.",
            keyword=keyword,
            held=miss.held,
            parts=miss.parts,
        )
    return texts.say("• <b>{keyword}</b>: not in it.", keyword=keyword)


def _say_fate(reason: Reason, visit: Visit, *, missing: bool, caught: bool) -> Iterator[Markup]:
    texts = visit.texts
    if missing:
        yield texts.say("None of your keywords is in it:")
        return
    if reason.silence and reason.silence != Silence.REPEATED:
        yield texts.say("It alerted nobody: {why}.", why=say_fate(reason.silence, texts))
    elif reason.alert is DeliveryState.SENT:
        yield texts.say("Its story was sent to you.")
    elif reason.alert is DeliveryState.PENDING:
        yield texts.say("It is on its way to you.")
    elif reason.alert is not None:
        yield _say_undelivered(reason.alert, reason.error, texts)
    elif visit.reader.paused:
        yield texts.say("You have paused: it stands in your next digest.")
    elif not caught and not reason.catches:
        yield texts.say("You have followed its words only since it came.")
    else:
        yield texts.say("It was printed before you followed its words.")


def _say_undelivered(state: DeliveryState, error: str, texts: Texts) -> Markup:
    """Return why an alert never left; what Telegram or this program calls it is for the log."""
    match error.partition(":")[0]:
        case "paused":
            return texts.say("You had paused, and no alert came.")
        case quiet.HELD:
            return texts.say("It came in your quiet hours, and was told when they ended.")
        case "not among the alerts that are wanted":
            return texts.say("It is not among the alerts that you chose: /alerts")
        case "nothing to say":
            return texts.say("When it was to be sent, there was nothing left to tell you.")
        case fanout.TOLD_ELSEWHERE:
            return texts.say("It proved to belong to a story that you had been told of.")
        case "for the digest":
            return texts.say("It could not be delivered in time, and was left to your digest.")
        case "the sender died on every attempt":
            return texts.say("It was not delivered.")
    if state is DeliveryState.DEAD:
        return texts.say("It was not delivered: Telegram refused it.")
    return texts.say("It was not delivered.")


def _explain(reason: Reason, visit: Visit) -> Iterator[str]:
    """Yield which keyword caught which item by which words, and how the story came together."""
    texts = visit.texts
    by_item = {each.item.id: each for each in reason.story.tellings}
    if reason.catches:
        yield Markup("<b>{}</b>").format(texts.say("Caught by"))
    for catch in reason.catches[:_MOST_ITEMS]:
        words = ", ".join(filter(None, catch.words)) or "—"
        yield Markup("• <b>{}</b> → {} — {}").format(
            cut_escaped(catch.typed, KEYWORD_UNITS),
            cut_escaped(words, KEYWORD_UNITS),
            _who(by_item[catch.item_id], visit),
        )
    if len(reason.story.tellings) > 1:
        yield Markup("<b>{}</b>").format(texts.say("One story, because"))
    for telling in reason.story.tellings[:_MOST_ITEMS] if len(by_item) > 1 else ():
        yield Markup("• {}\n   <i>{} · {}</i>").format(
            linked(telling.item, bold=False),
            _who(telling, visit),
            _say_joined(reason.joined.get(telling.item.id, ""), texts),
        )


def _say_joined(why_: str, texts: Texts) -> Markup:
    sure, _, words = why_.partition(" ")
    if not sure:
        return texts.say("told it first, or stands at the same address")
    if not words:
        return texts.say("the same text")
    return texts.say("shares {words} ({sure} sure)", words=words, sure=f"{float(sure):.0%}")


def _who(telling: Telling, visit: Visit) -> Markup:
    when = visit.texts.moment(telling.item.seen_at, visit.reader.zone, visit.now)
    return Markup("{} · {}").format(name_publisher(telling, visit.texts), when)
