"""What became of a chat, and what Telegram tells the bot about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.demo.bot_api import BotApi
from tests.demo.conftest import ANI, Bot

GORIS = -100500
SMALL = -77
NEW = -1001234567890
ARAM = 102


@pytest.fixture
async def village(api: BotApi) -> BotApi:
    """A forum and a small group, both with Ani as admin and Aram as member."""
    api.add_user(ARAM, "Aram")
    api.add_group(GORIS, "Goris", admins=[ANI], members=[ARAM], forum=True, topics={7: "News"})
    api.add_group(SMALL, "Family", admins=[ANI], members=[ARAM])
    return api


@pytest.mark.parametrize(
    ("happens", "chat_id", "code", "reason"),
    [
        (lambda api: api.block(ANI), ANI, 403, "Forbidden: bot was blocked by the user"),
        (lambda api: api.deactivate(ANI), ANI, 403, "Forbidden: user is deactivated"),
        (lambda api: api.forget_chat(ANI), ANI, 400, "Bad Request: chat not found"),
        (lambda api: None, ARAM, 400, "Bad Request: chat not found"),
        (
            lambda api: api.kick(GORIS),
            GORIS,
            403,
            "Forbidden: bot was kicked from the supergroup chat",
        ),
        (lambda api: api.kick(SMALL), SMALL, 403, "Forbidden: bot was kicked from the group chat"),
        (lambda api: api.delete_chat(SMALL), SMALL, 403, "Forbidden: the group chat was deleted"),
        (
            lambda api: api.migrate(SMALL, NEW),
            SMALL,
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
        ),
    ],
)
async def test_a_lost_chat_refuses_messages_in_its_own_words(
    village: BotApi,
    bot: Bot,
    happens: Callable[[BotApi], None],
    chat_id: int,
    code: int,
    reason: str,
) -> None:
    """Sending, editing and typing are refused alike."""
    happens(village)
    assert await bot.refusal("sendMessage", chat_id=chat_id, text="x") == (code, reason)
    typing = await bot.refusal("sendChatAction", chat_id=chat_id, action="typing")
    assert typing == (code, reason)


async def test_a_migrated_group_names_its_new_id_and_tells_both_sides(
    village: BotApi, bot: Bot
) -> None:
    """In the refusal and in two service messages."""
    village.migrate(SMALL, NEW)
    answer = await bot.ask("sendMessage", chat_id=SMALL, text="x")
    assert answer["parameters"] == {"migrate_to_chat_id": NEW}
    updates = [each["message"] for each in await bot.get("getUpdates") if "message" in each]
    assert [each.get("migrate_to_chat_id") for each in updates] == [NEW, None]
    assert [each.get("migrate_from_chat_id") for each in updates] == [None, SMALL]
    assert (await bot.get("sendMessage", chat_id=NEW, text="x"))["chat"]["type"] == "supergroup"


async def test_blocking_and_unblocking_are_told_to_the_bot(api: BotApi, bot: Bot) -> None:
    """As changes of its own membership in the private chat."""
    api.block(ANI)
    api.unblock(ANI)
    told = [each["my_chat_member"] for each in await bot.get("getUpdates")]
    assert [each["new_chat_member"]["status"] for each in told] == ["kicked", "member"]
    assert told[0]["chat"]["type"] == "private"
    await bot.get("sendMessage", chat_id=ANI, text="back")


async def test_a_bot_cannot_write_first(village: BotApi, bot: Bot) -> None:
    """Only once the person has written is there a chat."""
    assert (await bot.refusal("sendMessage", chat_id=ARAM, text="x"))[0] == 400
    village.send_text(ARAM, "/start")
    await bot.get("sendMessage", chat_id=ARAM, text="x")


async def test_topics_carry_their_id_until_they_are_deleted(village: BotApi, bot: Bot) -> None:
    """A deleted topic is not found, a closed one is closed, General has no id."""
    village.send_text(GORIS, "/add border", user_id=ARAM, thread_id=7)
    (update,) = [each for each in await bot.get("getUpdates") if "message" in each]
    assert update["message"]["message_thread_id"] == 7
    assert update["message"]["is_topic_message"] is True
    sent = await bot.get("sendMessage", chat_id=GORIS, text="x", message_thread_id=7)
    assert sent["message_thread_id"] == 7
    assert [each.text for each in village.messages(GORIS, thread_id=7)] == ["x"]
    village.close_topic(GORIS, 7)
    closed = await bot.refusal("sendMessage", chat_id=GORIS, text="x", message_thread_id=7)
    assert closed == (400, "Bad Request: TOPIC_CLOSED")
    village.delete_topic(GORIS, 7)
    gone = await bot.refusal("sendMessage", chat_id=GORIS, text="x", message_thread_id=7)
    assert gone == (400, "Bad Request: message thread not found")
    assert "message_thread_id" not in await bot.get("sendMessage", chat_id=GORIS, text="x")


async def test_in_groups_the_bot_reads_only_what_is_meant_for_it(village: BotApi, bot: Bot) -> None:
    """Privacy mode: commands, mentions and replies to the bot."""
    asked = await bot.get("sendMessage", chat_id=SMALL, text="which word?")
    village.send_text(SMALL, "just talking", user_id=ARAM)
    village.send_text(SMALL, "/add@other_bot x", user_id=ARAM)
    village.send_text(SMALL, "/add x", user_id=ARAM)
    village.send_text(SMALL, "hey @sahman_demo_bot", user_id=ARAM)
    village.send_text(SMALL, "border", user_id=ARAM, reply_to=asked["message_id"])
    read = [each["message"]["text"] for each in await bot.get("getUpdates") if "message" in each]
    assert read == ["/add x", "hey @sahman_demo_bot", "border"]


async def test_members_have_their_standing(village: BotApi, bot: Bot) -> None:
    """Admins, members and strangers."""
    village.add_user(103, "Lena")
    statuses = [
        (await bot.get("getChatMember", chat_id=GORIS, user_id=user_id))["status"]
        for user_id in (ANI, ARAM, 103)
    ]
    assert statuses == ["administrator", "member", "left"]
    admins = await bot.get("getChatAdministrators", chat_id=GORIS)
    assert [each["user"]["id"] for each in admins] == [ANI]
    assert (await bot.get("getChat", chat_id=GORIS))["title"] == "Goris"
    assert await bot.get("leaveChat", chat_id=GORIS) is True
    refused = await bot.refusal("sendMessage", chat_id=GORIS, text="x")
    assert refused == (403, "Forbidden: bot is not a member of the supergroup chat")


async def test_the_menu_of_commands_is_resolved_by_scope_and_language(
    village: BotApi, bot: Bot
) -> None:
    """The nearest scope wins, and within it the person's language."""

    async def offer(description: str, **scope: object) -> None:
        commands = [{"command": "add", "description": description}]
        await bot.get("setMyCommands", commands=commands, **scope)

    await offer("default")
    await offer("default hy", language_code="hy")
    assert village.commands(ANI)[0]["description"] == "default hy"
    assert village.commands(ARAM)[0]["description"] == "default"
    await offer("private", scope={"type": "all_private_chats"})
    await offer("admins", scope={"type": "all_chat_administrators"})
    await offer("here", scope={"type": "chat", "chat_id": GORIS})
    assert village.commands(ANI)[0]["description"] == "private"
    assert village.commands(SMALL, user_id=ANI)[0]["description"] == "admins"
    assert village.commands(GORIS, user_id=ARAM)[0]["description"] == "here"
    assert village.commands(SMALL, user_id=ARAM)[0]["description"] == "default"
