"""Settings of what messages say: languages, the zone, what is shown, who is not heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from markupsafe import Markup

from bot.chat.keyboards import button, rows
from bot.chat.section import Panel, Section, join, tick, toggle
from bot.chat.zones import COMMON_ZONES, find_zone
from bot.delivery.split import cut
from bot.language import LANGUAGES as NEWS_LANGUAGES
from bot.model import Keyboard, Shows
from bot.texts import LANGUAGES, OWN_NAMES, Texts

_SHOWN_PUBLISHERS = 30


async def _choose_language(panel: Panel, value: str) -> Mapping[str, Any]:
    return {"language": value} if value in LANGUAGES else {}


def _language_buttons(panel: Panel) -> Keyboard:
    return [
        [
            tick(OWN_NAMES[each], each == panel.reader.language, f"set:language:{each}")
            for each in LANGUAGES
        ]
    ]


async def _choose_zone(panel: Panel, value: str) -> Mapping[str, Any]:
    zone = find_zone(value)
    return {"zone": zone, "zone_chosen": True} if zone else {}


def _zone_value(panel: Panel) -> Markup:
    reader, texts = panel.reader, panel.texts
    return texts.say(
        "{zone}, {time} now",
        zone=texts.zone_name(reader.zone),
        time=texts.time(panel.visit.now, reader.zone),
    )


def _zone_buttons(panel: Panel) -> Keyboard:
    reader = panel.reader
    return rows(
        (
            tick(
                panel.texts.zone_name(zone),
                reader.zone_chosen and zone == reader.zone,
                f"set:zone:{zone}",
            )
            for zone in COMMON_ZONES
        ),
        2,
    )


async def _choose_reads(panel: Panel, value: str) -> Mapping[str, Any]:
    reader = panel.reader
    if value not in NEWS_LANGUAGES:
        return {}
    chosen = set(toggle(reader.reads or (reader.language,), value)) or {reader.language}
    return {"reads": tuple(each for each in NEWS_LANGUAGES if each in chosen)}


async def _choose_news(panel: Panel, value: str) -> Mapping[str, Any]:
    if value not in NEWS_LANGUAGES:
        return {}
    hidden = set(toggle(panel.reader.hidden_languages, value))
    # Who takes the last language away means another one, not none.
    if hidden == set(NEWS_LANGUAGES):
        return {}
    return {"hidden_languages": tuple(each for each in NEWS_LANGUAGES if each in hidden)}


def _reads_value(panel: Panel) -> Markup:
    return join([OWN_NAMES[each] for each in NEWS_LANGUAGES if panel.reader.can_read(each)])


def _reads_buttons(panel: Panel) -> Keyboard:
    reader = panel.reader
    return [
        [
            tick(OWN_NAMES[each], reader.can_read(each), f"set:reads:{each}")
            for each in NEWS_LANGUAGES
        ]
    ]


def _news_value(panel: Panel) -> Markup:
    hidden = panel.reader.hidden_languages
    if not hidden:
        return panel.texts.say("all languages")
    return join([OWN_NAMES[each] for each in NEWS_LANGUAGES if each not in hidden])


def _news_buttons(panel: Panel) -> Keyboard:
    hidden = panel.reader.hidden_languages
    return [
        [tick(OWN_NAMES[each], each not in hidden, f"set:news:{each}") for each in NEWS_LANGUAGES]
    ]


async def _choose_shows(panel: Panel, value: str) -> Mapping[str, Any]:
    if value not in list(Shows):
        return {}
    chosen = toggle(panel.reader.shows, value)
    return {"shows": tuple(each for each in Shows if each in chosen)}


def _shows_labels(texts: Texts) -> Mapping[Shows, Markup]:
    return {
        Shows.SUMMARY: texts.say("summary"),
        Shows.PICTURE: texts.say("picture"),
        Shows.GIST: texts.say("gist in my language"),
    }


def _shows_value(panel: Panel) -> Markup:
    shown = [
        label for each, label in _shows_labels(panel.texts).items() if each in panel.reader.shows
    ]
    return join(shown) if shown else panel.texts.say("the headline only")


def _shows_buttons(panel: Panel) -> Keyboard:
    labels = _shows_labels(panel.texts)
    return [
        [tick(label, each in panel.reader.shows, f"set:shows:{each}")]
        for each, label in labels.items()
    ]


async def _choose_muted(panel: Panel, value: str) -> Mapping[str, Any]:
    for name in panel.muted:
        if _mark(name) == value:
            await panel.visit.storage.muting.unmute_publisher(panel.reader.id, name)
    return {}


def _mark(name: str) -> str:
    """Return what stands for a name in a button, which holds few bytes."""
    return f"{crc32(name.encode()):x}"


def _muted_value(panel: Panel) -> Markup:
    if not panel.muted:
        return panel.texts.say("nobody")
    return join([cut(name, 40) for name in panel.muted[:_SHOWN_PUBLISHERS]])


def _muted_buttons(panel: Panel) -> Keyboard:
    names = panel.muted[:_SHOWN_PUBLISHERS]
    return [[button(f"🔊 {cut(name, 34)}", f"set:muted:{_mark(name)}")] for name in names]


READING: Mapping[str, Section] = {
    "language": Section(
        lambda texts: texts.say("Language"),
        lambda panel: Markup("{}").format(OWN_NAMES[panel.reader.language]),
        _language_buttons,
        _choose_language,
    ),
    "reads": Section(
        lambda texts: texts.say("I read"),
        _reads_value,
        _reads_buttons,
        _choose_reads,
        lambda texts: texts.say("Headlines in other languages get a line of their gist in yours."),
    ),
    "news": Section(
        lambda texts: texts.say("News in"),
        _news_value,
        _news_buttons,
        _choose_news,
        lambda texts: texts.say("News in a language that is not ticked does not reach you."),
    ),
    "zone": Section(
        lambda texts: texts.say("Time zone"),
        _zone_value,
        _zone_buttons,
        _choose_zone,
        lambda texts: texts.say("Another city: <code>/timezone Berlin</code>"),
    ),
    "shows": Section(
        lambda texts: texts.say("An alert shows"),
        _shows_value,
        _shows_buttons,
        _choose_shows,
    ),
    "muted": Section(
        lambda texts: texts.say("Muted publishers"),
        _muted_value,
        _muted_buttons,
        _choose_muted,
        lambda texts: texts.say(
            "A publisher is muted by the button under its alert. Tap one here to hear it again."
        ),
    ),
}
