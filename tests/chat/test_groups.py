"""Groups: only their admins change settings, and topics are subscribers of their own."""

from __future__ import annotations

import pytest

from bot.demo.chats import BOT_USERNAME
from bot.model import ChatState
from bot.storage.tables import chat, subscriber
from tests.loopback import ANI, ARAM, OLEG, Sahman, until
from tests.samples import change_rows, count_rows, rows_of

GROUP, FORUM, NEW = -77, -100500, -1001234567890


@pytest.fixture
def village(sahman: Sahman) -> Sahman:
    """A small group and a forum; Ani is an admin of both, Oleg and Aram are members."""
    sahman.api.add_group(GROUP, "Family", admins=[ANI], members=[OLEG, ARAM], new=False)
    sahman.api.add_group(
        FORUM,
        "Goris",
        owner=ANI,
        members=[OLEG, ARAM],
        forum=True,
        topics={7: "News", 8: "Talk"},
        new=False,
    )
    return sahman


@pytest.mark.parametrize(
    "command",
    ["/start", "/add border", "/remove", "/timezone Paris", "/language", "/pause", "/resume",
     "/stop", "/digest 07:00", "/digest off"],
)  # fmt: skip
async def test_a_member_changes_nothing_and_is_told_why(village: Sahman, command: str) -> None:
    answer = await village.say(command, GROUP, user_id=OLEG)
    assert "админист" in answer.text.lower()
    assert count_rows(village.storage, subscriber) == 0


@pytest.mark.parametrize("command", ["/help", "/keywords", "/latest", "/sources", "/privacy"])
async def test_a_member_may_read(village: Sahman, command: str) -> None:
    await village.say("/add border", GROUP, user_id=ANI)
    answer = await village.say(command, GROUP, user_id=OLEG)
    assert "its admins can change" not in answer.text


async def test_a_members_tap_changes_nothing_and_is_told_why(village: Sahman) -> None:
    await village.say("/start", GROUP, user_id=ANI)
    shown = await village.tap("+ border", GROUP, user_id=OLEG)
    assert "admin" in shown
    assert await village.keywords(GROUP) == []
    await village.tap("+ border", GROUP, user_id=ANI)
    assert await village.keywords(GROUP) == ["border"]


async def test_who_is_an_admin_no_longer_changes_nothing(village: Sahman) -> None:
    await village.say("/add border", GROUP, user_id=ANI)
    village.api.set_admin(GROUP, ANI, admin=False)
    await village.say("/add earthquake", GROUP, user_id=ANI)
    assert await village.keywords(GROUP) == ["border"]


async def test_an_anonymous_admin_is_an_admin(village: Sahman) -> None:
    """They write as the group itself; their user is Telegram's GroupAnonymousBot."""
    group = village.api.messenger.chats[GROUP]
    wire = {
        "message_id": 900,
        "date": 1_780_000_000,
        "chat": {"id": GROUP, "type": "group", "title": group.title},
        "from": {"id": 1087968824, "is_bot": True, "first_name": "Group"},
        "sender_chat": {"id": GROUP, "type": "group", "title": group.title},
        "text": "/add border",
    }
    village.api.messenger.updates.add("message", wire)
    await village.api.wait_messages(GROUP)
    assert await village.keywords(GROUP) == ["border"]


async def test_another_channel_that_writes_into_the_group_is_no_admin(village: Sahman) -> None:
    wire = {
        "message_id": 900,
        "date": 1_780_000_000,
        "chat": {"id": GROUP, "type": "group", "title": "Family"},
        "from": {"id": 136817688, "is_bot": True, "first_name": "Channel"},
        "sender_chat": {"id": -100999, "type": "channel", "title": "Stranger"},
        "text": "/add border",
    }
    village.api.messenger.updates.add("message", wire)
    await village.api.wait_messages(GROUP)
    assert await village.keywords(GROUP) == []


async def test_when_telegram_does_not_say_who_is_admin_nothing_is_changed(village: Sahman) -> None:
    village.api.refuse("getChatMember", 400, "Bad Request: CHAT_ADMIN_REQUIRED")
    await village.say("/add border", GROUP, user_id=ANI)
    assert await village.keywords(GROUP) == []


