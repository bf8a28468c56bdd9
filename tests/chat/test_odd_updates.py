"""Updates that nobody should ever send: each costs itself alone, and none is quoted in the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from bot.chat import receive
from bot.chat.arrivals import name_kind, read_arrival
from bot.errors import AnswerUnreadable
from tests.loopback import ANI, OLEG, Sahman

_TYPED = "xyzzy-that-nobody-may-read"
_WHO = {"id": OLEG, "is_bot": False, "first_name": _TYPED, "language_code": "en"}
_WHERE = {"id": OLEG, "type": "private", "first_name": _TYPED}


def message(**changes: Any) -> dict[str, Any]:
    """Return a message of Oleg's, with what is odd about it."""
    whole = {
        "message_id": 9, "date": 1_780_000_000, "chat": _WHERE, "from": _WHO,
        "text": f"/add {_TYPED}",
    }  # fmt: skip
    return {**whole, **changes}


_ODD: dict[str, tuple[str, Any]] = {
    "a date beyond all calendars": ("message", message(date=2**63)),
    "a date before all calendars": ("message", message(date=-(2**63))),
    "a date in words": ("message", message(date="yesterday")),
    "a list where an id should be": ("message", message(chat={**_WHERE, "id": [OLEG]})),
    "a list where a chat should be": ("message", message(chat=[_WHERE])),
    "an id beyond the database": ("message", message(chat={**_WHERE, "id": 2**70})),
    "a person without an id": ("message", message(**{"from": {"first_name": _TYPED}})),
    "a person who is a word": ("message", message(**{"from": _TYPED})),
    "a text that is a number": ("message", message(text=5)),
    "a text that is a list": ("message", message(text=[_TYPED])),
    "a message that is a list": ("message", [message()]),
    "a message that is a word": ("message", _TYPED),
    "a message of nothing": ("message", {}),
    "a topic that is a word": ("message", message(is_topic_message=True, message_thread_id="x")),
    "a migration to a word": ("message", message(migrate_to_chat_id=_TYPED)),
    "entities that are no list": ("message", message(entities=7)),
    "NUL and half a surrogate": ("message", message(text=f"/add {_TYPED}\x00\ud800")),
    "a tap under nothing": ("callback_query", {"id": "1", "from": _WHO, "data": "follow:1"}),
    "a tap with a number": ("callback_query", {"id": 1, "from": _WHO, "data": 5}),
    "a membership without a status": ("my_chat_member", {"chat": _WHERE, "from": _WHO}),
    "a newer field": ("message", message(text="/help", never_heard_of={"deep": [_TYPED]})),
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that is logged, at its most verbose but for what log.configure holds back."""
    caplog.set_level(logging.DEBUG, logger="bot")
    return caplog


@pytest.mark.parametrize("oddity", _ODD)
async def test_an_odd_update_costs_itself_alone(
    sahman: Sahman, log: pytest.LogCaptureFixture, oddity: str
) -> None:
    kind, content = _ODD[oddity]
    sahman.api.messenger.updates.add(kind, content)
    assert (await sahman.say("/help")).text, "who writes next is answered"
    await sahman.silence()
    assert not sahman.tasks[0].done()
    said = "\n".join(record.getMessage() + repr(vars(record)) for record in log.records)
    assert _TYPED not in said


@pytest.mark.parametrize("oddity", _ODD)
async def test_so_does_one_that_a_webhook_brings(idle: Sahman, oddity: str) -> None:
    kind, content = _ODD[oddity]
    idle.api.send_text(OLEG, "/start")  # Telegram lets him be written to
    await idle.receiver.receive({"update_id": 5, kind: content})
    await idle.receiver.receive({"update_id": 6, "message": message(text="/help")})
    await idle.services.replies.finish(5)
    assert "What you can type" in idle.api.messages(OLEG)[-1].text


@pytest.mark.parametrize(
    "wire",
    [None, [], "update", 7, {}, {"update_id": "5"}, {"update_id": True}, {"update_id": 2**63},
     {"update_id": -1}, {"update_id": [5]}],
)  # fmt: skip
async def test_what_bears_no_id_is_passed_without_harm(
    idle: Sahman, monkeypatch: pytest.MonkeyPatch, wire: Any
) -> None:
    fetch = receive.fetch_updates

    async def odd(*asked: Any) -> list[Any]:
        monkeypatch.setattr(receive, "fetch_updates", fetch)
        return [wire, *await fetch(*asked)]

    assert read_arrival(wire) is None
    idle.api.send_text(ANI, "/help")
    monkeypatch.setattr(receive, "fetch_updates", odd)
    idle.start()
    await idle.api.wait_messages(ANI)
    assert (await idle.say("/keywords")).text
    assert idle.receiver.left.total() == 1


async def test_an_answer_that_is_no_json_costs_the_update_that_makes_it_so(
    idle: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = receive.fetch_updates
    first = idle.api.messenger.updates.add("message", message())
    idle.api.send_text(ANI, "/help")
    limits = []

    async def unreadable(bot: Any, offset: int, limit: int, wait_s: int) -> list[Any]:
        limits.append(limit)
        if offset <= (first or 0):
            raise AnswerUnreadable(first)
        return await fetch(bot, offset, limit, wait_s)

    monkeypatch.setattr(receive, "fetch_updates", unreadable)
    idle.start()
    await idle.api.wait_messages(ANI)
    assert limits[:2] == [100, 1], "first it looks for the one that is to blame"
    assert idle.api.messages(OLEG) == []


@pytest.mark.parametrize("answer", [b"5", b"{}", b'{"ok": true}', b'{"ok":true,"result":7}'])
async def test_an_answer_that_is_no_answer_is_asked_for_again(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    request = sahman.bot._request[0]
    real = request.do_request
    odd = iter([answer] * 3)

    async def do_request(*given: Any, **named: Any) -> tuple[int, bytes]:
        for each in odd:
            return 200, each
        return await real(*given, **named)

    monkeypatch.setattr(request, "do_request", do_request)
    assert (await sahman.say("/help")).text
    assert not sahman.tasks[0].done()


async def test_a_bug_anywhere_does_not_end_receiving(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = sahman.storage.receiving.hold
    broken = iter([ZeroDivisionError("a bug"), MemoryError(), RecursionError()])

    async def hold_badly(*given: Any) -> bool:
        for error in broken:
            raise error
        return await hold(*given)

    monkeypatch.setattr(sahman.storage.receiving, "hold", hold_badly)
    sahman.receiver._renew_at_s = 0.0
    assert (await sahman.say("/help")).text
    assert (await sahman.say("/keywords")).text
    assert not sahman.tasks[0].done()


async def test_a_bug_in_the_apology_ends_nothing_either(
    sahman: Sahman, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*given: Any) -> Any:
        raise KeyError(_TYPED)

    monkeypatch.setattr(sahman.storage.subscribers, "load", broken)
    sahman.api.send_text(OLEG, "/help")
    await sahman.silence(OLEG)
    monkeypatch.undo()
    assert (await sahman.say("/help")).text


def test_the_kind_of_an_update_is_one_of_telegrams_own_words() -> None:
    assert name_kind({"update_id": 1, "message": {}}) == "message"
    assert name_kind({"update_id": 1, _TYPED: {}}) == "unknown"
    assert name_kind([_TYPED]) == "unknown"
