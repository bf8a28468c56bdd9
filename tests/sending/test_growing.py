"""One story is one message: it grows by edits, and rings again only on escalation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.demo.chats import Message
from bot.model import DeliveryKind, DeliveryState, Role
from bot.storage.tables import chat, delivery, item, story, story_news
from tests.loopback import ANI, OLEG, Sahman, until
from tests.samples import (
    NOW,
    PlainMatcher,
    change,
    change_rows,
    count_rows,
    expand,
    open_feed,
    rows_of,
    take_in,
)

SHELLING = "Shelling near Goris: two soldiers wounded"
SAME = "Two servicemen wounded in shelling near Goris"
IN_RUSSIAN = "Обстрел у Гориса: ранены двое военных"
IN_ARMENIAN = "Գորիսի մոտ գնդակոծությունից երկու զինծառայող է վիրավորվել"
AZ = {"country": "AZ"}


@pytest.fixture
async def follower(sahman: Sahman) -> Sahman:
    """Ani follows "Goris"."""
    await sahman.say("/add Goris")
    return sahman


async def let_it_grow(sahman: Sahman) -> None:
    """Let a minute pass for everything that is owed, until nothing is."""
    for _ in range(1_500):
        if not await sahman.storage.deliveries.count_owed():
            return
        change_rows(sahman.storage, delivery, due_at=0)
        sahman.open_gates()
        await asyncio.sleep(0.02)
    raise AssertionError(rows_of(sahman.storage, delivery))


def told(sahman: Sahman, chat_id: int = ANI) -> Sequence[Message]:
    """Return what came unasked."""
    return [
        each
        for each in sahman.api.messages(chat_id)
        if each.text.startswith("🔔") and "urgent alerts" not in each.text
    ]


async def test_what_others_print_of_a_story_is_an_edit_of_its_one_message(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", SHELLING, gravity=1)
    await let_it_grow(follower)
    (alert,) = told(follower)
    assert alert.text.splitlines()[1] == SHELLING
    assert "only one source so far" in alert.text
    await follower.prints("Gazette", IN_RUSSIAN, language="ru", gravity=1)
    await follower.prints("Tribune", IN_ARMENIAN, language="hy", gravity=1)
    await let_it_grow(follower)
    (grown,) = told(follower)
    assert grown.message_id == alert.message_id
    assert grown.text.splitlines()[1] == SHELLING, "its publisher's own headline leads"
    assert "3 publishers · Armenia" in grown.text
    assert "Herald, Gazette, Tribune" in grown.text
    assert count_rows(follower.storage, story) == 1


async def test_the_headline_in_the_readers_language_stands_below(follower: Sahman) -> None:
    await follower.say("/add Горис", OLEG)
    await follower.prints("Gazette", IN_RUSSIAN, language="ru", gravity=1)
    await follower.prints("Herald", SHELLING, gravity=1)
    await let_it_grow(follower)
    (alert,) = told(follower)
    assert alert.text.splitlines()[1] == IN_RUSSIAN
    assert f"🌐 {SHELLING} — Herald" in alert.text


async def test_two_feeds_of_one_owner_are_one_voice_and_change_nothing(follower: Sahman) -> None:
    await follower.prints("Herald", SHELLING, family="Owner", gravity=3)
    await let_it_grow(follower)
    await follower.prints("Evening Herald", SAME, family="Owner", gravity=3)
    await let_it_grow(follower)
    (alert,) = told(follower)
    assert "only one source so far" in alert.text
    assert count_rows(follower.storage, delivery, kind=DeliveryKind.EDIT) == 0


async def test_a_second_independent_source_of_something_grave_rings_once(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", SHELLING, gravity=2)
    await let_it_grow(follower)
    for publisher, title in (
        ("Gazette", SAME),
        ("Tribune", "Near Goris two soldiers have been wounded by shelling"),
        ("Mirror", "Two soldiers are wounded as Goris is shelled"),
    ):
        await follower.prints(publisher, title, gravity=2)
        await let_it_grow(follower)
    alert, ring = told(follower)
    assert ring.text.splitlines()[0] == "🔔 A second, independent source reports it"
    assert ring.reply_to == alert.message_id
    assert "4 publishers" in alert.text


async def test_the_other_side_rings_and_so_does_its_denial(follower: Sahman) -> None:
    await follower.prints("Herald", SHELLING, gravity=2)
    await let_it_grow(follower)
    await follower.prints("Baku News", SAME, gravity=2, **AZ)
    await let_it_grow(follower)
    await follower.prints(
        "Baku Times", "Baku denies shelling near Goris: no soldiers wounded", gravity=0, **AZ,
        role=Role.DENIAL,
    )  # fmt: skip
    await let_it_grow(follower)
    alert, confirmed, denied = told(follower)
    assert confirmed.text.splitlines()[0] == "🔔 The other side reports it too"
    assert denied.text.splitlines()[0] == "🔔 Denied"
    assert {confirmed.reply_to, denied.reply_to} == {alert.message_id}
    assert "❗️ Denied: Baku denies shelling near Goris" in alert.text
    assert "Armenia, Azerbaijan" in alert.text


async def test_a_place_that_was_not_told_yet_is_never_only_an_edit_where_people_die(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", "Shelling near Goris and Kapan: 2 killed", gravity=3)
    await let_it_grow(follower)
    await follower.prints("Gazette", "Shelling near Goris, Kapan and Jermuk: 5 killed", gravity=3)
    await let_it_grow(follower)
    rung = [each.text.splitlines()[0] for each in told(follower)[1:]]
    assert rung == ["🔔 More places or higher numbers are reported"]


async def test_after_three_rings_what_must_be_told_is_a_story_that_follows(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", "Shelling near Goris and Kapan: 2 killed", gravity=3)
    await let_it_grow(follower)
    for n in range(3, 8):
        await follower.prints(f"Paper {n}", f"Shelling near Goris and Kapan: {n} killed", gravity=3)
        await let_it_grow(follower)
    stories = rows_of(follower.storage, story)
    assert [row["rings"].count("detail") for row in stories] == [3, 1]
    assert stories[1]["follows"] == stories[0]["id"]
    second = next(each for each in told(follower) if "It follows:" in each.text)
    assert "6 killed" in second.text.splitlines()[1]


async def test_who_is_alerted_late_is_told_all_in_one_message(follower: Sahman) -> None:
    await follower.say("/language en", OLEG)
    await follower.say("/add wounded", OLEG)
    await follower.prints("Herald", "Shelling near Goris: two soldiers hurt", gravity=2)
    await follower.prints("Gazette", SAME, gravity=2)
    await let_it_grow(follower)
    (message,) = told(follower, OLEG)
    assert message.text.splitlines()[0] == "🔔 wounded"
    assert message.text.splitlines()[1] == SAME, "the first that is what was asked for"
    assert "2 publishers" in message.text


async def test_the_same_text_printed_by_others_is_no_second_source(follower: Sahman) -> None:
    await follower.prints("Herald", SHELLING, gravity=2)
    await let_it_grow(follower)
    await follower.prints("Gazette", SHELLING, gravity=2)
    await let_it_grow(follower)
    (alert,) = told(follower)
    assert "only one source so far" in alert.text


async def test_no_more_than_one_edit_a_minute(follower: Sahman) -> None:
    await follower.prints("Herald", SHELLING, gravity=1)
    await let_it_grow(follower)
    await follower.prints("Gazette", SAME, gravity=1)
    (edit,) = [
        row for row in rows_of(follower.storage, delivery) if row["kind"] == DeliveryKind.EDIT
    ]
    (alert,) = [
        row for row in rows_of(follower.storage, delivery) if row["kind"] == DeliveryKind.ALERT
    ]
    assert edit["due_at"] >= alert["settled_at"] + 60_000
    await follower.prints("Tribune", IN_RUSSIAN, language="ru", gravity=1)
    assert count_rows(follower.storage, delivery, kind=DeliveryKind.EDIT) == 1


async def test_what_comes_while_an_edit_is_on_its_way_is_shown_too(follower: Sahman) -> None:
    await follower.prints("Herald", SHELLING, gravity=1)
    await let_it_grow(follower)
    await follower.prints("Gazette", SAME, gravity=1)
    follower.api.delay("editMessageText", 0.4)
    change_rows(follower.storage, delivery, due_at=0)
    follower.open_gates()
    await until(lambda: any(row["lease"] for row in rows_of(follower.storage, chat)))
    await asyncio.sleep(0.1)
    await follower.prints("Tribune", IN_RUSSIAN, language="ru", gravity=1)
    await let_it_grow(follower)
    (alert,) = told(follower)
    assert "3 publishers" in alert.text


@pytest.mark.parametrize(
    "refusal",
    ["Bad Request: message to edit not found", "Bad Request: message can't be edited"],
)
async def test_a_message_that_can_be_edited_no_more_is_let_be_and_rings_all_the_same(
    follower: Sahman, refusal: str
) -> None:
    await follower.prints("Herald", SHELLING, gravity=2)
    await let_it_grow(follower)
    follower.api.refuse("editMessageText", 400, refusal)
    await follower.prints("Gazette", SAME, gravity=2)
    await let_it_grow(follower)
    await follower.prints("Tribune", IN_RUSSIAN, language="ru", gravity=2)
    await let_it_grow(follower)
    assert len(told(follower)) == 2
    assert count_rows(follower.storage, delivery, state=DeliveryState.DEAD) == 1


async def test_a_keyword_removed_meanwhile_takes_its_storys_edits_and_rings_away(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", SHELLING, gravity=2)
    await let_it_grow(follower)
    (before,) = told(follower)
    await follower.say("/remove Goris")
    await follower.prints("Gazette", SAME, gravity=2)
    await let_it_grow(follower)
    (after,) = told(follower)
    assert after.text == before.text


async def test_a_story_of_yesterday_is_closed_and_what_follows_links_back(
    follower: Sahman,
) -> None:
    long_ago = NOW - timedelta(hours=30)
    await follower.prints("Herald", SHELLING, gravity=1, published_at=long_ago, seen_at=long_ago)
    await follower.prints("Gazette", SAME, gravity=1)
    await let_it_grow(follower)
    first, second = rows_of(follower.storage, story)
    assert second["follows"] == first["id"]
    assert f"↩️ It follows: {SHELLING}" in told(follower)[-1].text
    assert count_rows(follower.storage, story_news) == 0


async def test_a_headline_that_says_else_by_now_is_an_edit_and_rings_once(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", "Shelling near Goris: two soldiers wounded", gravity=2)
    await let_it_grow(follower)
    (item_id,) = [row["id"] for row in rows_of(follower.storage, item)]
    source = await open_feed(follower.storage, "newsroom", publisher="Herald")
    for title in ("Shelling near Goris: 3 soldiers wounded", "Shelling near Goris. 3 wounded"):
        matcher = PlainMatcher()
        matcher.before[item_id] = "Goris"
        await take_in(follower.storage, source, changed=[change(item_id, title)], matcher=matcher)
        await expand(follower.storage)
        await let_it_grow(follower)
    alert, ring = told(follower)
    assert alert.text.splitlines()[1] == "Shelling near Goris. 3 wounded"
    assert "✏️ Its headline was: " in alert.text
    assert ring.text.splitlines()[:3] == [
        "🔔 Corrected",
        "Shelling near Goris: two soldiers wounded →",
        "Shelling near Goris: 3 soldiers wounded",
    ]


@pytest.mark.parametrize("reset", ["/alerts urgent", "/pause"])
async def test_who_was_not_told_of_a_story_is_told_when_it_grows_grave(
    follower: Sahman, reset: str
) -> None:
    change_rows(follower.storage, chat, not_before=2**60)
    await follower.prints("Herald", "Explosion heard near Goris school", gravity=1)
    await follower.say(reset)
    assert count_rows(follower.storage, delivery, state=DeliveryState.CANCELLED) == 1
    if reset == "/pause":
        await follower.say("/resume")
    await follower.prints("Gazette", "Explosion near Goris school: three killed", gravity=3)
    await let_it_grow(follower)
    (alert,) = told(follower)
    assert "🆕 Latest: Explosion near Goris school: three killed — Gazette" in alert.text


async def test_an_alert_that_waits_goes_as_fast_as_its_gravest_item(follower: Sahman) -> None:
    change_rows(follower.storage, chat, not_before=2**60)
    await follower.prints("Herald", "Explosion heard near Goris school", gravity=1)
    await follower.prints("Gazette", "Explosion near Goris school: three killed", gravity=3)
    (waiting,) = [
        row for row in rows_of(follower.storage, delivery) if row["kind"] == DeliveryKind.ALERT
    ]
    assert waiting["gravity"] == 3
    await follower.say("/alerts urgent")
    await let_it_grow(follower)
    (alert,) = told(follower)
    assert "🆕 Latest: Explosion near Goris school: three killed — Gazette" in alert.text


async def test_a_headline_changed_again_to_something_far_graver_rings_again(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", "Shelling near Goris: two soldiers killed", gravity=3)
    await let_it_grow(follower)
    (item_id,) = [row["id"] for row in rows_of(follower.storage, item)]
    source = await open_feed(follower.storage, "newsroom", publisher="Herald")
    for dead in ("three", "ten", "40"):
        matcher = PlainMatcher()
        matcher.before[item_id] = "Goris"
        title = f"Shelling near Goris: {dead} soldiers killed"
        await take_in(follower.storage, source, changed=[change(item_id, title)], matcher=matcher)
        await expand(follower.storage)
        await let_it_grow(follower)
    rung = [each.text.splitlines()[0] for each in told(follower)[1:]]
    more = "🔔 More places or higher numbers are reported"
    assert rung == ["🔔 Corrected", more, more]


@pytest.mark.parametrize(
    ("printed", "rings"),
    [
        # A denial first, and then what it denies: nobody confirms anything.
        ([("AZ", "Baku denies shelling near Goris: no soldiers wounded", Role.DENIAL),
          ("AM", SHELLING, Role.TOLD)], []),
        # Word by word what the other printed is no other voice.
        ([("AM", SHELLING, Role.TOLD), ("AZ", SHELLING, Role.TOLD)], []),
        # Who confirms after a denial confirms.
        ([("AM", SHELLING, Role.TOLD),
          ("AZ", "Baku denies shelling near Goris: no soldiers wounded", Role.DENIAL),
          ("AZ", SAME, Role.TOLD)], ["🔔 Denied", "🔔 The other side reports it too"]),
    ],
)  # fmt: skip
async def test_the_other_side_is_said_to_report_only_what_it_reports(
    follower: Sahman, printed: list[tuple[str, str, Role]], rings: list[str]
) -> None:
    for n, (country, title, role) in enumerate(printed):
        await follower.prints(f"Paper {n}", title, country=country, role=role, gravity=1)
        await let_it_grow(follower)
    assert [each.text.splitlines()[0] for each in told(follower)[1:]] == rings
