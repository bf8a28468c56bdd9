"""Telegram brings updates: over loopback, from the demo's Bot API to our real server."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from bot.chat import webhook as keeping
from bot.chat.door import Door
from bot.chat.receive import Receiver
from bot.chat.visit import Services
from bot.chat.webhook import WebhookKeeper
from bot.demo import BotApi
from bot.errors import ConfigError, DatabaseError
from bot.language import load
from bot.storage import Storage
from bot.storage.tables import received_update, subscription
from bot.telegram_api.connection import connect, make_application, make_bot
from bot.telegram_api.messenger import Messenger
from bot.texts import load_texts
from bot.web import server, webhook
from bot.web.server import MAX_BODY_BYTES, MOST_CONNECTIONS, serving
from bot.web.webhook import Webhook
from tests.loopback import ANI, TOKEN, Clock
from tests.samples import change_rows, count_rows, second_database

SECRET = "s3cret_of_the-test"
_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_PATIENCE_S = 20.0

Bring = Callable[..., Awaitable[int]]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(telegram: BotApi, storage: Storage, port: int) -> AsyncIterator[str]:
    """One process's Sahman behind a webhook; gives the webhook's URL."""
    url = f"http://127.0.0.1:{port}/telegram"
    bot = make_bot(TOKEN, telegram.url)
    application = make_application(bot)
    services = Services(
        bot=bot, messenger=Messenger(bot), storage=storage, texts=load_texts(), clock=Clock()
    )
    Door(services).attach(application)
    stop = asyncio.Event()
    await connect(application, stop)
    receiver = Receiver(application, services)
    hook = Webhook(url, SECRET, receiver.receive)
    async with serving(f"127.0.0.1:{port}", hook.routes()):
        keeper = asyncio.create_task(WebhookKeeper(services, url, SECRET).run(stop))
        await _until(lambda: telegram.messenger.updates.webhook_url == url)
        yield url
        stop.set()
        await keeper
    await application.shutdown()


async def _until(true: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def _said(telegram: BotApi, count: int) -> None:
    """Wait until so much was said to Ani, and see that no more is."""
    await _until(lambda: len(telegram.messages(ANI)) >= count)
    await asyncio.sleep(0.1)
    assert len(telegram.messages(ANI)) == count


@pytest.fixture(scope="module", autouse=True)
def languages() -> None:
    """Load the dictionaries before anybody waits for an answer."""
    load()


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    """A Bot API server that knows Ani."""
    api = BotApi(TOKEN)
    await api.start()
    api.add_user(ANI, "Ani", language_code="en")
    yield api
    await api.stop()
    assert api.strict_faults == []


@pytest.fixture
async def hook(telegram: BotApi, storage: Storage) -> AsyncIterator[str]:
    """The webhook of a running Sahman."""
    async with served(telegram, storage, _free_port()) as url:
        yield url


@pytest.fixture
async def bring(hook: str) -> AsyncIterator[Bring]:
    """Bring something to the webhook as Telegram or a stranger; return the status."""
    async with aiohttp.ClientSession() as session:

        async def post(body: Any, secret: str | None = SECRET, url: str = hook) -> int:
            headers = {} if secret is None else {_HEADER: secret}
            data = BytesIO(body) if isinstance(body, bytes) else None
            json = None if isinstance(body, bytes) else body
            async with session.post(url, data=data, json=json, headers=headers) as answer:
                text = await answer.text()
                assert SECRET not in text + str(answer.headers)
                return answer.status

        yield post


def _update(text: str, update_id: int = 5) -> dict[str, Any]:
    who = {"id": ANI, "is_bot": False, "first_name": "Ani", "language_code": "en"}
    chat = {"id": ANI, "type": "private", "first_name": "Ani"}
    message = {"message_id": 900, "date": 1_780_000_000, "chat": chat, "from": who, "text": text}
    return {"update_id": update_id, "message": message}


async def test_what_telegram_brings_is_answered(
    telegram: BotApi, hook: str, storage: Storage
) -> None:
    telegram.send_text(ANI, "/add border")
    await telegram.wait_messages(ANI, timeout=_PATIENCE_S)
    await _until(lambda: not len(telegram.messenger.updates))
    assert count_rows(storage, subscription) == 1
    (call,) = telegram.calls_of("setWebhook")
    assert call.params["max_connections"] == "40"
    assert "my_chat_member" in call.params["allowed_updates"]


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", SECRET + "x", "ключ".encode().decode("latin1")]
)
async def test_a_stranger_without_the_secret_changes_nothing(
    bring: Bring, storage: Storage, secret: str | None
) -> None:
    assert await bring(_update("/add border"), secret) == 401
    assert count_rows(storage, subscription) == 0


async def test_other_paths_and_other_methods_lead_nowhere(bring: Bring, hook: str) -> None:
    assert await bring(_update("/start"), url=f"{hook}/more") == 404
    async with aiohttp.ClientSession() as session, session.get(hook) as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"\xff", b'{"update_id": 7, "message": {"chat": 5}}', b"{}", b"[" * 100_000],
    ids=["cut", "array", "no text", "no message", "no id", "deep"],
)
async def test_an_update_that_cannot_be_read_is_taken_so_that_it_does_not_come_for_a_day(
    bring: Bring, telegram: BotApi, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert await bring(body) == 200
    assert "update_unreadable" in caplog.text
    assert telegram.calls_of("sendMessage") == []


async def test_a_huge_body_is_not_read_to_its_end(
    bring: Bring, caplog: pytest.LogCaptureFixture
) -> None:
    assert await bring(b" " * (MAX_BODY_BYTES + 1)) == 200
    assert "update_unreadable" in caplog.text
    assert await bring(b" " * (MAX_BODY_BYTES + 1), "wrong") == 401


async def test_a_repeated_update_is_answered_once(
    bring: Bring, telegram: BotApi, storage: Storage
) -> None:
    telegram.send_text(ANI, "/start")
    await telegram.wait_messages(ANI, timeout=_PATIENCE_S)
    for _ in range(2):
        assert await bring(_update("/add border")) == 200
    await _said(telegram, 2)
    assert await bring(_update("/add border", update_id=6)) == 200
    await _said(telegram, 3)


async def test_an_update_brought_again_while_it_is_handled_is_handled_once(
    bring: Bring, telegram: BotApi
) -> None:
    telegram.send_text(ANI, "/start")
    await telegram.wait_messages(ANI, timeout=_PATIENCE_S)
    telegram.delay("sendMessage", 0.3)
    both = await asyncio.gather(bring(_update("/help")), bring(_update("/help")))
    assert both == [200, 200]
    await _said(telegram, 2)


async def test_while_the_database_is_away_updates_wait_with_telegram(
    telegram: BotApi, hook: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "RETRY_AFTER_S", 0)
    opened = storage.subscribers.open
    failures = []

    async def away(*given: Any, **more: Any) -> Any:
        if len(failures) < 2:
            failures.append(given)
            raise DatabaseError("the database is away")
        return await opened(*given, **more)

    monkeypatch.setattr(storage.subscribers, "open", away)
    telegram.send_text(ANI, "/add border")
    await telegram.wait_messages(ANI, timeout=_PATIENCE_S)
    await _until(lambda: not len(telegram.messenger.updates))
    assert len(failures) == 2
    await _said(telegram, 1)
    assert count_rows(storage, subscription) == 1
    info = telegram.messenger.updates.webhook_info()
    assert "503" in info["last_error_message"]


async def test_updates_dealt_with_are_remembered_for_25_hours(
    bring: Bring, storage: Storage
) -> None:
    await bring(_update("/help"))
    await storage.receiving.forget_handled(25 * 3600)
    assert count_rows(storage, received_update) == 1
    change_rows(storage, received_update, received_at=0)
    await storage.receiving.forget_handled(25 * 3600)
    assert count_rows(storage, received_update) == 0


async def test_two_processes_share_the_updates_and_answer_each_once(
    telegram: BotApi, postgres_storage: Storage
) -> None:
    database = second_database(postgres_storage)
    ports = [_free_port(), _free_port()]
    async with (
        served(telegram, postgres_storage, ports[0]) as first,
        served(telegram, Storage(database), ports[1]) as second,
        aiohttp.ClientSession(headers={_HEADER: SECRET}) as session,
    ):
        await telegram.messenger.updates.delete_webhook({})
        telegram.send_text(ANI, "/start")
        for number in range(10):
            # A proxy hands them out in turn, and brings each again to the other.
            for url in (first, second)[:: 1 if number % 2 else -1]:
                wire = _update(f"/add word{number}", update_id=100 + number)
                async with session.post(url, json=wire) as answer:
                    assert answer.status == 200
        await _said(telegram, 10)
        assert count_rows(postgres_storage, subscription) == 10
    database.close()


async def test_a_webhook_that_somebody_took_away_is_set_again(
    telegram: BotApi, sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_LOOK_EVERY_S", 0.05)
    async with served(telegram, sqlite_storage, _free_port()) as url:
        await telegram.messenger.updates.delete_webhook({})
        await _until(lambda: telegram.messenger.updates.webhook_url == url)


async def test_setting_the_webhook_waits_for_telegram(
    telegram: BotApi, sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "next_retry_ms", lambda failures: 10)
    telegram.refuse("setWebhook", 502, "Bad Gateway", times=2)
    async with served(telegram, sqlite_storage, _free_port()):
        assert len(telegram.calls_of("setWebhook")) == 3


async def test_an_address_that_is_taken_is_named() -> None:
    async with serving("127.0.0.1:0", []) as url:
        taken = url.removeprefix("http://")
        with pytest.raises(ConfigError, match="BOT_LISTEN"):
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(serving(taken, []))


@pytest.mark.slow
async def test_connections_that_send_nothing_are_bounded_and_keep_nobody_out(
    hook: str, bring: Bring
) -> None:
    assert await bring(_update("/start", 5)) == 200
    host, port = hook.removeprefix("http://").partition("/")[0].split(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(800)]
    assert await bring(_update("/help", 6)) == 200, "over a connection opened before"
    async with aiohttp.ClientSession() as session:
        headers = {_HEADER: SECRET}
        async with session.post(hook, json=_update("/help", 7), headers=headers) as answer:
            assert answer.status == 200, "and over one opened after them"
    await _until(lambda: sum(reader.at_eof() for reader, _ in idle) >= len(idle) - MOST_CONNECTIONS)
    for _, writer in idle:
        writer.close()


async def test_a_connection_that_asks_for_nothing_is_closed_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "_IDLE_S", 0.05)
    async with serving("127.0.0.1:0", []) as address:
        host, port = address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /telegram HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


@pytest.mark.slow
async def test_a_body_that_never_ends_is_given_up(
    hook: str, telegram: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_BODY_MAY_TAKE_S", 0.05)
    host, _, path = hook.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: x\r\n{_HEADER}: {SECRET}\r\nContent-Length: 99\r\n\r\n{{"
    )
    writer.write(head.encode())
    assert b" 408 " in (await asyncio.wait_for(reader.read(), 10)).partition(b"\n")[0]
    writer.close()


async def test_who_is_refused_loses_the_connection(hook: str) -> None:
    host, _, path = hook.removeprefix("http://").partition("/")
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    assert b" 401 " in await asyncio.wait_for(reader.read(), 10), "and then the end of it"
    writer.close()
