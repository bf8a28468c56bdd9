"""The outbox: at most one message on its way to a chat, evenly paced, each outcome stored once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.pace import HORIZON_MS
from bot.model import ChatKind, ChatState, Delivery, DeliveryKind, DeliveryState, Surge
from bot.storage import Storage
from bot.storage.deliveries import LEASE_MS, MAX_ATTEMPTS, Fate, Outcome
from bot.storage.tables import budget, chat, delivery, keyword
from tests.samples import (
    NOW,
    change_rows,
    count_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    second_database,
    take_in,
)

FAST = 1000.0
DAY_MS = 86_400_000


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Storage over each of the two engines; PostgreSQL's in `make check`: these are many."""
    found: Storage = request.getfixturevalue(f"{request.param}_storage")
    return found


async def owe(storage: Storage, people: int = 1, items: int = 1, **more: Any) -> None:
    """Owe so many people so many alerts each."""
    source = await open_feed(storage)
    for chat_id in range(1, people + 1):
        who = await open_chat(storage, chat_id, **more)
        await follow(storage, who, "border")
    await take_in(storage, source, *(new_item(f"Border {n}") for n in range(items)))
    await expand(storage)


async def claim(storage: Storage, room: int = 10, rate: float = FAST) -> tuple[Delivery, ...]:
    return (await storage.deliveries.settle_and_claim([], room, rate, NOW)).deliveries


async def settle(storage: Storage, *outcomes: Outcome) -> None:
    await storage.deliveries.settle_and_claim(outcomes, 0, FAST, NOW)


def open_gates(storage: Storage) -> None:
    """Let the time pass that chats must wait."""
    change_rows(storage, chat, not_before=0)
    change_rows(storage, budget, tat=0, paused_until=0)


def state(storage: Storage) -> DeliveryState:
    (row,) = rows_of(storage, delivery)
    return DeliveryState(row["state"])


class TestClaims:
    async def test_one_message_at_a_time_goes_to_a_chat_oldest_first(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=2, items=3)
        first = await claim(storage)
        assert {owed.subscriber.chat_id for owed in first} == {1, 2}
        assert await claim(storage) == ()
        seen = [owed.story_id for owed in first if owed.subscriber.chat_id == 1]
        for _ in range(2):
            await settle(storage, *(Outcome(delivery=owed, fate=Fate.SENT) for owed in first))
            open_gates(storage)
            first = await claim(storage)
            seen += [owed.story_id for owed in first if owed.subscriber.chat_id == 1]
        assert seen == sorted(seen)
        assert len(seen) == 3

    async def test_no_more_is_claimed_than_there_is_room_for(self, storage: Storage) -> None:
        await owe(storage, people=5)
        assert len(await claim(storage, room=2)) == 2
        assert await claim(storage, room=0) == ()
        assert len(await claim(storage, room=10)) == 3

    async def test_two_senders_never_hold_the_same_chat(self, storage: Storage) -> None:
        await owe(storage, people=20)
        other = second_database(storage)
        try:
            claims = await asyncio.gather(
                *(claim(each, room=6) for each in (storage, Storage(other)) for _ in range(3))
            )
        finally:
            other.close()
        held = [owed.subscriber.chat_id for each in claims for owed in each]
        assert len(held) == len(set(held))
        assert len(held) >= 12

    async def test_alerts_go_before_digests(self, storage: Storage) -> None:
        await owe(storage)
        await storage.subscribers.owe_digests(NOW.replace(year=2027), lambda _: ("x", None))
        kinds = []
        for _ in range(2):
            (owed,) = await claim(storage)
            kinds.append(owed.kind)
            await settle(storage, Outcome(delivery=owed, fate=Fate.SENT))
            open_gates(storage)
        assert kinds == [DeliveryKind.ALERT, DeliveryKind.DIGEST]

    async def test_notices_go_between_alerts_and_digests(self, storage: Storage) -> None:
        await owe(storage)
        await storage.subscribers.owe_digests(NOW.replace(year=2027), lambda _: ("x", None))
        (keyword_id,) = [row["id"] for row in rows_of(storage, keyword)]
        surge = Surge(keyword_id=keyword_id, at=NOW, stories=9, families=2, usual=1.0)
        await storage.trends.save_surge(surge, NOW)
        await storage.trends.owe_notices()
        kinds = []
        for _ in range(3):
            (owed,) = await claim(storage)
            kinds.append(owed.kind)
            await settle(storage, Outcome(delivery=owed, fate=Fate.SENT))
            open_gates(storage)
        assert kinds == [DeliveryKind.ALERT, DeliveryKind.NOTICE, DeliveryKind.DIGEST]

    async def test_who_is_paused_is_sent_nothing_that_waited(self, storage: Storage) -> None:
        await owe(storage)
        who = await storage.subscribers.load(1, 0)
        assert who is not None
        await storage.subscribers.save_settings(who.id, paused=True)
        assert await claim(storage) == ()

    async def test_alerts_of_who_pauses_are_cancelled(self, storage: Storage) -> None:
        await owe(storage)
        who = await storage.subscribers.load(1, 0)
        assert who is not None
        await storage.deliveries.cancel_alerts(who.id, "paused")
        assert state(storage) is DeliveryState.CANCELLED
        assert await storage.deliveries.count_owed() == 0

    async def test_with_nothing_to_do_it_says_how_long_to_wait(self, storage: Storage) -> None:
        assert (await storage.deliveries.settle_and_claim([], 10, FAST, NOW)).wait_ms == 1000
        await owe(storage, items=2)
        (owed,) = await claim(storage)
        await settle(storage, Outcome(delivery=owed, fate=Fate.SENT))
        assert 10 <= (await storage.deliveries.settle_and_claim([], 10, FAST, NOW)).wait_ms <= 1000


