"""/alerts: which alerts come at once; what does not stands in the digest."""

from __future__ import annotations

from markupsafe import Markup

from bot.chat.keyboards import button
from bot.chat.visit import Visit
from bot.model import NO_ALERTS, URGENT, Keyboard, Subscriber
from bot.texts import Texts

_CHOICES = {"all": 0, "urgent": URGENT, "none": NO_ALERTS}
#: As people type them.
_TYPED = {
    "all": "all", "everything": "all", "on": "all", "все": "all", "всё": "all", "բոլորը": "all",
    "urgent": "urgent", "срочные": "urgent", "срочное": "urgent", "հրատապ": "urgent",
    "հրատապները": "urgent", "շտապ": "urgent",
    "none": "none", "no": "none", "off": "none", "нет": "none", "выкл": "none", "ոչ": "none",
    "անջատել": "none",
}  # fmt: skip


async def alerts(visit: Visit) -> None:
    """Say which alerts come, or set it."""
    chosen = _TYPED.get(visit.words.lower().strip(" .!։"))
    subscriber = visit.reader
    if chosen is not None:
        subscriber = await choose_alerts(visit, await visit.open_subscriber(), chosen)
    said = _say(subscriber, visit.texts)
    if visit.words and chosen is None:
        hint = visit.texts.say("Choose one of these:")
        said = Markup("{}\n\n{}").format(said, hint)
    await visit.answer(said, _keyboard(subscriber, visit.texts))


async def alerts_tapped(visit: Visit) -> None:
    """Do what the button says."""
    await visit.toast()
    if visit.words in _CHOICES:
        subscriber = await choose_alerts(visit, await visit.open_subscriber(), visit.words)
        await visit.change(_say(subscriber, visit.texts), _keyboard(subscriber, visit.texts))


async def choose_alerts(visit: Visit, subscriber: Subscriber, choice: str) -> Subscriber:
    """Let the alerts come that are chosen: "all", "urgent" or "none"; what waits obeys too."""
    least = _CHOICES[choice]
    await visit.storage.subscribers.save_settings(subscriber.id, least_gravity=least)
    if least > subscriber.least_gravity:
        await visit.storage.deliveries.cancel_alerts(
            subscriber.id, "not among the alerts that are wanted", least_gravity=least
        )
    return await visit.storage.subscribers.load(visit.chat.id, visit.topic) or subscriber


def _say(subscriber: Subscriber, texts: Texts) -> Markup:
    if subscriber.least_gravity == 0:
        said = texts.say("🔔 Every alert comes at once.")
    elif subscriber.least_gravity <= URGENT:
        said = texts.say(
            "🔔 Only urgent alerts come at once: people hurt, fire, fighting. "
            "The rest stands in the digest."
        )
    else:
        said = texts.say("🔕 No alert comes at once. Everything stands in the digest.")
    if subscriber.least_gravity and not subscriber.digest_times:
        off = texts.say("Your digest is off: /digest")
        said = Markup("{}\n⚠ {}").format(said, off)
    return said


def _keyboard(subscriber: Subscriber, texts: Texts) -> Keyboard:
    labels = {
        "all": texts.say("All"),
        "urgent": texts.say("Urgent only"),
        "none": texts.say("None"),
    }
    now = {value: choice for choice, value in _CHOICES.items()}.get(subscriber.least_gravity)
    return [
        [
            button(Markup("✓ {}").format(label) if choice == now else label, f"alerts:{choice}")
            for choice, label in labels.items()
        ]
    ]
