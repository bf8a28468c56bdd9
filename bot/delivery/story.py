"""How a story reads: the message that tells of it and grows, and what is told of it once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from markupsafe import Markup

from bot.delivery.publishers import list_publishers, name_publisher
from bot.delivery.render import KEYWORD_UNITS, cut_escaped, linked, name_language
from bot.delivery.split import count_units
from bot.model import (
    URGENT,
    Item,
    PublisherKind,
    Ring,
    Role,
    Shows,
    Subscriber,
    Telling,
    ToldStory,
)
from bot.stories.gist import find_gist
from bot.stories.voices import Voices, find_voice, find_voices, is_voice
from bot.texts import Texts

_SUMMARY_UNITS = 400
_MOST_KEYWORDS = 10
#: Telegram takes 4,096; what is said of sources that are silent may follow.
_MOST_UNITS = 3_600


def render_alert(
    story: ToldStory,
    lead: Telling,
    keywords: Sequence[str],
    reader: Subscriber,
    texts: Texts,
    now: datetime,
    *,
    words: Sequence[str] = (),
) -> str:
    """Return the message that tells of a story by *lead*: what it says, and who tells it.

    *keywords* are the reader's own that the story satisfies, as typed; *words* those of the lead.
    """
    lines = [line for line in (_say_keywords(keywords, words),) if line and not reader.discreet]
    lines.append(linked(lead.item, bold=True))
    if lead.item.summary and Shows.SUMMARY in reader.shows:
        lines.append(cut_escaped(lead.item.summary, _SUMMARY_UNITS))
    when = _say_when(lead.item, reader, texts, now)
    origin = [name_publisher(lead, texts), name_language(lead.item, texts), when]
    lines.append(Markup("<i>{}</i>").format(Markup(" · ").join(filter(None, origin))))
    lines.extend(_warn(lead, texts))
    lines.extend(say_gist(lead.item, reader))
    for line in _say_more(story, lead, reader, texts):
        # What is said last is wanted least; no line is cut in its middle.
        if count_units("\n".join([*lines, line])) > _MOST_UNITS:
            break
        lines.append(line)
    return _hide("\n".join(lines), reader, texts)


def render_ring(
    ring: Ring,
    telling: Telling,
    reader: Subscriber,
    texts: Texts,
    now: datetime,
    *,
    old_title: str = "",
) -> str:
    """Return what is told aloud of a story that was told before, as a reply to that.

    *old_title* is what the same item was called then.
    """
    when = _say_when(telling.item, reader, texts, now)
    lines = [
        Markup("🔔 <b>{}</b>").format(say_ring(ring, texts)),
        *([Markup("<s>{}</s> →").format(cut_escaped(old_title, 300))] if old_title else []),
        linked(telling.item, bold=False),
        Markup("<i>{}</i>").format(Markup(" · ").join([name_publisher(telling, texts), when])),
        *_warn(telling, texts),
        *say_gist(telling.item, reader),
    ]
    return _hide("\n".join(lines), reader, texts)


def _hide(html: str, reader: Subscriber, texts: Texts) -> str:
    """Cover a message for who does not want it read on a locked screen: a tap uncovers it."""
    if not reader.discreet:
        return html
    return f"🔔 {texts.say('News')}\n<tg-spoiler>{html}</tg-spoiler>"


def _say_when(item: Item, reader: Subscriber, texts: Texts, now: datetime) -> Markup:
    """Return when an item was printed, with the zone where its reader has not said theirs."""
    when = texts.moment(item.published_at, reader.zone, now)
    if reader.zone_chosen:
        return Markup("{}").format(when)
    return Markup("{} ({})").format(when, texts.zone_name(reader.zone))


def say_ring(ring: Ring, texts: Texts) -> Markup:
    """Return why a story is told once more."""
    match ring:
        case Ring.OTHER_SIDE:
            return texts.say("The other side reports it too")
        case Ring.DENIED:
            return texts.say("Denied")
        case Ring.CORRECTED:
            return texts.say("Corrected")
        case Ring.GRAVER:
            return texts.say("It is graver than first reported")
        case Ring.SECOND:
            return texts.say("A second, independent source reports it")
        case Ring.DETAIL:
            return texts.say("More places or higher numbers are reported")


def say_voices(voices: Voices, texts: Texts) -> Markup:
    """Return how many tell a story, and of which countries, in a few words."""
    if len(voices.names) <= 1:
        if voices.only_state:
            return texts.say("only one source so far, a state one")
        return texts.say("only one source so far")
    count = texts.count("{n} publisher", "{n} publishers", len(voices.names))
    if voices.only_state:
        return texts.say("{publishers}, all of them state media", publishers=count)
    named = Markup(", ").join(texts.country_name(each) for each in voices.countries)
    return Markup("{} · {}").format(count, named) if named else count


def _say_keywords(keywords: Sequence[str], words: Sequence[str]) -> Markup:
    if not keywords:
        return Markup()
    shown = Markup(", ").join(
        Markup("<b>{}</b>").format(cut_escaped(keyword, KEYWORD_UNITS))
        for keyword in keywords[:_MOST_KEYWORDS]
    )
    typed = " ".join(keywords).casefold()
    others = [word for word in words if word and word.casefold() not in typed]
    if others:
        found = Markup(", ").join(cut_escaped(word, KEYWORD_UNITS) for word in others[:5])
        return Markup("🔔 {} ({})").format(shown, found)
    return Markup("🔔 {}").format(shown)


def _warn(telling: Telling, texts: Texts) -> Iterator[Markup]:
    if telling.imitates:
        yield Markup("⚠️ {}").format(
            texts.say(
                "This address only looks like that of {publisher}.", publisher=telling.imitates
            )
        )
    if telling.role is Role.OPINION:
        yield Markup("💬 {}").format(texts.say("An opinion, not a report."))


def say_gist(item: Item, reader: Subscriber) -> Iterator[Markup]:
    """Yield what an item is about in the words of who does not read its language."""
    if Shows.GIST not in reader.shows or reader.can_read(item.language):
        return
    if gist := find_gist(item.title, reader.language):
        yield Markup("≈ <i>{}</i>").format(gist)


def _say_more(
    story: ToldStory, lead: Telling, reader: Subscriber, texts: Texts
) -> Iterator[Markup]:
    """Yield the lines about who else tells a story, those that matter most first."""
    if story.is_really is not None:
        said = texts.say("This proved to be the same event as:")
        yield Markup("➡️ {} {}").format(said, linked(story.is_really, bold=False))
        return
    titles = dict(story.renamed)
    if lead.item.id in titles:
        said = texts.say("Its headline was:")
        yield Markup("✏️ {} <s>{}</s>").format(said, cut_escaped(titles[lead.item.id], 300))
    others = [each for each in story.tellings if each.item.id != lead.item.id]
    yield from _say_contradicted(others, lead, texts)
    latest = _find_latest(others, lead)
    if latest is not None:
        yield from _point([latest], texts.say("Latest:"), "🆕", texts)
    # Who denies it does not tell it, and the other way round.
    denies = lead.role is Role.DENIAL
    telling = [each for each in story.tellings if (each.role is Role.DENIAL) is denies]
    voices = find_voices(telling)
    yield Markup("👥 {}").format(say_voices(voices, texts))
    if len(voices.names) > 1:
        yield from _say_by_country(telling, texts)
    own = _find_own_language(story.tellings, lead, reader.language)
    if own is not None:
        yield Markup("🌐 {} — {}").format(
            linked(own, bold=False), cut_escaped(own.publisher, KEYWORD_UNITS)
        )
    if story.follows is not None:
        said = texts.say("It follows:")
        yield Markup("↩️ {} {}").format(said, linked(story.follows, bold=False))


def _say_contradicted(others: Sequence[Telling], lead: Telling, texts: Texts) -> Iterator[Markup]:
    """Yield who denies or corrects what leads; where that denies itself, what it denies."""
    denying = [each for each in others if each.role is Role.DENIAL]
    telling = [each for each in others if each.role in (Role.TOLD, Role.REPRINT)]
    if lead.role is Role.DENIAL:
        yield from _point(telling[:1], texts.say("Reported:"), "❗️", texts)
    else:
        yield from _point(denying[:3], texts.say("Denied:"), "❗️", texts)
    corrections = [each for each in others if each.role is Role.CORRECTION]
    yield from _point(corrections[-2:], texts.say("Corrected:"), "✏️", texts)


def _point(tellings: Sequence[Telling], said: Markup, sign: str, texts: Texts) -> Iterator[Markup]:
    for each in tellings:
        yield Markup("{} {} {} — {}").format(
            sign, said, linked(each.item, bold=False), name_publisher(each, texts)
        )


def _say_by_country(tellings: Sequence[Telling], texts: Texts) -> Iterator[Markup]:
    """Yield a line for each country whose publishers tell a story, in the order they did."""
    voices: dict[str, Telling] = {}
    for each in tellings:
        if is_voice(each):
            voices.setdefault(find_voice(each, tellings), each)
    by_country: defaultdict[str, list[Telling]] = defaultdict(list)
    for each in voices.values():
        by_country[each.country].append(each)
    for country, those in by_country.items():
        name = texts.country_name(country) if country else texts.say("not described")
        state = all(each.kind is PublisherKind.STATE for each in those)
        if state and len(those) > 1:
            name = Markup("{} ({})").format(name, texts.say("state"))
        yield Markup("   {}: {}").format(
            name, list_publishers(each.item.publisher for each in those)
        )


def _find_latest(others: Sequence[Telling], lead: Telling) -> Telling | None:
    """Return the newest telling of something grave: a toll has grown since the first."""
    grave = [
        each
        for each in others
        if each.role is Role.TOLD and each.gravity >= max(URGENT, lead.gravity) and is_voice(each)
    ]
    return grave[-1] if grave and grave[-1].item.id > lead.item.id else None


def _find_own_language(tellings: Sequence[Telling], lead: Telling, language: str) -> Item | None:
    if lead.item.language == language:
        return None
    for each in tellings:
        if each.item.language == language and is_voice(each) and each.role is not Role.DENIAL:
            return each.item
    return None
