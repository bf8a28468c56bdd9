"""What is wrong with the machine: decided from what is seen of it, and said to operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.delivery.readiness import Trouble, find_troubles
from bot.model import Alarm, Pulse, Telegram
from bot.texts import Texts

_MEGABYTE = 1_000_000
#: An archive grows by some megabytes a day, and a copy is made before an upgrade.
_LEAST_FREE = 300 * _MEGABYTE
_LITTLE_FREE, _LITTLE_SHARE = 1_000 * _MEGABYTE, 0.05
#: Over only with so much more room: a log that is rotated must not ring twice an hour.
_ENOUGH_TIMES = 1.5
#: Whether news is late is counted in minutes.
_WRONG_S, _RIGHT_S = 90.0, 30.0
#: So many starts within an hour that did not end in order are a loop.
MOST_STARTS = 4
#: There is room again once so much of it is free.
_ROOM_SHARE = 0.95
#: What may pass by itself is told when it has lasted for so long.
PATIENCE = timedelta(minutes=3)
_TOLD = {Trouble.NOT_SENT: "not_sent", Trouble.NOT_POLLED: "not_polled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """How full the disk is on which a process keeps what it has, in bytes."""

    free: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one process sees of itself and of all."""

    host: str
    place: str  #: the host, and what the process does there
    disks: Mapping[str, Disk]  #: by what they hold
    starts: int
    telegram: Telegram
    #: Where it is this process that watches what is common to all; None: another does.
    pulse: Pulse | None = None
    subscribers: int = 0
    most_subscribers: int | None = None


def find_alarms(seen: Seen, told: Mapping[str, Alarm], now: datetime) -> list[Alarm]:
    """Return what is wrong; what was *told* goes on until it is clearly over."""
    return [*_of_machine(seen, told, now), *_of_all(seen, told, now)]


def list_judged(seen: Seen) -> set[str]:
    """Return the names of all on which *seen* allows a judgement."""
    names = {f"restarts:{seen.place}", *(f"disk:{seen.host}:{what}" for what in seen.disks)}
    if seen.telegram.ahead_s is not None:
        names.add(f"clock:{seen.host}")
    if seen.pulse is not None:
        names |= {*_TOLD.values(), "full"}
    return names


def is_patient(name: str) -> bool:
    """Say whether it may pass by itself, so that operators are not told at once."""
    return name in _TOLD.values() or name.startswith("clock:")


def _of_machine(seen: Seen, told: Mapping[str, Alarm], now: datetime) -> Iterator[Alarm]:
    for what, disk in seen.disks.items():
        name = f"disk:{seen.host}:{what}"
        free = disk.free / (_ENOUGH_TIMES if name in told else 1)
        little = free < _LITTLE_FREE and free < disk.total * _LITTLE_SHARE
        if free < _LEAST_FREE or little:
            amount, total = disk.free // _MEGABYTE, disk.total // _MEGABYTE
            yield Alarm(name=name, since=now, amount=amount, total=total)
    name = f"restarts:{seen.place}"
    if seen.starts >= MOST_STARTS:
        yield Alarm(name=name, since=now, amount=seen.starts)
    name, ahead_s = f"clock:{seen.host}", seen.telegram.ahead_s
    if ahead_s is not None and abs(ahead_s) > (_RIGHT_S if name in told else _WRONG_S):
        yield Alarm(name=name, since=now, amount=round(ahead_s))


def _of_all(seen: Seen, told: Mapping[str, Alarm], now: datetime) -> Iterator[Alarm]:
    if seen.pulse is None:
        return
    for trouble in find_troubles(seen.pulse, Telegram(), now):
        # What Telegram itself has told to wait is not stuck.
        waits = trouble is Trouble.NOT_SENT and seen.pulse.paused_s > 0
        if trouble in _TOLD and not (waits and _TOLD[trouble] not in told):
            waiting_s = round(seen.pulse.waiting_s)
            yield Alarm(name=_TOLD[trouble], since=now, amount=seen.pulse.waiting, total=waiting_s)
    most = seen.most_subscribers
    if most is not None:
        bound = most * _ROOM_SHARE if "full" in told else most
        if seen.subscribers >= bound:
            yield Alarm(name="full", since=now, amount=seen.subscribers, total=most)


def say_alarm(facts: Mapping[str, str], texts: Texts) -> Markup:
    """Return what an operator is told when it begins."""
    name, _, where = facts["alarm"].partition(":")
    amount, total = int(facts["amount"]), int(facts["total"])
    match name:
        case "disk":
            host, _, what = where.rpartition(":")
            return texts.say(
                "⚠ The disk is filling: {free} MB of {total} are free where {what} lies ({host}). "
                "When it is full, nothing can be kept and nothing is sent.",
                free=amount, total=total, what=what, host=host,
            )  # fmt: skip
        case "restarts":
            return texts.say(
                "⚠ Sahman was started {n} times within an hour ({place}) and each time ended by "
                "itself. The log says why.",
                n=amount, place=where,
            )  # fmt: skip
        case "clock" if amount > 0:
            return texts.say(
                "⚠ The clock of {host} is {time} fast, compared with Telegram's. News will seem "
                "late or old: let the machine set its clock (NTP).",
                time=texts.duration(timedelta(seconds=amount)), host=where,
            )  # fmt: skip
        case "clock":
            return texts.say(
                "⚠ The clock of {host} is {time} slow, compared with Telegram's. News will seem "
                "late or old: let the machine set its clock (NTP).",
                time=texts.duration(timedelta(seconds=-amount)), host=where,
            )  # fmt: skip
        case "not_polled":
            return texts.say("⚠ Feeds are due and nobody asks them. See /status")
        case "full":
            return texts.say(
                "⚠ There are {n} subscribers, as many as BOT_MOST_SUBSCRIBERS allows ({most}). "
                "Newcomers are told that there is no room.",
                n=amount, most=total,
            )  # fmt: skip
        case "upgraded":
            return texts.say(
                "⬆ Sahman was upgraded: the database's tables are of revision {revision} now.",
                revision=where,
            )
    return texts.count(
        "⚠ Sending is stuck: {n} message waits, and none has gone out for some minutes. "
        "See /status",
        "⚠ Sending is stuck: {n} messages wait, and none has gone out for some minutes. "
        "See /status",
        amount,
    )


def say_alarm_over(facts: Mapping[str, str], texts: Texts, now: datetime) -> Markup:
    """Return what an operator is told when it is over."""
    name, _, where = facts["alarm"].partition(":")
    match name:
        case "disk":
            said = texts.say("✅ There is room on the disk again.")
        case "restarts":
            said = texts.say("✅ Sahman has been running for an hour ({place}).", place=where)
        case "clock":
            said = texts.say("✅ The clock of {host} is right again.", host=where)
        case "not_polled":
            said = texts.say("✅ Feeds are asked again.")
        case "full":
            said = texts.say("✅ There is room for new subscribers again.")
        case _:
            said = texts.say("✅ Messages go out again.")
    lasted = now - datetime.fromisoformat(facts["since"])
    return Markup("{} {}").format(said, texts.say("It lasted {time}.", time=texts.duration(lasted)))
