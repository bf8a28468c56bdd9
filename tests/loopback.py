"""The whole of chat over loopback: people, a Bot API server, our real code, a real database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from telegram import Bot

from bot.chat import receive
from bot.chat.door import Door
from bot.chat.receive import Receiver
from bot.chat.visit import Services
from bot.demo import BotApi
from bot.demo.chats import Message
from bot.language import load
from bot.model import Shows, Subscriber
from bot.sending.composer import Composer
from bot.sending.sender import Sender
from bot.storage import Storage
from bot.storage.tables import chat, waiting_update
from bot.telegram_api.connection import connect, make_application, make_bot
from bot.telegram_api.messenger import Messenger
from bot.texts import LANGUAGES, load_texts
from tests.samples import NOW, count_rows, expand, new_item, open_feed, take_in

TOKEN = "123456:test-token-of-no-value-at-all-00000"
ANI, OLEG, ARAM = 101, 202, 303
#: Other tests may run on the same two cores.
_PATIENCE_S = 20.0


@dataclass
class Clock:
    """The instant at which everything happens."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Sahman:
    """Our side and the people's side, in one process."""

    api: BotApi
    storage: Storage
    bot: Bot
    services: Services
    receiver: Receiver
    sender: Sender
    clock: Clock
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Receive and send, until the test is over."""
        self.tasks = [
            asyncio.create_task(self.receiver.run(self.stop)),
            asyncio.create_task(self.sender.run(self.stop)),
        ]

    async def say(
        self,
        text: str,
        chat_id: int = ANI,
        *,
        user_id: int | None = None,
        topic: int | None = None,
        answers: int = 1,
        reply_to: int | None = None,
    ) -> Message:
        """Let somebody write; return the (last) answer."""
        sent = self.api.send_text(
            chat_id, text, user_id=user_id, thread_id=topic, reply_to=reply_to
        )
        after = sent.message_id
        return (
            await self.api.wait_messages(chat_id, after=after, count=answers, timeout=_PATIENCE_S)
        )[answers - 1]

    async def tap(self, label: str, chat_id: int = ANI, *, user_id: int | None = None) -> str:
        """Tap the newest button with this label; return what Telegram shows for it."""
        message = self.newest_with(label, chat_id)
        answer = await self.api.tap(chat_id, message.message_id, label, user_id=user_id).wait(
            _PATIENCE_S
        )
        await self.silence(chat_id)  # the answer comes first, what the tap changes after it
        return answer.text or ""

    def newest_with(self, label: str, chat_id: int = ANI) -> Message:
        """Return the newest message under which there is this button."""
        for message in reversed(self.api.messages(chat_id)):
            if label in labels(message):
                return message
        raise AssertionError(f"no button {label!r}")

    async def silence(self, chat_id: int = ANI) -> list[str]:
        """Wait until everything said so far is dealt with; return what the chat holds."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while len(self.api.messenger.updates):
            assert asyncio.get_running_loop().time() < deadline, "an update is not confirmed"
            await asyncio.sleep(0.005)
        # On a slow machine it is stored and confirmed before all of it is done.
        while count_rows(self.storage, waiting_update, chat_id=chat_id):
            assert asyncio.get_running_loop().time() < deadline, "a stored update is not done"
            await asyncio.sleep(0.005)
        while self.services.replies.are_on_their_way:
            assert asyncio.get_running_loop().time() < deadline, "a reply is not delivered"
            await asyncio.sleep(0.005)
        return [message.text for message in self.api.messages(chat_id)]

    async def reader(self, chat_id: int = ANI, topic: int = 0) -> Subscriber:
        """Return a subscriber that must be there."""
        found = await self.storage.subscribers.load(chat_id, topic)
        assert found is not None
        return found

    async def keywords(self, chat_id: int = ANI, topic: int = 0) -> list[str]:
        """Return what is followed in a chat, as typed."""
        found = await self.storage.subscribers.load(chat_id, topic)
        return [each.typed for each in await self.storage.keywords.load(found.id)] if found else []

    async def news(self, *titles: str, **more: Any) -> None:
        """Let a newsroom print; alerts are owed and the sender is told."""
        source = await open_feed(self.storage, f"newsroom {uuid4()}")
        values = {"seen_at": NOW - timedelta(minutes=5), **more}
        await take_in(self.storage, source, *(new_item(title, **values) for title in titles))
        await expand(self.storage)
        self.sender.wake()

    async def prints(self, publisher: str, title: str, **more: Any) -> None:
        """Let a publisher of its own print one item; it is described by `country` and the like."""
        facts = {key: more.pop(key) for key in ("country", "kind", "family") if key in more}
        source = await open_feed(
            self.storage, f"{publisher} {uuid4()}", publisher=publisher, **facts
        )
        values = {"seen_at": NOW - timedelta(minutes=5), **more}
        await take_in(self.storage, source, new_item(title, **values))
        await expand(self.storage)
        self.sender.wake()

    def open_gates(self) -> None:
        """Let the time pass that chats must wait between two unasked messages.

        A chat that is being written to keeps its lease: it would be claimed, and told, twice.
        """
        with self.storage.database.engine.begin() as connection:
            connection.execute(update(chat).where(chat.c.lease == 0).values(not_before=0))
        self.sender.wake()


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is true; fail when it takes absurdly long."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


