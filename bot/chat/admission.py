"""From an update to the visit that it is: where it came from, who came, and what was said."""

from __future__ import annotations

import re

from telegram import CallbackQuery, Chat, MaybeInaccessibleMessage, Message, Update, User
from telegram.constants import ChatType

from bot.chat.intents import find_command
from bot.chat.visit import Services, Visit
from bot.model import ChatKind
from bot.texts import choose_language

#: The topic, at the end of what a group's button carries.
_MADE_FOR = re.compile(r"@(\d{1,15})\Z")
#: The channel, at the end of what a button carries by which it is set up from a private chat.
_OF_CHANNEL = re.compile(r"#(-\d{1,15})\Z")


async def read_visit(update: Update, services: Services) -> Visit | None:
    """Return an update as a visit; None for what is nobody's message or tap."""
    query = update.callback_query
    message = query.message if query else update.effective_message
    if message is None:
        return None
    chat, user = message.chat, update.effective_user
    in_group = chat.type != ChatKind.PRIVATE
    topic = _button_topic(query, message) if query and in_group else _topic(message)
    if topic is None:
        query_id, messenger = query.id if query else "", services.messenger
        services.replies.send(chat.id, lambda: messenger.answer_button(query_id))
        return None
    channel = _OF_CHANNEL.search(query.data or "") if query and not in_group else None
    from_chat = None
    if channel:
        from_chat, chat, topic = chat.id, Chat(int(channel[1]), ChatType.CHANNEL), 0
    subscriber, chat_state = await services.storage.subscribers.load_place(chat.id, topic)
    speaker = subscriber
    if from_chat is not None:
        speaker, chat_state = await services.storage.subscribers.load_place(from_chat, topic=0)
    language = speaker.language if speaker else choose_language(_language_code(user))
    return Visit(
        services=services,
        chat=chat,
        topic=topic,
        user=user,
        from_chat=from_chat,
        by_chat_itself=query is None and _is_chat_itself(message, chat),
        words=_words(query, message),
        subscriber=subscriber,
        texts=services.texts[language],
        message_id=message.message_id if query else None,
        reply_to=None if query else _reply_to(message),
        query_id=query.id if query else None,
        chat_state=chat_state,
    )


def _button_topic(query: CallbackQuery, message: MaybeInaccessibleMessage) -> int | None:
    """Return the topic that a button was made for; None when nobody can tell any more.

    An old message is inaccessible: Telegram says no more of it than its chat.
    """
    made_for = _MADE_FOR.search(query.data or "")
    if made_for:
        return int(made_for[1])
    return _topic(message) if message.is_accessible else None


def _topic(message: MaybeInaccessibleMessage) -> int:
    # Replies in "General" bear a thread id too, which must not be used for sending.
    if isinstance(message, Message) and message.is_topic_message:
        return message.message_thread_id or 0
    return 0


def _is_chat_itself(message: MaybeInaccessibleMessage, chat: Chat) -> bool:
    if chat.type == ChatKind.CHANNEL:
        return True
    sender = message.sender_chat if isinstance(message, Message) else None
    return sender is not None and sender.id == chat.id


def _reply_to(message: MaybeInaccessibleMessage) -> int | None:
    replied = message.reply_to_message if isinstance(message, Message) else None
    return replied.message_id if replied is not None else None


def _language_code(user: User | None) -> str | None:
    return user.language_code if user else None


def _words(query: CallbackQuery | None, message: MaybeInaccessibleMessage) -> str:
    if query is not None:
        bare = _MADE_FOR.sub("", query.data or "")
        return _OF_CHANNEL.sub("", bare).partition(":")[2]
    text = read_words(message) if isinstance(message, Message) else ""
    command = find_command(text)
    return text.strip() if command is None else command.words


def read_words(message: Message) -> str:
    """Return what somebody wrote, or wrote under a picture."""
    return message.text or message.caption or ""
