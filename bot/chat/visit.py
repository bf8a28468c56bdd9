"""One update as its handler sees it: who came, what they said, and how to answer them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from markupsafe import Markup
from telegram import (
    Bot,
    Chat,
    User,
)
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.chat.desk import FeedsDesk
from bot.chat.floods import Floods, Manner
from bot.chat.heard import Heard
from bot.chat.replies import Replies
from bot.chat.terms import Terms
from bot.delivery.schedule import next_digest_at
from bot.delivery.split import cut
from bot.errors import ChatMoved, MessageRejected, RecipientGone, SendError, TryLater
from bot.model import Chart, ChatKind, ChatState, Keyboard, Subscriber
from bot.pictures.studio import Studio
from bot.storage import Storage
from bot.telegram_api.messenger import Messenger
from bot.texts import Texts

_log = logging.getLogger(__name__)

_ADMIN_STATUSES = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)
_NOTHING = Markup()
_REPLY_WAIT_S = 2.0
_MEMBER_MAY_TAKE_S = 5.0
_LONGEST_REPLY_WAIT_S = 120.0
_TITLE_UNITS = 60
_DEFAULT_ZONE = "Asia/Yerevan"
DEFAULT_DIGEST = ("09:00",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What handlers work with."""

    bot: Bot
    messenger: Messenger
    storage: Storage
    texts: Mapping[str, Texts]
    clock: Callable[[], datetime]
    #: What operators manage feeds with; None where there are no operators.
    desk: FeedsDesk | None = None
    #: When this process began.
    started_at: datetime | None = None
    terms: Terms = field(default_factory=Terms)
    replies: Replies = field(default_factory=Replies)
    floods: Floods = field(default_factory=Floods)
    #: Whoever types behind the bot's name asks anew with each letter.
    inline_floods: Floods = field(default_factory=Floods)
    heard: Heard = field(default_factory=Heard)
    studio: Studio = field(default_factory=Studio)
    #: Told how long each update took, in seconds.
    took: Callable[[float], None] = lambda seconds: None
    #: What operators asked of publishers, and is answered when these have.
    waiting: set[asyncio.Task[None]] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One update: where it came from, what was said, and in what language to answer."""

    services: Services
    chat: Chat
    topic: int
    user: User | None
    by_chat_itself: bool  #: an anonymous admin, or a channel's own post
    words: str  #: what followed the command, or what the button carries
    subscriber: Subscriber | None
    texts: Texts
    message_id: int | None = None  #: the message under which a button was tapped
    reply_to: int | None = None  #: the message that this one answers
    query_id: str | None = None
    chat_state: ChatState = ChatState.ACTIVE  #: as it was before this showed that it lives
    quiet: bool = False  #: it floods: what it asks for is done, and not answered
    #: The private chat from which a channel is set up: answers go there.
    from_chat: int | None = None
    title: str = ""  #: of a channel that is set up from elsewhere

    @property
    def storage(self) -> Storage:
        """What is kept."""
        return self.services.storage

    @property
    def now(self) -> datetime:
        """The instant at which this is asked."""
        return self.services.clock()

    @property
    def is_group(self) -> bool:
        """Whether several people share this chat."""
        return self.chat.type != ChatKind.PRIVATE

    @property
    def room(self) -> int:
        """The chat into which answers go."""
        return self.chat.id if self.from_chat is None else self.from_chat

    async def answer(self, html: str, keyboard: Keyboard | None = None) -> None:
        """Let a reply into the chat and topic that this came from go out; no row, no gate.

        Does not wait for it: nobody's next update waits for a chat that takes none. One that
        Telegram defers is sent once more, later; then whoever asked will ask again.
        """
        self._reply(lambda: self._send(html, keyboard))

    async def change(self, html: str, keyboard: Keyboard | None = None) -> None:
        """Replace the message under which the button was tapped, or answer anew."""
        self._reply(lambda: self._edit(html, keyboard))

    async def answer_picture(
        self, chart: Chart, caption: str, instead: str, keyboard: Keyboard
    ) -> None:
        """Let a picture go out once it is drawn; where there is none, the text *instead*.

        After a tap it replaces the one under which the button was.
        """
        self._reply(lambda: self._send_picture(chart, caption, instead, keyboard))

    async def change_buttons(self, keyboard: Keyboard) -> None:
        """Replace the buttons of the message under which one was tapped, not its text."""
        message_id = self.message_id
        if message_id is not None:
            messenger = self.services.messenger
            signed = self._sign(keyboard) or []
            self._reply(lambda: messenger.edit_buttons(self.room, message_id, signed))

    async def toast(self, text: Markup = _NOTHING, *, alert: bool = False) -> None:
        """Answer the tap itself; Telegram shows what stands in it as it is, without markup."""
        query_id, plain = self.query_id, text.unescape()
        if query_id is not None:
            messenger = self.services.messenger
            self._reply(lambda: messenger.answer_button(query_id, plain, alert=alert))

    def note_flood(self) -> bool:
        """Count this update; say whether its person or chat is answered no more for a while.

        They are told so once.
        """
        person = self.user.id if self.user else self.room
        now_s = asyncio.get_running_loop().time()
        manner = self.services.floods.judge(person, self.room, now_s)
        is_seen_by_all = self.chat.type == ChatKind.CHANNEL and self.from_chat is None
        if manner is Manner.WARN and not is_seen_by_all:
            said = self.texts.say(
                "You write faster than I can answer. I do what you ask, and answer again when "
                "you slow down."
            )
            self._reply(lambda: self._send(said, None))
        return manner is not Manner.ANSWER

    def _reply(self, reply: Callable[[], Awaitable[None]]) -> None:
        if not self.quiet:
            self.services.replies.send(self.room, reply)

    async def _send_picture(
        self, chart: Chart, caption: str, instead: str, keyboard: Keyboard
    ) -> None:
        png = await self.services.studio.draw(chart)
        if png is None:
            await self._edit(instead, keyboard)
            return
        if self.message_id is not None:
            try:
                await self.services.messenger.edit_photo(
                    self.room, self.message_id, png, caption, self._sign(keyboard)
                )
                return
            except SendError as error:
                _log.info("edit_refused", extra={"chat": self.room, "reason": error.reason})
        try:
            await self._send(caption, keyboard, png=png)
        except (MessageRejected, TryLater) as error:
            # Groups may forbid pictures, and not every server takes them.
            _log.info("picture_refused", extra={"chat": self.chat.id, "reason": error.reason})
            await self._send(instead, keyboard)

    async def _send(
        self,
        html: str,
        keyboard: Keyboard | None,
        *,
        again: bool = False,
        png: bytes | None = None,
    ) -> None:
        """Send a text, or a picture with it; raises what says that it takes no pictures."""
        messenger, signed = self.services.messenger, self._sign(keyboard)
        room, topic, said = self.room, 0 if self.from_chat else self.topic, self._name_chat(html)
        try:
            if png is not None:
                await messenger.send_photo(room, topic, png, said, signed)
            else:
                await messenger.send(room, topic, said, signed, again=again)
        except RecipientGone as error:
            await self.storage.chats.note_refusal(room, error.reason)
        except ChatMoved as error:
            await self.storage.chats.move(self.chat.id, error.new_chat_id)
            if again:
                _log.warning("reply_lost", extra={"chat": self.chat.id, "reason": error.reason})
                return
            moved = replace(self, chat=Chat(error.new_chat_id, ChatType.SUPERGROUP))
            await moved._send(html, keyboard, again=True, png=png)
        except TryLater as error:
            if png is not None and error.of_chat:
                raise
            if again or (error.ambiguous and not error.cut):
                _log.warning("reply_lost", extra={"chat": self.chat.id, "reason": error.reason})
                return
            await asyncio.sleep(min(error.wait_s or _REPLY_WAIT_S, _LONGEST_REPLY_WAIT_S))
            await self._send(html, keyboard, again=True, png=png)
        except SendError as error:
            if png is not None and isinstance(error, MessageRejected):
                raise
            _log.warning("reply_lost", extra={"chat": self.chat.id, "reason": error.reason})

    def _sign(self, keyboard: Keyboard | None) -> Keyboard | None:
        """Write onto a group's buttons the topic that they are made for, or their channel."""
        if keyboard is None or not self.is_group:
            return keyboard
        if self.chat.type == ChatKind.CHANNEL and self.from_chat is None:
            return None  # everybody would see them, and nobody may tap them
        sign = f"@{self.topic}" if self.from_chat is None else f"#{self.chat.id}"
        return [[replace(each, data=f"{each.data}{sign}") for each in row] for row in keyboard]

    def _name_chat(self, html: str) -> str:
        """Say of which channel an answer speaks that is given elsewhere."""
        if self.from_chat is None or not self.title:
            return html
        return Markup("📢 <b>{}</b>\n{}").format(cut(self.title, _TITLE_UNITS), Markup(html))  # noqa: S704 - ours

    async def _edit(self, html: str, keyboard: Keyboard | None) -> None:
        if self.message_id is None:
            await self._send(html, keyboard)
            return
        try:
            await self.services.messenger.edit(
                self.room, self.message_id, self._name_chat(html), self._sign(keyboard)
            )
        except SendError as error:
            _log.info("edit_refused", extra={"chat": self.room, "reason": error.reason})
            await self._send(html, keyboard)

    async def may_change_settings(self) -> bool:
        """Say whether this person decides here: anybody in private, only admins in a group."""
        if not self.is_group or self.by_chat_itself:
            return True
        if self.user is None:
            return False
        try:
            member = await self.services.bot.get_chat_member(
                self.chat.id, self.user.id, read_timeout=_MEMBER_MAY_TAKE_S
            )
        except TelegramError as error:
            _log.warning("member_unknown", extra={"chat": self.chat.id, "reason": error.message})
            return False
        return member.status in _ADMIN_STATUSES

    @property
    def reader(self) -> Subscriber:
        """Return how to show things here: as its subscriber has it, or by the defaults.

        Whoever only reads makes no subscriber: in a group nobody's `/latest` decides for all.
        """
        return self.subscriber or self._default

    async def open_subscriber(self, language: str | None = None) -> Subscriber:
        """Return the subscriber of this place, made with the defaults if there is none yet.

        Raises NoRoom where no more are taken.
        """
        if self.subscriber is not None:
            return self.subscriber
        wanted = self._default
        if language is not None:
            wanted = replace(wanted, language=language)
        most = self.services.terms.most_for(self.room)
        return await self.storage.subscribers.open(wanted, ChatKind(self.chat.type), most=most)

    @property
    def _default(self) -> Subscriber:
        return make_default(self.chat.id, self.topic, self.texts.language, self.now)

    def speaking(self, language: str) -> Visit:
        """Return this visit answered in another language."""
        return replace(self, texts=self.services.texts[language])


def make_default(chat_id: int, topic: int, language: str, now: datetime) -> Subscriber:
    """Return how things are set for whoever has set nothing yet."""
    return Subscriber(
        id=0,
        chat_id=chat_id,
        topic=topic,
        language=language,
        zone=_DEFAULT_ZONE,
        digest_times=DEFAULT_DIGEST,
        digest_when_empty=True,
        paused=False,
        next_digest_at=next_digest_at(DEFAULT_DIGEST, _DEFAULT_ZONE, now),
        created_at=now,
    )
