"""Refusals are weather until they are proved final: nothing is lost, nobody given up in haste."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.jobs.digest import owe_due_digests
from bot.jobs.health import HealthJob
from bot.model import ChatState, DeliveryState
from bot.sending.notices import notice_closed_groups, send_notices
from bot.storage.tables import chat, delivery, notice, subscriber
from tests.loopback import ANI, OLEG, Sahman, until
from tests.samples import NOW, change_rows, count_rows, follow, open_chat, rows_of

GROUP, FORUM = -77, -100500
_BLOCKED = "Forbidden: bot was blocked by the user"
_HOUR_MS = 3_600_000


@pytest.fixture
async def follower(sahman: Sahman) -> Sahman:
    """Ani follows "border"."""
    await sahman.say("/add border")
    return sahman


def the_chat(sahman: Sahman) -> dict[str, Any]:
    return rows_of(sahman.storage, chat)[0]


def told(sahman: Sahman, chat_id: int = ANI) -> str:
    """Return all that was said in a chat."""
    return "\n".join(each.text for each in sahman.api.messages(chat_id))


async def refused(sahman: Sahman, times: int = 1, words: str = _BLOCKED, code: int = 403) -> None:
    """Let Telegram refuse what is sent next, until it has."""
    calls = len(sahman.api.calls_of("sendMessage"))
    sahman.api.refuse("sendMessage", code, words, chat_id=None, times=times)
    sahman.sender.wake()
    await until(lambda: len(sahman.api.calls_of("sendMessage")) >= calls + times)
    await until(lambda: the_chat(sahman)["lease"] == 0)


def an_hour_later(sahman: Sahman) -> None:
    """Let an hour pass for the chats that refused or are closed."""
    row = the_chat(sahman)
    changes = {name: row[name] - _HOUR_MS for name in ("refused_at", "closed_at") if row[name]}
    change_rows(sahman.storage, chat, not_before=0, **changes)
    sahman.sender.wake()


class TestFinalRefusals:
    async def test_the_first_stops_sending_for_an_hour_and_cancels_nothing(
        self, follower: Sahman
    ) -> None:
        sending = asyncio.create_task(refused(follower))
        await follower.news("Border one")
        await sending
        row = the_chat(follower)
        assert row["state"] == ChatState.REFUSED
        assert 0.9 * _HOUR_MS < row["not_before"] - row["gated_at"] <= _HOUR_MS
        await follower.news("Border two")
        assert count_rows(follower.storage, delivery, state=DeliveryState.PENDING) == 2
        assert "Border" not in told(follower)

    async def test_one_that_was_wrong_costs_an_hour_and_no_alert(self, follower: Sahman) -> None:
        sending = asyncio.create_task(refused(follower))
        await follower.news("Border one")
        await sending
        an_hour_later(follower)
        await until(lambda: "Border one" in told(follower))
        await until(lambda: the_chat(follower)["state"] == ChatState.ACTIVE)
        assert the_chat(follower)["refused_at"] == 0

    async def test_the_second_an_hour_later_is_believed(self, follower: Sahman) -> None:
        sending = asyncio.create_task(refused(follower))
        await follower.news("Border one")
        await sending
        follower.api.refuse("sendMessage", 403, _BLOCKED)
        an_hour_later(follower)
        await until(lambda: the_chat(follower)["state"] == ChatState.GONE)
        calls = len(follower.api.calls_of("sendMessage"))
        await follower.news("Border two")
        await asyncio.sleep(0.1)
        assert len(follower.api.calls_of("sendMessage")) == calls, "never written to any more"

    @pytest.mark.parametrize("digest_times", ["09:00", ""])
    @pytest.mark.slow
    async def test_who_comes_back_has_what_they_missed_in_the_next_digest(
        self, follower: Sahman, digest_times: str
    ) -> None:
        await follower.news("Border of yesterday")
        await until(lambda: "yesterday" in told(follower))
        change_rows(follower.storage, subscriber, digest_times=digest_times)
        if not digest_times:
            change_rows(follower.storage, subscriber, next_digest_at=None)
        follower.open_gates()
        sending = asyncio.create_task(refused(follower))
        await follower.news("Border one")
        await sending
        follower.api.refuse("sendMessage", 403, _BLOCKED)
        an_hour_later(follower)
        await until(lambda: the_chat(follower)["state"] == ChatState.GONE)
        await follower.news("Border two")
        await follower.say("/help")
        assert the_chat(follower)["state"] == ChatState.ACTIVE
        follower.clock.now = NOW + timedelta(days=1)
        if not digest_times:
            # The database's clock, not the test's, owes who has no digest the one they get.
            row = rows_of(follower.storage, subscriber)[0]
            assert row["next_digest_at"] is not None
            change_rows(follower.storage, subscriber, next_digest_at=NOW)
        assert await owe_due_digests(follower.storage, follower.clock.now) == 1
        follower.open_gates()
        await until(lambda: "Border two" in told(follower))
        (digest,) = [each.text for each in follower.api.messages(ANI) if "Border two" in each.text]
        assert "Border one" in digest
        assert ("yesterday" in digest) == bool(digest_times), "who was alerted has no need of it"
        row = rows_of(follower.storage, subscriber)[0]
        assert (row["next_digest_at"] is None) == (not digest_times)

    @pytest.mark.parametrize("digest_times", ["09:00", ""])
    async def test_hearing_again_that_it_is_gone_forgets_nothing_of_what_it_missed(
        self, follower: Sahman, digest_times: str
    ) -> None:
        change_rows(follower.storage, subscriber, digest_times=digest_times, next_digest_at=None)
        await follower.storage.chats.mark_gone(ANI, "blocked")
        missed_from = rows_of(follower.storage, subscriber)[0]["digest_item"]
        await follower.news("Border one")
        await follower.storage.chats.mark_gone(ANI, "the bot is kicked there")
        assert rows_of(follower.storage, subscriber)[0]["digest_item"] == missed_from

    async def test_who_goes_again_before_the_digest_of_what_they_missed_misses_nothing(
        self, follower: Sahman
    ) -> None:
        change_rows(follower.storage, subscriber, digest_times="", next_digest_at=None)
        await follower.storage.chats.mark_gone(ANI, "blocked")
        missed_from = rows_of(follower.storage, subscriber)[0]["digest_item"]
        await follower.news("Border one")
        await follower.storage.chats.mark_back(ANI)
        await follower.storage.chats.mark_gone(ANI, "blocked again")
        row = rows_of(follower.storage, subscriber)[0]
        assert (row["digest_item"], row["next_digest_at"]) == (missed_from, None)

    async def test_somebody_who_joins_a_group_brings_it_back(self, sahman: Sahman) -> None:
        await open_chat(sahman.storage, GROUP)
        await sahman.storage.chats.mark_gone(GROUP, "kicked")
        who = {"id": OLEG, "is_bot": False, "first_name": "Oleg"}
        member = {"status": "member", "user": who}
        # Before it has asked for them once, Telegram keeps no such updates.
        await until(lambda: bool(sahman.api.calls_of("getUpdates")))
        sahman.api.messenger.updates.add(
            "chat_member",
            {
                "chat": {"id": GROUP, "type": "group", "title": "Family"}, "from": who, "date": 1,
                "old_chat_member": {"status": "left", "user": who}, "new_chat_member": member,
            },
        )  # fmt: skip
        await until(lambda: the_chat(sahman)["state"] == ChatState.ACTIVE)

    async def test_a_command_in_a_topic_that_follows_nothing_brings_its_group_back(
        self, sahman: Sahman
    ) -> None:
        sahman.api.add_group(
            FORUM, "Goris", owner=ANI, forum=True, topics={7: "News", 8: "Talk"}, new=False
        )
        await sahman.say("/add border", FORUM, user_id=ANI, topic=7)
        await sahman.storage.chats.mark_gone(FORUM, "kicked")
        await sahman.say("/help", FORUM, user_id=ANI, topic=8)
        assert the_chat(sahman)["state"] == ChatState.ACTIVE

    async def test_a_tap_brings_a_chat_back_too(self, follower: Sahman) -> None:
        await follower.say("/start")
        await follower.storage.chats.mark_gone(ANI, "blocked")
        await follower.tap("Русский")
        assert the_chat(follower)["state"] == ChatState.ACTIVE

    @pytest.mark.slow
    async def test_many_at_once_are_told_to_operators_and_so_is_the_end_of_it(
        self, follower: Sahman
    ) -> None:
        job = HealthJob(follower.storage, [OLEG])
        follower.api.send_text(OLEG, "/start")
        await follower.api.wait_messages(OLEG)
        for reader in range(1_001, 1_013):
            await open_chat(follower.storage, reader)
            await follower.storage.chats.note_refusal(reader, _BLOCKED)
        await job.check(NOW)
        await send_notices(
            follower.storage, follower.services.messenger, follower.services.texts, NOW
        )
        assert "окончательно отказались" in told(follower, OLEG)
        assert not await job.check(NOW), "said once"
        assert await follower.storage.health.load_outages() == [], "readers have no use for it"
        change_rows(follower.storage, chat, refused_at=1)
        await job.check(NOW)
        await send_notices(
            follower.storage, follower.services.messenger, follower.services.texts, NOW
        )
        assert "больше не отказывают" in told(follower, OLEG)

    async def test_a_few_are_people_who_leave(self, follower: Sahman) -> None:
        for reader in range(1_001, 1_006):
            await open_chat(follower.storage, reader)
            await follower.storage.chats.note_refusal(reader, _BLOCKED)
        assert not await HealthJob(follower.storage, [OLEG]).check(NOW)


class TestWeather:
    @pytest.mark.parametrize(
        ("code", "words"),
        [
            (400, "Bad Request: not enough rights to send text messages to the chat"),
            (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
            (403, "Forbidden: CHAT_RESTRICTED"),
            (400, "Bad Request: SLOWMODE_WAIT_10"),
            (403, "Forbidden: a reason of next year"),
        ],
    )
    async def test_a_closed_chat_waits_ever_longer_and_loses_nothing(
        self, follower: Sahman, code: int, words: str
    ) -> None:
        sending = asyncio.create_task(refused(follower, 1, words, code))
        await follower.news("Border one")
        await sending
        row = the_chat(follower)
        assert row["state"] == ChatState.ACTIVE
        assert row["not_before"] - row["gated_at"] == 60_000
        an_hour_later(follower)
        await refused(follower, 1, words, code)
        row = the_chat(follower)
        assert row["not_before"] - row["gated_at"] == _HOUR_MS, "an hour at the most"
        an_hour_later(follower)
        await until(lambda: "Border one" in told(follower))
        await until(lambda: the_chat(follower)["closed_at"] == 0)

    @pytest.mark.slow
    async def test_what_waited_in_a_closed_chat_comes_as_one_bulletin(
        self, follower: Sahman
    ) -> None:
        words = "Bad Request: CHAT_WRITE_FORBIDDEN"
        sending = asyncio.create_task(refused(follower, 1, words, 400))
        await follower.news("Border zero")
        await sending
        await follower.news(*(f"Border {n}" for n in range(1, 9)))
        an_hour_later(follower)
        await until(lambda: "Border 8" in told(follower))
        (bulletin,) = [each.text for each in follower.api.messages(ANI) if "Border" in each.text]
        assert all(f"Border {n}" in bulletin for n in ("zero", *range(1, 9)))

    async def test_what_is_given_up_is_in_the_first_digest_that_arrives(
        self, follower: Sahman
    ) -> None:
        change_rows(follower.storage, subscriber, digest_item=0)
        follower.clock.now = NOW + timedelta(days=2)
        words = "Bad Request: CHAT_WRITE_FORBIDDEN"
        sending = asyncio.create_task(refused(follower, 1, words, 400))
        await follower.news("Border one")
        change_rows(follower.storage, subscriber, digest_item=99)
        await sending
        await until(lambda: rows_of(follower.storage, delivery)[0]["state"] != 0)
        assert rows_of(follower.storage, delivery)[0]["state"] == DeliveryState.CANCELLED
        follower.open_gates()
        assert await owe_due_digests(follower.storage, follower.clock.now) == 1
        follower.sender.wake()
        await until(lambda: "Border one" in told(follower))

    @pytest.mark.slow
    async def test_a_refusal_that_nobody_knows_holds_up_its_message_alone(
        self, follower: Sahman
    ) -> None:
        # In every form: with and without what only makes it prettier, and plain.
        sending = asyncio.create_task(
            refused(follower, 3, "Bad Request: nobody has heard of this", 400)
        )
        await follower.news("Border one")
        await sending
        assert rows_of(follower.storage, delivery)[0]["state"] == DeliveryState.PENDING
        follower.open_gates()
        await follower.news("Border two")
        await until(lambda: "Border two" in told(follower))
        assert "Border one" not in told(follower)
        change_rows(follower.storage, delivery, due_at=0)
        follower.open_gates()
        await until(lambda: "Border one" in told(follower))

    @pytest.mark.slow
    async def test_a_closed_topic_closes_no_other(self, sahman: Sahman) -> None:
        sahman.api.add_group(
            FORUM, "Goris", owner=ANI, forum=True, topics={7: "News", 8: "Talk"}, new=False
        )
        for topic in (7, 8):
            await sahman.say("/add border", FORUM, user_id=ANI, topic=topic)
        sahman.api.refuse("sendMessage", 400, "Bad Request: TOPIC_CLOSED")
        await sahman.news("Border one")
        sahman.open_gates()

        def alerted() -> list[int]:
            said = [each for each in sahman.api.messages(FORUM) if "Border one" in each.text]
            return [each.thread_id or 0 for each in said]

        await until(lambda: len(alerted()) == 1)
        assert alerted() in ([7], [8]), "not into the group itself"
        change_rows(sahman.storage, delivery, due_at=0)
        sahman.open_gates()
        await until(lambda: sorted(alerted()) == [7, 8])

    async def test_admins_of_a_closed_group_are_told_once_in_private(self, sahman: Sahman) -> None:
        sahman.api.add_group(GROUP, "Family", admins=[ANI, OLEG], new=False)
        await sahman.say("/start")  # Ani has written to the bot, Oleg never has
        await follow(sahman.storage, await open_chat(sahman.storage, GROUP), "border")
        change_rows(sahman.storage, chat, kind="group", closed_at=1)
        await sahman.storage.chats.mark_told(ANI)
        with sahman.storage.database.engine.begin() as connection:
            connection.execute(chat.update().where(chat.c.id == ANI).values(kind="private"))
        for _ in range(2):
            await notice_closed_groups(sahman.storage, sahman.services.messenger, NOW)
        assert [row["chat_id"] for row in rows_of(sahman.storage, notice)] == [ANI]
        await send_notices(sahman.storage, sahman.services.messenger, sahman.services.texts, NOW)
        assert "Family" in told(sahman)
        assert "give me the right" in told(sahman)
