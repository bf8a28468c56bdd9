"""BOT_ACCESS=approved and the ceiling: who is let in, and what strangers are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.chat.terms import Terms
from bot.demo.chats import Message
from bot.model import Standing
from bot.storage.operator_tables import applicant
from bot.storage.tables import subscriber
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import count_rows, open_chat

#: Another operator, who has written to the bot too.
GOR = 404
GROUP = -100505


def _set(sahman: Sahman, **terms: object) -> None:
    object.__setattr__(sahman.services, "terms", Terms(**terms))  # type: ignore[arg-type]


@pytest.fixture
async def closed(sahman: Sahman) -> Sahman:
    """Ani and Gor let people in; both have begun."""
    sahman.api.add_user(GOR, "Gor", language_code="hy")
    _set(sahman, admins=frozenset({ANI, GOR}), approved_only=True)
    await sahman.say("/start")
    await sahman.say("/start", GOR)
    return sahman


async def _asked(sahman: Sahman, operator: int = ANI) -> Message:
    await sahman.silence(OLEG)
    await sahman.silence(operator)
    return sahman.api.messages(operator)[-1]


async def test_a_stranger_is_told_how_to_ask_in_their_language(closed: Sahman) -> None:
    told = await closed.say("граница", OLEG)
    assert "Пока ничего не отслеживается" in told.text
    assert labels(told) == ["Попросить доступ"]
    told = await closed.say("/add սահման", ARAM)
    assert "Դեռ ոչնչի չեմ հետևում" in told.text
    assert labels(told) == ["Խնդրել մուտք"]
    assert await closed.storage.subscribers.load(OLEG, 0) is None
    assert count_rows(closed.storage, applicant) == 0, "nothing is kept of who has not asked"


async def test_every_operator_is_asked_once_and_by_first_name(closed: Sahman) -> None:
    closed.api.add_user(OLEG, "<b>Олег</b>", language_code="ru")
    await closed.say("/start", OLEG)
    await closed.tap("Попросить доступ", OLEG)
    asked = await _asked(closed)
    assert asked.text == "🔔 <b>Олег</b> asks to be let in."
    assert labels(asked) == ["Let in", "Refuse"]
    assert "խնդրում է մուտք" in (await _asked(closed, GOR)).text
    told = await closed.say("ну что?", OLEG)
    assert "запрос у операторов" in told.text.lower()
    assert "Попросить доступ" not in labels(told)
    assert len([text for text in await closed.silence(ANI) if text.startswith("🔔")]) == 1


async def test_whoever_taps_first_decides_and_the_other_message_says_so(closed: Sahman) -> None:
    await closed.say("/start", OLEG)
    await closed.tap("Попросить доступ", OLEG)
    await _asked(closed)
    await closed.tap("Let in")
    assert (await _asked(closed)).text == "✅ Олег is let in."
    other = await _asked(closed, GOR)
    assert "Այլ օպերատոր արդեն որոշել է" in other.text
    assert labels(other) == []
    told = await closed.silence(OLEG)
    assert told[-2] == "Операторы открыли вам доступ. Добро пожаловать!"
    assert "Sahman" in told[-1]
    assert await closed.storage.subscribers.load(OLEG, 0) is not None
    assert "Доступ" not in (await closed.say("/help", OLEG)).text


async def test_a_decision_is_made_once_whatever_is_tapped_later(closed: Sahman) -> None:
    await closed.say("/start", OLEG)
    await closed.tap("Попросить доступ", OLEG)
    await _asked(closed)
    stale = closed.newest_with("Մերժել", GOR)
    await closed.storage.applicants.decide(OLEG, Standing.IN, closed.clock.now)
    await closed.api.tap(GOR, stale.message_id, "Մերժել").wait(20)
    assert "✅" in (await _asked(closed, GOR)).text
    assert await closed.storage.applicants.load_standing(OLEG) is Standing.IN


async def test_who_is_refused_is_told_once_a_day_and_bothers_nobody(closed: Sahman) -> None:
    await closed.say("/start", OLEG)
    await closed.tap("Попросить доступ", OLEG)
    await _asked(closed)
    await closed.tap("Refuse")
    refused = await closed.silence(OLEG)
    assert "Спасибо, что спросили" in refused[-1]
    closed.api.send_text(OLEG, "но почему?")
    assert len(await closed.silence(OLEG)) == len(refused), "nothing is answered"
    closed.clock.now += timedelta(days=1, minutes=1)
    assert "Спасибо, что спросили" in (await closed.say("ещё раз", OLEG)).text
    operators = [*await closed.silence(ANI), *await closed.silence(GOR)]
    assert not [text for text in operators if text.startswith("🔔")]
    assert await closed.storage.subscribers.load(OLEG, 0) is None


async def test_nobody_but_an_operator_decides(closed: Sahman) -> None:
    await closed.say("/start", OLEG)
    await closed.tap("Попросить доступ", OLEG)
    message = closed.api.messages(OLEG)[-1]
    row = [{"text": "x", "callback_data": f"let:in:{OLEG}"}]
    message.reply_markup = {"inline_keyboard": [row]}
    assert "админ" in await closed.tap("x", OLEG)
    assert await closed.storage.applicants.load_standing(OLEG) is Standing.ASKED


async def test_a_request_is_taken_back_by_stop(closed: Sahman) -> None:
    await closed.say("/start", OLEG)
    await closed.tap("Попросить доступ", OLEG)
    assert "Запрос стёрт" in (await closed.say("/stop", OLEG)).text
    assert count_rows(closed.storage, applicant) == 0
    await closed.tap("Let in")
    assert "taken the request back" in (await _asked(closed)).text


async def test_what_is_kept_is_said_to_strangers_too(closed: Sahman) -> None:
    told = (await closed.say("/privacy", OLEG)).text
    assert "Что я храню" in told
    assert "что решили операторы" in told


async def test_who_was_there_before_stays(closed: Sahman) -> None:
    await open_chat(closed.storage, OLEG, language="ru")
    assert "граница" in (await closed.say("/add граница", OLEG)).text
    assert await closed.keywords(OLEG) == ["граница"]


async def test_a_group_of_a_stranger_must_ask_and_one_of_an_operator_is_in(closed: Sahman) -> None:
    api = closed.api
    api.add_group(GROUP, "Border <watch>", admins=[OLEG], new=False)
    told = await closed.say("/start", GROUP, user_id=OLEG)
    assert labels(told) == ["Попросить доступ"]
    await closed.tap("Попросить доступ", GROUP, user_id=OLEG)
    await closed.silence(GROUP)
    asked = await _asked(closed)
    assert asked.text == "🔔 Олег asks to let the group Border <watch> in."
    await closed.tap("Let in")
    assert "/latest" in (await closed.silence(GROUP))[-1]
    other = GROUP - 1
    api.add_group(other, "Ours", admins=[ANI], new=False)
    assert labels(await closed.say("/start", other, user_id=ANI)) != ["Ask to be let in"]


async def test_beyond_the_ceiling_newcomers_are_told_so(sahman: Sahman) -> None:
    _set(sahman, admins=frozenset({ANI}), most_subscribers=1)
    await sahman.say("/start", ARAM)
    assert "никого нового не принимает" in (await sahman.say("/start", OLEG)).text
    assert "никого нового не принимает" in (await sahman.say("граница", OLEG)).text
    assert "/add" in (await sahman.say("/help", OLEG)).text
    assert count_rows(sahman.storage, subscriber) == 1
    assert "Sahman" in (await sahman.say("/start")).text, "an operator always has room"
    assert await sahman.storage.subscribers.load(ANI, 0) is not None
    assert "սահման" in (await sahman.say("/add սահման", ARAM)).text


async def test_nobody_is_let_in_where_there_is_no_room(closed: Sahman) -> None:
    await closed.say("/start", OLEG)
    await closed.tap("Попросить доступ", OLEG)
    await _asked(closed)
    _set(closed, admins=frozenset({ANI, GOR}), approved_only=True, most_subscribers=2)
    assert "no room" in await closed.tap("Let in")
    assert await closed.storage.applicants.load_standing(OLEG) is Standing.ASKED


async def test_operators_who_share_a_group_decide_there(sahman: Sahman) -> None:
    sahman.api.add_group(GROUP, "Operators", admins=[ANI], members=[ARAM], new=False)
    _set(sahman, admins=frozenset({GROUP}), approved_only=True)
    await sahman.say("/start", OLEG)
    await sahman.tap("Попросить доступ", OLEG)
    await sahman.silence(GROUP)
    await sahman.tap("Let in", GROUP, user_id=ARAM)
    assert await sahman.storage.applicants.load_standing(OLEG) is Standing.ASKED, "no admin"
    await sahman.tap("Let in", GROUP, user_id=ANI)
    assert await sahman.storage.applicants.load_standing(OLEG) is Standing.IN


async def test_an_operators_message_that_cannot_be_sent_is_sent_at_the_next_tap(
    closed: Sahman,
) -> None:
    await closed.say("/start", OLEG)
    closed.api.refuse("sendMessage", 502, "Bad Gateway", times=2)
    told = await closed.tap("Попросить доступ", OLEG)
    assert "нет связи" in told
    await closed.tap("Попросить доступ", OLEG)
    for operator in (ANI, GOR):
        assert (await _asked(closed, operator)).text.startswith("🔔")


async def test_a_stranger_finds_nothing_inline(closed: Sahman) -> None:
    await closed.news("Talks on the border")
    answer = await closed.api.inline.ask(OLEG, "border", "").wait(20)
    assert answer["results"] == []
    assert answer["button"]["text"] == "Попросить доступ"
    assert len((await closed.api.inline.ask(ANI, "border", "").wait(20))["results"]) == 1
