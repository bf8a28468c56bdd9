"""Composing what is owed, from what is stored at the moment it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from bot.delivery.alert_buttons import render_buttons
from bot.delivery.broadcast import render_broadcast
from bot.delivery.bulletin import is_late
from bot.delivery.digest import render_digest
from bot.delivery.digest_pages import DigestSpan, page_buttons
from bot.delivery.outages import add_outage
from bot.delivery.render import render_bulletin
from bot.delivery.sight import is_blind, say_blindness
from bot.delivery.story import render_alert, render_ring
from bot.delivery.trends import is_stale, render_surge
from bot.model import (
    ChatKind,
    Delivery,
    DeliveryKind,
    Keyboard,
    Ring,
    Shows,
    Sight,
    Stage,
    Subscriber,
    Surge,
)
from bot.sending.no_report import say_no_report
from bot.storage import Storage
from bot.storage.matches import Alerted
from bot.storage.quiet import MORNING
from bot.texts import Texts

#: What is known of sources holds so long: outages are counted in minutes.
_SIGHT_HOLDS_S = 10.0
_WITHOUT_STORIES = (DeliveryKind.DIGEST, DeliveryKind.NOTICE, DeliveryKind.BROADCAST)
_ABOUT_CHANGES = (Ring.CORRECTED, Ring.DETAIL)


@dataclass(frozen=True, slots=True)
class Composed:
    """The messages of one delivery, in order; none when there is nothing to say."""

    messages: tuple[str, ...]
    keyboard: Keyboard | None = None
    #: The alerts that these messages tell, when it is a bulletin: the others go into the next.
    told: tuple[Delivery, ...] = ()
    #: The alerts of a bulletin that have nothing to say any more.
    empty: tuple[Delivery, ...] = ()
    #: The message to replace, when it is an edit; to answer, when it is a ring.
    message_id: int | None = None
    reply_to: int | None = None
    #: Whether it comes without a sound, and with the picture that its link leads to.
    silent: bool = False
    preview: bool = False
    #: Of alerts, edits and rings: the last item of its story that each tells, by the delivery.
    told_items: Mapping[int, int] = field(default_factory=dict)


class Composer:
    """Writes alerts and digests in the language and the local time of their readers."""

    def __init__(self, storage: Storage, texts: Mapping[str, Texts]) -> None:
        self._storage = storage
        self._texts = texts
        # Alerts written for the deliveries at hand: many subscribers are told the same.
        self._written: dict[tuple[object, ...], str] = {}
        #: The last surge that was told of, by the ref of its notices.
        self._last_surge: tuple[str, Surge | None] = ("", None)
        self._sight = Sight(sources=())
        self._sight_until_s = 0.0

    async def load(self, owed: Sequence[Delivery]) -> Mapping[int, Alerted]:
        """Return what the alerts and edits among these tell, in one read."""
        if not owed:
            return {}
        await self._look_out()
        alerts = [
            alert
            for each in owed
            if each.kind not in _WITHOUT_STORIES
            for alert in (each.bulletin or (each,))
        ]
        self._written.clear()
        return await self._storage.matches.load_stories(alerts) if alerts else {}

    async def _look_out(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._sight_until_s:
            self._sight = await self._storage.health.load_sight()
            self._sight_until_s = now_s + _SIGHT_HOLDS_S

    async def compose(
        self, owed: Delivery, alerted: Mapping[int, Alerted], now: datetime
    ) -> Composed:
        """Return what this delivery says by now; *alerted* is what `load` returned."""
        if owed.kind is DeliveryKind.DIGEST:
            return await self._digest(owed, now)
        if owed.kind is DeliveryKind.NOTICE:
            return await self._surge(owed, now)
        if owed.kind is DeliveryKind.BROADCAST:
            return await self._broadcast(owed)
        texts = self._texts[owed.subscriber.language]
        if owed.bulletin:
            return self._bulletin(owed, alerted, texts, now)
        told = alerted.get(owed.id)
        if told is None:  # pruned, or the keyword was removed meanwhile
            return Composed(())
        told_items = {owed.id: max(told.newest, owed.upto_item)}
        match owed.kind:
            case DeliveryKind.RING:
                return self._ring(owed, told, texts, now)
            case DeliveryKind.EDIT if not told.tells_more(owed):
                return Composed((), told_items=told_items)
            case DeliveryKind.EDIT:
                alert = self._alert(told, owed.subscriber, texts, now)
                message_id = told.message.message_id if told.message is not None else None
                return Composed(
                    (alert,),
                    _buttons(owed, told, texts),
                    message_id=message_id,
                    preview=_wants_picture(owed.subscriber),
                    told_items=told_items,
                )
        return Composed(
            (self._alert(told, owed.subscriber, texts, now),),
            _buttons(owed, told, texts),
            silent=not (owed.subscriber.sound and told.sound),
            preview=_wants_picture(owed.subscriber),
            told_items=told_items,
        )

    def _ring(self, owed: Delivery, told: Alerted, texts: Texts, now: datetime) -> Composed:
        """Return what rings once more; nothing where the alert has told it, or it is old by now."""
        telling, before = told.find(owed.upto_item), told.message
        if telling is None or before is None or before.item_id >= owed.upto_item:
            return Composed(())
        if is_late(owed.created_at, now):
            return Composed(())
        ring = Ring(owed.ref.split(":")[2])
        old = dict(told.story.renamed).get(telling.item.id, "") if ring in _ABOUT_CHANGES else ""
        message = render_ring(ring, telling, owed.subscriber, texts, now, old_title=old)
        silent = not (owed.subscriber.sound and told.sound)
        return Composed((message,), reply_to=before.message_id, silent=silent)

    def _alert(self, told: Alerted, reader: Subscriber, texts: Texts, now: datetime) -> str:
        same = (
            told.story.id,
            told.newest,
            told.lead.item.id,
            told.keywords,
            told.words,
            *_reads_as(reader),
        )
        if same not in self._written:
            alert = render_alert(
                told.story, told.lead, told.keywords, reader, texts, now, words=told.words
            )
            (self._written[same],) = add_outage([alert], self._sight.outages, texts, now)
        return self._written[same]

    def _bulletin(
        self, owed: Delivery, alerted: Mapping[int, Alerted], texts: Texts, now: datetime
    ) -> Composed:
        empty = tuple(each for each in owed.bulletin if each.id not in alerted)
        telling = [each for each in owed.bulletin if each.id in alerted]
        if not telling:
            return Composed((), empty=empty)
        stories = [(alerted[each.id].lead.item, alerted[each.id].keywords) for each in telling]
        message, told = render_bulletin(stories, owed.subscriber, texts, now)
        messages = add_outage([message], self._sight.outages, texts, now)
        return Composed(
            tuple(messages),
            told=tuple(telling[:told]),
            empty=empty,
            silent=not (
                owed.subscriber.sound and any(alerted[each.id].sound for each in telling[:told])
            ),
            told_items={each.id: alerted[each.id].newest for each in telling},
        )

    async def _surge(self, owed: Delivery, now: datetime) -> Composed:
        """Return word of a surge; nothing where it is over by now, or its keyword was removed."""
        ref, surge = self._last_surge
        if ref != owed.ref:
            surge = await self._storage.trends.load_surge(owed.ref)
            self._last_surge = (owed.ref, surge)
        reader = owed.subscriber
        if surge is None or is_stale(surge, now) or reader.least_gravity or reader.quiet:
            return Composed(())
        keywords = await self._storage.keywords.load(owed.subscriber.id)
        typed = next((each.typed for each in keywords if each.id == surge.keyword_id), None)
        if typed is None:
            return Composed(())
        return Composed((render_surge(surge, typed, self._texts[owed.subscriber.language]),))

    async def _broadcast(self, owed: Delivery) -> Composed:
        """Return what an operator says; nothing where it was taken back by now."""
        broadcast_id, reader = int(owed.ref.partition(":")[2]), owed.subscriber
        said = await self._storage.broadcasts.load(broadcast_id)
        if said is None or said.stage is Stage.CANCELLED:
            return Composed(())
        silent = reader.paused or reader.quiet or not reader.sound
        message = render_broadcast(said.text, self._texts[reader.language])
        return Composed((message,), silent=silent)

    async def _wants_empty(self, subscriber: Subscriber, now: datetime) -> bool:
        # Who follows nothing has not asked to hear that there is nothing.
        # Nor who has no digest, and was owed one for what they missed.
        if not subscriber.digest_times:
            return False
        # To whom no digest says that all is quiet, it must not say so when nothing can be seen.
        if not subscriber.digest_when_empty and not is_blind(self._sight, now):
            return False
        return bool(await self._storage.keywords.load(subscriber.id))

    async def _digest(self, owed: Delivery, now: datetime) -> Composed:
        matched = await self._storage.matches.load_digest(
            owed.subscriber.id, after=owed.after_item, upto=owed.upto_item
        )
        reader = owed.subscriber
        is_morning = owed.ref.startswith(MORNING)
        if not matched and (is_morning or not await self._wants_empty(reader, now)):
            return Composed(())
        texts = self._texts[reader.language]
        day, _, hour = owed.ref.removeprefix(MORNING).partition("T")
        if is_morning:
            title = texts.say("☀️ <b>What came in your quiet hours</b>")
        else:
            title = texts.say(
                "📰 <b>Your digest</b> · {day}, {time}",
                day=texts.date(day),
                time=hour,
            )
        blindness = say_blindness(self._sight, reader.zone, texts, now)
        if not is_morning and not blindness and reader.tells_absence:
            title = Markup("\n\n").join([title, *await self._absence(owed, now)])
        # In a thread: of a thousand stories the weightiest are looked for.
        messages = await asyncio.to_thread(
            render_digest, matched, reader, texts, title=title, now=now, blindness=blindness
        )
        # Nobody asked to be called at this minute: it lies there when they look.
        if owed.chat_kind is not ChatKind.PRIVATE:
            return Composed(tuple(messages), silent=True)
        span = DigestSpan(owed.after_item, owed.upto_item)
        return Composed(
            tuple(messages[:1]), page_buttons(span, 0, len(messages), texts), silent=True
        )

    async def _absence(self, owed: Delivery, now: datetime) -> list[Markup]:
        """Return of what there is no report, without what is reported: the digest holds that."""
        reader = owed.subscriber
        said = await say_no_report(
            self._storage, reader, None, self._texts[reader.language], now, within=owed.id
        )
        return [Markup(each) for each in said[:1]]  # noqa: S704 - rendered, so escaped, already


def _buttons(owed: Delivery, told: Alerted, texts: Texts) -> Keyboard | None:
    """Return the buttons under an alert; none where they would be everybody's, or it has ended."""
    if owed.chat_kind is not ChatKind.PRIVATE or told.story.is_really is not None:
        return None
    return render_buttons(texts)


def _wants_picture(reader: Subscriber) -> bool:
    return Shows.PICTURE in reader.shows and not reader.discreet


def _reads_as(reader: Subscriber) -> tuple[object, ...]:
    """Return all of a reader on which the text of an alert depends."""
    return (
        reader.language,
        reader.zone,
        reader.zone_chosen,
        reader.reads,
        reader.shows,
        reader.discreet,
    )
