"""Who asks to be let in: decided once, forgotten with the chat; the ceiling holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.errors import NoRoom
from bot.model import ChatKind, Standing
from bot.storage import Storage
from bot.storage.operator_tables import applicant, applicant_message
from bot.storage.tables import subscriber as subscribers
from tests.samples import NOW, count_rows, open_chat, subscriber

_CHAT, _GROUP = 101, -77


async def test_of_many_who_decide_one_does(storage: Storage) -> None:
    await storage.applicants.ask(_CHAT, "ru", NOW)
    await storage.applicants.note_message(_CHAT, 7, 70)
    verdicts = [Standing.IN, Standing.REFUSED] * 4
    decided = await asyncio.gather(
        *(storage.applicants.decide(_CHAT, each, NOW) for each in verdicts)
    )
    (first,) = [each for each in decided if each is not None]
    assert (first.language, first.messages) == ("ru", {7: 70})
    assert await storage.applicants.load_standing(_CHAT) is verdicts[decided.index(first)]


async def test_who_was_refused_stays_refused_whoever_vouches(storage: Storage) -> None:
    await storage.applicants.ask(_GROUP, "en", NOW)
    await storage.applicants.decide(_GROUP, Standing.REFUSED, NOW)
    await storage.applicants.let_in(_GROUP, "en", NOW)
    assert await storage.applicants.ask(_GROUP, "en", NOW) is Standing.REFUSED
    assert not await storage.applicants.withdraw(_GROUP)


async def test_a_decision_moves_along_with_its_group(storage: Storage) -> None:
    await storage.applicants.let_in(_GROUP, "en", NOW)
    await storage.chats.move(_GROUP, -100_77)
    assert await storage.applicants.load_standing(-100_77) is Standing.IN
    assert await storage.applicants.load_standing(_GROUP) is Standing.STRANGER


async def test_what_is_erased_takes_the_request_along(storage: Storage) -> None:
    await storage.applicants.ask(_CHAT, "en", NOW)
    await storage.applicants.note_message(_CHAT, 7, 70)
    await storage.applicants.decide(_CHAT, Standing.IN, NOW)
    reader = await open_chat(storage, _CHAT)
    await storage.subscribers.erase(reader.id)
    assert count_rows(storage, applicant) == count_rows(storage, applicant_message) == 0


async def test_only_requests_that_nobody_decided_are_forgotten(storage: Storage) -> None:
    for chat_id in (_CHAT, _GROUP):
        await storage.applicants.ask(chat_id, "en", NOW)
    await storage.applicants.decide(_GROUP, Standing.REFUSED, NOW)
    assert await storage.applicants.count_asking() == 1
    await storage.applicants.prune(NOW + timedelta(seconds=1))
    assert await storage.applicants.load_standing(_CHAT) is Standing.STRANGER
    assert await storage.applicants.load_standing(_GROUP) is Standing.REFUSED


async def test_the_ceiling_holds_however_many_come_at_once(storage: Storage) -> None:
    async def come(chat_id: int) -> bool:
        try:
            await storage.subscribers.open(subscriber(chat_id=chat_id), ChatKind.PRIVATE, most=3)
        except NoRoom:
            return False
        return True

    came = await asyncio.gather(*map(come, range(1, 9)))
    assert sum(came) == count_rows(storage, subscribers) == 3
    assert await come(1 + came.index(True)), "who is there stays"
    with pytest.raises(NoRoom):
        await storage.subscribers.open(subscriber(chat_id=99), ChatKind.PRIVATE, most=3)
