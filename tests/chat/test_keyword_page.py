"""/keywords: pages to turn, one keyword opened by a tap; nothing goes without a way back."""

from __future__ import annotations

from datetime import timedelta

from bot.demo.chats import Message
from tests.loopback import ANI, OLEG, Sahman, labels
from tests.samples import NOW

_MANY = [f"village{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(30)]


async def tap(sahman: Sahman, label: str, who: int = ANI) -> Message:
    """Tap a button and return its message as it is then."""
    message = sahman.newest_with(label, who)
    await sahman.tap(label, who)
    return next(each for each in sahman.api.messages(who) if each.message_id == message.message_id)


async def test_thirty_keywords_are_pages_that_are_turned_in_place(sahman: Sahman) -> None:
    sahman.services.floods._buckets.clear()
    for word in _MANY:
        await sahman.say(f"/add {word}")
        sahman.services.floods._buckets.clear()
    page = await sahman.say("/keywords")
    assert page.text.startswith("You follow 30 keywords. Tap one to change it:\n1. villageaa")
    seen = labels(page)[:8]
    while "›" in labels(page):
        page = await tap(sahman, "›")
        seen += [each for each in labels(page) if each.startswith("village")]
    assert seen == _MANY
    assert labels(page)[-2:] == ["‹", "4/4"]
    opened = await tap(sahman, _MANY[29])
    assert opened.text.startswith(_MANY[29])
    back = await tap(sahman, "« All keywords")
    assert "4/4" in labels(back)
    assert len(await sahman.keywords()) == 30


async def test_a_keyword_is_muted_and_heard_again(sahman: Sahman) -> None:
    await sahman.say("/add Goris")
    await sahman.say("/keywords")
    await tap(sahman, "Goris")
    opened = await tap(sahman, "Mute for 1 hour")
    assert "Muted until 13:00" in opened.text
    reader = await sahman.reader()
    (word,) = await sahman.storage.keywords.load(reader.id)
    assert word.muted_until == NOW + timedelta(hours=1)
    listed = await tap(sahman, "« All keywords")
    assert "🔇 Goris" in labels(listed)
    await tap(sahman, "🔇 Goris")
    await tap(sahman, "Hear it again")
    (word,) = await sahman.storage.keywords.load(reader.id)
    assert word.muted_until is None
    await tap(sahman, "✓ With sound")
    (word,) = await sahman.storage.keywords.load(reader.id)
    assert not word.sound
    assert "🔕 Goris" in labels(await tap(sahman, "« All keywords"))


async def test_what_is_removed_comes_back_by_one_tap(sahman: Sahman) -> None:
    await sahman.say('/add граница -"с Ираном"', OLEG)
    await sahman.say("/keywords", OLEG)
    await tap(sahman, 'граница -"с Ираном"', OLEG)
    gone = await tap(sahman, "Удалить", OLEG)
    assert await sahman.keywords(OLEG) == []
    back = await tap(sahman, "Отменить", OLEG)
    assert back.message_id == gone.message_id
    assert await sahman.keywords(OLEG) == ['граница -"с Ираном"']


async def test_a_keyword_is_narrowed_from_its_page(sahman: Sahman) -> None:
    await sahman.say("/add border")
    await sahman.say("/keywords")
    await tap(sahman, "border")
    await tap(sahman, "Not in Russian")
    assert await sahman.keywords() == ["border -#ru"]


async def test_a_button_of_what_is_gone_says_so_and_shows_what_is_left(sahman: Sahman) -> None:
    for word in ("Goris", "Kapan"):
        await sahman.say(f"/add {word}")
    listed = await sahman.say("/keywords")
    await sahman.say("/remove Goris")
    answer = await sahman.api.tap(ANI, listed.message_id, "Goris").wait()
    assert answer.text == "You do not follow that word any more."
    await sahman.silence()
    changed = next(m for m in sahman.api.messages(ANI) if m.message_id == listed.message_id)
    assert changed.text.startswith("You follow 1 keyword.")
    assert "Kapan" in labels(changed)


async def test_nobody_opens_the_keyword_of_another(sahman: Sahman) -> None:
    await sahman.say("/add Goris")
    (theirs,) = await sahman.storage.keywords.load((await sahman.reader()).id)
    await sahman.say("/add Kapan", OLEG)
    listed = await sahman.say("/keywords", OLEG)
    for verb in ("open", "mute", "remove", "sound", "back"):
        listed.buttons[0]["callback_data"] = data = f"word:{verb}:{theirs.id}:day"
        await sahman.api.tap(OLEG, listed.message_id, data).wait()
        await sahman.silence(OLEG)
    assert not any("Goris" in each.text for each in sahman.api.messages(OLEG))
    (kept,) = await sahman.storage.keywords.load((await sahman.reader()).id)
    assert kept == theirs
