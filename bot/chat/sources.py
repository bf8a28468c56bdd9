"""/sources: whose news is read, by country: what each is, who owns it, whether it answers now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.chat.visit import Visit
from bot.delivery.publishers import say_kind
from bot.delivery.split import cut, join_blocks
from bot.language import LANGUAGES
from bot.storage.feeds import SourceState

#: A feed that has not answered for this long is marked.
_SILENT_AFTER = timedelta(hours=6)
#: So many publishers are folded together, to fit a message however long their names are.
_FOLDED_TOGETHER = 12
_SHOWN = 60

_Feeds = Sequence[SourceState]


async def sources(visit: Visit) -> None:
    """List whose news is read, country by country, folded; who does not answer is marked."""
    by_publisher: dict[str, list[SourceState]] = defaultdict(list)
    for source in await visit.storage.feeds.load_sources():
        by_publisher[source.publisher.name].append(source)
    if not by_publisher:
        await visit.answer(visit.texts.say("No source is set up yet."))
        return
    head = visit.texts.count(
        "<b>I read {n} publisher</b>", "<b>I read {n} publishers</b>", len(by_publisher)
    )
    blocks: list[str] = [head]
    for country, publishers in _by_country(by_publisher).items():
        blocks += _say_country(country, publishers, visit)
    for message in join_blocks(blocks):
        await visit.answer(message)


def _by_country(by_publisher: Mapping[str, _Feeds]) -> Mapping[str, list[_Feeds]]:
    """Return the publishers by country, those of which there are most first."""
    found: dict[str, list[_Feeds]] = defaultdict(list)
    for feeds in by_publisher.values():
        found[feeds[0].publisher.country].append(feeds)
    return dict(sorted(found.items(), key=lambda each: (-len(each[1]), each[0])))


def _say_country(country: str, publishers: Sequence[_Feeds], visit: Visit) -> Iterator[str]:
    texts = visit.texts
    answering = sum(not _is_silent(each, visit.now) for each in publishers)
    name = texts.country_name(country) or texts.say("not described by the operator")
    answer = texts.count(
        "{answering} of {n} answers", "{answering} of {n} answer", len(publishers),
        answering=answering,
    )  # fmt: skip
    head = Markup("\n<b>{}</b> · {}").format(name, answer)
    lines = [_say_publisher(each, visit) for each in publishers]
    for start in range(0, len(lines), _FOLDED_TOGETHER):
        some = Markup("\n").join(lines[start : start + _FOLDED_TOGETHER])
        folded = Markup("<blockquote expandable>{}</blockquote>").format(some)
        yield f"{head}\n{folded}" if start == 0 else folded


def _say_publisher(feeds: _Feeds, visit: Visit) -> Markup:
    texts, publisher = visit.texts, feeds[0].publisher
    languages = dict.fromkeys(
        texts.language_name(feed.language) for feed in feeds if feed.language in LANGUAGES
    )
    facts = [say_kind(publisher.kind, texts), publisher.city, *languages]
    if publisher.family and publisher.family != publisher.name:
        facts.append(texts.say("owner: {owner}", owner=cut(publisher.family, _SHOWN)))
    line = Markup("• <b>{}</b> — {}").format(
        cut(publisher.name, _SHOWN), Markup(", ").join(filter(None, facts))
    )
    last = max((each.last_success_at for each in feeds if each.last_success_at), default=None)
    if last is None:
        state = texts.say("⚠ has not answered yet")
    else:
        when = texts.moment(last, visit.reader.zone, visit.now)
        if _is_silent(feeds, visit.now):
            state = texts.say("⚠ does not answer since {when}", when=when)
        else:
            state = texts.say("answered {when}", when=when)
    return Markup("{} · {}").format(line, state)


def _is_silent(feeds: _Feeds, now: datetime) -> bool:
    """Say whether none of a publisher's feeds has answered lately."""
    return all(
        each.last_success_at is None
        or (each.failures > 0 and now - each.last_success_at > _SILENT_AFTER)
        for each in feeds
    )
