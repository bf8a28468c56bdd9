"""/feeds: what operators do with feeds from chat; nobody else is told that it exists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from markupsafe import Markup

from bot.chat.desk import FeedsDesk
from bot.chat.feed_errors import say_feed_error, say_reason
from bot.chat.feed_names import find_named
from bot.chat.visit import Visit
from bot.config import load_feeds
from bot.delivery.outages import say_outage
from bot.delivery.silences import render_days
from bot.delivery.split import cut, join_blocks
from bot.errors import ConfigError, FeedError
from bot.feeds.finder import FoundFeed, describe_entry, find_feed
from bot.feeds.health import judge_health
from bot.feeds.logins import find_logins
from bot.feeds.opml import Outline, read_opml, write_opml
from bot.feeds_yaml import FeedsFile
from bot.model import FeedHealth, FeedState
from bot.texts import Texts

_MARKS = {
    FeedState.WORKING: "🟢",
    FeedState.NEW: "⚪",
    FeedState.FAILING: "🔴",
    FeedState.QUIET: "🟡",
    FeedState.GONE: "⛔",
}
#: Who waits for a publisher for so long is told what for.
_SAYS_SO_AFTER_S = 2.0
_SHOWN_DAYS = 7
_SHOWN_UNREAD = 10
_SHOWN_TITLES = 3
_SHOWN_REASON = 80
_OPML_UNITS = 3_500


async def serve_feeds(visit: Visit) -> None:
    """Show how the feeds do, or do what an operator asks: add, enable, disable, test ...

    What asks a publisher is done apart: the updates behind this one must not wait with it.
    """
    desk = visit.services.desk
    if desk is None:
        return
    if visit.words.partition(" ")[0].lower() in ("add", "test"):
        asking = asyncio.create_task(_serve(visit, desk))
        visit.services.waiting.add(asking)
        asking.add_done_callback(visit.services.waiting.discard)
    else:
        await _serve(visit, desk)


async def _serve(visit: Visit, desk: FeedsDesk) -> None:
    verb, _, rest = visit.words.partition(" ")
    rest = rest.strip()
    try:
        match verb.lower():
            case "":
                await _show(visit)
            case "add" if rest:
                await _add(visit, desk, rest)
            case "test" if rest:
                await _test(visit, desk, rest)
            case "enable" | "disable" if rest:
                await _switch(visit, desk, rest, wanted=verb.lower() == "enable")
            case "export":
                await _export(visit, desk)
            case "import" if rest:
                await _import(visit, desk, rest)
            case _:
                await _show_one(visit, visit.words.strip())
    except (FeedError, ConfigError) as error:
        why = say_feed_error(error, visit.texts)
        await visit.answer(visit.texts.say("That did not work: {why}", why=why))


async def _show(visit: Visit) -> None:
    feeds = [feed for feed in await visit.storage.health.load() if feed.enabled]
    lines: list[str] = [_line(feed, visit) for feed in feeds]
    working = sum(judge_health(feed) is FeedState.WORKING for feed in feeds)
    head = visit.texts.say(
        "<b>Feeds</b>: {working} of {total} work", working=working, total=len(feeds)
    )
    outage = say_outage(await visit.storage.health.load_outages(), visit.texts, visit.now)
    blocks = [f"{head}\n", *lines, *([f"\n{outage}"] if outage else [])]
    for message in join_blocks([*blocks, f"\n{_say_how(visit.texts)}"]):
        await visit.answer(message)


async def _show_one(visit: Visit, name: str) -> None:
    """Show what became of one feed's items, day by day; how /feeds is used for no feed's name."""
    feeds = {feed.name: feed for feed in await visit.storage.health.load()}
    found = await _find_named(visit, name, list(feeds), "")
    if not found:
        return
    feed = feeds[found]
    days = await visit.storage.silences.load_days(feed.name, _SHOWN_DAYS)
    told = render_days(feed.name, days, visit.texts)
    for message in join_blocks([_line(feed, visit), *told.split("\n")[1:]]):
        await visit.answer(message)


def _line(feed: FeedHealth, visit: Visit) -> Markup:
    state = judge_health(feed)
    line = Markup("{} {}").format(_MARKS.get(state, "⚪"), cut(feed.name, 60))
    if feed.last_new_at is not None:
        line += Markup(" · {}").format(visit.texts.duration(visit.now - feed.last_new_at))
    if feed.failures:
        why = say_reason(feed.error, visit.texts, _SHOWN_REASON)
        line += Markup("\n   {} × {}").format(feed.failures, why)
    return line


async def _add(visit: Visit, desk: FeedsDesk, address: str) -> None:
    found = await _patiently(visit, address, _find(desk, address, visit))
    entry = describe_entry(found)
    await asyncio.to_thread(FeedsFile(desk.path).add, entry, {"country": "AM", "kind": "private"})
    added = visit.texts.say(
        "Added as <b>{name}</b>. Its publisher's country and kind stand in feeds.yaml: set them.",
        name=entry["name"],
    )
    await _take_over(visit, desk)
    await visit.answer(f"{_describe(found, visit.texts)}\n\n{added}")


async def _find(desk: FeedsDesk, asked: str, visit: Visit) -> FoundFeed:
    private, name = False, ""
    if not _is_address(asked):
        listed = await asyncio.to_thread(load_feeds, desk.path, desk.variables)
        desk.fetcher.logins = find_logins(listed)
        for each in listed.feeds:
            if each.name == asked:
                asked, private, name = each.url, each.allow_private, each.name
    return await find_feed(asked, desk.fetcher, desk.worker, visit.now, private=private, name=name)


async def _switch(visit: Visit, desk: FeedsDesk, asked: str, *, wanted: bool) -> None:
    listed = await asyncio.to_thread(load_feeds, desk.path, desk.variables)
    verb = "enable" if wanted else "disable"
    name = await _find_named(visit, asked, [each.name for each in listed.feeds], verb)
    if not name:
        return
    await asyncio.to_thread(FeedsFile(desk.path).enable, name, wanted)
    await _take_over(visit, desk)
    if wanted:
        await visit.storage.feeds.revive(name, visit.now)
        await visit.answer(visit.texts.say("<b>{name}</b> is on.", name=name))
    else:
        await visit.answer(visit.texts.say("<b>{name}</b> is off.", name=name))


async def _take_over(visit: Visit, desk: FeedsDesk) -> None:
    """Let an edit of feeds.yaml hold at once: whoever polls would see it some seconds later."""
    listed = await asyncio.to_thread(load_feeds, desk.path, desk.variables)
    await visit.storage.feeds.save_config(listed, visit.now)


async def _find_named(visit: Visit, asked: str, names: Sequence[str], verb: str) -> str:
    """Return the one feed that is meant; "" once it has been asked which one is."""
    found = find_named(asked, names)
    if found.name:
        return found.name
    if not found.perhaps:
        said = visit.texts.say("No feed is called “{name}”.", name=cut(asked, 60))
        await visit.answer(Markup("{}\n\n{}").format(said, _say_how(visit.texts)))
        return ""
    before = f"/feeds {verb}".strip()
    lines = [Markup("<code>{} {}</code>").format(before, each) for each in found.perhaps]
    await visit.answer(Markup("\n").join([visit.texts.say("Did you mean one of these?"), *lines]))
    return ""


async def _test(visit: Visit, desk: FeedsDesk, asked: str) -> None:
    if not _is_address(asked):
        listed = await asyncio.to_thread(load_feeds, desk.path, desk.variables)
        asked = await _find_named(visit, asked, [each.name for each in listed.feeds], "test")
    if asked:
        found = await _patiently(visit, asked, _find(desk, asked, visit))
        await visit.answer(_describe(found, visit.texts))


async def _patiently(visit: Visit, asked: str, asking: Awaitable[FoundFeed]) -> FoundFeed:
    """Wait for a publisher; say that it is waited for, where it does not answer soon."""
    task = asyncio.ensure_future(asking)
    try:
        await asyncio.wait({task}, timeout=_SAYS_SO_AFTER_S)
        if not task.done():
            await visit.answer(
                visit.texts.say("I am asking {name}; it may take a minute.", name=cut(asked, 100))
            )
        return await task
    finally:
        task.cancel()


def _is_address(asked: str) -> bool:
    return "." in asked and " " not in asked


async def _export(visit: Visit, desk: FeedsDesk) -> None:
    listed = await asyncio.to_thread(load_feeds, desk.path, desk.variables)
    outlines = [(each.publisher, Outline(title=each.name, url=each.url)) for each in listed.feeds]
    for start in range(0, len(outlines), 20):
        document = write_opml(outlines[start : start + 20]).decode()
        await visit.answer(Markup("<pre>{}</pre>").format(cut(document, _OPML_UNITS)))


async def _import(visit: Visit, desk: FeedsDesk, text: str) -> None:
    known = await asyncio.to_thread(load_feeds, desk.path, desk.variables)
    known_urls = {each.url for each in known.feeds}
    listed = read_opml(text.encode())
    if not listed.outlines:
        await visit.answer(
            visit.texts.say("It lists no feeds: each is an outline with an xmlUrl. See /feeds")
        )
        return
    added = 0
    for outline in listed.outlines:
        if outline.url in known_urls:
            continue
        found = FoundFeed(url=outline.url, title=outline.title, items=(), language="other")
        entry = describe_entry(found) | {"enabled": False}
        await asyncio.to_thread(
            FeedsFile(desk.path).add, entry, {"country": "AM", "kind": "private"}
        )
        added += 1
    await _take_over(visit, desk)
    said = [
        visit.texts.count(
            "{n} feed added, switched off: /feeds enable NAME",
            "{n} feeds added, switched off: /feeds enable NAME",
            added,
        ),
        *(
            visit.texts.say(
                "Line {line}: {title} has no address of a feed", line=each.line, title=each.title
            )
            for each in listed.unread[:_SHOWN_UNREAD]
        ),
    ]
    await visit.answer(Markup("\n").join(said))


def _describe(found: FoundFeed, texts: Texts) -> Markup:
    head = texts.count(
        "<b>{title}</b>\n{n} item, {language}",
        "<b>{title}</b>\n{n} items, {language}",
        len(found.items),
        title=found.title or found.url,
        language=texts.language_name(found.language),
    )
    titles = [Markup("• {}").format(cut(each.title, 120)) for each in found.items[:_SHOWN_TITLES]]
    return Markup("\n").join([head, found.url, *titles])


def _say_how(texts: Texts) -> Markup:
    return texts.say(
        "<code>/feeds</code> NAME, <code>/feeds add</code> ADDRESS, "
        "<code>/feeds test</code> ADDRESS or NAME, "
        "<code>/feeds enable</code> NAME, <code>/feeds disable</code> NAME, "
        "<code>/feeds export</code>, <code>/feeds import</code> OPML"
    )