def labels(message: Message) -> list[str]:
    """Return the labels of the buttons under a message."""
    return [button["text"] for button in message.buttons]


def check_settings(reader: Subscriber) -> None:
    """Fail where the settings contradict themselves."""
    ZoneInfo(reader.zone)
    assert reader.language in LANGUAGES
    assert 0 < len(reader.digest_days) <= 7
    assert len(reader.digest_times) <= 6
    assert (reader.next_digest_at is None) == (not reader.digest_times)
    assert bool(reader.quiet_from) == bool(reader.quiet_until)
    assert not reader.quiet_from or reader.quiet_from != reader.quiet_until
    assert set(reader.hidden_languages) < set(LANGUAGES)
    assert set(reader.reads) <= set(LANGUAGES)
    assert set(reader.shows) <= set(Shows)


@pytest.fixture(scope="session")
def languages() -> None:
    """Load the dictionaries before anybody waits for an answer."""
    load()


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    """A Bot API server that knows three people, who have not written yet."""
    api = BotApi(TOKEN)
    await api.start()
    api.add_user(ANI, "Ani", language_code="en")
    api.add_user(OLEG, "Олег", language_code="ru-RU")
    api.add_user(ARAM, "Արամ", language_code="hy")
    yield api
    await api.stop()


@pytest.fixture
async def idle(
    telegram: BotApi,
    sqlite_storage: Storage,
    languages: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Sahman]:
    """Everything built and connected, nothing started."""
    monkeypatch.setattr(receive, "_growing_s", lambda failures: 0.02)
    storage = sqlite_storage
    bot = make_bot(TOKEN, telegram.url)
    application = make_application(bot)
    texts, clock = load_texts(), Clock()
    messenger = Messenger(bot)
    services = Services(bot=bot, messenger=messenger, storage=storage, texts=texts, clock=clock)
    Door(services).attach(application)
    sender = Sender(storage.deliveries, Composer(storage, texts), messenger, rate=1000, clock=clock)
    receiver = Receiver(application, services)
    sahman = Sahman(telegram, storage, bot, services, receiver, sender, clock)
    await connect(application, sahman.stop)
    yield sahman
    sahman.stop.set()
    sender.wake()
    for task in sahman.tasks:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(task, 5)
    for waiting in [*services.waiting]:
        waiting.cancel()
    await receiver.close()
    await services.replies.finish(1)
    await sender.abandon()
    await application.shutdown()
    assert telegram.strict_faults == []


@pytest.fixture
async def sahman(idle: Sahman) -> Sahman:
    """Sahman, receiving and sending."""
    idle.start()
    return idle
