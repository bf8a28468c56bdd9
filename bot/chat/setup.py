"""The first minute: what to follow, when to hear, where one is, what one reads; one message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.chat.alerts import choose_alerts
from bot.chat.choices import save_choices
from bot.chat.digest_now import send_sample
from bot.chat.keyboards import button, is_number, language_buttons, rows
from bot.chat.keywords import follow
from bot.chat.links import open_link
from bot.chat.panel import list_settings, load_panel
from bot.chat.ready import READY_KEYWORDS, REGIONS, SUBJECTS, find_mine, label_of
from bot.chat.section import Panel, tick, toggle
from bot.chat.settings import say_digest
from bot.chat.visit import Visit
from bot.chat.welcome import speak
from bot.chat.zones import find_zone
from bot.delivery.split import cut
from bot.language import LANGUAGES
from bot.model import NO_ALERTS, Button, Keyboard, Keyword, Subscriber
from bot.texts import OWN_NAMES, Texts

_MORNING, _EVENING = "09:00", "20:00"
#: The readers' clocks: near the border, and where the diaspora is largest.
_CITIES = (
    "Asia/Yerevan",
    "Europe/Moscow",
    "Asia/Tbilisi",
    "America/Los_Angeles",
    "Europe/Paris",
    "Asia/Beirut",
)
_SHOWN_KEYWORDS = 8


@dataclass(frozen=True, slots=True)
class _Plan:
    """When messages come: at once, in a digest at an hour, or both."""

    label: Callable[[Texts], Markup]
    at_once: bool
    hour: str = ""

    def holds_for(self, reader: Subscriber) -> bool:
        hours = (self.hour,) if self.hour else ()
        return reader.digest_times == hours and (reader.least_gravity < NO_ALERTS) is self.at_once


#: In the order of their buttons, which carry the place in this list.
_PLANS = (
    _Plan(lambda texts: texts.say("At once, and a morning digest"), True, _MORNING),
    _Plan(lambda texts: texts.say("At once, and an evening digest"), True, _EVENING),
    _Plan(lambda texts: texts.say("Only at once"), True),
    _Plan(lambda texts: texts.say("Only a morning digest"), False, _MORNING),
    _Plan(lambda texts: texts.say("Only an evening digest"), False, _EVENING),
)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What one showing of a step needs to know."""

    panel: Panel
    keywords: Sequence[Keyword]

    @property
    def visit(self) -> Visit:
        return self.panel.visit

    @property
    def reader(self) -> Subscriber:
        return self.panel.reader

    @property
    def texts(self) -> Texts:
        return self.panel.texts


_Page = tuple[str, Keyboard]


async def start(visit: Visit) -> None:
    """Welcome someone, or open the link by which they came; nothing that is set changes."""
    if visit.words and await open_link(visit):
        return
    await visit.answer(*_choose_words(await _look(visit)))


async def speak_first(visit: Visit) -> None:
    """Change the language by the welcome's button: the welcome itself speaks it at once."""
    spoken = await speak(visit, visit.words)
    if spoken is not None:
        await spoken.change(*_choose_words(await _look(spoken)))


async def toggle_ready(visit: Visit) -> None:
    """Follow a ready-made keyword; tapped again it is no longer followed."""
    ready = READY_KEYWORDS[visit.texts.language]
    if not is_number(visit.words) or int(visit.words) >= len(ready):
        await visit.toast()
        return
    index, word = int(visit.words), ready[int(visit.words)]
    scene = await _look(visit)
    mine = find_mine(index, scene.keywords)
    if mine is None:
        if await follow(visit, word) is None:
            return
        said = visit.texts.say("Added: {keyword}", keyword=word)
    else:
        await visit.storage.keywords.remove(scene.reader.id, mine.id)
        said = visit.texts.say("Removed: {keyword}", keyword=mine.typed)
    await visit.toast(said)
    page = _choose_words if index in SUBJECTS else _choose_region
    await visit.change(*page(await _look(visit)))


async def setup_tapped(visit: Visit) -> None:
    """Open a step, or choose in it; what moves on by itself does so."""
    name, _, value = visit.words.partition(":")
    step = _STEPS.get(name)
    if step is None:
        await visit.toast()
        return
    scene = await _look(visit)
    after = await step.choose(scene, value) if value else name
    await visit.toast()
    await visit.change(*_STEPS[after].show(await _look(visit)))
    if after == "done":
        await send_sample(visit)


async def _look(visit: Visit) -> _Scene:
    await visit.open_subscriber()
    panel = await load_panel(visit)
    return _Scene(panel, await visit.storage.keywords.load(panel.reader.id))


def _choose_words(scene: _Scene) -> _Page:
    texts = scene.texts
    said = [
        texts.say(
            "<b>Sahman</b> reads the news in Armenian, Russian and English and writes to you "
            "as soon as it prints what you ask for.\n\n"
            "One word is enough: it is found in all three languages and in every form.\n\n"
            "Tap what you want to hear of, or just type your own word: <code>Goris</code>"
        ),
        "\n".join(filter(None, (_say_keywords(scene), say_digest(scene.reader, texts)))),
    ]
    return "\n\n".join(said), [
        language_buttons(texts.language),
        *rows(_ready_buttons(scene, SUBJECTS), 2),
        [button(texts.say("My region…"), "setup:region"), _go(texts, "when")],
    ]