class TestLeases:
    async def test_what_a_dead_sender_held_is_claimed_again(self, storage: Storage) -> None:
        await owe(storage)
        (first,) = await claim(storage)
        (row,) = rows_of(storage, chat)
        assert row["lease"] == first.lease
        open_gates(storage)  # LEASE_MS later
        (second,) = await claim(storage)
        assert second.id == first.id
        assert second.lease != first.lease

    async def test_the_lease_lasts_as_long_as_a_send_may(self, storage: Storage) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        left = rows_of(storage, chat)[0]["not_before"]
        await settle(storage, Outcome(delivery=owed, fate=Fate.SENT))
        freed = rows_of(storage, chat)[0]["not_before"]
        assert LEASE_MS - 1_000 - 5_000 < left - freed < LEASE_MS

    async def test_sent_is_a_fact_whoever_holds_the_lease_by_now(self, storage: Storage) -> None:
        await owe(storage)
        (late,) = await claim(storage)
        open_gates(storage)
        await claim(storage)
        await settle(storage, Outcome(delivery=late, fate=Fate.SENT, message_id=7))
        assert state(storage) is DeliveryState.SENT
        assert rows_of(storage, delivery)[0]["message_id"] == 7

    @pytest.mark.parametrize("fate", [Fate.LATER, Fate.REJECTED, Fate.EMPTY])
    async def test_every_other_outcome_counts_only_while_the_lease_is_ours(
        self, storage: Storage, fate: Fate
    ) -> None:
        await owe(storage)
        (late,) = await claim(storage)
        open_gates(storage)
        (mine,) = await claim(storage)
        before = rows_of(storage, delivery), rows_of(storage, chat)
        await settle(storage, Outcome(delivery=late, fate=fate, wait_ms=60_000, error="late"))
        assert (rows_of(storage, delivery), rows_of(storage, chat)) == before
        await settle(storage, Outcome(delivery=mine, fate=Fate.SENT))
        assert state(storage) is DeliveryState.SENT

    async def test_what_its_sender_dies_on_every_time_is_given_up(self, storage: Storage) -> None:
        await owe(storage)
        for _ in range(MAX_ATTEMPTS):
            assert len(await claim(storage)) == 1
            open_gates(storage)
        assert await claim(storage) == ()
        assert state(storage) is DeliveryState.DEAD

    async def test_what_its_sender_died_on_twice_goes_alone(self, storage: Storage) -> None:
        await owe(storage, people=4)
        for _ in range(2):
            assert len(await claim(storage)) == 4
            open_gates(storage)
        assert [len(await claim(storage)) for _ in range(4)] == [1, 1, 1, 1]


