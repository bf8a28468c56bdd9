"""Groups: what is said to one that the bot is added to, and to whoever types /start there."""

from __future__ import annotations

from markupsafe import Markup
from telegram import ChatMember, ChatMemberRestricted, ChatMemberUpdated
from telegram.constants import ChatMemberStatus

from bot.chat import setup
from bot.chat.channels import setup_keyboard, show_card
from bot.chat.visit import Services, Visit
from bot.delivery.split import cut
from bot.model import ChatKind
from bot.texts import choose_language

_AWAY = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
_GROUPS = (ChatKind.GROUP, ChatKind.SUPERGROUP)
_SHOWN = 600


async def start(visit: Visit) -> None:
    """Welcome a person; tell a group what this bot does there, and who decides about it."""
    if not visit.is_group:
        await setup.start(visit)
    elif visit.chat.type == ChatKind.CHANNEL:
        await show_card(visit)
    elif await visit.may_change_settings():
        await setup.start(visit)
    else:
        await _explain_to_member(visit)


def is_new_member(changed: ChatMemberUpdated) -> bool:
    """Say whether a change brought the bot into a group."""
    was_away = _is_away(changed.old_chat_member)
    return changed.chat.type in _GROUPS and was_away and not _is_away(changed.new_chat_member)


async def read_joining(changed: ChatMemberUpdated, services: Services) -> Visit:
    """Return the bot's coming into a group as a visit, in the language of whoever added it."""
    person, subscribers = changed.from_user, services.storage.subscribers
    private, _ = await subscribers.load_place(person.id, topic=0)
    here, _ = await subscribers.load_place(changed.chat.id, topic=0)
    speaker = here or private
    language = speaker.language if speaker else choose_language(person.language_code)
    return Visit(
        services=services,
        chat=changed.chat,
        topic=0,
        user=person,
        by_chat_itself=False,
        words="",
        subscriber=here,
        texts=services.texts[language],
    )


async def greet(visit: Visit) -> None:
    """Tell a group what the bot does there, and who decides about it."""
    texts = visit.texts
    parts = [
        texts.say(
            "<b>Sahman</b> reads the news in Armenian, Russian and English and writes here as "
            "soon as it prints what this group follows. One word is found in all three languages."
        ),
        texts.say(
            "Only admins of the group choose the words and settings; everybody may read /latest "
            "and /keywords. I react to commands and buttons only, and keep nothing else that is "
            "written here: /privacy"
        ),
    ]
    if visit.chat.is_forum:
        parts.append(
            texts.say(
                "Each topic has words and a language of its own: an admin types "
                "<code>/add border</code> in the topic where its news shall come."
            )
        )
    followed = await _say_followed(visit)
    parts.append(
        followed
        or texts.say(
            "An admin begins: tap a word, or type your own: <code>/add Syunik</code>",
        )
    )
    await visit.answer(Markup("\n\n").join(parts), setup_keyboard(texts))


async def _explain_to_member(visit: Visit) -> None:
    texts = visit.texts
    followed = await _say_followed(visit) or texts.say("Nothing is followed here yet.")
    username = visit.services.bot.bot.username
    parts = [
        texts.say(
            "I write here as soon as the news prints what this group follows. "
            "Only its admins can change what that is."
        ),
        followed,
    ]
    if username:
        parts.append(
            texts.say(
                "Words of your own, seen by nobody else: "
                '<a href="{link}">a private chat with me</a>.',
                link=f"https://t.me/{username}",
            )
        )
    await visit.answer(Markup("\n\n").join(parts))


async def _say_followed(visit: Visit) -> Markup:
    """Return what is followed here; nothing where nothing is."""
    subscriber = visit.subscriber
    keywords = await visit.storage.keywords.load(subscriber.id) if subscriber else []
    if not keywords:
        return Markup()
    words = cut(", ".join(each.typed for each in keywords), _SHOWN)
    return visit.texts.say("Followed here: <b>{words}</b>", words=words)


def _is_away(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return not member.is_member
    return member.status in _AWAY
