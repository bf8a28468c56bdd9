"""Inline queries: somebody types ``@bot words`` in any chat, and the bot answers with results."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from bot.demo.chats import Wire
from bot.demo.messenger import Messenger
from bot.demo.refusal import bad_request

#: "No more than 50 results per query are allowed."
_MOST_RESULTS = 50
_MOST_BYTES = 64
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True)
class InlineAsked:
    """One inline query, and the bot's answer once there is one."""

    query_id: str
    answer: Wire | None = None
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, answer: Wire) -> None:
        """Keep the bot's answer."""
        self.answer = answer
        self._answered.set()

    async def wait(self, timeout: float = 5.0) -> Wire:
        """Wait for the bot's answer; raises TimeoutError when it does not come."""
        await asyncio.wait_for(self._answered.wait(), timeout)
        if self.answer is None:
            raise TimeoutError("no answer to an inline query")
        return self.answer


class Inline:
    """The inline side of the server."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self._asked: dict[str, InlineAsked] = {}

    def ask(self, user_id: int, words: str, offset: str = "") -> InlineAsked:
        """Let a person type words behind the bot's name, wherever they are."""
        asked = InlineAsked(str(secrets.randbelow(2**60)))
        self._asked[asked.query_id] = asked
        query = {
            "id": asked.query_id,
            "from": self._messenger.users[user_id].wire(),
            "query": words[:256],
            "offset": offset,
        }
        self._messenger.updates.add("inline_query", query)
        return asked

    def answer(self, parameters: Wire) -> bool:
        """Answer answerInlineQuery."""
        asked = self._asked.pop(str(parameters["inline_query_id"]), None)
        if asked is None:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        results: list[dict[str, Any]] = parameters["results"]
        ids = [str(each.get("id", "")) for each in results]
        if len(results) > _MOST_RESULTS:
            raise bad_request("RESULTS_TOO_MUCH")
        if len(set(ids)) != len(ids) or not all(ids):
            raise bad_request("RESULT_ID_DUPLICATE")
        if any(
            len(each.encode()) > _MOST_BYTES for each in [*ids, parameters.get("next_offset", "")]
        ):
            raise bad_request("RESULT_ID_INVALID")
        asked.settle(parameters)
        return True
