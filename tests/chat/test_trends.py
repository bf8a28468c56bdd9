"""/trends: a picture of what is followed, turned by buttons; a table where there is none."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo.chats import Message
from bot.model import Span, Surge, Theme
from bot.stories.surge import hour_of
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import NOW, follow

HOUR = timedelta(hours=1)
#: A picture of no pixels, which holds what was to be drawn.
QUICK = r"""
import sys
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" + sys.stdin.buffer.read())
"""
BROKEN = "raise ImportError"
GROUP = -1001


def draw_by(sahman: Sahman, folder: Path, code: str) -> None:
    """Let another script draw."""
    script = folder / "draw.py"
    script.write_text(code)
    sahman.services.studio._command = (sys.executable, "-P", str(script))


@pytest.fixture
def drawing(sahman: Sahman, tmp_path: Path) -> Sahman:
    """Sahman, whose pictures are drawn in no time."""
    draw_by(sahman, tmp_path, QUICK)
    return sahman


def asked(message: Message) -> dict[str, Any]:
    """Return what was to be drawn."""
    assert message.media is not None
    assert (message.media.kind, message.media.content_type) == ("photo", "image/png")
    chart: dict[str, Any] = json.loads(message.media.content[8:])
    return chart


async def let_much_happen(sahman: Sahman) -> None:
    """Let Ani follow "border" and "ceasefire" since long ago, and newsrooms print."""
    await sahman.say("/start")
    who = await sahman.reader()
    await sahman.storage.subscribers.save_settings(who.id, paused=True)  # no alerts between answers
    long_ago = NOW - timedelta(days=40)
    border = (await follow(sahman.storage, who, "border", long_ago)).keyword_id
    await follow(sahman.storage, who, "ceasefire", long_ago)
    await sahman.news("The border is shut", "Border opens", seen_at=NOW - 3 * HOUR)
    await sahman.news("Граница открыта", language="ru", seen_at=NOW - 3 * HOUR)
    await sahman.news("Ceasefire", language="en", seen_at=NOW - 50 * HOUR)
    await sahman.news("Nothing of it", seen_at=NOW - HOUR)
    for ago in range(48):
        for minute in range(60) if ago != 20 else ():
            if minute % 2:
                await sahman.storage.trends.note_heard(hour_of(NOW) - ago, minute)
    surge = Surge(keyword_id=border, at=NOW - 2 * HOUR, stories=9, families=2, usual=1.0)
    await sahman.storage.trends.save_surge(surge, NOW - 8 * HOUR)


async def test_a_keyword_is_drawn_by_hour_with_surges_and_silence(drawing: Sahman) -> None:
    await let_much_happen(drawing)
    answer = await drawing.say("/trends Border")
    assert answer.text.splitlines() == [
        "📈 border · the last 48 hours",
        "3 stories (Russian 1, English 2).",
        "The most: 3 (12 September, 09:00–10:00).",
        "▼ Unusually many: 12 September, 09:00–10:00.",
        "▨ Sources were silent for 1 hour.",
    ]
    chart = asked(answer)
    assert (chart["title"], chart["theme"]) == ("border · the last 48 hours", "light")
    assert [(code, counts[44], sum(counts)) for code, _, counts in chart["bars"]] == [
        ("ru", 1, 1),
        ("en", 2, 2),
    ]
    assert chart["surges"] == [44]
    assert chart["silent"] == [27]
    assert labels(answer) == ["✓ 48 hours", "14 days", "30 days", "🌙 Dark"]


async def test_without_a_keyword_all_are_drawn_together(drawing: Sahman) -> None:
    await let_much_happen(drawing)
    answer = await drawing.say("/trends")
    assert answer.text.startswith("📈 all you follow · the last 48 hours\n3 stories")
    await drawing.tap("14 days")
    (turned,) = [each for each in drawing.api.messages(ANI) if each.media]
    assert turned.message_id == answer.message_id
    assert turned.text.startswith("📈 all you follow · the last 14 days\n4 stories")


async def test_buttons_turn_the_picture_in_its_place(drawing: Sahman) -> None:
    await let_much_happen(drawing)
    await drawing.say("/trends border")
    for label, span, theme in (
        ("30 days", Span.MONTH, Theme.LIGHT),
        ("🌙 Dark", Span.MONTH, Theme.DARK),
        ("48 hours", Span.HOURS, Theme.DARK),
        ("☀ Light", Span.HOURS, Theme.LIGHT),
    ):
        await drawing.tap(label)
        (picture,) = [each for each in drawing.api.messages(ANI) if each.media]
        chart = asked(picture)
        assert chart["theme"] == theme
        assert len(chart["bars"][0][2]) == chart["size"] == (span.hours or span.days)
    await drawing.tap("✓ 48 hours")  # the same once more harms nothing
    assert len([each for each in drawing.api.messages(ANI) if each.media]) == 1


@pytest.mark.parametrize(
    ("who", "said"),
    [(ARAM, "վերջին 48 ժամը"), (OLEG, "последние 48 часов"), (ANI, "the last 48 hours")],
)
async def test_a_picture_speaks_its_readers_language(drawing: Sahman, who: int, said: str) -> None:
    await drawing.say("/add սահման", who)
    answer = await drawing.say("/trends", who)
    assert asked(answer)["title"] == f"սահման · {said}"
    assert asked(answer)["silent"] == []  # nobody listened before
    # Followed since just now: of what was before, a day was looked through.
    assert asked(answer)["size"] == 25


async def test_where_no_picture_can_be_drawn_the_numbers_come_as_text(
    sahman: Sahman, tmp_path: Path
) -> None:
    draw_by(sahman, tmp_path, BROKEN)
    await let_much_happen(sahman)
    answer = await sahman.say("/trends border")
    assert answer.media is None
    assert "3 stories (Russian 1, English 2)." in answer.text
    assert "09:00   3 ████████ ▼" in answer.text
    await sahman.tap("14 days")
    assert "12 Sep   3 ████████ ▼" in sahman.api.messages(ANI)[-1].text
    draw_by(sahman, tmp_path, QUICK)
    await sahman.tap("✓ 14 days")
    assert asked(sahman.api.messages(ANI)[-1])["size"] == 14


async def test_where_pictures_are_refused_the_numbers_come_as_text(drawing: Sahman) -> None:
    await let_much_happen(drawing)
    refusal = "Bad Request: not enough rights to send photos to the chat"
    drawing.api.refuse("sendPhoto", 400, refusal)
    answer = await drawing.say("/trends border")
    assert "09:00   3 ████████ ▼" in answer.text


async def test_a_picture_that_cannot_be_changed_any_more_is_sent_anew(drawing: Sahman) -> None:
    await let_much_happen(drawing)
    await drawing.say("/trends border")
    drawing.api.refuse("editMessageMedia", 400, "Bad Request: message can't be edited")
    await drawing.tap("14 days")
    assert [asked(each)["size"] for each in drawing.api.messages(ANI) if each.media] == [48, 14]


async def test_a_server_that_is_busy_is_asked_again(drawing: Sahman) -> None:
    await let_much_happen(drawing)
    drawing.api.refuse(
        "sendPhoto", 429, "Too Many Requests: retry after 1", parameters={"retry_after": 1}
    )
    assert (await drawing.say("/trends border")).media is not None


async def test_what_is_not_followed_is_offered(drawing: Sahman) -> None:
    assert "/add border" in (await drawing.say("/trends")).text
    await drawing.say("/add border")
    answer = await drawing.say("/trends Syunik")
    assert "you do not follow “Syunik”" in answer.text
    await drawing.tap("Add it to my keywords")
    assert await drawing.keywords() == ["border", "Syunik"]
    assert (await drawing.say("/trends Syunik")).media is not None


async def test_a_button_of_what_is_followed_no_more_is_too_old(drawing: Sahman) -> None:
    await drawing.say("/add border")
    await drawing.say("/add Syunik")
    await drawing.say("/trends border")
    await drawing.say("/remove border")
    assert "too old" in await drawing.tap("14 days")


async def test_what_others_followed_before_is_not_told(drawing: Sahman) -> None:
    await let_much_happen(drawing)
    await drawing.say("/add border", OLEG)
    await drawing.say("/trends", OLEG)
    await drawing.tap("30 дней", OLEG)
    (picture,) = [each for each in drawing.api.messages(OLEG) if each.media]
    assert asked(picture)["size"] == 2


async def test_in_a_group_anybody_may_look(drawing: Sahman) -> None:
    drawing.api.add_group(GROUP, "Newsroom", admins=[ANI], members=[OLEG], new=False)
    await drawing.say("/add border", GROUP, user_id=ANI)
    answer = await drawing.say("/trends", GROUP, user_id=OLEG)
    assert asked(answer)["title"].startswith("border · ")
    answer = await drawing.say("/trends Syunik", GROUP, user_id=OLEG)
    assert labels(answer) == []
