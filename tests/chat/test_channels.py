"""Channels: set up from the private chat of whoever may post there; their posts are news only."""

from __future__ import annotations

import pytest

from bot.model import ChatState
from bot.storage.tables import channel_admin, chat, subscriber
from tests.loopback import ANI, ARAM, OLEG, Sahman, labels
from tests.samples import count_rows, rows_of

CHANNEL, PRIVATE = -1001000200, -1001000300


@pytest.fixture
async def studio(sahman: Sahman) -> Sahman:
    """Ani and Oleg have started the bot; Ani owns two channels, one without a name."""
    for person in (ANI, OLEG):
        await sahman.say("/start", person)
    sahman.api.add_channel(CHANNEL, "Goris <news>", owner=ANI, username="goris_news")
    sahman.api.add_channel(PRIVATE, "Family", owner=ANI)
    return sahman


async def follow(studio: Sahman, word: str = "border") -> None:
    """Let Ani's channel follow a word, from her private chat."""
    studio.api.messenger.chats[CHANNEL].bot_is_admin = True
    await studio.say(f"/channel @goris_news add {word}")
    assert word in await studio.keywords(CHANNEL)


class TestBeginning:
    @pytest.mark.parametrize(("person", "said"), [(ANI, "news only"), (OLEG, "только новости")])
    async def test_whoever_makes_it_an_admin_is_told_in_private(
        self, studio: Sahman, person: int, said: str
    ) -> None:
        studio.api.set_admin(CHANNEL, person)
        studio.api.messenger.chats[CHANNEL].members[person] = studio.api.messenger.users[person]
        before = len(await studio.silence(person))
        studio.api.make_bot_admin(CHANNEL, by=person)
        told = await studio.silence(person)
        assert len(told) == before + 1
        assert "Goris <news>" in told[-1]
        assert said in told[-1]
        assert await studio.silence(CHANNEL) == [], "nothing but news in the channel"

    async def test_who_never_started_the_bot_is_not_written_to(self, studio: Sahman) -> None:
        studio.api.add_channel(-1001000400, "Aram's", owner=ARAM)
        studio.api.make_bot_admin(-1001000400, by=ARAM)
        await studio.silence(ARAM)
        assert studio.api.messages(ARAM) == []
        assert not [each for each in studio.api.calls if each.params.get("chat_id") == str(ARAM)]

    async def test_a_forwarded_post_opens_it(self, studio: Sahman) -> None:
        studio.api.forward(ANI, "Good morning", channel=PRIVATE)
        await studio.silence()
        card = studio.api.messages(ANI)[-1]
        assert card.text.startswith("📢 Family")
        await studio.tap("+ border")
        assert await studio.keywords(PRIVATE) == ["border"]
        assert await studio.keywords() == []

    async def test_the_list_shows_what_one_may_set_up_now(self, studio: Sahman) -> None:
        assert "@name" in (await studio.say("/channel")).text
        for channel in (CHANNEL, PRIVATE):
            studio.api.make_bot_admin(channel, by=ANI)
        await studio.silence()
        listed = await studio.say("/channel")
        assert sorted(labels(listed)) == ["Family", "Goris <news>"]
        await studio.tap("Family")
        assert studio.api.messages(ANI)[-1].text.startswith("📢 Family")
        studio.api.messenger.chats[PRIVATE].owner = OLEG
        studio.api.set_admin(PRIVATE, ANI, admin=False)
        assert labels(await studio.say("/channel")) == ["Goris <news>"]


