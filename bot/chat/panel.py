"""/settings: all that can be chosen, in one message with buttons that is edited in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from bot.chat.choices import save_choices
from bot.chat.keyboards import button, rows
from bot.chat.reading_sections import READING
from bot.chat.section import Panel, Section
from bot.chat.sending_sections import SENDING
from bot.chat.visit import Visit
from bot.model import Keyboard

_SECTIONS: Mapping[str, Section] = {**SENDING, **READING}


async def settings(visit: Visit) -> None:
    """Show how everything is set."""
    await visit.open_subscriber()
    await visit.answer(*_overview(await load_panel(visit)))


async def settings_tapped(visit: Visit) -> None:
    """Open a subject, or choose in it, in the same message."""
    name, _, value = visit.words.partition(":")
    section = _SECTIONS.get(name)
    await visit.open_subscriber()
    panel = await load_panel(visit)
    if section is None:
        await visit.toast()
        await visit.change(*_overview(panel))
        return
    changes = await section.choose(panel, value) if value else {}
    if changes:
        await save_choices(visit, panel.reader, **changes)
    panel = await load_panel(visit)
    await visit.toast(panel.texts.say("Saved.") if value else Markup())
    await panel.visit.change(*_open(section, name, panel))


async def load_panel(visit: Visit) -> Panel:
    """Return what showing the settings of this place needs to know."""
    reader = await visit.storage.subscribers.load(visit.chat.id, visit.topic) or visit.reader
    until, _ = await visit.storage.pausing.load_pause(reader.id)
    return Panel(
        visit=visit.speaking(reader.language),
        reader=reader,
        muted=await visit.storage.muting.load_publishers(reader.id),
        paused_until=until,
    )


def list_settings(panel: Panel, names: Sequence[str]) -> Markup:
    """Return how some subjects are set, a line for each."""
    return Markup("\n").join(_say_line(_SECTIONS[each], panel) for each in names)


def _overview(panel: Panel) -> tuple[str, Keyboard]:
    texts = panel.texts
    lines = [_say_line(section, panel) for section in _SECTIONS.values()]
    buttons = (button(each.title(texts), f"set:{name}") for name, each in _SECTIONS.items())
    head = Markup("⚙️ <b>{}</b>").format(texts.say("Settings"))
    return Markup("\n").join([head, Markup(), *lines]), rows(buttons, 2)


def _open(section: Section, name: str, panel: Panel) -> tuple[str, Keyboard]:
    texts = panel.texts
    lines = [_say_line(section, panel)]
    hint = section.hint(texts)
    if hint:
        lines += [Markup(), hint]
    back = [button(texts.say("« All settings"), "set:")]
    return Markup("\n").join(lines), [*section.buttons(panel), back]


def _say_line(section: Section, panel: Panel) -> Markup:
    return Markup("{}: <b>{}</b>").format(section.title(panel.texts), section.value(panel))
