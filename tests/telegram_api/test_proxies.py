"""Telegram through the proxy that is configured: its password and the token are shown nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.demo import BotApi
from bot.errors import TryLater
from bot.telegram_api.connection import ask_who_i_am, make_bot
from tests.loopback import TOKEN
from tests.proxying import HttpProxy, Proxy, Socks5Proxy


@pytest.fixture(params=["http", "socks5", "socks5h"])
async def proxy(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy that wants a password, and the scheme of its address."""
    running: Proxy = HttpProxy() if request.param == "http" else Socks5Proxy()
    running.login = ("sahman", "Pa55")
    await running.start()
    yield running, request.param
    await running.stop()


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    api = BotApi(TOKEN)
    await api.start()
    yield api
    await api.stop()


async def test_telegram_is_asked_through_it(proxy: tuple[Proxy, str], telegram: BotApi) -> None:
    running, scheme = proxy
    await ask_who_i_am(make_bot(TOKEN, telegram.url, SecretStr(running.url(scheme, "sahman:Pa55"))))
    assert len(running.asked) == 1
    assert len(telegram.calls_of("getMe")) == 1


@pytest.mark.parametrize("api_url", ["http://telegram.example", "https://telegram.example:9"])
async def test_one_that_refuses_is_told_of_and_nothing_was_sent(
    proxy: tuple[Proxy, str], api_url: str
) -> None:
    running, scheme = proxy
    url = running.url(scheme, "sahman:Wr0ng-Pa55")
    with pytest.raises(TryLater) as raised:
        await ask_who_i_am(make_bot(TOKEN, api_url, SecretStr(url)))
    assert not {"Wr0ng", TOKEN} & set(raised.value.reason.replace("/", " ").split())
    assert "Wr0ng" not in raised.value.reason
    # A plain request's refusal is an answer like any other.
    assert "BOT_API_PROXY" in raised.value.reason or (scheme, api_url[:5]) == ("http", "http:")
    assert not raised.value.ambiguous


async def test_one_that_is_away_is_told_of_and_nothing_was_sent(proxy: tuple[Proxy, str]) -> None:
    running, scheme = proxy
    await running.stop()
    url = running.url(scheme, "sahman:Wr0ng-Pa55")
    with pytest.raises(TryLater, match="proxy cannot be reached") as raised:
        await ask_who_i_am(make_bot(TOKEN, "https://telegram.example", SecretStr(url)))
    assert "Wr0ng" not in raised.value.reason
    assert not raised.value.ambiguous


async def test_one_that_the_environment_names_is_not_used(
    telegram: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await ask_who_i_am(make_bot(TOKEN, telegram.url))
    assert len(telegram.calls_of("getMe")) == 1
