"""How a request may look, and how it is refused."""

from __future__ import annotations

import json

import aiohttp
import pytest

from bot.demo.bot_api import BotApi
from tests.demo.conftest import ANI, Bot


async def test_get_query_form_multipart_and_json_say_the_same(
    api: BotApi, http: aiohttp.ClientSession
) -> None:
    """Clients differ in how they ask; Telegram takes all four."""
    url = f"{api.url}/bot1:token/sendMessage"
    given = {"chat_id": str(ANI), "text": "barev"}
    multipart = aiohttp.FormData(given, default_to_multipart=True)
    for ask in (
        http.get(url, params=given),
        http.post(url, data=given),
        http.post(url, data=multipart),
        http.post(url, json={"chat_id": ANI, "text": "barev"}),
        http.post(f"{api.url}/bot1:token/SENDMESSAGE", data=given),
    ):
        async with ask as response:
            answer = await response.json()
        assert answer["ok"], answer
        assert answer["result"]["text"] == "barev"
    assert len(api.messages(ANI)) == 5
    assert api.strict_faults == []


async def test_objects_may_be_json_within_a_form(api: BotApi, http: aiohttp.ClientSession) -> None:
    """As python-telegram-bot sends them."""
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    form = {"chat_id": str(ANI), "text": "?", "reply_markup": json.dumps(keyboard)}
    async with http.post(f"{api.url}/bot1:token/sendMessage", data=form) as response:
        assert response.status == 200
    assert api.messages(ANI)[0].reply_markup == keyboard


async def test_a_wrong_token_is_401_and_an_unknown_method_404(http: aiohttp.ClientSession) -> None:
    """Only the token that the server was given opens it."""
    api = BotApi("1:right")
    await api.start()
    try:
        for path, code, words in (
            ("/bot1:wrong/getMe", 401, "Unauthorized"),
            ("/bot1:right/getNothing", 404, "Not Found"),
            ("/bot1:right", 404, "Not Found"),
        ):
            async with http.get(api.url + path) as response:
                assert response.status == code
                answer = await response.json()
                assert answer == {"ok": False, "error_code": code, "description": words}
        async with http.get(api.url + "/bot1:right/getMe") as response:
            me = (await response.json())["result"]
        assert me["is_bot"] is True
        assert me["username"]
    finally:
        await api.stop()


@pytest.mark.parametrize(
    ("method", "parameters", "reason"),
    [
        ("sendMessage", {"text": "x"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": ANI}, "message text is empty"),
        ("sendMessage", {"chat_id": ANI, "text": ""}, "message text is empty"),
        ("sendMessage", {"chat_id": ANI, "text": " \n "}, "text must be non-empty"),
        ("sendMessage", {"chat_id": ANI, "text": "x" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": 999, "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": "@nobody", "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": ANI, "text": "x", "parse_mode": "X"}, "unsupported parse_mode"),
        (
            "sendMessage",
            {"chat_id": ANI, "text": "x", "message_thread_id": 9},
            "message thread not found",
        ),
        (
            "sendMessage",
            {"chat_id": ANI, "text": "x", "message_thread_id": "nine"},
            "invalid message_thread_id specified",
        ),
        (
            "sendMessage",
            {"chat_id": ANI, "text": "x", "reply_parameters": {"message_id": 77}},
            "message to be replied not found",
        ),
        (
            "sendMessage",
            {"chat_id": ANI, "text": "x", "reply_markup": "{"},
            "can't parse reply keyboard markup JSON object",
        ),
        ("sendPhoto", {"chat_id": ANI}, "there is no photo in the request"),
        (
            "sendChatAction",
            {"chat_id": ANI, "action": "dance"},
            "wrong parameter action in request",
        ),
        ("editMessageText", {"chat_id": ANI, "text": "x"}, "message identifier is not specified"),
        (
            "editMessageText",
            {"chat_id": ANI, "message_id": 77, "text": "x"},
            "message to edit not found",
        ),
        ("deleteMessage", {"chat_id": ANI, "message_id": 77}, "message to delete not found"),
        ("pinChatMessage", {"chat_id": ANI, "message_id": 77}, "message to pin not found"),
        (
            "answerCallbackQuery",
            {"callback_query_id": "1"},
            "query is too old and response timeout expired or query ID is invalid",
        ),
        ("setMyCommands", {}, 'parameter "commands" is required'),
        (
            "setMyCommands",
            {"commands": [{"command": "Add-It", "description": "x"}]},
            "BOT_COMMAND_INVALID",
        ),
        (
            "setMyCommands",
            {"commands": [{"command": "add", "description": ""}]},
            "BOT_COMMAND_DESCRIPTION_INVALID",
        ),
        (
            "setMyCommands",
            {"commands": [{"command": f"c{n}", "description": "x"} for n in range(101)]},
            "BOT_COMMANDS_TOO_MUCH",
        ),
        ("getMyCommands", {"language_code": "hye"}, "invalid language code specified"),
    ],
)
async def test_a_bad_request_is_refused_in_telegrams_words(
    bot: Bot, method: str, parameters: dict[str, object], reason: str
) -> None:
    """Each reason by its own sentence, always as a 400."""
    assert await bot.refusal(method, **parameters) == (400, f"Bad Request: {reason}")


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x", "callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        (
            {"text": "x", "url": "not a url"},
            "inline keyboard button URL 'not a url' is invalid: Wrong HTTP URL",
        ),
        (
            {"text": "x"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
    ],
)
async def test_a_bad_button_is_refused(bot: Bot, button: dict[str, str], reason: str) -> None:
    """Callback data is counted in bytes: 33 Cyrillic letters are too many."""
    markup = {"inline_keyboard": [[button]]}
    refused = await bot.refusal("sendMessage", chat_id=ANI, text="x", reply_markup=markup)
    assert refused == (400, f"Bad Request: {reason}")


async def test_length_is_counted_after_parsing_and_in_code_points(bot: Bot) -> None:
    """Tags do not count, and an emoji counts once."""
    html = "<b>" + "👍" * 4096 + "</b>"
    sent = await bot.get("sendMessage", chat_id=ANI, text=html, parse_mode="HTML")
    assert len(sent["text"]) == 4096
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 8192}]


async def test_what_telegram_ignores_is_noted_as_a_fault(api: BotApi, bot: Bot) -> None:
    """Telegram would say nothing, and we would never learn of the slip."""
    await bot.get("sendMessage", chat_id=ANI, text="x", parse_mod="HTML")
    await bot.get("sendMessage", chat_id=ANI, text="<b>x</b> " * 101, parse_mode="HTML")
    assert "sendMessage: unknown parameter parse_mod" in api.strict_faults
    assert any("101 entities" in fault for fault in api.strict_faults)
    assert len(api.messages(ANI)[-1].entities) == 100


async def test_planned_refusals_and_delays_happen_as_often_as_planned(
    api: BotApi, bot: Bot
) -> None:
    """Tests make Telegram fail at the moment they choose."""
    api.refuse(
        "sendMessage", 429, "Too Many Requests: retry after 3", parameters={"retry_after": 3}
    )
    answer = await bot.ask("sendMessage", chat_id=ANI, text="x")
    assert answer["error_code"] == 429
    assert answer["parameters"] == {"retry_after": 3}
    api.delay("sendMessage", 0.05)
    await bot.get("sendMessage", chat_id=ANI, text="x")
    assert [call.params["text"] for call in api.calls_of("sendMessage")] == ["x", "x"]
    assert len(api.messages(ANI)) == 1