class TestOutcomes:
    async def test_what_is_sent_is_sent_once(self, storage: Storage) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        await settle(storage, Outcome(delivery=owed, fate=Fate.SENT, message_id=7))
        open_gates(storage)
        assert await claim(storage) == ()
        (row,) = rows_of(storage, delivery)
        assert (row["state"], row["message_id"], row["doubtful"]) == (DeliveryState.SENT, 7, False)

    async def test_later_waits_as_long_as_it_was_told(self, storage: Storage) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        began = rows_of(storage, chat)[0]["not_before"] - LEASE_MS
        await settle(storage, Outcome(delivery=owed, fate=Fate.LATER, wait_ms=60_000, error="x"))
        assert await claim(storage) == ()
        assert 60_000 <= rows_of(storage, chat)[0]["not_before"] - began < 70_000
        open_gates(storage)
        (again,) = await claim(storage)
        assert (again.id, again.retries) == (owed.id, 1)

    async def test_a_wait_that_telegram_asked_for_is_no_failure_of_the_message(
        self, storage: Storage
    ) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        outcome = Outcome(delivery=owed, fate=Fate.LATER, wait_ms=5_000, asked_to_wait=True)
        await settle(storage, outcome)
        assert rows_of(storage, delivery)[0]["retries"] == 0

    async def test_a_doubt_is_remembered_for_the_next_attempt(self, storage: Storage) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        await settle(storage, Outcome(delivery=owed, fate=Fate.LATER, doubtful=True))
        open_gates(storage)
        (again,) = await claim(storage)
        assert again.doubtful
        await settle(storage, Outcome(delivery=again, fate=Fate.SENT, doubtful=True))
        assert rows_of(storage, delivery)[0]["doubtful"]

    async def test_parts_go_in_order_each_with_its_own_pace(self, storage: Storage) -> None:
        await owe(storage)
        for part in range(3):
            (owed,) = await claim(storage)
            assert owed.part == part
            fate = Fate.SENT if part == 2 else Fate.PART_SENT
            await settle(storage, Outcome(delivery=owed, fate=fate))
            assert await claim(storage) == ()
            open_gates(storage)
        assert await claim(storage) == ()

    async def test_a_part_reported_twice_skips_none(self, storage: Storage) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        for _ in range(2):
            await settle(storage, Outcome(delivery=owed, fate=Fate.PART_SENT))
        assert rows_of(storage, delivery)[0]["part"] == 1

    async def test_what_telegram_refuses_for_good_is_dead_with_its_error(
        self, storage: Storage
    ) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        await settle(storage, Outcome(delivery=owed, fate=Fate.REJECTED, error="x" * 9_999))
        assert state(storage) is DeliveryState.DEAD
        assert rows_of(storage, delivery)[0]["error"] == "x" * 500

    async def test_what_says_nothing_is_cancelled_and_the_chat_is_free_at_once(
        self, storage: Storage
    ) -> None:
        await owe(storage, items=2)
        (owed,) = await claim(storage)
        await settle(storage, Outcome(delivery=owed, fate=Fate.EMPTY))
        assert len(await claim(storage)) == 1

    async def test_a_chat_that_is_gone_takes_all_it_was_owed_with_it(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=2, items=3)
        owed = next(each for each in await claim(storage) if each.subscriber.chat_id == 1)
        await settle(storage, Outcome(delivery=owed, fate=Fate.GONE, error="blocked"))
        change_rows(storage, chat, refused_at=1, not_before=0)
        owed = next(each for each in await claim(storage) if each.subscriber.chat_id == 1)
        await settle(storage, Outcome(delivery=owed, fate=Fate.GONE, error="blocked"))
        assert count_rows(storage, delivery, chat_id=1, state=DeliveryState.CANCELLED) == 3
        assert count_rows(storage, delivery, chat_id=2, state=DeliveryState.PENDING) == 3

    @pytest.mark.parametrize(
        ("fate", "doubtful", "state_after"),
        [
            (Fate.SENT, False, ChatState.ACTIVE),
            (Fate.PART_SENT, False, ChatState.ACTIVE),
            (Fate.SENT, True, ChatState.REFUSED),
        ],
        ids=["taken", "a digest's first part taken", "never answered"],
    )
    async def test_a_chat_that_refused_takes_messages_again_once_it_took_one(
        self, storage: Storage, fate: Fate, doubtful: bool, state_after: ChatState
    ) -> None:
        await owe(storage)
        await storage.chats.note_refusal(1, "blocked")
        change_rows(storage, chat, not_before=0)
        (owed,) = await claim(storage)
        await settle(storage, Outcome(delivery=owed, fate=fate, doubtful=doubtful))
        assert rows_of(storage, chat)[0]["state"] == state_after

    async def test_a_chat_that_moved_is_sent_it_at_its_new_place(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await follow(storage, await open_chat(storage, -77, kind=ChatKind.GROUP), "border")
        await take_in(storage, source, new_item("Border"))
        await expand(storage)
        (owed,) = await claim(storage)
        await settle(storage, Outcome(delivery=owed, fate=Fate.MOVED, new_chat_id=-1001))
        (again,) = await claim(storage)
        assert (again.id, again.subscriber.chat_id) == (owed.id, -1001)

    @pytest.mark.parametrize(
        ("kind", "pace_ms"), [(ChatKind.PRIVATE, 1_000), (ChatKind.SUPERGROUP, 3_000)]
    )
    async def test_a_chat_is_left_in_peace_between_two_messages(
        self, storage: Storage, kind: ChatKind, pace_ms: int
    ) -> None:
        await owe(storage, items=2, kind=kind)
        (owed,) = await claim(storage)
        began = rows_of(storage, chat)[0]["not_before"] - LEASE_MS
        await settle(storage, Outcome(delivery=owed, fate=Fate.SENT))
        assert await claim(storage) == ()
        waits = rows_of(storage, chat)[0]["not_before"] - began
        assert pace_ms <= waits < pace_ms + 5_000

    async def test_an_outcome_of_who_has_left_harms_nothing(self, storage: Storage) -> None:
        await owe(storage)
        (owed,) = await claim(storage)
        await storage.subscribers.erase(owed.subscriber.id)
        for fate in Fate:
            await settle(storage, Outcome(delivery=owed, fate=fate, new_chat_id=-1001))
        assert count_rows(storage, delivery) == 0


class TestBudget:
    async def test_slots_are_evenly_spaced_and_given_out_shortly_ahead(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=12)
        first = await storage.deliveries.settle_and_claim([], 10, 10.0, NOW)
        slots = [owed.slot_ms for owed in first.deliveries]
        assert slots == list(range(0, HORIZON_MS + 1, 100))
        second = await storage.deliveries.settle_and_claim([], 10, 10.0, NOW)
        assert all(owed.slot_ms > 100 for owed in second.deliveries)
        assert len(second.deliveries) <= 2
        assert 0 <= second.wait_ms <= HORIZON_MS

    async def test_time_that_passes_unused_is_not_made_up_for(self, storage: Storage) -> None:
        await owe(storage, people=15)
        await claim(storage, rate=10.0)
        change_rows(storage, budget, tat=0)
        assert len(await claim(storage, rate=10.0)) == HORIZON_MS / 100 + 1

    async def test_the_rate_is_shared_by_all_processes(self, storage: Storage) -> None:
        await owe(storage, people=12)
        other = second_database(storage)
        try:
            claims = await asyncio.gather(
                *(claim(each, rate=1.0) for each in (storage, Storage(other)) for _ in range(4))
            )
        finally:
            other.close()
        assert 1 <= sum(map(len, claims)) <= 3

    async def test_a_send_clock_far_ahead_is_not_believed(self, storage: Storage) -> None:
        """As when the machine's clock was set back."""
        await owe(storage)
        await claim(storage, room=1, rate=10.0)
        (row,) = rows_of(storage, budget)
        change_rows(storage, budget, tat=row["tat"] + 365 * DAY_MS)
        change_rows(storage, chat, not_before=0)
        assert len(await claim(storage)) == 1

    async def test_a_gate_set_before_the_clock_was_set_back_stands_open(
        self, storage: Storage
    ) -> None:
        await owe(storage)
        await claim(storage)
        (row,) = rows_of(storage, chat)
        an_hour_ms = DAY_MS // 24
        later = {name: row[name] + an_hour_ms for name in ("not_before", "gated_at")}
        change_rows(storage, chat, **later)
        change_rows(storage, budget, tat=0)
        assert len(await claim(storage)) == 1

    async def test_chats_that_fail_together_stop_all_others(self, storage: Storage) -> None:
        await owe(storage, people=5)
        failing = await claim(storage, room=3)
        await settle(storage, *(unreached(each) for each in failing))
        assert await claim(storage) == ()
        assert (await storage.deliveries.settle_and_claim([], 10, FAST, NOW)).wait_ms > 900

    async def test_one_chat_that_fails_stops_nobody_else(self, storage: Storage) -> None:
        await owe(storage, people=3)
        (failing,) = await claim(storage, room=1)
        await settle(storage, unreached(failing))
        assert len(await claim(storage)) == 2

    async def test_messages_that_break_stop_nobody_else(self, storage: Storage) -> None:
        await owe(storage, people=5)
        broken = await claim(storage, room=3)
        await settle(
            storage,
            *(Outcome(delivery=each, fate=Fate.LATER, wait_ms=30_000) for each in broken),
        )
        assert len(await claim(storage)) == 2


def unreached(owed: Delivery) -> Outcome:
    return Outcome(delivery=owed, fate=Fate.LATER, wait_ms=30_000, unreached=True)


def refused(owed: Delivery) -> Outcome:
    return Outcome(delivery=owed, fate=Fate.LATER, wait_ms=30_000, asked_to_wait=True)


class TestRefusals:
    async def test_one_chat_told_to_wait_waits_alone(self, storage: Storage) -> None:
        await owe(storage, people=3)
        (waiting,) = await claim(storage, room=1)
        await settle(storage, refused(waiting))
        assert len(await claim(storage)) == 2

    async def test_the_same_chat_told_twice_stops_nobody_else(self, storage: Storage) -> None:
        await owe(storage, people=3)
        for _ in range(2):
            (waiting,) = await claim(storage, room=1)
            await settle(storage, refused(waiting))
            open_gates(storage)
        assert len(await claim(storage)) == 3

    async def test_a_second_chat_told_within_seconds_stops_all_and_lowers_the_rate(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=6)
        first, second = await claim(storage, room=2)
        await settle(storage, refused(first))
        await settle(storage, refused(second))
        assert await claim(storage) == ()
        (row,) = rows_of(storage, budget)
        assert row["rate"] == pytest.approx(0.7 * FAST)
        assert 25_000 < row["paused_until"] - row["paused_at"] <= 30_000

    async def test_a_second_chat_told_much_later_waits_alone(self, storage: Storage) -> None:
        await owe(storage, people=6)
        first, second = await claim(storage, room=2)
        await settle(storage, refused(first))
        (row,) = rows_of(storage, budget)
        change_rows(storage, budget, refused_at=row["refused_at"] - 10_000)
        await settle(storage, refused(second))
        assert len(await claim(storage)) == 4

    async def test_what_was_on_its_way_meanwhile_lowers_the_rate_no_further(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=6)
        on_their_way = await claim(storage, room=6)
        for each in on_their_way:
            await settle(storage, refused(each))
        assert rows_of(storage, budget)[0]["rate"] == pytest.approx(0.7 * FAST)

    async def test_the_lowered_rate_spaces_what_follows_and_creeps_up(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=6)
        for each in await claim(storage, room=2, rate=10.0):
            await settle(storage, refused(each))
        now = rows_of(storage, budget)[0]["paused_at"]
        change_rows(storage, budget, paused_until=0, rate=5.0, rate_at=now, tat=0)
        lowered = await claim(storage, rate=10.0)
        assert lowered[1].slot_ms - lowered[0].slot_ms > 150
        open_gates(storage)
        change_rows(storage, budget, rate_at=now - 60_000)
        restored = await claim(storage, rate=10.0)
        assert restored[1].slot_ms - restored[0].slot_ms == 100

    async def test_a_pause_noted_before_the_clock_was_set_back_is_over(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=3)
        for each in await claim(storage, room=2):
            await settle(storage, refused(each))
        (row,) = rows_of(storage, budget)
        later = {name: row[name] + DAY_MS for name in ("paused_at", "paused_until", "rate_at")}
        change_rows(storage, budget, **later)
        assert len(await claim(storage)) == 1


class TestBulletins:
    async def test_up_to_five_alerts_go_one_by_one(self, storage: Storage) -> None:
        await owe(storage, items=5)
        (owed,) = await claim(storage)
        assert owed.bulletin == ()

    async def test_more_than_five_are_claimed_together_oldest_first(self, storage: Storage) -> None:
        await owe(storage, people=2, items=7)
        for owed in await claim(storage):
            assert len(owed.bulletin) == 7
            assert owed.id in {each.id for each in owed.bulletin}
            assert {each.subscriber.id for each in owed.bulletin} == {owed.subscriber.id}
            assert [each.id for each in owed.bulletin] == sorted(e.id for e in owed.bulletin)

    async def test_an_alert_over_six_hours_old_goes_only_into_one(self, storage: Storage) -> None:
        await owe(storage, items=2)
        at = NOW + timedelta(hours=6, minutes=1)
        claimed = await storage.deliveries.settle_and_claim([], 10, FAST, at)
        assert [len(owed.bulletin) for owed in claimed.deliveries] == [2]

    async def test_topics_of_one_group_have_bulletins_of_their_own(self, storage: Storage) -> None:
        source = await open_feed(storage)
        for topic in (0, 7):
            group = {"kind": ChatKind.SUPERGROUP, "topic": topic}
            await follow(storage, await open_chat(storage, -77, **group), "border")
        await take_in(storage, source, *(new_item(f"Border {n}") for n in range(6)))
        await expand(storage)
        (owed,) = await claim(storage)
        assert len(owed.bulletin) == 6

    async def test_what_its_message_told_is_sent_and_the_rest_stays_owed(
        self, storage: Storage
    ) -> None:
        await owe(storage, items=8)
        (owed,) = await claim(storage)
        told, left = owed.bulletin[:6], owed.bulletin[6:]
        await settle(
            storage,
            *(Outcome(delivery=each, fate=Fate.SENT, message_id=9) for each in told),
            *(Outcome(delivery=each, fate=Fate.LEFT, leads=False) for each in left),
        )
        assert count_rows(storage, delivery, state=DeliveryState.SENT, message_id=9) == 6
        assert count_rows(storage, delivery, state=DeliveryState.PENDING, attempts=0) == 2
        open_gates(storage)
        (rest,) = await claim(storage)
        assert rest.bulletin == ()

    async def test_what_its_sender_died_on_twice_is_in_none(self, storage: Storage) -> None:
        await owe(storage, items=7)
        for _ in range(2):
            (owed,) = await claim(storage)
            assert owed.bulletin
            open_gates(storage)
        for _ in range(2):
            (owed,) = await claim(storage)
            assert owed.bulletin == ()
            open_gates(storage)

    async def test_many_more_make_one_that_holds_the_gravest(self, storage: Storage) -> None:
        await owe(storage, items=60)
        (owed,) = await claim(storage)
        assert len(owed.bulletin) == 40


class TestLanes:
    async def test_graver_alerts_go_first_whatever_came_before(self, storage: Storage) -> None:
        source = await open_feed(storage)
        await follow(storage, await open_chat(storage, 1), "border")
        await follow(storage, await open_chat(storage, 2), "killed")
        await take_in(storage, source, new_item("Talks on the border"))
        await take_in(storage, source, new_item("Three killed"))
        await expand(storage)
        assert [owed.subscriber.chat_id for owed in await claim(storage)] == [2, 1]

    async def test_edits_go_last(self, storage: Storage) -> None:
        await owe(storage, people=2)
        with storage.database.engine.begin() as connection:
            connection.execute(
                delivery.update()
                .where(delivery.c.chat_id == 1)
                .values(kind=DeliveryKind.EDIT, gravity=0)
            )
        assert [owed.subscriber.chat_id for owed in await claim(storage)] == [2, 1]
        assert await claim(storage, room=1) == ()


class TestOutbox:
    async def test_it_says_what_is_owed_what_was_sent_and_what_was_given_up(
        self, storage: Storage
    ) -> None:
        await owe(storage, people=4)
        sent, doubtful, dead = await claim(storage, room=3)
        await settle(
            storage,
            Outcome(delivery=sent, fate=Fate.SENT),
            Outcome(delivery=doubtful, fate=Fate.SENT, doubtful=True),
            Outcome(delivery=dead, fate=Fate.REJECTED, error="Bad Request: message is too long"),
        )
        outbox = await storage.deliveries.load_outbox()
        assert outbox.owed == {DeliveryKind.ALERT: 1}
        assert (outbox.sent_today, outbox.doubtful_today) == (2, 1)
        assert outbox.dead == {"Bad Request: message is too long": 1}
        assert outbox.oldest_ms >= 0

    async def test_what_was_given_up_can_be_owed_again(self, storage: Storage) -> None:
        await owe(storage)
        (dead,) = await claim(storage)
        await settle(storage, Outcome(delivery=dead, fate=Fate.REJECTED, error="x"))
        open_gates(storage)
        assert await claim(storage) == ()
        assert await storage.deliveries.owe_dead_again(NOW) == 1
        (again,) = await claim(storage)
        assert (again.id, again.retries) == (dead.id, 0)


class TestPruning:
    async def test_what_is_settled_is_forgotten_in_its_time(self, storage: Storage) -> None:
        await owe(storage, people=4)
        sent, dead, empty = await claim(storage, room=3)
        await settle(
            storage,
            Outcome(delivery=sent, fate=Fate.SENT),
            Outcome(delivery=dead, fate=Fate.REJECTED),
            Outcome(delivery=empty, fate=Fate.EMPTY),
        )
        assert await storage.deliveries.prune() == 0
        now = rows_of(storage, delivery)[0]["settled_at"]
        for days, left in ((8, 2), (91, 1)):
            with storage.database.engine.begin() as connection:
                connection.execute(
                    delivery.update()
                    .where(delivery.c.settled_at.is_not(None))
                    .values(settled_at=now - days * DAY_MS)
                )
            await storage.deliveries.prune()
            assert count_rows(storage, delivery) == left
        assert state(storage) is DeliveryState.PENDING
