"""Stories put together and taken apart: what those who were told of them are owed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.intake import Intake
from bot.model import DeliveryKind, DeliveryState, PublisherKind, Subscriber
from bot.storage import Storage
from bot.storage.deliveries import Fate, Outcome
from bot.storage.tables import chat, delivery, story, story_counts, story_item
from tests.samples import (
    NOW,
    PlainMatcher,
    change_rows,
    expand,
    follow,
    new_item,
    open_chat,
    open_feed,
    rows_of,
    take_in,
)


async def told_of_two(storage: Storage) -> dict[str, Subscriber]:
    """Store a story of a fire and one of a harvest; "both" was sent both, the others one each."""
    people = {
        name: await open_chat(storage, chat_id)
        for chat_id, name in enumerate(("both", "fire", "harvest"), 101)
    }
    for name in ("both", "fire"):
        await follow(storage, people[name], "fire")
    for name in ("both", "harvest"):
        await follow(storage, people[name], "harvest")
    source = await open_feed(storage)
    await take_in(storage, source, new_item("Fire in the hills of Tavush"))
    await take_in(storage, source, new_item("Harvest of grapes begins in Artashat"))
    await expand(storage)
    sent = 0
    while sent < 4:
        claim = await storage.deliveries.settle_and_claim([], 10, 1000, NOW)
        outcomes = [
            Outcome(delivery=each, fate=Fate.SENT, message_id=each.id, told_item=each.story_id or 0)
            for each in claim.deliveries
        ]
        await storage.deliveries.settle_and_claim(outcomes, 0, 1000, NOW)
        sent += len(outcomes)
        change_rows(storage, chat, not_before=0)
    return people


def deliveries(storage: Storage, who: Subscriber) -> dict[tuple[DeliveryKind, str], DeliveryState]:
    return {
        (DeliveryKind(row["kind"]), row["ref"]): DeliveryState(row["state"])
        for row in rows_of(storage, delivery)
        if row["subscriber_id"] == who.id
    }


async def test_who_was_told_of_both_gets_a_pointer_and_who_of_one_the_rest(
    storage: Storage,
) -> None:
    people = await told_of_two(storage)
    first, second = (row["id"] for row in rows_of(storage, story))
    assert await storage.merging.merge(second, first)
    await expand(storage)
    assert {row["story_id"] for row in rows_of(storage, story_item)} == {first}
    owed = (DeliveryKind.EDIT, f"story:{second}")
    assert deliveries(storage, people["both"])[owed] is DeliveryState.PENDING
    of_harvest = deliveries(storage, people["harvest"])
    assert of_harvest[DeliveryKind.ALERT, f"story:{first}"] is DeliveryState.SENT
    assert (DeliveryKind.ALERT, f"story:{second}") not in of_harvest
    of_fire = deliveries(storage, people["fire"])
    assert of_fire[DeliveryKind.EDIT, f"story:{first}"] is DeliveryState.PENDING


async def test_a_story_that_proved_to_be_another_is_still_told_by_who_it_was_told_by(
    storage: Storage,
) -> None:
    await told_of_two(storage)
    first, second = (row["id"] for row in rows_of(storage, story))
    before = await storage.stories.load(second)
    await storage.merging.merge(second, first)
    told = await storage.stories.load(second)
    assert before is not None
    assert told is not None
    assert told.is_really is not None
    assert told.tellings == before.tellings
    assert told.tellings[0].kind is PublisherKind.INDEPENDENT
    assert told.tellings[0].country == "AM"


async def test_what_tells_the_merged_one_later_joins_the_other(storage: Storage) -> None:
    await told_of_two(storage)
    first, second = (row["id"] for row in rows_of(storage, story))
    await storage.merging.merge(first, second)
    source = await open_feed(storage, "beta", publisher="Gazette")
    await take_in(storage, source, new_item("In Artashat the harvest of grapes begins"))
    assert rows_of(storage, story_item)[-1]["story_id"] == first
    assert not await storage.merging.merge(first, second), "it is done already"


async def test_an_item_that_is_split_off_alerts_who_follows_it_and_stays_apart(
    storage: Storage,
) -> None:
    people = await told_of_two(storage)
    first, second = (row["id"] for row in rows_of(storage, story))
    harvest = rows_of(storage, story_item)[1]["item_id"]
    await storage.merging.merge(first, second)
    await expand(storage)
    own = await storage.merging.split(first, harvest, NOW + timedelta(minutes=5))
    assert own is not None
    await expand(storage)
    alert = (DeliveryKind.ALERT, f"story:{own}")
    assert deliveries(storage, people["harvest"])[alert] is DeliveryState.PENDING
    assert alert not in deliveries(storage, people["fire"])
    assert not await storage.merging.merge(first, own)
    assert await storage.merging.merge(first, own, by_operator=True)


async def test_what_is_alone_or_not_there_is_not_split(storage: Storage) -> None:
    await told_of_two(storage)
    first = rows_of(storage, story)[0]["id"]
    item = rows_of(storage, story_item)[0]["item_id"]
    assert await storage.merging.split(first, item, NOW) is None
    assert await storage.merging.split(first, 999, NOW) is None
    assert not await storage.merging.merge(first, first)
    assert not await storage.merging.merge(first, 999)


async def test_a_poor_first_headline_is_joined_on_a_second_look(storage: Storage) -> None:
    printed = {
        "alpha": "Explosion in Kapan factory shakes houses and breaks windows",
        "beta": "Three workers of copper plant injured by gas tank",
        "gamma": "Three copper plant workers injured, gas tank to blame for explosion in Kapan"
        " factory",
    }
    for minute, (name, title) in enumerate(printed.items()):
        source = await open_feed(storage, name, publisher=name)
        at = NOW + timedelta(minutes=minute)
        await take_in(storage, source, new_item(title, seen_at=at, published_at=at), now=at)
    first, second, joined = (row["story_id"] for row in rows_of(storage, story_item))
    assert first != second == joined
    with ThreadPoolExecutor(1) as reading:
        intake = Intake(storage, reading)
        assert await intake.look_again(NOW + timedelta(minutes=5)) == 0, "not yet"
        assert await intake.look_again(NOW + timedelta(minutes=11)) == 1
    assert {row["story_id"] for row in rows_of(storage, story_item)} == {first}


async def test_what_was_stored_before_stories_is_gathered_at_the_first_start_and_alerts_nobody(
    storage: Storage,
) -> None:
    who = await open_chat(storage)
    await follow(storage, who, "Goris")
    source = await open_feed(storage)
    for title in ("Shelling near Goris: two soldiers wounded", "Goris harvest begins"):
        await take_in(storage, source, new_item(title))
    await expand(storage)
    # As the first version stored it: another story for the same event.
    other = await open_feed(storage, "beta", publisher="Gazette")
    apart = PlainMatcher()
    apart.stories.find = lambda *_: None  # type: ignore[method-assign]
    again = new_item("Two servicemen wounded in shelling near Goris")
    await take_in(storage, other, again, matcher=apart)
    await expand(storage)
    assert len({row["story_id"] for row in rows_of(storage, story_item)}) == 3
    change_rows(storage, delivery, state=DeliveryState.SENT)
    owed = len(rows_of(storage, delivery))
    with ThreadPoolExecutor(1) as reading:
        await Intake(storage, reading).recall_stories(NOW + timedelta(minutes=1))
    await expand(storage)
    assert len({row["story_id"] for row in rows_of(storage, story_item)}) == 2
    assert len(rows_of(storage, delivery)) == owed
    with ThreadPoolExecutor(1) as reading:
        intake = Intake(storage, reading)
        await intake.recall_stories(NOW + timedelta(minutes=2))
    assert rows_of(storage, story_counts), "the next start knows what was counted"


async def test_what_is_told_apart_for_a_reason_is_put_together_by_no_second_look(
    storage: Storage,
) -> None:
    alarm = "Air raid alarm in Goris, go to shelters"
    herald = await open_feed(storage, "herald", publisher="Herald")
    await take_in(storage, herald, new_item(alarm, key="1", link=""))
    gazette = await open_feed(storage, "gazette", publisher="Gazette")
    await take_in(storage, gazette, new_item(alarm, key="2", link=""))
    herald = await open_feed(storage, "herald", publisher="Herald")
    later = NOW + timedelta(minutes=40)
    again = new_item(alarm, key="3", link="", seen_at=later, published_at=later)
    await take_in(storage, herald, again, now=later)
    before = [row["story_id"] for row in rows_of(storage, story_item)]
    assert before[0] == before[1] != before[2]
    with ThreadPoolExecutor(1) as reading:
        assert await Intake(storage, reading).look_again(later + timedelta(minutes=11)) == 0
    assert not await storage.merging.merge(before[0], before[2])
    assert [row["story_id"] for row in rows_of(storage, story_item)] == before


async def test_an_alert_that_is_still_owed_is_lost_in_no_merge(storage: Storage) -> None:
    people = await told_of_two(storage)
    first, second = (row["id"] for row in rows_of(storage, story))
    change_rows(storage, delivery, state=DeliveryState.PENDING)
    assert not await storage.merging.merge(first, second)
    assert set(deliveries(storage, people["both"]).values()) == {DeliveryState.PENDING}
