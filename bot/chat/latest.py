"""Reading on demand: /latest, /search and what a digest's buttons lead to, ten stories a page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from markupsafe import Markup

from bot.chat.found import find_stories
from bot.chat.keyboards import button, is_number
from bot.chat.refused_keywords import say_refused
from bot.chat.sight import look_out
from bot.chat.trails import Trail
from bot.chat.visit import Visit
from bot.delivery.digest import render_story
from bot.delivery.periods import Period
from bot.delivery.requests import Request, parse_request
from bot.delivery.sight import lead_with
from bot.delivery.split import MAX_TAGS, MAX_UNITS, count_units, cut
from bot.matching import WIDENED, KeywordRefused, parse_keyword
from bot.model import Button, Keyboard

PAGE = 10
#: /latest looks back so far; /search through all there is.
_RECENT = timedelta(days=30)


class _Kind(StrEnum):
    """What is read, as the buttons under it begin."""

    LATEST = "page"
    FOUND = "found"
    KEYWORD = "about"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request as it came."""

    kind: _Kind
    #: Of the words as they are kept for the buttons, or of the keyword; 0: neither.
    number: int
    typed: str
    request: Request

    @property
    def prefix(self) -> str:
        """What the buttons under it begin with."""
        return f"{self.kind}:{self.number}"

    @property
    def can_turn(self) -> bool:
        """Whether a button can say what is asked for."""
        return bool(self.number) or not self.typed


async def latest(visit: Visit) -> None:
    """Show the newest items: all, or those that are asked for."""
    await _answer(visit, " ".join(visit.words.split()), _Kind.LATEST)


async def search(visit: Visit) -> None:
    """Show what the whole archive holds of the words typed."""
    words = " ".join(visit.words.split())
    if not words:
        await visit.answer(
            visit.texts.say(
                "Type the words after the command, for example: <code>/search border</code>"
            )
        )
        return
    await _answer(visit, words, _Kind.FOUND)


async def turn_page(visit: Visit) -> None:
    """Show the page of /latest that the button stands for, in the same message."""
    await _turn(visit, _Kind.LATEST)


async def turn_found(visit: Visit) -> None:
    """Show the page of /search that the button stands for, in the same message."""
    await _turn(visit, _Kind.FOUND)


async def turn_old_page(visit: Visit) -> None:
    """Show what a button stands for that offers words, or was made before there were trails."""
    words_id, _, before = visit.words.partition(":")
    trail = f"{int(before):x}" if is_number(before) else before
    await _turn(replace(visit, words=f"{words_id}:{trail}"), _Kind.LATEST)


async def turn_keyword(visit: Visit) -> None:
    """Show the newest of a keyword: below the digest that offers it, or its next page."""
    number, is_page, written = visit.words.partition(":")
    subscriber, trail = visit.subscriber, Trail.read(written)
    mine = await visit.storage.keywords.load(subscriber.id) if subscriber else []
    keyword = next((each for each in mine if str(each.id) == number), None)
    if keyword is None or trail is None:
        await visit.toast(visit.texts.say("You do not follow that any more."), alert=True)
        return
    await visit.toast()
    wide = WIDENED in keyword.query
    query = await asyncio.to_thread(parse_keyword, keyword.typed, wide=wide)
    asked = _Asked(
        kind=_Kind.KEYWORD,
        number=keyword.id,
        typed=keyword.typed,
        request=Request(words=keyword.typed, query=query),
    )
    show = visit.change if is_page else visit.answer
    await show(*await _page(visit, asked, trail))


async def _answer(visit: Visit, typed: str, kind: _Kind) -> None:
    request = await _read(visit, typed, kind)
    if request is None:
        return
    number, reader = 0, visit.reader
    if typed and not visit.is_group:
        reader = await visit.open_subscriber()
    if typed and reader.id:
        number = await visit.storage.subscribers.save_words(reader.id, typed, visit.now)
    asked = _Asked(kind=kind, number=number, typed=typed, request=request)
    await visit.answer(*await _page(visit, asked, Trail()))


async def _turn(visit: Visit, kind: _Kind) -> None:
    number, _, written = visit.words.partition(":")
    trail = Trail.read(written)
    typed: str | None = ""
    if is_number(number) and int(number):
        typed = await visit.storage.subscribers.load_words(visit.reader.id, int(number))
    if typed is None or not is_number(number) or trail is None:
        await visit.toast(visit.texts.say("This button is too old. Type it again."), alert=True)
        return
    await visit.toast()
    request = await _read(visit, typed, kind)
    if request is not None:
        asked = _Asked(kind=kind, number=int(number), typed=typed, request=request)
        await visit.change(*await _page(visit, asked, trail))


