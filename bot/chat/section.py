"""One subject of the settings: its line, its buttons, and what a tap chooses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from bot.chat.keyboards import button
from bot.chat.visit import Visit
from bot.model import Button, Keyboard, Subscriber
from bot.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What one showing of the settings needs to know."""

    visit: Visit
    reader: Subscriber
    muted: Sequence[str] = ()
    paused_until: datetime | None = None

    @property
    def texts(self) -> Texts:
        return self.visit.texts


@dataclass(frozen=True, slots=True)
class Section:
    """One subject: its line in the overview, its buttons, and what a tap chooses."""

    title: Callable[[Texts], Markup]
    value: Callable[[Panel], Markup]
    buttons: Callable[[Panel], Keyboard]
    #: What follows from a tap; nothing for a button of another time.
    choose: Callable[[Panel, str], Awaitable[Mapping[str, Any]]]
    hint: Callable[[Texts], Markup] = field(default=lambda _: Markup())


def tick(label: object, chosen: bool, data: str) -> Button:
    """Return a button for a choice, ticked where it is the one that holds."""
    return button(Markup("✓ {}").format(label) if chosen else str(label), data)


def toggle(values: Sequence[str], value: str) -> tuple[str, ...]:
    """Return the values without this one, or with it where it was not among them."""
    return tuple(each for each in values if each != value) + (() if value in values else (value,))


def join(labels: Sequence[str]) -> Markup:
    """Return labels in one line; what is not Markup is escaped."""
    return Markup(", ").join(labels)
