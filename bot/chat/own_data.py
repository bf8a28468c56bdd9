"""/export: all that is kept of whoever asks, as a file, and their keywords as text."""

from __future__ import annotations

import json
import logging

from markupsafe import Markup

from bot.chat.visit import Visit
from bot.delivery.split import join_blocks
from bot.errors import SendError

_log = logging.getLogger(__name__)

_FILE_NAME = "sahman.json"


async def export(visit: Visit) -> None:
    """Send everything that is kept of this chat or topic, and the keywords as they are typed."""
    texts, subscriber = visit.texts, visit.subscriber
    if subscriber is None:
        await visit.answer(texts.say("I know nothing about you. To begin: /start"))
        return
    own = await visit.storage.own_data.load(subscriber.id)
    content = json.dumps(own, ensure_ascii=False, indent=1, default=str).encode()
    if visit.is_group:
        caption = texts.say("All that I keep of this chat or topic, as JSON.")
    else:
        caption = texts.say("All that I keep of you, as JSON.")
    visit.services.replies.send(visit.room, lambda: _send_file(visit, content, caption))
    typed = [str(row["typed"]) for row in own["subscription"]]
    if typed:
        head = texts.say("Your keywords, one a line; sent back behind /add, they are followed:")
        lines = [Markup("<code>{}</code>").format(each) for each in typed]
        for message in join_blocks([head, *lines]):
            await visit.answer(message)


async def _send_file(visit: Visit, content: bytes, caption: Markup) -> None:
    try:
        await visit.services.messenger.send_document(
            visit.room, visit.topic, _FILE_NAME, content, caption
        )
    except SendError as error:
        _log.warning("file_refused", extra={"chat": visit.room, "reason": error.reason})
        await visit.answer(visit.texts.say("The file could not be sent. Try again: /export"))