def _choose_region(scene: _Scene) -> _Page:
    texts = scene.texts
    said = [texts.say("<b>Your region</b>\nTap one or several."), _say_keywords(scene)]
    return Markup("\n\n").join(filter(None, said)), [
        *rows(_ready_buttons(scene, REGIONS), 2),
        [_back(texts, "words"), _go(texts, "when")],
    ]


def _ready_buttons(scene: _Scene, places: range) -> list[Button]:
    language = scene.texts.language
    return [
        button(
            f"{'✓' if find_mine(each, scene.keywords) else '+'} {label_of(each, language)}",
            f"ready:{each}",
        )
        for each in places
    ]


def _say_keywords(scene: _Scene) -> Markup:
    if not scene.keywords:
        return Markup()
    shown = [cut(each.typed, 40) for each in scene.keywords[:_SHOWN_KEYWORDS]]
    more = " …" if len(scene.keywords) > len(shown) else ""
    return scene.texts.say("You follow: <b>{words}</b>", words=", ".join(shown) + more)


def _choose_when(scene: _Scene) -> _Page:
    texts = scene.texts
    said = texts.say(
        "<b>When shall I write?</b>\n"
        "At once: as soon as it is printed, one message for one story, however many print it.\n"
        "Digest: all of a day in one message, without a sound."
    )
    plans = [
        [tick(each.label(texts), each.holds_for(scene.reader), f"setup:when:{index}")]
        for index, each in enumerate(_PLANS)
    ]
    return said, [*plans, [_back(texts, "words"), _go(texts, "where")]]


async def _save_when(scene: _Scene, value: str) -> str:
    if not is_number(value) or int(value) >= len(_PLANS):
        return "when"
    plan = _PLANS[int(value)]
    reader = await choose_alerts(scene.visit, scene.reader, "all" if plan.at_once else "none")
    await save_choices(scene.visit, reader, digest_times=(plan.hour,) if plan.hour else ())
    return "where"


def _choose_where(scene: _Scene) -> _Page:
    texts, reader, visit = scene.texts, scene.reader, scene.visit
    said = texts.say(
        "<b>Where are you?</b>\n"
        "Times are shown, and digests come, by the clock there. Now it is {time} ({zone}).\n\n"
        "Elsewhere: type <code>/timezone Berlin</code>",
        time=texts.time(visit.now, reader.zone),
        zone=texts.zone_name(reader.zone),
    )
    if not visit.is_group:
        located = texts.say(
            "or send me your location by the paper clip: it is used once and not kept."
        )
        said = Markup("{}, {}").format(said, located)
    cities = (
        tick(
            texts.zone_name(zone),
            reader.zone_chosen and zone == reader.zone,
            f"setup:where:{zone}",
        )
        for zone in _CITIES
    )
    return said, [*rows(cities, 2), [_back(texts, "when"), _go(texts, "reads")]]


async def _save_where(scene: _Scene, value: str) -> str:
    zone = find_zone(value)
    if zone is None:
        return "where"
    await save_choices(scene.visit, scene.reader, zone=zone, zone_chosen=True)
    return "reads"


def _choose_reads(scene: _Scene) -> _Page:
    texts, reader = scene.texts, scene.reader
    said = texts.say(
        "<b>What do you read?</b>\n"
        "News comes in all three languages. A headline in one that you do not read gets a line "
        "in yours: what it is about."
    )
    languages = [
        tick(OWN_NAMES[each], reader.can_read(each), f"setup:reads:{each}") for each in LANGUAGES
    ]
    done = button(texts.say("Done"), "setup:done")
    return said, [languages, [_back(texts, "where"), done]]


async def _save_reads(scene: _Scene, value: str) -> str:
    if value in LANGUAGES:
        mine = [each for each in LANGUAGES if scene.reader.can_read(each)]
        chosen = set(toggle(mine, value)) or {scene.reader.language}
        reads = tuple(each for each in LANGUAGES if each in chosen)
        await save_choices(scene.visit, scene.reader, reads=reads)
    return "reads"


def _show_done(scene: _Scene) -> _Page:
    texts = scene.texts
    keywords = _say_keywords(scene) or texts.say(
        "You follow nothing yet. "
        "Type a word after the command, for example: <code>/add border</code>"
    )
    said = [
        texts.say("<b>All is set.</b>"),
        keywords,
        list_settings(scene.panel, ("alerts", "digest", "zone", "reads")),
    ]
    return Markup("\n").join(said), [
        [_back(texts, "words"), button(texts.say("All settings"), "set:")]
    ]


def _go(texts: Texts, step: str) -> Button:
    return button(texts.say("Next ›"), f"setup:{step}")


def _back(texts: Texts, step: str) -> Button:
    return button(texts.say("‹ Back"), f"setup:{step}")


@dataclass(frozen=True, slots=True)
class _Step:
    """One step: what it shows, and what a tap in it chooses and leads to."""

    show: Callable[[_Scene], _Page]
    choose: Callable[[_Scene, str], Awaitable[str]]


async def _stay(scene: _Scene, value: str) -> str:
    return "words"


_STEPS: Mapping[str, _Step] = {
    "words": _Step(_choose_words, _stay),
    "region": _Step(_choose_region, _stay),
    "when": _Step(_choose_when, _save_when),
    "where": _Step(_choose_where, _save_where),
    "reads": _Step(_choose_reads, _save_reads),
    "done": _Step(_show_done, _stay),
}
