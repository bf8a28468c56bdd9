"""Thousands of updates, made from the Bot API's schema: each is answered as a table says, or left.

The valid ones hold whatever the schema allows around what Sahman reads; the damaged ones anything.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.chat.arrivals import ATTACHED
from bot.chat.floods import Floods, Manner
from bot.storage.tables import subscriber
from tests.chat.schema import SMALL_SCHEMA, Maker, Schema, read_schema
from tests.loopback import Sahman, until
from tests.samples import count_rows

_EACH_WAY = 800
_DAMAGED = 800
_PEOPLE = range(5_001, 5_021)
_GROUP, _CHANNEL = -5_100, -1_005_200
#: Nothing in a log may hold this: it stands in every text and name.
_TYPED = "plugh-of-the-fuzz"


class _Patient(Floods):
    """Thinks nobody a flood: here one update follows another at once."""

    def judge(self, person: int, chat: int, now_s: float) -> Manner:
        return Manner.ANSWER


#: By kind of update and what is in it: how many messages, taps' answers and rows it must bring.
_EXPECTED: dict[tuple[str, str], tuple[int, int]] = {
    ("message", "/help"): (1, 0),
    ("message", "/add border"): (1, 0),
    ("message", "/latest"): (1, 0),
    ("message", f"/nonsense {_TYPED}"): (1, 0),
    ("message", f"{_TYPED} border"): (1, 0),
    ("message", ""): (0, 0),
    ("message", "a sticker"): (1, 0),
    ("group", "/help"): (1, 0),
    ("group", f"/nonsense {_TYPED}"): (0, 0),
    ("group", f"{_TYPED} border"): (0, 0),
    ("channel_post", "/help"): (1, 0),
    ("channel_post", f"{_TYPED} border"): (0, 0),
    ("callback_query", "latest:nonsense"): (0, 1),
    ("callback_query", _TYPED): (0, 1),
    ("my_chat_member", "member"): (0, 0),
}


@pytest.fixture
def schema() -> Schema:
    """The published schema where it is; else what of it Sahman lives by."""
    folder = os.environ.get("SAHMAN_DATA")
    file = Path(folder) / "bot-api-10.1.json" if folder else None
    return read_schema(file) if file and file.exists() else SMALL_SCHEMA


@pytest.fixture
def crowd(idle: Sahman) -> Sahman:
    """Twenty people who have written, and a group."""
    object.__setattr__(idle.services, "floods", _Patient())
    for person in _PEOPLE:
        idle.api.add_user(person, _TYPED, language_code="en")
        idle.api.send_text(person, "/start")
    idle.api.add_group(_GROUP, _TYPED, admins=[_PEOPLE[0]], members=[*_PEOPLE[1:]], new=False)
    idle.api.messenger.updates._queue.clear()
    return idle


def _make(maker: Maker, kind: str, content: str, chance: random.Random) -> dict[str, Any]:
    """Return a valid update of this kind, with everything else in it by chance."""
    person = chance.choice(_PEOPLE)
    who = {**maker.make("User"), "id": person, "is_bot": False, "first_name": _TYPED}
    who["language_code"] = "en"
    place = {
        "group": {"id": _GROUP, "type": "group", "title": _TYPED},
        "channel_post": {"id": _CHANNEL, "type": "channel", "title": _TYPED},
    }.get(kind, {"id": person, "type": "private", "first_name": _TYPED})
    stem = "message" if kind == "group" else kind
    made = maker.make(dict(maker.kinds)[stem])
    if stem in ("message", "channel_post"):
        made = _place(made, place, who)
        made.pop("text", None)
        if content == "a sticker":
            made["sticker"] = maker.make("Sticker")
        elif content:
            made["text"] = content
    elif stem == "callback_query":
        made |= {"from": who, "data": content}
        made["message"] = _place(maker.make("Message"), place, who)
    else:
        member = {"status": content, "user": who}
        made |= {"chat": place, "from": who, "new_chat_member": member, "old_chat_member": member}
    return {stem: made}


def _place(message: dict[str, Any], chat: dict[str, Any], who: dict[str, Any]) -> dict[str, Any]:
    # What decides what a message is about is ours; the rest is as the schema made it.
    decisive = (
        "migrate_to_chat_id", "migrate_from_chat_id", "sender_chat", "is_topic_message", "caption",
        "forward_origin", "is_automatic_forward", "media_group_id", *ATTACHED,
    )  # fmt: skip
    rest = {name: value for name, value in message.items() if name not in decisive}
    return {**rest, "message_id": 900_000, "chat": chat, "from": who}


def _count(sahman: Sahman) -> tuple[int, int]:
    called = Counter(each.method for each in sahman.api.calls)
    return called["sendMessage"], called["answerCallbackQuery"]


def _plan(schema: Schema, chance: random.Random) -> list[tuple[dict[str, Any], tuple[int, int]]]:
    maker = Maker(schema, chance)
    cases = [*_EXPECTED.items()]
    valid = [
        (_make(maker, *key, chance), expected)
        for key, expected in (cases[number % len(cases)] for number in range(_EACH_WAY))
    ]
    others = [(kind, each) for kind, each in maker.kinds if kind not in dict.fromkeys(
        ("message", "channel_post", "callback_query", "my_chat_member", "chat_member")
    )]  # fmt: skip
    valid += [({kind: maker.make(each)}, (0, 0)) for kind, each in others]
    damaged = []
    for _ in range(_DAMAGED):
        kind, content = chance.choice([*_EXPECTED])
        damaged.append((maker.damage(_make(maker, kind, content, chance)), (-1, -1)))
    mixed = [*valid, *damaged]
    chance.shuffle(mixed)
    return mixed


@pytest.mark.slow
@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_every_valid_update_is_answered_as_the_table_says_and_no_other_harms(
    crowd: Sahman, schema: Schema, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """About 20 seconds each."""
    caplog.set_level(logging.DEBUG, logger="bot")
    plan = _plan(schema, random.Random(20261125))
    updates = crowd.api.messenger.updates
    if way == "polling":
        crowd.start()
    first_id, wrong = 800_000_000, []
    for number, (content, expected) in enumerate(plan):
        before = _count(crowd)
        wire = {"update_id": first_id + number, **content}
        if way == "polling":
            updates._queue.append(wire)
            updates._news.set()
            await until(lambda: not len(updates))
        else:
            await asyncio.wait_for(crowd.receiver.receive(wire), 20)
        await _settle(crowd)
        after = _count(crowd)
        brought = (after[0] - before[0], after[1] - before[1])
        if expected != (-1, -1) and brought != expected:
            wrong.append((number, content, expected, brought))
    assert len(plan) >= 1_500
    assert wrong == []
    assert not any(task.done() for task in crowd.tasks)
    assert count_rows(crowd.storage, subscriber) <= len(_PEOPLE) + 10
    said = "\n".join(record.getMessage() + repr(vars(record)) for record in caplog.records)
    assert _TYPED not in said
    assert crowd.receiver.left.total() > _DAMAGED / 10, "the damaged ones were damaged"


async def _settle(sahman: Sahman) -> None:
    await until(_is_quiet(sahman))


def _is_quiet(sahman: Sahman) -> Callable[[], bool]:
    return lambda: (
        not sahman.receiver._inbox._lanes and not (sahman.services.replies.are_on_their_way)
    )
