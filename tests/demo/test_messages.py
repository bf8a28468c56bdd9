"""Messages as the bot sends and changes them, and as people see and answer them."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bot.demo.bot_api import BotApi
from bot.demo.refusal import PeopleError
from tests.demo.conftest import ANI, Bot

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (3).to_bytes(4) + (2).to_bytes(4) + b"rest"
YES_NO = {
    "inline_keyboard": [
        [{"text": "Այո", "callback_data": "yes"}, {"text": "Ոչ", "callback_data": "no"}]
    ]
}


async def test_what_a_person_writes_reaches_the_bot_with_its_command_marked(
    api: BotApi, bot: Bot
) -> None:
    """The private chat has the person's id."""
    sent = api.send_text(ANI, "/add սահման")
    (update,) = await bot.get("getUpdates")
    message = update["message"]
    assert message["message_id"] == sent.message_id
    assert message["chat"] == {"id": ANI, "type": "private", "first_name": "Ani"}
    assert message["from"]["language_code"] == "hy"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 4}]


async def test_a_message_is_kept_plain_and_as_html(api: BotApi, bot: Bot) -> None:
    """Tests read what people see; the raw text is there for closer looks."""
    await bot.get("sendMessage", chat_id=ANI, text="<b>Բարև</b> &amp; hi", parse_mode="HTML")
    (message,) = await api.wait_messages(ANI)
    assert (message.text, message.html) == ("Բարև & hi", "<b>Բարև</b> &amp; hi")
    assert message.edited is None


async def test_an_edit_keeps_its_history_and_must_change_something(api: BotApi, bot: Bot) -> None:
    """Saying the same again is refused, a new keyboard alone is a change."""
    sent = await bot.get("sendMessage", chat_id=ANI, text="one", reply_markup=YES_NO)
    place = {"chat_id": ANI, "message_id": sent["message_id"]}
    refused = await bot.refusal("editMessageText", **place, text="one", reply_markup=YES_NO)
    assert refused[1].startswith("Bad Request: message is not modified: specified new message")
    edited = await bot.get("editMessageText", **place, text="two")
    assert edited["text"] == "two"
    assert "edit_date" in edited
    assert "reply_markup" not in edited
    await bot.get("editMessageReplyMarkup", **place, reply_markup=YES_NO)
    (message,) = api.messages(ANI)
    assert message.history == ["one"]
    assert message.reply_markup == YES_NO


async def test_a_bot_cannot_edit_what_people_wrote(api: BotApi, bot: Bot) -> None:
    """It may delete it from a private chat, though."""
    written = api.send_text(ANI, "mine")
    place = {"chat_id": ANI, "message_id": written.message_id}
    refused = await bot.refusal("editMessageText", **place, text="x")
    assert refused == (400, "Bad Request: message can't be edited")
    assert await bot.get("deleteMessage", **place) is True
    assert api.messages(ANI, everyone=True) == []


@pytest.mark.parametrize("button", ["yes", "Այո"])
async def test_a_tap_brings_a_callback_query_and_its_answer_back(
    api: BotApi, bot: Bot, button: str
) -> None:
    """Buttons are found by their data or by their label."""
    sent = await bot.get("sendMessage", chat_id=ANI, text="?", reply_markup=YES_NO)
    tap = api.tap(ANI, sent["message_id"], button)
    (update,) = await bot.get("getUpdates")
    query = update["callback_query"]
    assert (query["data"], query["from"]["id"]) == ("yes", ANI)
    assert query["message"]["message_id"] == sent["message_id"]
    await bot.get("answerCallbackQuery", callback_query_id=query["id"], text="ok", show_alert=True)
    answer = await tap.wait()
    assert (answer.text, answer.alert) == ("ok", True)


async def test_an_answer_may_come_too_late_or_be_too_long(api: BotApi, bot: Bot) -> None:
    """Telegram forgets a press after a while."""
    sent = await bot.get("sendMessage", chat_id=ANI, text="?", reply_markup=YES_NO)
    tap = api.tap(ANI, sent["message_id"], "yes")
    long = {"callback_query_id": tap.query_id, "text": "x" * 201}
    assert await bot.refusal("answerCallbackQuery", **long) == (
        400,
        "Bad Request: MESSAGE_TOO_LONG",
    )
    api.expire_taps()
    refused = await bot.refusal("answerCallbackQuery", callback_query_id=tap.query_id)
    assert refused[1].startswith("Bad Request: query is too old")