async def test_topics_are_subscribers_of_their_own(village: Sahman) -> None:
    for topic, word in ((7, "border"), (8, "earthquake")):
        answer = await village.say(f"/add {word}", FORUM, user_id=ANI, topic=topic)
        assert answer.thread_id == topic
    assert await village.keywords(FORUM, 7) == ["border"]
    assert await village.keywords(FORUM, 8) == ["earthquake"]
    assert await village.keywords(FORUM) == []
    await village.news("Border news")
    (alert,) = await village.api.wait_messages(FORUM, after=answer.message_id)
    assert alert.thread_id == 7


async def test_a_topic_that_is_gone_is_answered_in_the_group_itself(village: Sahman) -> None:
    await village.say("/add border", FORUM, user_id=ANI, topic=7)
    village.api.delete_topic(FORUM, 7)
    await village.news("Border news")
    (alert,) = await village.api.wait_messages(FORUM)
    assert "Border news" in alert.text
    assert not alert.thread_id


async def test_a_command_for_another_bot_is_not_ours(village: Sahman) -> None:
    village.api.messenger.chats[GROUP].bot_is_admin = True  # so that it reads everything
    village.api.send_text(GROUP, "/add@other_bot border", user_id=ANI)
    answer = await village.say(f"/keywords@{BOT_USERNAME.upper()}", GROUP, user_id=ANI)
    assert "nothing yet" in answer.text
    assert len(village.api.messages(GROUP)) == 1


async def test_unknown_commands_and_talk_of_a_group_are_left_alone(village: Sahman) -> None:
    village.api.messenger.chats[GROUP].bot_is_admin = True
    village.api.send_text(GROUP, "/dance", user_id=OLEG)
    village.api.send_text(GROUP, "what about the border?", user_id=OLEG)
    assert await village.silence(GROUP) == []


class TestMembership:
    async def test_a_kicked_bot_owes_nothing_until_it_is_back(self, village: Sahman) -> None:
        await village.say("/add border", GROUP, user_id=ANI)
        village.api.kick(GROUP)
        await village.silence(GROUP)
        await village.news("Border one")
        (row,) = rows_of(village.storage, chat)
        assert row["state"] == ChatState.GONE
        assert await village.storage.deliveries.count_owed() == 0
        village.api.invite(GROUP)
        await village.silence(GROUP)
        await village.news("Border two")
        _, greeting, news = await village.api.wait_messages(GROUP, count=3)
        assert "Followed here: border" in greeting.text
        assert "Border two" in news.text

    async def test_a_group_that_moves_is_followed_with_all_it_had(self, village: Sahman) -> None:
        await village.say("/add border", GROUP, user_id=ANI)
        village.api.migrate(GROUP, NEW)
        await village.silence(GROUP)
        assert await village.keywords(NEW) == ["border"]
        await village.news("Border news")
        (alert,) = await village.api.wait_messages(NEW)
        assert "Border news" in alert.text

    async def test_a_group_that_moved_unheard_is_followed_when_a_message_is_refused(
        self, village: Sahman
    ) -> None:
        await village.say("/add border", GROUP, user_id=ANI)
        village.api.migrate(GROUP, NEW)
        village.api.messenger.updates._queue.clear()
        await village.news("Border news")
        (alert,) = await village.api.wait_messages(NEW)
        assert "Border news" in alert.text
        assert await village.keywords(NEW) == ["border"]

    @pytest.mark.parametrize("happens", ["delete_chat", "forget_chat"])
    async def test_a_group_that_is_no_more_is_owed_nothing(
        self, village: Sahman, happens: str
    ) -> None:
        await village.say("/add border", GROUP, user_id=ANI)
        getattr(village.api, happens)(GROUP)
        await village.news("Border news")
        await until(lambda: rows_of(village.storage, chat)[0]["state"] == ChatState.REFUSED)
        change_rows(village.storage, chat, not_before=0, refused_at=1)
        village.sender.wake()
        await until(lambda: rows_of(village.storage, chat)[0]["state"] != ChatState.REFUSED)
        assert rows_of(village.storage, chat)[0]["state"] == ChatState.GONE
        assert await village.storage.deliveries.count_owed() == 0