async def _read(visit: Visit, typed: str, kind: _Kind) -> Request | None:
    """Return what was asked for; answer and return None when it cannot be looked for."""
    if not typed:
        return Request()
    publishers = await visit.storage.items.load_publishers()
    try:
        request, unknown = await asyncio.to_thread(
            parse_request, typed, publishers, visit.reader.zone, visit.now
        )
    except KeywordRefused as refused:
        command = "/search" if kind is _Kind.FOUND else "/latest"
        await visit.answer(say_refused(refused, visit.texts, typed, command))
        return None
    if unknown:
        await visit.answer(
            visit.texts.say(
                "No source is called “{source}”. See whose news I read: /sources",
                source=cut(unknown, 100),
            )
        )
        return None
    return request


async def _page(visit: Visit, asked: _Asked, trail: Trail) -> tuple[str, Keyboard | None]:
    size = min(asked.request.newest or PAGE, PAGE)
    recent = asked.kind is not _Kind.FOUND and asked.request.query is not None
    found = await find_stories(
        visit.storage,
        asked.request,
        size + 1,
        before=trail.last,
        since=visit.now - _RECENT if recent else None,
    )
    head = lead_with(await look_out(visit), _say_head(visit, asked))
    if not found:
        nothing = (
            visit.texts.say("Nothing older.") if trail.before else await _say_nothing(visit, asked)
        )
        return f"{head}\n\n{nothing}", _keyboard(visit, asked, trail, None, found_none=True)
    entries = [render_story(each, visit.reader, visit.texts, visit.now) for each in found[:size]]
    html, shown = _fit(head, entries)
    older = found[shown - 1].lead.item.id if len(found) > shown else None
    return html, _keyboard(visit, asked, trail, older)


def _say_head(visit: Visit, asked: _Asked) -> Markup:
    texts, request = visit.texts, asked.request
    parts = [texts.say("<b>Found</b>") if asked.kind is _Kind.FOUND else texts.say("<b>Latest</b>")]
    parts += [Markup("{}").format(cut(request.words, 100))] if request.words else []
    parts += [Markup("{}").format(texts.language_name(each)) for each in sorted(request.languages)]
    publishers = sorted(request.publishers)[:3]
    parts += [Markup("{}").format(cut(each, 80)) for each in publishers]
    if request.period is not None:
        parts.append(_say_period(visit, request.period))
    return Markup(" · ").join(parts)


def _say_period(visit: Visit, period: Period) -> Markup:
    texts, zone, now = visit.texts, visit.reader.zone, visit.now
    if period.until is not None:
        return Markup("{}").format(texts.day(period.since, zone))
    return texts.say("since {when}", when=texts.moment(period.since, zone, now))


async def _say_nothing(visit: Visit, asked: _Asked) -> Markup:
    """Say that nothing was found, and how far was looked; or that there is nothing yet."""
    texts = visit.texts
    first = await visit.storage.items.load_first_seen()
    if first is None:
        return texts.say("Nothing yet.")
    if asked.request.period is not None:
        return texts.say("Nothing found in that time.")
    looked = visit.now - first
    if asked.kind is not _Kind.FOUND and asked.request.query is not None:
        looked = min(looked, _RECENT)
    days = max(1, -(-looked // timedelta(days=1)))
    return texts.count(
        "Nothing found. I looked back {n} day.", "Nothing found. I looked back {n} days.", days
    )


def _fit(head: str, entries: list[str]) -> tuple[str, int]:
    """Return one message with as many of the entries as it holds, and how many these are."""
    shown = len(entries)
    while not _is_sendable(html := "\n".join([f"{head}\n", *entries[:shown]])) and shown > 1:
        folded = [each for each in entries[:shown] if "<blockquote" in each]
        if folded:
            # What is folded goes first: the headlines are what was asked for.
            entries = [each.partition("<blockquote")[0] for each in entries]
        else:
            shown -= 1
    return html, shown


def _is_sendable(html: str) -> bool:
    return count_units(html) <= MAX_UNITS and html.count("</") <= MAX_TAGS


def _keyboard(
    visit: Visit, asked: _Asked, trail: Trail, older: int | None, *, found_none: bool = False
) -> Keyboard | None:
    texts = visit.texts
    row: list[Button] = []
    if trail.before:
        row.append(button(texts.say("« Newest"), Trail().write(asked.prefix)))
    if newer := trail.newer():
        row.append(button(texts.say("‹ Newer"), newer.write(asked.prefix)))
    if older is not None and asked.can_turn:
        row.append(button(texts.say("Older »"), trail.older(older).write(asked.prefix)))
    keyboard = [row] if row else []
    if found_none and asked.kind is _Kind.LATEST and asked.number and asked.request.query:
        whole = replace(asked, kind=_Kind.FOUND)
        label = texts.say("Search the whole archive")
        keyboard.append([button(label, Trail().write(whole.prefix))])
    return keyboard or None
