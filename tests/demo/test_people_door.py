"""The people's side over HTTP, as the page and process tests use it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from bot.demo.bot_api import BotApi
from bot.demo.personas import add_personas
from tests.demo.conftest import ANI, Bot


async def _post(http: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> Any:
    async with http.post(url, json=body) as response:
        return response.status, await response.json()


async def test_a_conversation_can_be_had_over_http_alone(
    api: BotApi, bot: Bot, http: aiohttp.ClientSession
) -> None:
    """Join, write, wait for the answer, tap its button, see what the bot says to that."""
    people = f"{api.url}/people"
    await _post(http, f"{people}/users", {"id": 5, "first_name": "Lena", "language_code": "en"})
    status, sent = await _post(http, f"{people}/chats/5/messages", {"text": "/start"})
    assert status == 200
    (update,) = await bot.get("getUpdates")
    assert update["message"]["text"] == "/start"
    waiting = asyncio.create_task(
        http.get(f"{people}/chats/5/messages", params={"after": sent["message_id"], "wait": 5})
    )
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    await bot.get("sendMessage", chat_id=5, text="hello", reply_markup=markup)
    async with await waiting as response:
        (message,) = await response.json()
    assert message["text"] == "hello"
    tapping = asyncio.create_task(
        _post(
            http,
            f"{people}/chats/5/taps",
            {"message_id": message["message_id"], "button": "Go"},
        )
    )
    offset = update["update_id"] + 1
    (update,) = await bot.get("getUpdates", offset=offset, timeout=5)
    query_id = update["callback_query"]["id"]
    await bot.get("answerCallbackQuery", callback_query_id=query_id, text="done")
    _, answer = await tapping
    assert (answer["answered"], answer["text"], answer["alert"]) == (True, "done", False)


async def test_groups_states_and_topics_are_within_reach(
    api: BotApi, http: aiohttp.ClientSession
) -> None:
    """Everything a process test needs, without Python on this side."""
    people = f"{api.url}/people"
    group = {"id": -100500, "title": "Goris", "admins": [ANI], "forum": True, "topics": {"7": "A"}}
    assert (await _post(http, f"{people}/groups", group))[0] == 200
    said = {"text": "/add x", "user_id": ANI, "thread_id": 7}
    assert (await _post(http, f"{people}/chats/-100500/messages", said))[1]["thread_id"] == 7
    assert (await _post(http, f"{people}/chats/-100500/topics/7/delete", {}))[0] == 200
    for act, state in (("kick", "kicked"), ("invite", "active"), ("delete", "deleted")):
        assert (await _post(http, f"{people}/chats/-100500/{act}", {}))[1] == {"state": state}
    for act, state in (("block", "blocked"), ("unblock", "active")):
        assert (await _post(http, f"{people}/chats/{ANI}/{act}", {}))[1] == {"state": state}
    status, answer = await _post(http, f"{people}/chats/99/messages", {"text": "x"})
    assert (status, answer) == (400, {"error": "no chat 99"})
    assert (await _post(http, f"{people}/reset", {}))[0] == 200
    assert api.messenger.chats == {}


async def test_the_stream_tells_what_happens_as_it_happens(
    api: BotApi, bot: Bot, http: aiohttp.ClientSession
) -> None:
    """New messages, edits, typing."""
    async with http.get(f"{api.url}/people/stream") as stream:
        await bot.get("sendChatAction", chat_id=ANI, action="typing")
        sent = await bot.get("sendMessage", chat_id=ANI, text="one")
        await bot.get("editMessageText", chat_id=ANI, message_id=sent["message_id"], text="two")
        events = []
        async for line in stream.content:
            if line.startswith(b"data: "):
                events.append(json.loads(line.removeprefix(b"data: ")))
            if len(events) == 3:
                break
    assert [event["kind"] for event in events] == ["action", "message", "edited"]
    assert events[2]["message"]["text"] == "two"


async def test_the_three_people_of_the_demo_are_listed_with_who_they_are(
    api: BotApi, http: aiohttp.ClientSession
) -> None:
    """Each in a language of their own, none of them known to the bot yet."""
    await api.reset()
    add_personas(api)
    async with http.get(f"{api.url}/people/chats") as response:
        chats = (await response.json())["chats"]
    assert [chat["language_code"] for chat in chats] == ["hy", "ru", "en"]
    assert {chat["state"] for chat in chats} == {"not_started"}
    assert all(chat["about"] for chat in chats)


async def test_strangers_in_the_browser_are_kept_out(
    api: BotApi, http: aiohttp.ClientSession
) -> None:
    """Neither a foreign page's form nor a foreign name for this address gets in."""
    url = f"{api.url}/people/chats/{ANI}/messages"
    async with http.post(url, data={"text": "x"}) as response:
        assert response.status == 415
    async with http.get(url, headers={"Host": "evil.example"}) as response:
        assert response.status == 403