class TestWhoDecides:
    @pytest.mark.parametrize(
        "command", ["/latest", "/latest border", "/digest", "/digest now", "/keywords", "/sources"]
    )
    async def test_what_a_member_reads_decides_nothing(self, village: Sahman, command: str) -> None:
        await village.say(command, GROUP, user_id=OLEG)
        assert count_rows(village.storage, subscriber) == 0
        await village.say("/add border", GROUP, user_id=ANI)
        reader = await village.storage.subscribers.load(GROUP, 0)
        assert reader is not None
        assert reader.language == "en", "the admin's who set it up"

    async def test_a_page_turned_by_a_member_makes_no_subscriber(self, village: Sahman) -> None:
        await village.news(*(f"Border item {n}" for n in range(12)))
        await village.say("/latest", GROUP, user_id=OLEG)
        older = village.api.messages(GROUP)[-1].buttons[0]["text"]
        await village.tap(older, GROUP, user_id=OLEG)
        assert count_rows(village.storage, subscriber) == 0


class TestButtons:
    async def test_a_tap_acts_on_the_topic_that_the_button_was_made_for(
        self, village: Sahman
    ) -> None:
        for topic in (7, 8):
            await village.say("/add border", FORUM, user_id=ANI, topic=topic)
        message = await village.say("/remove", FORUM, user_id=ANI, topic=8)
        button = message.buttons[0]["callback_data"].replace("word:open", "word:remove")
        village.api.messenger.updates.add("callback_query", _tap(FORUM, message.message_id, button))
        await village.silence(FORUM)
        assert await village.keywords(FORUM, 7) == ["border"]
        assert await village.keywords(FORUM, 8) == []
        assert await village.keywords(FORUM) == []

    async def test_one_under_a_message_that_says_no_more_where_it_was_acts_on_nothing(
        self, village: Sahman
    ) -> None:
        await village.say("/add border", FORUM, user_id=ANI)
        (keyword,) = await village.storage.keywords.load((await village.reader(FORUM)).id)
        old = _tap(FORUM, 4_000, f"remove:{keyword.id}")
        village.api.messenger.updates.add("callback_query", old)
        await village.silence(FORUM)
        assert await village.keywords(FORUM) == ["border"]

    async def test_buttons_fit_into_what_telegram_carries(self, village: Sahman) -> None:
        for command in ("/start", "/timezone", "/digest", "/language", "/remove", "/stop"):
            message = await village.say(command, FORUM, user_id=ANI, topic=7)
            for each in message.buttons:
                assert len(each["callback_data"].encode()) <= 64
                assert each["callback_data"].endswith("@7")


def _tap(chat_id: int, message_id: int, data: str) -> dict[str, object]:
    """Return Ani's tap under a message so old that Telegram says no more of it than its chat."""
    chat = {"id": chat_id, "type": "supergroup", "title": "Goris", "is_forum": True}
    return {
        "id": "77",
        "from": {"id": ANI, "is_bot": False, "first_name": "Ani", "language_code": "en"},
        "chat_instance": "1",
        "message": {"chat": chat, "message_id": message_id, "date": 0},
        "data": data,
    }


class TestMoving:
    @pytest.mark.parametrize("order", [("old", "new"), ("new", "old"), ("new",), ("old",)])
    @pytest.mark.parametrize("used_before", [False, True])
    async def test_a_group_keeps_its_keywords_in_whatever_order_it_is_said(
        self, village: Sahman, order: tuple[str, ...], used_before: bool
    ) -> None:
        await village.say("/add border", GROUP, user_id=ANI)
        village.api.migrate(GROUP, NEW)
        queue = village.api.messenger.updates._queue
        said = {"old": queue[-2], "new": queue[-1]}
        del queue[-2:]
        if used_before:
            await village.say("/add earthquake", NEW, user_id=ANI)
        for number, each in enumerate(order * 2):
            wire = {**said[each], "update_id": 900_000_000 + number}
            await village.receiver.receive(wire)
        expected = {"border", "earthquake"} if used_before else {"border"}
        assert {*await village.keywords(NEW)} == expected
        assert count_rows(village.storage, chat, id=GROUP) == 0

    async def test_an_answer_to_a_group_that_moved_follows_it(self, village: Sahman) -> None:
        await village.say("/add border", GROUP, user_id=ANI)
        village.api.send_text(GROUP, "/keywords", user_id=ANI)
        village.api.migrate(GROUP, NEW)
        await village.silence(GROUP)
        assert await village.keywords(NEW) == ["border"]


async def test_privacy_says_in_a_group_what_everybody_there_sees(village: Sahman) -> None:
    in_group = await village.say("/privacy", GROUP, user_id=ANI)
    assert "Everybody in the group sees" in in_group.text
    alone = await village.say("/privacy")
    assert "Everybody" not in alone.text


