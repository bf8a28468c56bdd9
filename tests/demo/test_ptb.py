"""The library we use to speak to Telegram must take our server for Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter

from bot.demo.bot_api import BotApi
from tests.demo.conftest import ANI


@pytest.fixture
async def client(api: BotApi) -> AsyncIterator[Bot]:
    """python-telegram-bot, unmodified, pointed at our server."""
    async with Bot("1:token", base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file") as bot:
        yield bot


async def test_everything_that_comes_back_is_read_by_the_library(api: BotApi, client: Bot) -> None:
    """Messages, keyboards, entities, members, commands, updates; and no parameter unknown."""
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
    sent = await client.send_message(
        ANI,
        '<b>x</b> <a href="https://x.am/">y</a>',
        parse_mode="HTML",
        reply_markup=keyboard,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        disable_notification=True,
    )
    assert [entity.type for entity in sent.entities] == ["bold", "text_link"]
    assert sent.reply_markup == keyboard
    api.tap(ANI, sent.message_id, "y")
    api.send_text(ANI, "/start")
    api.block(ANI)
    updates = await client.get_updates(allowed_updates=Update.ALL_TYPES)
    assert [each.effective_user.id for each in updates if each.effective_user] == [ANI] * 3
    api.unblock(ANI)
    assert updates[0].callback_query is not None
    await updates[0].callback_query.answer("ok")
    edited = await sent.edit_text("z")
    assert not isinstance(edited, bool)
    assert edited.edit_date is not None
    await client.send_chat_action(ANI, "typing")
    commands = [BotCommand("add", "add a keyword")]
    await client.set_my_commands(commands, BotCommandScopeAllPrivateChats(), "hy")
    assert (await client.get_my_commands(BotCommandScopeAllPrivateChats(), "hy"))[0] == commands[0]
    await client.set_my_description("what it does", "hy")
    await client.set_my_short_description("short", "hy")
    assert (await client.get_chat(ANI)).first_name == "Ani"
    api.add_group(-100500, "Goris", admins=[ANI], owner=ANI, bot_is_admin=True)
    assert (await client.get_chat_member(-100500, ANI)).status == "creator"
    assert len(await client.get_chat_administrators(-100500)) == 2
    assert (await client.get_webhook_info()).url == ""
    assert await sent.set_reaction("👍")
    document = await client.send_document(ANI, b"{}", filename="data.json", caption="data")
    assert document.document is not None
    assert await sent.delete()
    assert api.strict_faults == []


async def test_refusals_become_the_librarys_errors(api: BotApi, client: Bot) -> None:
    """The ones our sender tells apart."""
    with pytest.raises(BadRequest, match="Chat not found"):
        await client.send_message(4242, "x")
    api.add_group(-77, "Family", members=[ANI])
    api.migrate(-77, -1001)
    with pytest.raises(ChatMigrated) as moved:
        await client.send_message(-77, "x")
    assert moved.value.new_chat_id == -1001
    api.refuse("sendMessage", 429, "Too Many Requests", parameters={"retry_after": 2})
    with pytest.raises(RetryAfter), pytest.warns(Warning, match="retry_after"):
        await client.send_message(ANI, "x")
    api.block(ANI)
    with pytest.raises(Forbidden, match="blocked"):
        await client.send_message(ANI, "x")
    api.token = "another"
    with pytest.raises(InvalidToken):
        await client.get_me()