async def test_a_button_that_is_not_there_cannot_be_tapped(api: BotApi, bot: Bot) -> None:
    """The error names the buttons there are."""
    sent = await bot.get("sendMessage", chat_id=ANI, text="?", reply_markup=YES_NO)
    with pytest.raises(PeopleError, match="Այո"):
        api.tap(ANI, sent["message_id"], "maybe")


async def test_files_are_uploaded_and_described(api: BotApi, http: aiohttp.ClientSession) -> None:
    """A photo directly, a document by attach://; people can fetch both."""
    photo = aiohttp.FormData({"chat_id": str(ANI), "caption": "<b>x</b>", "parse_mode": "HTML"})
    photo.add_field("photo", PNG, filename="map.png", content_type="image/png")
    document = aiohttp.FormData({"chat_id": str(ANI), "document": "attach://a"})
    document.add_field("a", b"{}", filename="data.json", content_type="application/json")
    results: list[dict[str, Any]] = []
    for method, form in (("sendPhoto", photo), ("sendDocument", document)):
        async with http.post(f"{api.url}/bot1:token/{method}", data=form) as response:
            results.append((await response.json())["result"])
    assert results[0]["photo"][0]["width"] == 3
    assert results[0]["caption"] == "x"
    assert results[1]["document"]["file_name"] == "data.json"
    assert api.strict_faults == []
    file_id = results[0]["photo"][0]["file_id"]
    async with http.get(f"{api.url}/people/files/{file_id}") as response:
        assert await response.read() == PNG
        assert response.content_type == "image/png"


async def test_waiting_for_messages_gives_up_saying_what_came(api: BotApi, bot: Bot) -> None:
    """A failing test should show what was there instead."""
    await bot.get("sendMessage", chat_id=ANI, text="only this")
    with pytest.raises(TimeoutError, match=r"1 of 2 messages.*only this"):
        await api.wait_messages(ANI, count=2, timeout=0.05)


async def test_the_picture_of_a_message_is_changed_with_its_caption_and_buttons(
    api: BotApi, bot: Bot, http: aiohttp.ClientSession
) -> None:
    """What is uploaded stands in the media as attach://, as for Telegram."""
    first = aiohttp.FormData({"chat_id": str(ANI), "caption": "old"})
    first.add_field("photo", PNG, filename="a.png", content_type="image/png")
    async with http.post(f"{api.url}/bot1:token/sendPhoto", data=first) as response:
        sent = (await response.json())["result"]

    def edit(media: dict[str, Any]) -> aiohttp.FormData:
        fields = {"chat_id": str(ANI), "message_id": str(sent["message_id"])}
        form = aiohttp.FormData(fields | {"media": json.dumps(media)})
        form.add_field("reply_markup", json.dumps(YES_NO))
        form.add_field("file0", PNG + b"new", filename="b.png", content_type="image/png")
        return form

    url = f"{api.url}/bot1:token/editMessageMedia"
    media = {"type": "photo", "media": "attach://file0", "caption": "<b>new</b>"}
    async with http.post(url, data=edit(media | {"parse_mode": "HTML"})) as response:
        assert (await response.json())["result"]["caption"] == "new"
    (message,) = api.messages(ANI)
    assert message.media is not None
    assert message.media.content == PNG + b"new"
    assert [each["text"] for each in message.buttons] == ["Այո", "Ոչ"]
    assert api.strict_faults == []
    for wrong in ({"type": "photo", "media": "attach://file1"}, {"type": "video", "media": "x"}):
        async with http.post(url, data=edit(wrong)) as response:
            assert response.status == 400
    refused = await bot.refusal("editMessageMedia", chat_id=ANI, message_id=1)
    assert refused == (400, "Bad Request: there is no media in the request")
