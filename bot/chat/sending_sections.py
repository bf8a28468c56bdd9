"""Settings of when something comes: alerts, the digest, quiet hours, pauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from bot.chat.alerts import choose_alerts
from bot.chat.digest_words import MOST_HOURS, say_digest_days
from bot.chat.keyboards import button, rows
from bot.chat.section import Panel, Section, join, tick, toggle
from bot.chat.welcome import end_pause
from bot.delivery.digest_plan import WORKDAYS
from bot.delivery.hours import parse_time
from bot.delivery.pauses import parse_pause
from bot.model import EVERY_DAY, NO_ALERTS, URGENT, Keyboard, Subscriber
from bot.texts import Texts

_HOURS = ("07:00", "09:00", "13:00", "18:00", "20:00", "22:00")
_NIGHTS = ("22:00-08:00", "23:00-07:00", "00:00-08:00", "01:00-09:00")
_ALERTS = {"all": 0, "urgent": URGENT, "none": NO_ALERTS}
_PAUSES = {"1h": timedelta(hours=1), "8h": timedelta(hours=8)}


async def _choose_alerts(panel: Panel, value: str) -> Mapping[str, Any]:
    if value == "sound":
        return {"sound": not panel.reader.sound}
    if value == "discreet":
        return {"discreet": not panel.reader.discreet}
    if value in _ALERTS:
        await choose_alerts(panel.visit, panel.reader, value)
    return {}


def _alerts_value(panel: Panel) -> Markup:
    reader, texts = panel.reader, panel.texts
    if reader.least_gravity >= NO_ALERTS:
        return texts.say("none, all in the digest")
    which = texts.say("urgent only") if reader.least_gravity else texts.say("all")
    sound = texts.say("with sound") if reader.sound else texts.say("without sound")
    said = [which, sound]
    if reader.discreet:
        said.append(texts.say("covered on the lock screen"))
    return join(said)


def _alerts_buttons(panel: Panel) -> Keyboard:
    reader, texts = panel.reader, panel.texts
    labels = {
        "all": texts.say("All"),
        "urgent": texts.say("Urgent only"),
        "none": texts.say("None"),
    }
    return [
        [
            tick(label, _ALERTS[choice] == reader.least_gravity, f"set:alerts:{choice}")
            for choice, label in labels.items()
        ],
        [
            tick(texts.say("With sound"), reader.sound, "set:alerts:sound"),
            tick(texts.say("Cover on the lock screen"), reader.discreet, "set:alerts:discreet"),
        ],
    ]


async def _choose_digest(panel: Panel, value: str) -> Mapping[str, Any]:
    reader = panel.reader
    match value:
        case "off":
            return {"digest_times": ()}
        case "empty":
            return {"digest_when_empty": not reader.digest_when_empty}
        case "absence":
            return {"tells_absence": not reader.tells_absence}
        case "daily":
            return {"digest_days": EVERY_DAY}
        case "workdays":
            return {"digest_days": WORKDAYS}
        case "weekly":
            return {"digest_days": str(_weekday(panel))}
        case hour if parse_time(hour) == hour:
            times = tuple(sorted(toggle(reader.digest_times, hour)))
            return {"digest_times": times} if len(times) <= MOST_HOURS else {}
    return {}


def _weekday(panel: Panel) -> int:
    return panel.visit.now.weekday()


def _digest_value(panel: Panel) -> Markup:
    reader, texts = panel.reader, panel.texts
    if not reader.digest_times:
        return texts.say("off")
    return join([*reader.digest_times, say_digest_days(reader.digest_days, texts)])


def _digest_buttons(panel: Panel) -> Keyboard:
    reader, texts = panel.reader, panel.texts
    hours = dict.fromkeys([*_HOURS, *reader.digest_times])
    picked = [tick(each, each in reader.digest_times, f"set:digest:{each}") for each in hours]
    days = reader.digest_days
    weekly = texts.say("Once a week")
    absence = texts.say("Say of what there is no report")
    keyboard = [
        *rows(picked, 3),
        [
            tick(texts.say("Every day"), days == EVERY_DAY, "set:digest:daily"),
            tick(texts.say("Mon–Fri"), days == WORKDAYS, "set:digest:workdays"),
            tick(weekly, len(days) == 1, "set:digest:weekly"),
        ],
        [tick(texts.say("Come when empty too"), reader.digest_when_empty, "set:digest:empty")],
        [tick(absence, reader.tells_absence, "set:digest:absence")],
    ]
    if reader.digest_times:
        keyboard.append([button(texts.say("Switch it off"), "set:digest:off")])
    return keyboard


async def _choose_quiet(panel: Panel, value: str) -> Mapping[str, Any]:
    if value == "urgent":
        return {"quiet_urgent": not panel.reader.quiet_urgent}
    if value == "off":
        return {"quiet_from": "", "quiet_until": ""}
    begin, _, end = value.partition("-")
    if parse_time(begin) == begin and parse_time(end) == end and begin != end:
        return {"quiet_from": begin, "quiet_until": end}
    return {}


def say_quiet(reader: Subscriber, texts: Texts) -> Markup:
    """Return between which hours nothing rings."""
    if not reader.quiet_from:
        return texts.say("none")
    hours = f"{reader.quiet_from}–{reader.quiet_until}"
    if reader.quiet_urgent:
        return texts.say("{hours}, the gravest may ring", hours=hours)
    return texts.say("{hours}, nothing rings", hours=hours)


def _quiet_buttons(panel: Panel) -> Keyboard:
    reader, texts = panel.reader, panel.texts
    mine = f"{reader.quiet_from}-{reader.quiet_until}" if reader.quiet_from else ""
    nights = dict.fromkeys([*_NIGHTS, *([mine] if mine else [])])
    keyboard = rows(
        (tick(each.replace("-", "–"), each == mine, f"set:quiet:{each}") for each in nights), 2
    )
    if mine:
        wakes = texts.say("The gravest may ring")
        keyboard.append([tick(wakes, reader.quiet_urgent, "set:quiet:urgent")])
        keyboard.append([button(texts.say("No quiet hours"), "set:quiet:off")])
    return keyboard


async def _choose_pause(panel: Panel, value: str) -> Mapping[str, Any]:
    visit, reader = panel.visit, panel.reader
    if value in _PAUSES:
        await visit.storage.pausing.pause(reader.id, visit.now + _PAUSES[value])
    elif value == "tomorrow":
        until = parse_pause("until tomorrow", reader.zone, visit.now)
        await visit.storage.pausing.pause(reader.id, until)
    elif value == "good":
        await visit.storage.pausing.pause(reader.id, None)
    elif value == "off":
        await end_pause(visit, reader)
    return {}


def _pause_value(panel: Panel) -> Markup:
    texts, until = panel.texts, panel.paused_until
    if not panel.reader.paused:
        return texts.say("no")
    if until is None:
        return texts.say("until you end it")
    when = texts.moment(until, panel.reader.zone, panel.visit.now)
    return texts.say("until {when}", when=when)


def _pause_buttons(panel: Panel) -> Keyboard:
    texts = panel.texts
    keyboard = [
        [
            button(texts.say("1 hour"), "set:pause:1h"),
            button(texts.say("8 hours"), "set:pause:8h"),
        ],
        [
            button(texts.say("Until tomorrow"), "set:pause:tomorrow"),
            button(texts.say("For good"), "set:pause:good"),
        ],
    ]
    if panel.reader.paused:
        keyboard.append([button(texts.say("End the pause"), "set:pause:off")])
    return keyboard


SENDING: Mapping[str, Section] = {
    "alerts": Section(
        lambda texts: texts.say("Alerts"),
        _alerts_value,
        _alerts_buttons,
        _choose_alerts,
        lambda texts: texts.say(
            "What does not come at once stands in the digest. Covered, an alert shows nothing "
            "until you tap it."
        ),
    ),
    "digest": Section(
        lambda texts: texts.say("Digest"),
        _digest_value,
        _digest_buttons,
        _choose_digest,
        lambda texts: texts.say(
            "Tap the hours you want, up to six. Others: <code>/digest 06:30</code>"
        ),
    ),
    "quiet": Section(
        lambda texts: texts.say("Quiet hours"),
        lambda panel: say_quiet(panel.reader, panel.texts),
        _quiet_buttons,
        _choose_quiet,
        lambda texts: texts.say(
            "Nothing is lost: what comes meanwhile is one message when they end. "
            "Others: <code>/quiet 23:30-06:00</code>"
        ),
    ),
    "pause": Section(
        lambda texts: texts.say("Pause"),
        _pause_value,
        _pause_buttons,
        _choose_pause,
        lambda texts: texts.say("What comes meanwhile is in your next digest."),
    ),
}
