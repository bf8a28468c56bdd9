"""/why: by what a message came, and why something did not."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.model import DeliveryState, Silence
from bot.storage.tables import delivery, item
from tests.loopback import ANI, ARAM, OLEG, Sahman, until
from tests.samples import NOW, change_rows, count_rows

BOT = Path(__file__).parents[2] / "bot"
TITLE = "Shelling near Goris: two soldiers wounded"
IN_ARMENIAN = "Գորիսի մոտ գնդակոծությունից երկու զինծառայող է վիրավորվել"


@pytest.fixture
async def follower(sahman: Sahman) -> Sahman:
    """Ani follows Goris, and everything but sport about soldiers."""
    await sahman.say("/add Goris")
    await sahman.say("/add soldiers -football")
    return sahman


async def alerted(sahman: Sahman) -> int:
    """Wait for the alert; return its message."""
    await until(lambda: count_rows(sahman.storage, delivery, state=DeliveryState.SENT) == 1)
    await asyncio.sleep(0.05)
    return next(each.message_id for each in sahman.api.messages(ANI) if each.text.startswith("🔔"))


async def test_in_reply_to_an_alert_it_names_keywords_words_items_and_the_story(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", IN_ARMENIAN, language="hy", gravity=1)
    message_id = await alerted(follower)
    await follower.prints("Gazette", TITLE, gravity=1)
    said = (await follower.say("/why", reply_to=message_id)).text
    lines = said.splitlines()
    assert lines[0] == "Caught by"
    assert "• Goris → Գորիսի — Herald (Armenia, independent) · 11:55" in lines
    assert any(line.startswith("• soldiers -football → ") for line in lines)
    assert "One story, because" in lines
    joined = lines[lines.index(f"• {TITLE}") + 1]
    assert "Gazette" in joined
    assert "shares " in joined
    assert "Goris" in joined
    assert "% sure" in joined


async def test_in_reply_to_anything_else_it_says_so(follower: Sahman) -> None:
    assert "That is no alert" in (await follower.say("/why", reply_to=1)).text
    assert "Reply with /why" in (await follower.say("/why")).text


async def test_of_an_item_it_says_what_became_of_it(follower: Sahman) -> None:
    link = "https://herald.example/news/1"
    await follower.prints("Herald", TITLE, link=link, gravity=1)
    await alerted(follower)
    assert (
        "Its story was sent to you."
        in (await follower.say(f"/why {link}/?utm_source=telegram")).text
    )
    assert "Its story was sent to you." in (await follower.say("/why shelling Goris wounded")).text
    await follower.prints("Herald", "Goris harvest is late", silence=Silence.STALE, link="")
    assert "silent: over a day old" in (await follower.say("/why harvest is late")).text


async def test_of_what_nothing_asked_for_it_says_how_near_each_keyword_came(
    follower: Sahman,
) -> None:
    await follower.prints("Herald", "Soldiers play football in Kapan")
    said = (await follower.say("/why soldiers football Kapan")).text
    assert "None of your keywords is in it:" in said
    assert "• soldiers -football: what you left out is in it." in said
    assert "• Goris: not in it." in said


async def test_of_what_was_never_read_it_says_that(follower: Sahman) -> None:
    assert "no such item" in (await follower.say("/why https://nowhere.example/1")).text
    assert "no such item" in (await follower.say("/why dragons over Tatev")).text


HEADLINES = [
    "Explosion in Goris, three killed",
    "What is #ru doing in Syunik?",
    "Armenia - Azerbaijan: talks or war",
    "«Սյունիքում ի՞նչ են անում» կամ պատերազմ (վերլուծություն)",
    "Мэр Капана: «Не верьте слухам», или что дальше",
    "A <b>bold</b> headline from Kapan",
    ("Goris " * 80).strip(),
    "OR",
]


@pytest.mark.parametrize("headline", HEADLINES)
async def test_a_headline_is_looked_for_as_it_stands_and_not_as_a_keyword(
    follower: Sahman, headline: str
) -> None:
    await follower.prints("Herald", headline, silence=Silence.STALE)
    await follower.prints("Gazette", "Three killed in Paris road accident")
    said = (await follower.say(f"/why {headline}")).text
    assert said.startswith(f"🔎 {headline[:200]}")


@pytest.mark.parametrize("typed", [each for each in HEADLINES if "Goris Goris" not in each][:-1])
async def test_a_headline_that_is_typed_a_little_otherwise_is_found_by_all_its_words(
    follower: Sahman, typed: str
) -> None:
    await follower.prints("Herald", typed, silence=Silence.STALE)
    await follower.prints("Gazette", "Three killed in Paris road accident")
    said = (await follower.say(f"/why “{typed.lower()}” …")).text
    assert said.startswith(f"🔎 {typed}")


@pytest.mark.parametrize("headline", ["three dragons killed, Paris", "killed OR dragons", "- , ()"])
async def test_a_word_that_no_item_bears_finds_none(follower: Sahman, headline: str) -> None:
    await follower.prints("Gazette", "Three killed in Paris road accident")
    assert "no such item" in (await follower.say(f"/why {headline}")).text


@pytest.mark.parametrize(
    "typed",
    [
        "this https://herald.example/news/1",
        "herald.example/news/1",
        "<https://www.herald.example/news/1/>, please",
        "Why not this: herald.example/news/1?",
    ],
)
async def test_an_address_is_found_wherever_it_stands_and_without_its_scheme(
    follower: Sahman, typed: str
) -> None:
    await follower.prints(
        "Herald", TITLE, link="https://herald.example/news/1", silence=Silence.STALE
    )
    await follower.prints("Gazette", "No link and no address: this is news", link="")
    assert (await follower.say(f"/why {typed}")).text.startswith(f"🔎 {TITLE}")


async def test_an_address_that_is_none_finds_nothing(follower: Sahman) -> None:
    await follower.prints("Gazette", "Goris harvest is late", link="", silence=Silence.STALE)
    assert "no such item" in (await follower.say("/why https://[/news/1")).text


async def test_of_a_story_that_is_pruned_it_says_that_it_knows_no_more(follower: Sahman) -> None:
    await follower.prints("Herald", TITLE, gravity=1)
    message_id = await alerted(follower)
    change_rows(follower.storage, item, listed=False)
    await follower.storage.items.prune(NOW + timedelta(days=1), 10)
    said = (await follower.say("/why", reply_to=message_id)).text
    assert said == "1 story it told of is too old: I know nothing of it any more."


async def test_of_a_message_that_told_of_many_it_names_each_and_counts_the_rest(
    follower: Sahman,
) -> None:
    await follower.news(
        "Goris harvest is late",
        "School opens its doors in Goris",
        "Goris mayor resigns over water",
        "Wolves are seen near Goris at night",
        "Museum of Goris shows carpets",
    )

    def is_told() -> bool:
        follower.open_gates()
        return count_rows(follower.storage, delivery, state=DeliveryState.SENT) == 5

    await until(is_told)
    change_rows(follower.storage, delivery, message_id=7)
    lines = (await follower.say("/why", reply_to=7)).text.splitlines()
    assert [each for each in lines if each.startswith("🔎")] == [
        "🔎 Goris harvest is late",
        "🔎 School opens its doors in Goris",
        "🔎 Goris mayor resigns over water",
    ]
    assert lines.count("Caught by") == 3
    assert lines[-1] == "It tells of 2 more stories. To ask about one: /why and its headline."


UNDELIVERED = {
    "paused": "You had paused",
    "not among the alerts that are wanted": "not among the alerts that you chose: /alerts",
    "nothing to say": "nothing left to tell you",
    "told by another message": "a story that you had been told of",
    "for the digest: ": "left to your digest",
    "the sender died on every attempt": "It was not delivered.",
    "Forbidden: bot was blocked by the user": "It was not delivered.",
}


@pytest.mark.parametrize("error", UNDELIVERED)
async def test_why_it_was_not_delivered_is_said_in_the_readers_language(
    sahman: Sahman, error: str
) -> None:
    for chat_id in (ANI, OLEG, ARAM):
        await sahman.say("/add Goris", chat_id)
    await sahman.prints("Herald", TITLE, gravity=1)
    await until(lambda: count_rows(sahman.storage, delivery, state=DeliveryState.SENT) == 3)
    change_rows(sahman.storage, delivery, state=DeliveryState.CANCELLED, error=error + "Timed out")
    if error != "for the digest: ":
        change_rows(sahman.storage, delivery, error=error)
    said = {
        chat_id: (await sahman.say(f"/why {TITLE}", chat_id)).text.splitlines()[2]
        for chat_id in (ANI, OLEG, ARAM)
    }
    assert UNDELIVERED[error] in said[ANI]
    for each in (said[OLEG], said[ARAM]):
        assert not any(word in each for word in ("Timed", "Forbidden", "paused", "not", "story"))


def test_the_reasons_that_are_told_apart_are_those_that_are_stored() -> None:
    code = "".join(
        file.read_text(encoding="utf-8") for file in BOT.rglob("*.py") if file.name != "why.py"
    )
    assert [each for each in list(UNDELIVERED)[:-1] if f'"{each}' not in code] == []


async def test_what_telegram_refused_is_said_without_its_words(follower: Sahman) -> None:
    await follower.prints("Herald", TITLE, gravity=1)
    await alerted(follower)
    change_rows(
        follower.storage, delivery, state=DeliveryState.DEAD, error="can't parse entities <x>"
    )
    said = (await follower.say(f"/why {TITLE}")).text.splitlines()
    assert said[2] == "It was not delivered: Telegram refused it."


@pytest.mark.parametrize("choice", ["language", "publisher", "keyword"])
async def test_what_ones_own_choices_kept_away_is_said(follower: Sahman, choice: str) -> None:
    reader = await follower.reader()
    muting = follower.storage.muting
    if choice == "language":
        await follower.storage.subscribers.save_settings(reader.id, hidden_languages=("en",))
        expected = "not to get news in its language"
    elif choice == "publisher":
        await muting.mute_publisher(reader.id, "Herald")
        expected = "You have muted Herald"
    else:
        for word in await follower.storage.keywords.load(reader.id):
            await muting.mute_keyword(reader.id, word.id, NOW + timedelta(hours=2))
        expected = "You have muted its words until 14:00"
    await follower.prints("Herald", "Harvest on the border of Goris")
    assert expected in (await follower.say("/why Harvest on the border of Goris")).text