class TestCommands:
    async def test_each_names_its_channel_and_is_answered_in_private(self, studio: Sahman) -> None:
        await follow(studio)
        assert studio.api.messages(ANI)[-1].text.startswith("📢 Goris <news>\n")
        assert "border" in (await studio.say("/channel @goris_news keywords")).text
        await studio.say("/channel @goris_news digest 8:15")
        await studio.say("/channel https://t.me/goris_news language hy")
        reader = await studio.reader(CHANNEL)
        assert reader.digest_times == ("08:15",)
        assert reader.language == "hy"
        assert (await studio.reader()).digest_times != ("08:15",)
        await studio.say("/channel @goris_news remove border")
        assert await studio.keywords(CHANNEL) == []
        assert studio.api.messages(CHANNEL) == []

    async def test_they_have_their_other_names_too(self, studio: Sahman) -> None:
        await studio.say("/канал @goris_news добавить граница", ANI)
        assert await studio.keywords(CHANNEL) == ["граница"]

    @pytest.mark.parametrize("words", ["@goris_news dance", "@goris_news start", "@goris_news why"])
    async def test_what_is_no_command_of_a_channel_is_shown_how(
        self, studio: Sahman, words: str
    ) -> None:
        answer = await studio.say(f"/channel {words}")
        assert "/channel @goris_news add border" in answer.text

    @pytest.mark.parametrize(
        "words",
        ["@goris_news", "@goris_news add border", f"{CHANNEL} add border", "@nobody add border",
         "@goris_news keywords", "101 add border", "?? add border"],
    )  # fmt: skip
    async def test_nobody_else_reads_or_changes_anything(self, studio: Sahman, words: str) -> None:
        await follow(studio, "earthquake")
        answer = await studio.say(f"/channel {words}", OLEG)
        assert "Не нахожу" in answer.text
        assert await studio.keywords(CHANNEL) == ["earthquake"]

    async def test_nor_do_their_clients_by_buttons_of_their_own_making(
        self, studio: Sahman
    ) -> None:
        await follow(studio)
        message = await studio.say("/language", OLEG)
        for data in (f"do:keywords:#{CHANNEL}", f"do:add:=war#{CHANNEL}", f"channel:{CHANNEL}"):
            row = [{"text": "x", "callback_data": data}]
            message.reply_markup = {"inline_keyboard": [row]}
            before = await studio.silence(OLEG)
            shown = await studio.tap("x", OLEG)
            assert shown
            assert await studio.silence(OLEG) == before
        assert await studio.keywords(CHANNEL) == ["border"]

    async def test_an_admin_who_may_not_post_sets_nothing_up(
        self, studio: Sahman, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        studio.api.messenger.chats[CHANNEL].owner = OLEG
        answer = await studio.say("/channel @goris_news add border")
        assert await studio.keywords(CHANNEL) == ["border"]
        group = studio.api.messenger.chats[CHANNEL]
        lesser = group.member_wire(studio.api.messenger.users[ANI]) | {"can_post_messages": False}
        monkeypatch.setattr(type(group), "member_wire", lambda *_: lesser)
        answer = await studio.say("/channel @goris_news add war")
        assert "I find no such channel" in answer.text
        assert await studio.keywords(CHANNEL) == ["border"]

    async def test_a_group_is_no_channel(self, studio: Sahman) -> None:
        studio.api.add_group(-1001000900, "Group", owner=ANI, new=False)
        assert "no such channel" in (await studio.say("/channel -1001000900 add border")).text
        answer = await studio.say("/channel", -1001000900, user_id=ANI)
        assert "private chat" in answer.text
        assert count_rows(studio.storage, chat, id=-1001000900) == 0


class TestButtons:
    async def test_they_act_on_the_channel_that_they_were_made_for(self, studio: Sahman) -> None:
        await follow(studio)
        await studio.say("/add border")
        await studio.say("/channel @goris_news remove")
        await studio.tap("border")
        await studio.tap("Remove it")
        assert await studio.keywords(CHANNEL) == []
        await studio.tap("Undo")
        assert await studio.keywords(CHANNEL) == ["border"]
        await studio.say("/channel @goris_news remove border")
        assert await studio.keywords() == ["border"]

    @pytest.mark.parametrize(
        "command",
        ["keywords", "settings", "digest", "language", "alerts", "timezone", "stop",
         "latest border", "quiet", "trends"],
    )  # fmt: skip
    async def test_they_fit_into_what_telegram_carries(self, studio: Sahman, command: str) -> None:
        await follow(studio)
        await studio.prints("Hetq", "Border closed")
        message = await studio.say(f"/channel @goris_news {command}")
        await studio.silence()
        for each in studio.api.messages(ANI)[-1].buttons:
            assert each["callback_data"].endswith(f"#{CHANNEL}")
            assert len(each["callback_data"].encode()) <= 64
        assert message.chat_id == ANI

    async def test_settings_are_turned_through_in_one_message(self, studio: Sahman) -> None:
        await follow(studio)
        message = await studio.say("/channel @goris_news settings")
        for label in labels(message)[:6]:
            await studio.tap(label)
            await studio.tap("« All settings")
        assert labels(message) == labels(studio.api.messages(ANI)[-1])
        assert count_rows(studio.storage, subscriber) == 3

    async def test_who_may_post_no_longer_changes_nothing(self, studio: Sahman) -> None:
        await follow(studio)
        await studio.say("/channel @goris_news remove")
        studio.api.messenger.chats[CHANNEL].owner = OLEG
        studio.api.set_admin(CHANNEL, ANI, admin=False)
        assert await studio.tap("border")
        assert await studio.keywords(CHANNEL) == ["border"]


class TestPosts:
    async def test_they_are_news_without_buttons(self, studio: Sahman) -> None:
        await follow(studio)
        await studio.news("Border closed")
        (post,) = await studio.api.wait_messages(CHANNEL)
        assert "Border closed" in post.text
        assert post.buttons == []

    async def test_a_command_posted_there_is_answered_in_private(self, studio: Sahman) -> None:
        await follow(studio)
        before = len(await studio.silence())
        studio.api.post_in_channel(CHANNEL, "/add earthquake")
        told = await studio.silence()
        await studio.silence(CHANNEL)
        assert await studio.keywords(CHANNEL) == ["border", "earthquake"]
        assert len(told) == before + 1
        assert told[-1].startswith("📢 Goris <news>")
        assert studio.api.messages(CHANNEL) == []

    async def test_where_nobody_is_known_it_is_answered_there_without_buttons(
        self, studio: Sahman
    ) -> None:
        studio.api.messenger.chats[CHANNEL].bot_is_admin = True
        studio.api.post_in_channel(CHANNEL, "/add border")
        studio.api.post_in_channel(CHANNEL, "/keywords")
        await studio.silence(CHANNEL)
        assert await studio.keywords(CHANNEL) == ["border"]
        assert [each.buttons for each in studio.api.messages(CHANNEL)] == [[], []]

    async def test_its_other_posts_are_left_alone(self, studio: Sahman) -> None:
        await follow(studio)
        before = await studio.silence()
        for text in ("Good morning", "/dance", "спасибо"):
            studio.api.post_in_channel(CHANNEL, text)
        assert await studio.silence(CHANNEL) == []
        assert await studio.silence() == before


class TestLeaving:
    async def test_a_channel_that_removes_the_bot_is_owed_nothing(self, studio: Sahman) -> None:
        await follow(studio)
        studio.api.kick(CHANNEL, by=ANI)
        await studio.silence(CHANNEL)
        (row,) = [each for each in rows_of(studio.storage, chat) if each["id"] == CHANNEL]
        assert row["state"] == ChatState.GONE
        assert row["gone_at"] > 0
        assert "@name" in (await studio.say("/channel")).text
        assert labels(studio.api.messages(ANI)[-1]) == []

    async def test_stop_erases_it_and_says_so_in_private(self, studio: Sahman) -> None:
        await follow(studio)
        await studio.say("/channel @goris_news stop")
        await studio.tap("Erase everything")
        assert count_rows(studio.storage, chat, id=CHANNEL) == 0
        assert count_rows(studio.storage, channel_admin) == 0
        assert "erased" in studio.api.messages(ANI)[-1].text

    async def test_who_stops_is_known_of_no_channel_any_more(self, studio: Sahman) -> None:
        await follow(studio)
        await studio.say("/stop")
        await studio.tap("Erase everything")
        assert count_rows(studio.storage, channel_admin) == 0
        assert await studio.keywords(CHANNEL) == ["border"]


@pytest.mark.parametrize(
    ("person", "channel", "private"),
    [(ANI, "What I keep of this channel", "90 days"), (OLEG, "об этом канале", "90 дней")],
)
async def test_privacy_is_true_of_a_channel(
    studio: Sahman, person: int, channel: str, private: str
) -> None:
    studio.api.set_admin(CHANNEL, person)
    studio.api.messenger.chats[CHANNEL].members[person] = studio.api.messenger.users[person]
    assert channel in (await studio.say("/channel @goris_news privacy", person)).text
    assert private in (await studio.say("/privacy", person)).text


async def test_who_may_post_no_longer_is_told_nothing_of_it(studio: Sahman) -> None:
    await follow(studio)
    studio.api.messenger.chats[CHANNEL].owner = OLEG
    studio.api.set_admin(CHANNEL, ANI, admin=False)
    before = await studio.silence()
    studio.api.post_in_channel(CHANNEL, "/keywords")
    await studio.silence(CHANNEL)
    assert await studio.silence() == before


async def test_what_is_kept_of_a_channel_goes_to_whoever_asks_and_not_into_it(
    studio: Sahman,
) -> None:
    await follow(studio)
    before = len(studio.api.messages(CHANNEL))
    await studio.say("/channel @goris_news export")
    await studio.silence()
    assert len(studio.api.messages(CHANNEL)) == before
    assert [each.media.file_name for each in studio.api.messages(ANI) if each.media] == [
        "sahman.json"
    ]
