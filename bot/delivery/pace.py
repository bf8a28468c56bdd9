"""How fast to send: what one chat bears, what the bot may send in all, how that adapts.

Telegram's numbers: a message a second in a private chat, twenty a minute in a group, about thirty a
second in all (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this).
They are not promised: a 429 is the word that counts.
"""

from __future__ import annotations

import math

from bot.model import ChatKind

#: So far ahead slots on the send clock are given out; what a slot needs is claimed by then.
HORIZON_MS = 500
#: A second chat refused within this time means the bot, not the chats.
SAME_REFUSAL_MS = 5_000
#: Telegram's wish is kept up to here; then it is asked again.
LONGEST_PAUSE_MS = 3_600_000

_PRIVATE_MS = 1_000
_GROUP_MS = 3_000
_LOWERED_TO = 0.7
_LOWEST = 1.0
#: Of the configured rate, so much comes back each second: from 70 % in half a minute.
_REGAINED = 0.01
# A second's answer is slow, half of it usual at the far end of the world.
_LATENCY_S = 0.6
_FEWEST_IN_FLIGHT = 16
_MOST_IN_FLIGHT = 128


def chat_pace_ms(kind: ChatKind) -> int:
    """Return how long a chat is left in peace after a message nobody asked for."""
    return _PRIVATE_MS if kind is ChatKind.PRIVATE else _GROUP_MS


def count_in_flight(rate: float) -> int:
    """Return how many requests may be under way: rate times latency, within bounds."""
    return min(_MOST_IN_FLIGHT, max(_FEWEST_IN_FLIGHT, math.ceil(rate * _LATENCY_S)))


def count_backlog(rate: float) -> int:
    """Return how many due alerts are enough: twenty seconds of sending, the rest is owed later."""
    return max(500, int(rate * 20))


def current_rate(limit: float, lowered: float, since_ms: float) -> float:
    """Return the rate now, *since_ms* after it was *lowered* (0: it never was).

    It creeps back up and never exceeds *limit*, the operator's.
    """
    if lowered <= 0:
        return limit
    return min(limit, lowered + limit * _REGAINED * max(0.0, since_ms) / 1000)


def lower_rate(rate: float) -> float:
    """Return the rate to go on with after Telegram refused several chats at once."""
    return min(rate, max(_LOWEST, rate * _LOWERED_TO))
