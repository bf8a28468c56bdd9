"""From Telegram's refusals to what we do about them."""

from __future__ import annotations

import warnings
from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.errors import (
    AnotherReceiver,
    ChatMoved,
    MessageRejected,
    RecipientGone,
    SahmanError,
    TokenRefused,
    TopicGone,
    TryLater,
)
from bot.telegram_api.refusals import translate
from bot.telegram_api.transport import NotSent


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (Forbidden("Forbidden: bot was blocked by the user"), RecipientGone),
        (Forbidden("Forbidden: user is deactivated"), RecipientGone),
        (Forbidden("Forbidden: bot was kicked from the supergroup chat"), RecipientGone),
        (BadRequest("Chat not found"), RecipientGone),
        (BadRequest("Group chat was deactivated"), RecipientGone),
        (BadRequest("PEER_ID_INVALID"), RecipientGone),
        (BadRequest("CHAT_WRITE_FORBIDDEN"), TryLater),
        (BadRequest("Not enough rights to send text messages to the chat"), TryLater),
        (BadRequest("Message thread not found"), TopicGone),
        (BadRequest("TOPIC_CLOSED"), TryLater),
        (BadRequest("SLOWMODE_WAIT_30"), TryLater),
        (BadRequest("CHAT_RESTRICTED"), TryLater),
        (Forbidden("Forbidden: bot is not a member of the channel chat"), RecipientGone),
        (Forbidden("Forbidden: the group chat was deleted"), RecipientGone),
        (Forbidden("Forbidden: CHAT_WRITE_FORBIDDEN"), TryLater),
        (Forbidden("Forbidden: not enough rights to send text messages to the chat"), TryLater),
        (Forbidden("Forbidden: something that nobody has heard of"), TryLater),
        (BadRequest("Can't parse entities: unsupported start tag"), MessageRejected),
        (BadRequest("Message is too long"), MessageRejected),
        (BadRequest("BUTTON_DATA_INVALID"), MessageRejected),
        (InvalidToken("Unauthorized"), TokenRefused),
        (InvalidToken("Not Found"), TryLater),
        (Conflict("Conflict: terminated by other getUpdates request"), AnotherReceiver),
        (NetworkError("Bad Gateway"), TryLater),
        (NotSent("cannot connect to Telegram"), TryLater),
        (TelegramError("Something new"), TryLater),
    ],
)
def test_each_refusal_is_named_by_what_to_do(error: TelegramError, ours: type[SahmanError]) -> None:
    assert type(translate(error)) is ours


def test_a_refusal_that_nobody_knows_may_pass() -> None:
    unknown = translate(BadRequest("Something that nobody has heard of"))
    assert isinstance(unknown, MessageRejected)
    assert not unknown.known
    known = translate(BadRequest("Can't parse entities: unsupported start tag"))
    assert isinstance(known, MessageRejected)
    assert known.known


def test_a_closed_topic_closes_no_other() -> None:
    closed = translate(BadRequest("TOPIC_CLOSED"))
    assert isinstance(closed, TryLater)
    assert (closed.of_topic, closed.of_chat) == (True, False)


def test_a_wait_is_as_long_as_telegram_asks() -> None:
    for wait in (7, timedelta(seconds=7)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            error = RetryAfter(wait)
        ours = translate(error)
        assert isinstance(ours, TryLater)
        assert ours.wait_s == 7.0
        assert not ours.ambiguous


def test_only_a_lost_answer_leaves_a_doubt() -> None:
    doubt = translate(TimedOut())
    assert isinstance(doubt, TryLater)
    assert doubt.ambiguous
    for error in (NotSent("cannot connect"), NetworkError("Bad Gateway")):
        sure = translate(error)
        assert isinstance(sure, TryLater)
        assert not sure.ambiguous


def test_a_group_that_moved_says_where_to() -> None:
    moved = translate(ChatMigrated(-1001))
    assert isinstance(moved, ChatMoved)
    assert moved.new_chat_id == -1001


def test_what_telegram_quotes_of_our_message_is_left_out_of_the_reason() -> None:
    refused = translate(
        BadRequest('Can\'t parse entities: tag "qwertzorb"'), "<b>Qwertzorb</b> news"
    )
    assert isinstance(refused, MessageRejected)
    assert refused.known
    assert "qwertzorb" not in refused.reason
    assert "parse entities" in refused.reason
