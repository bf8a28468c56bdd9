"""When and where: /digest, /timezone."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from bot.chat.choices import save_choices
from bot.chat.digest_now import send_digest_now
from bot.chat.digest_words import MOST_HOURS, say_digest_days
from bot.chat.keyboards import button, rows
from bot.chat.visit import DEFAULT_DIGEST, Visit
from bot.chat.zones import COMMON_ZONES, find_zone
from bot.delivery.digest_plan import parse_digest_plan
from bot.delivery.hours import parse_time
from bot.model import Keyboard, Subscriber
from bot.texts import Texts

_OFF = frozenset({"off", "none", "no", "выкл", "выключить", "нет", "անջատել", "ոչ"})
_NOW = frozenset({"now", "сейчас", "հիմա"})
_OFFERED = ("07:00", "09:00", "13:00", "20:00")


async def digest(visit: Visit) -> None:
    """Send the digest now, set its hours, switch it off, or show how it is set."""
    typed = visit.words.lower().strip(" .!։")
    if typed in _NOW:
        await send_digest_now(visit)
        return
    if not typed:
        subscriber = visit.reader
        await visit.answer(say_digest(subscriber, visit.texts), _digest_keyboard(visit, subscriber))
        return
    if not await visit.may_change_settings():
        await visit.answer(say_admins_only(visit.texts))
        return
    if typed in _OFF:
        await _answer_digest(visit, digest_times=())
        return
    plan = parse_digest_plan(typed)
    if plan is None:
        await visit.answer(
            visit.texts.say(
                "Type an hour of the day or several, for example <code>/digest 09:00 18:30</code>, "
                "or <code>/digest mon, thu 19:00</code>, <code>/digest weekly</code>, "
                "<code>/digest now</code>, <code>/digest off</code>."
            )
        )
        return
    if plan.times is not None and len(plan.times) > MOST_HOURS:
        await visit.answer(
            visit.texts.say(
                "That is {n} hours; a digest comes at {most} at the most. Nothing has changed.",
                n=len(plan.times),
                most=MOST_HOURS,
            )
        )
        return
    subscriber = await visit.open_subscriber()
    times = plan.times or subscriber.digest_times or DEFAULT_DIGEST
    changes: dict[str, Any] = {"digest_times": times}
    if plan.days is not None:
        changes["digest_days"] = plan.days
    await _answer_digest(visit, **changes)


async def digest_tapped(visit: Visit) -> None:
    """Do what the button under /digest says."""
    subscriber = await visit.open_subscriber()
    match visit.words:
        case "now":
            await visit.toast()
            await send_digest_now(visit)
            return
        case "off":
            subscriber = await save_choices(visit, subscriber, digest_times=())
        case "empty":
            wanted = not subscriber.digest_when_empty
            await visit.storage.subscribers.save_settings(subscriber.id, digest_when_empty=wanted)
        case words if parse_time(words) == words:
            subscriber = await save_choices(visit, subscriber, digest_times=(words,))
    await visit.toast()
    fresh = await visit.storage.subscribers.load(visit.chat.id, visit.topic) or subscriber
    await visit.change(say_digest(fresh, visit.texts), _digest_keyboard(visit, fresh))


async def timezone(visit: Visit) -> None:
    """Set the zone in which times are shown and digests come, or offer the common ones."""
    subscriber = await visit.open_subscriber()
    if not visit.words:
        await visit.answer(_say_zone(subscriber, visit), _zone_keyboard(visit.texts))
        return
    zone = find_zone(visit.words)
    if zone is None:
        await visit.answer(
            visit.texts.say(
                "I do not know that place, or it has several zones. Type a city or an offset, "
                "for example <code>/timezone Yerevan</code> or <code>/timezone +5:30</code>."
            ),
            _zone_keyboard(visit.texts),
        )
        return
    subscriber = await save_choices(visit, subscriber, zone=zone, zone_chosen=True)
    await visit.answer(_say_zone(subscriber, visit))


async def timezone_tapped(visit: Visit) -> None:
    """Set the zone of the button."""
    zone = find_zone(visit.words)
    await visit.toast()
    if zone is not None:
        subscriber = await save_choices(
            visit, await visit.open_subscriber(), zone=zone, zone_chosen=True
        )
        await visit.change(_say_zone(subscriber, visit))


def say_admins_only(texts: Texts) -> Markup:
    """Return the sentence for people of a group who are not its admins."""
    return texts.say("In a group only its admins can change this.")


async def _answer_digest(visit: Visit, **changes: Any) -> None:
    subscriber = await save_choices(visit, await visit.open_subscriber(), **changes)
    await visit.answer(say_digest(subscriber, visit.texts), _digest_keyboard(visit, subscriber))


def say_digest(subscriber: Subscriber, texts: Texts) -> str:
    """Return when a subscriber's digest comes, and what it says when there is nothing."""
    if not subscriber.digest_times:
        off = texts.say("The digest is off. To set its hour: <code>/digest 09:00</code>")
        return _add_pause(off, subscriber, texts)
    set_to = texts.say(
        "Your digest: {days}, <b>{times}</b> ({zone}).",
        days=say_digest_days(subscriber.digest_days, texts),
        times=", ".join(subscriber.digest_times),
        zone=texts.zone_name(subscriber.zone),
    )
    if subscriber.digest_when_empty:
        empty = texts.say("When there is nothing new, it says so.")
    else:
        empty = texts.say("When there is nothing new, none comes.")
    return _add_pause(f"{set_to} {empty}", subscriber, texts)


def _add_pause(said: str, subscriber: Subscriber, texts: Texts) -> str:
    if not subscriber.paused:
        return said
    return f"{said}\n⏸ {texts.say('Everything is paused now; to go on: /resume')}"


def _digest_keyboard(visit: Visit, subscriber: Subscriber) -> Keyboard:
    texts = visit.texts
    hours = [
        button(f"✓ {time}" if time in subscriber.digest_times else time, f"digest:{time}")
        for time in _OFFERED
    ]
    keyboard = [
        [
            button(texts.say("Now"), "digest:now"),
            button(texts.say("Off"), "digest:off"),
        ],
        hours,
    ]
    if subscriber.digest_times:
        label = (
            texts.say("Skip it when empty")
            if subscriber.digest_when_empty
            else texts.say("Tell me when empty")
        )
        keyboard.append([button(label, "digest:empty")])
    return keyboard


def _say_zone(subscriber: Subscriber, visit: Visit) -> str:
    return visit.texts.say(
        "Your time zone is <b>{zone}</b>; it is {time} there now.",
        zone=visit.texts.zone_name(subscriber.zone),
        time=visit.texts.time(visit.now, subscriber.zone),
    )


def _zone_keyboard(texts: Texts) -> Keyboard:
    buttons = (button(texts.zone_name(zone), f"timezone:{zone}") for zone in COMMON_ZONES)
    return rows(buttons, 2)