class TestGreeting:
    @pytest.mark.parametrize(
        ("person", "said"),
        [(ANI, "Only admins of the group"), (OLEG, "только администраторы"), (ARAM, "ադմինները")],
    )
    async def test_a_group_is_greeted_once_in_the_language_of_who_added_it(
        self, sahman: Sahman, person: int, said: str
    ) -> None:
        sahman.api.add_group(-88, "New", owner=person)
        (greeting,) = await sahman.silence(-88)
        assert said in greeting
        assert count_rows(sahman.storage, subscriber) == 0, "nothing is kept before it begins"

    async def test_an_admin_begins_by_its_buttons(self, sahman: Sahman) -> None:
        group = sahman.api.add_group(-88, "New", owner=ANI)
        group.members[OLEG] = sahman.api.messenger.users[OLEG]
        await sahman.silence(-88)
        assert await sahman.tap("+ border", -88, user_id=OLEG)
        assert await sahman.keywords(-88) == []
        await sahman.tap("+ border", -88, user_id=ANI)
        assert await sahman.keywords(-88) == ["border"]

    async def test_it_is_not_greeted_for_becoming_an_admin(self, village: Sahman) -> None:
        group = village.api.messenger.chats[GROUP]
        ani = village.api.messenger.users[ANI]
        village.api.messenger.tell_membership(group, ani, "member", "administrator")
        assert await village.silence(GROUP) == []

    async def test_a_forum_is_told_of_its_topics(self, sahman: Sahman) -> None:
        sahman.api.add_group(-100900, "Forum", owner=ANI, forum=True)
        (greeting,) = await sahman.silence(-100900)
        assert "Each topic" in greeting


class TestTalk:
    @pytest.mark.parametrize("command", ["/start", "/старт", f"/start@{BOT_USERNAME}"])
    async def test_a_members_start_tells_what_the_bot_does_here(
        self, village: Sahman, command: str
    ) -> None:
        await village.say("/add border", GROUP, user_id=ANI)
        answer = await village.say(command, GROUP, user_id=OLEG)
        assert "border" in answer.text
        assert "Only its admins" in answer.text
        assert f"https://t.me/{BOT_USERNAME}" in answer.html
        assert answer.buttons == []

    async def test_commands_have_their_other_names_in_groups_too(self, village: Sahman) -> None:
        await village.say("/добавить граница", GROUP, user_id=ANI)
        await village.say("/ավելացնել сахар", GROUP, user_id=ANI)
        assert await village.keywords(GROUP) == ["граница", "сахар"]

    async def test_nothing_else_is_answered(self, village: Sahman) -> None:
        village.api.messenger.chats[GROUP].bot_is_admin = True  # so that it reads everything
        for text in ("спасибо", "stop", "add border", "/ad border", "https://hetq.am/1", "help"):
            village.api.send_text(GROUP, text, user_id=ANI)
        for thing in ("sticker", "photo", "voice", "location"):
            village.api.send_thing(GROUP, thing, user_id=ANI)
        village.api.forward(GROUP, "Nikol Pashinyan met Vladimir Putin", user_id=ANI)
        assert await village.silence(GROUP) == []

    async def test_a_topic_has_its_own_language(self, village: Sahman) -> None:
        await village.say("/language ru", FORUM, user_id=ANI, topic=7)
        await village.say("/language hy", FORUM, user_id=ANI, topic=8)
        languages = {topic: (await village.reader(FORUM, topic)).language for topic in (7, 8)}
        assert languages == {7: "ru", 8: "hy"}

    async def test_what_its_channel_posts_by_itself_is_not_answered(self, village: Sahman) -> None:
        channel = {"id": -100999, "type": "channel", "title": "Linked"}
        wire = {
            "message_id": 900,
            "date": 1_780_000_000,
            "chat": {"id": GROUP, "type": "supergroup", "title": "Family"},
            "from": {"id": 777000, "is_bot": False, "first_name": "Telegram"},
            "sender_chat": channel,
            "is_automatic_forward": True,
            "text": "/add border",
        }
        village.api.messenger.updates.add("message", wire)
        assert await village.silence(GROUP) == []
        assert await village.keywords(GROUP) == []


async def test_privacy_says_when_a_group_is_forgotten(village: Sahman) -> None:
    assert "90 days" in (await village.say("/privacy", GROUP, user_id=ANI)).text
