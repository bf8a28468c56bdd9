"""What can be seen of the news, and since when it is heard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.delivery.no_report import Asked, Held, find_held, render_no_report
from bot.delivery.sight import find_heard_since, say_blindness
from bot.model import AskedSource, Outage, Sight
from bot.stories.surge import hour_of
from bot.texts import load_texts
from tests.samples import NOW, item, subscriber

_TEXTS = load_texts()["en"]
_ZONE = "Asia/Yerevan"
_ARMENIAN = Outage(about="country:AM", since=NOW - timedelta(hours=3), down=2, total=5, quiet=False)


def sight(*answered_minutes_ago: int | None, failures: int = 0, **more: object) -> Sight:
    """Return what is seen of sources that answered so long ago and are asked every ten minutes."""
    sources = []
    for ago in answered_minutes_ago:
        at = None if ago is None else NOW - timedelta(minutes=ago)
        due = (at or NOW) + timedelta(minutes=10)
        sources.append(AskedSource(last_success_at=at, next_poll_at=due, failures=failures))
    return Sight(sources=tuple(sources), **{"newest_at": NOW, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (sight(1, 2, 3), ""),
        (sight(), "⚠ I cannot see: no source is set up"),
        (sight(None), "⚠ I cannot see: 1 source is asked, and it has not answered yet"),
        (sight(None, None), "⚠ I cannot see: 2 sources are asked, and none has answered yet"),
        (sight(230, 250, None), "⚠ I cannot see: 0 of 3 sources answer since 08:10"),
        (sight(1, 2, failures=1), "⚠ I cannot see: 0 of 2 sources answer since 11:59"),
        (sight(60 * 24 * 3), "⚠ I cannot see: 0 of 1 source answers since 9 September, 12:00"),
        (sight(1, 240, None), "⚠ I see little: 1 of 3 sources answer"),
        (
            sight(1, 2, newest_at=NOW - timedelta(hours=7)),
            "⚠ Nothing new has come from any source since 05:00",
        ),
        (
            sight(1, 2, 300, outages=(_ARMENIAN,)),
            "⚠ 2 of 5 sources (Armenia) have not answered for 3 hours",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_said_in_one_line(seen: Sight, line: str) -> None:
    assert say_blindness(seen, _ZONE, _TEXTS, NOW) == line


def test_it_is_said_in_armenian_and_in_russian() -> None:
    said = [say_blindness(sight(230, 250), _ZONE, load_texts()[each], NOW) for each in ("hy", "ru")]
    assert said == [
        "⚠ Ոչինչ չեմ տեսնում․ 08:10-ից ի վեր 2 աղբյուրից պատասխանում է 0-ն",
        "⚠ Я ничего не вижу: с 08:10 отвечает 0 из 2 источников",
    ]


def test_sources_are_heard_since_the_last_long_gap() -> None:
    now = NOW.replace(minute=20)
    hour = hour_of(now)
    heard = {hour: 0b11111_11111_11111_11111, hour - 1: ((1 << 30) - 1) << 30}
    assert find_heard_since(heard, now) == now.replace(hour=7, minute=30)
    assert find_heard_since(heard | {hour - 1: 1 << 50}, now) == now.replace(hour=7, minute=50)
    assert find_heard_since({hour: 1}, now) is None, "not of late"
    always = {hour - back: (1 << 60) - 1 for back in range(60)}
    assert find_heard_since(always, now) == now - timedelta(hours=24)


@pytest.mark.parametrize(
    ("reader", "waiting", "heard", "held"),
    [
        (subscriber(), 0, True, None),
        (subscriber(paused=True), 0, True, Held.PAUSED),
        (subscriber(least_gravity=2), 0, True, Held.SETTINGS),
        (subscriber(), 1, True, Held.WAITING),
        (subscriber(), 0, False, Held.DEAF),
    ],
)
def test_that_there_is_no_report_is_not_said_while_something_is_held_back(
    reader: object, waiting: int, heard: bool, held: Held | None
) -> None:
    since = NOW - timedelta(hours=2) if heard else None
    assert find_held(reader, waiting, since) is held  # type: ignore[arg-type]
    (said,) = render_no_report(
        [Asked(typed="Goris")], sight(1, 2), since, held, subscriber(), _TEXTS, NOW
    )
    assert ("No report of" in said) == (held is None)
    assert ("cannot say" in said) == (held is not None)


def test_who_is_blind_does_not_say_that_there_is_no_report() -> None:
    since = NOW - timedelta(hours=2)
    (said,) = render_no_report(
        [Asked(typed="Goris"), Asked(typed="border", report=item())],
        sight(None, None), since, None, subscriber(), _TEXTS, NOW,
    )  # fmt: skip
    assert said.startswith("⚠ I cannot see: 2 sources")
    assert "The newest report of <b>border</b>, 11:55:" in said
    assert "No report" not in said


def test_of_several_words_each_has_its_answer() -> None:
    since = NOW - timedelta(hours=2)
    asked = [Asked(typed="<Goris>"), Asked(typed="border", report=item()), Asked(typed="Kapan")]
    (said,) = render_no_report(asked, sight(1, 2), since, None, subscriber(), _TEXTS, NOW)
    assert "Talks on the border go on" in said
    assert said.endswith(
        "No report of <b>&lt;Goris&gt;</b>, <b>Kapan</b> since 10:00; 2 of 2 sources answer. "
        "This does not mean that it is safe."
    )
