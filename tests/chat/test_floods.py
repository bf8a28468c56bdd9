"""Chats that hang, people who flood: what they ask for is done, and nobody else waits for them."""

from __future__ import annotations

import asyncio

import pytest

from bot.chat.floods import Floods, Manner
from bot.chat.replies import MOST_WAITING, Replies
from bot.demo.faults import silent
from bot.storage.tables import typed_words, waiting_update
from tests.loopback import ANI, OLEG, Sahman, until
from tests.samples import count_rows

GROUP = -77


class TestJudging:
    def test_a_burst_is_answered_then_one_warning_then_silence(self) -> None:
        floods = Floods()
        manners = [floods.judge(1, 1, now_s=0.0) for _ in range(100)]
        assert manners.count(Manner.ANSWER) == 20
        assert manners[20] is Manner.WARN
        assert set(manners[21:]) == {Manner.SILENT}

    def test_who_slows_down_is_answered_again(self) -> None:
        floods = Floods()
        for _ in range(30):
            floods.judge(1, 1, now_s=0.0)
        assert floods.judge(1, 1, now_s=5.0) is Manner.SILENT
        assert floods.judge(1, 1, now_s=30.0) is Manner.ANSWER

    def test_who_writes_on_at_the_same_pace_is_warned_once_only(self) -> None:
        floods = Floods()
        manners = [floods.judge(1, 1, now_s=tenth / 10) for tenth in range(3_000)]
        assert manners.count(Manner.WARN) == 1

    def test_a_persons_ordinary_pace_is_always_answered(self) -> None:
        floods = Floods()
        manners = {floods.judge(1, 1, now_s=2.0 * each) for each in range(500)}
        assert manners == {Manner.ANSWER}

    def test_a_group_is_silenced_by_many_people_none_of_whom_floods(self) -> None:
        floods = Floods()
        manners = [floods.judge(person, GROUP, now_s=0.0) for person in range(30)]
        assert manners.count(Manner.ANSWER) == 20
        assert manners.count(Manner.WARN) == 1
        assert floods.judge(1, 1, now_s=0.0) is Manner.ANSWER, "not in private"

    def test_what_is_remembered_is_bounded(self) -> None:
        floods = Floods()
        for person in range(30_000):
            floods.judge(person, person, now_s=0.0)
        assert len(floods._buckets) == 10_000


class TestReplies:
    async def test_they_go_out_in_their_order_one_at_a_time(self) -> None:
        replies, said, at_once = Replies(), [], 0

        async def say(word: int) -> None:
            nonlocal at_once
            at_once += 1
            assert at_once == 1
            await asyncio.sleep(0)
            said.append(word)
            at_once -= 1

        for word in range(10):
            replies.send(ANI, lambda word=word: say(word))  # type: ignore[misc]
        await replies.finish(5)
        assert said == list(range(10))

    async def test_of_those_behind_one_that_hangs_the_newest_waits(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.chat.replies.HANGING_S", 0.0)
        replies, hanging, said = Replies(), asyncio.Event(), []

        async def hang() -> None:
            await hanging.wait()

        async def say(word: int) -> None:
            said.append(word)

        replies.send(OLEG, hang)
        await asyncio.sleep(0.01)
        for word in range(50):
            replies.send(OLEG, lambda word=word: say(word))  # type: ignore[misc]
            assert len(replies._lanes[OLEG].waiting) == 1
        replies.send(ANI, lambda: say(-1))
        await asyncio.sleep(0.01)
        assert said == [-1], "another chat does not wait"
        hanging.set()
        await replies.finish(5)
        assert said == [-1, 49]

    async def test_a_lane_is_bounded_and_one_that_breaks_harms_no_other(self) -> None:
        replies, said = Replies(), []

        async def say(word: int) -> None:
            if word % 2:
                raise KeyError("a bug")
            said.append(word)

        for word in range(100):
            replies.send(ANI, lambda word=word: say(word))  # type: ignore[misc]
        await replies.finish(5)
        assert len(said) == MOST_WAITING / 2
        assert not replies.are_on_their_way


@pytest.mark.slow
async def test_one_chat_whose_answers_hang_keeps_nobody_waiting(sahman: Sahman) -> None:
    sahman.api.faults.plan(silent(accepted=False), "sendMessage", chats=[OLEG], times=None)
    for word in ("border", "Goris", "drone"):
        sahman.api.send_text(OLEG, f"/add {word}")
        assert (await sahman.say("/keywords")).text
    await until(lambda: not len(sahman.api.messenger.updates))
    await until(lambda: not count_rows(sahman.storage, waiting_update))
    assert len(await sahman.keywords(OLEG)) == 3, "what he asked for is done"


async def test_a_group_whose_members_cannot_be_asked_for_keeps_nobody_waiting(
    sahman: Sahman,
) -> None:
    sahman.api.add_group(GROUP, "Family", admins=[ANI], new=False)
    sahman.api.faults.plan(silent(accepted=False), "getChatMember", times=None)
    sahman.api.send_text(GROUP, "/add border", user_id=ANI)
    for _ in range(3):
        assert (await sahman.say("/help", OLEG)).text
    await until(lambda: not len(sahman.api.messenger.updates))
    assert count_rows(sahman.storage, waiting_update) == 1, "the group's is stored"


async def test_an_update_that_a_webhook_brings_waits_for_no_chat_that_hangs(idle: Sahman) -> None:
    idle.api.add_group(GROUP, "Family", admins=[ANI], new=False)
    idle.api.faults.plan(silent(accepted=False), "getChatMember", times=None)
    wire = {
        "message_id": 9, "date": 1, "chat": {"id": GROUP, "type": "group", "title": "Family"},
        "from": {"id": ANI, "is_bot": False, "first_name": "Ani"}, "text": "/add border",
    }  # fmt: skip
    async with asyncio.timeout(3):
        await idle.receiver.receive({"update_id": 5, "message": wire})
    assert count_rows(idle.storage, waiting_update) == 1
    assert len(idle.api.calls_of("getChatMember")) == 1, "its handler is still at work"


@pytest.mark.slow
async def test_who_floods_is_obeyed_and_told_once_and_others_are_answered(sahman: Sahman) -> None:
    words = ["border", "Goris", "drone", "Syunik", "shelling"]
    for number in range(150):
        verb = "remove" if number % 2 else "add"
        sahman.api.send_text(OLEG, f"/{verb} {words[number % 5]}")
    sahman.api.send_text(OLEG, "/add ceasefire")
    assert (await sahman.say("/help")).text
    await until(lambda: not count_rows(sahman.storage, waiting_update))
    assert "ceasefire" in await sahman.keywords(OLEG)
    said = await sahman.silence(OLEG)
    assert sum("быстрее" in each for each in said) == 1
    assert len(said) <= 21


async def test_rows_of_typed_words_are_bounded(sahman: Sahman) -> None:
    await sahman.say("/start")
    reader = await sahman.reader()
    ids = [
        await sahman.storage.subscribers.save_words(reader.id, f"word {number}", sahman.clock())
        for number in range(150)
    ]
    assert count_rows(sahman.storage, typed_words) == 100
    assert await sahman.storage.subscribers.load_words(reader.id, ids[-1]) == "word 149"
    assert await sahman.storage.subscribers.load_words(reader.id, ids[0]) is None
