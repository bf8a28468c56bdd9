"""How an operator's own words look: never like news; and how it is said how far they are."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from bot.delivery.split import cut
from bot.model import BroadcastProgress
from bot.texts import Texts

#: What may be said at once: with its head, one message of Telegram's 4096.
MOST_UNITS = 3_500


def render_broadcast(text: str, texts: Texts) -> Markup:
    """Return an operator's words as a reader gets them."""
    head = texts.say("📣 <b>A message from those who run this bot</b> (no news)")
    return Markup("{}\n\n{}").format(head, cut(text, MOST_UNITS))


def say_readers(counts: Mapping[str, int], texts: Texts) -> Markup:
    """Return to how many it goes, and in which languages."""
    by_language = ", ".join(
        f"{texts.language_name(language)} {count}" for language, count in counts.items()
    )
    return texts.count(
        "Above: what they will see. It goes to {n} chat ({languages}), also where it is paused or "
        "quiet hours last, without a sound there. Its head is in each one's language.",
        "Above: what they will see. It goes to {n} chats ({languages}), also where it is paused or "
        "quiet hours last, without a sound there. Its head is in each one's language.",
        sum(counts.values()),
        languages=by_language,
    )


def say_progress(progress: BroadcastProgress, texts: Texts) -> Markup:
    """Return how far a broadcast is."""
    done = progress.owed - progress.waiting
    if progress.waiting or progress.spreading:
        return texts.say("📣 On its way: {done} of {owed} have it.", done=done, owed=progress.owed)
    said = texts.count("📣 Sent to {n} chat.", "📣 Sent to {n} chats.", done - progress.missed)
    if not progress.missed:
        return said
    missed = texts.count(
        "{n} chat could not be reached.", "{n} chats could not be reached.", progress.missed
    )
    return Markup("{} {}").format(said, missed)
