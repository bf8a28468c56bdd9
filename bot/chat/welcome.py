"""Coming and going: /help, /privacy, /stop, /language, /pause, /resume."""

from __future__ import annotations

from markupsafe import Markup

from bot.chat.keyboards import button, language_buttons, rows, stop_keyboard
from bot.chat.visit import Visit
from bot.delivery.pauses import parse_pause
from bot.delivery.schedule import next_digest_at
from bot.delivery.split import cut
from bot.model import ChatKind, Subscriber
from bot.storage.leaving import GONE_DAYS
from bot.texts import LANGUAGES, OWN_NAMES


async def choose_language(visit: Visit) -> None:
    """Change the language by the button under /language."""
    spoken = await speak(visit, visit.words)
    if spoken is not None:
        await spoken.change(spoken.texts.say("I speak English with you now."))


async def language(visit: Visit) -> None:
    """Change the language to the one typed, or offer the languages."""
    names = {OWN_NAMES[each].casefold(): each for each in LANGUAGES}
    wanted = names.get(visit.words.casefold(), visit.words.casefold())
    spoken = await speak(visit, wanted) if wanted in LANGUAGES else None
    if spoken is not None:
        await spoken.answer(spoken.texts.say("I speak English with you now."))
        return
    await visit.answer(
        visit.texts.say("Which language shall I speak?"),
        rows(language_buttons(visit.texts.language, "speak"), 3),
    )


async def help_(visit: Visit) -> None:
    """Say what can be typed."""
    await visit.answer(
        visit.texts.say(
            "<b>What you can type</b>\n"
            "<code>/add border</code> — tell me when the news says it\n"
            "/keywords — what you follow; /remove — stop following\n"
            "/latest — the newest items; <code>/latest border</code> — those about it; "
            "/search — all that is stored\n"
            "/noreport — whether anything was printed of a word\n"
            "/trends — how much is written, as a picture; <code>/trends border</code> — about one "
            "word\n"
            "/digest — a daily summary: now, at an hour of yours, or off\n"
            "/why — in reply to an alert: by what it came; /timeline — how its story came "
            "about\n"
            "/timezone, /language — your time and your language\n"
            "/sources — whose news I read\n"
            "/settings — everything that can be chosen; /quiet — hours in which nothing rings\n"
            "/pause and /resume — silence for a while\n"
            "/share — a link by which others follow the same\n"
            "/channel — news into your channel\n"
            "/export — all that I keep of you; /stop — erase it\n"
            "/privacy — what I keep\n\n"
            "A word is found in Armenian, Russian and English, whatever its ending. "
            "Several words must all occur; <code>a OR b</code> takes either; "
            '<code>-word</code> leaves out; <code>"two words"</code> stay together; '
            "<code>#hy</code> takes one language only, <code>source:hetq</code> one publisher.\n\n"
            "A story is one message, however many print it; it grows. The line after ≈ is what a "
            "headline in another language is about: words put together by a program (auto), in no "
            "order that means anything."
        )
    )


async def privacy(visit: Visit) -> None:
    """Say what is kept and how it is erased."""
    if visit.storage.database.overwrites_at_once:
        erased = visit.texts.say(
            "What is erased is overwritten at once. Copies of the database that whoever runs this "
            "bot has made before are theirs to delete."
        )
    else:
        erased = visit.texts.say(
            "What is erased is gone for everybody at once, and the database gives up its place on "
            "the disk within a day. Copies of the database that whoever runs this bot has made "
            "before are theirs to delete."
        )
    if visit.services.terms.approved_only:
        asked = visit.texts.say(
            "Of a chat that asked to be let in I also keep that it asked, and what the operators "
            "decided."
        )
        erased = Markup("{} {}").format(asked, erased)
    if visit.chat.type == ChatKind.CHANNEL:
        kept = visit.texts.say(
            "<b>What I keep of this channel</b>\n"
            "Its number, what is set for it (/settings), the keywords, which "
            "messages I sent (for a week, so that none comes twice), and the numbers of those who "
            "set it up from their private chat with me. Words behind buttons are kept for two "
            "days.\n\n"
            "Everybody who reads the channel sees what I post there and the words it came by. "
            "Of those who read it I know nothing. Whoever runs this bot could read the keywords in "
            "its database.\n\n"
            "/stop, typed in the channel or behind /channel and its name, erases all of it at once."
        )
        await visit.answer(f"{kept} {_say_gone(visit)} {erased}")
        return
    if visit.is_group:
        kept = visit.texts.say(
            "<b>What I keep of this group</b>\n"
            "Its number, what is set here (/settings), the keywords, and "
            "which messages I sent (for a week, so that none comes twice). Words behind "
            "buttons are kept for two days.\n\n"
            "Everybody in the group sees what is followed here (/keywords), every alert and "
            "digest, and who typed a command or tapped a button; only admins change anything. "
            "I keep no names and no other messages. Whoever runs this bot could read the "
            "keywords in its database. What nobody here shall see, follow in a private chat "
            "with me: it is shown to nobody else.\n\n"
            "/export, typed by an admin, sends all of it, /stop erases all of it at once."
        )
        await visit.answer(f"{kept} {_say_gone(visit)} {erased}")
        return
    kept = visit.texts.say(
        "<b>What I keep</b>\n"
        "The number of this chat, what you have set (/settings), your keywords, publishers that "
        "you muted, and which messages I sent you (for a week, so that none comes twice). "
        "Words behind buttons are kept for two days, a list that you share by a link for a year, "
        "without saying whose it is.\n\n"
        "I do not keep your name, your other messages or your place. "
        "Keywords are shown to nobody else; whoever runs this bot could read them in its "
        "database.\n\n"
        "/export sends you all of it, /stop erases all of it at once."
    )
    blocked = visit.texts.say(
        "If you block me, it is erased {days} days later. Of a channel that you set up from here, "
        "I keep that it is you.",
        days=GONE_DAYS,
    )
    await visit.answer(f"{kept} {blocked} {erased}")


def _say_gone(visit: Visit) -> str:
    return visit.texts.say(
        "If I am removed from here, it is erased {days} days later.", days=GONE_DAYS
    )


async def pause(visit: Visit) -> None:
    """Hold all unasked messages, for good or for a while; the next digest tells what came."""
    subscriber = await visit.open_subscriber()
    until = parse_pause(visit.words, subscriber.zone, visit.now) if visit.words else None
    if visit.words and until is None:
        await visit.answer(
            visit.texts.say(
                "I do not understand “{words}”, and nothing has changed. For example: "
                "<code>/pause 8h</code>, <code>/pause until tomorrow</code>, "
                "<code>/pause until 9:00</code>, or <code>/pause</code> alone.",
                words=cut(visit.words, 100),
            )
        )
        return
    await visit.storage.pausing.pause(subscriber.id, until)
    if until is None:
        said = visit.texts.say(
            "Paused: I send no news until you type /resume. "
            "What comes meanwhile will be in your next digest."
        )
    else:
        said = visit.texts.say(
            "Paused until {when}: I send no news. What comes meanwhile will be in your next "
            "digest. Sooner: /resume",
            when=visit.texts.moment(until, subscriber.zone, visit.now),
        )
    await visit.answer(said)


async def resume(visit: Visit) -> None:
    """Send again, from now on; offer what was missed."""
    subscriber = await visit.open_subscriber()
    if not await end_pause(visit, subscriber):
        await visit.answer(visit.texts.say("Nothing is paused: alerts come as they are set."))
        return
    await visit.answer(
        visit.texts.say(
            "I am back: alerts come as they are set. What came meanwhile will be in your next "
            "digest too."
        ),
        [[button(visit.texts.say("What did I miss?"), "missed:")]],
    )


async def end_pause(visit: Visit, subscriber: Subscriber) -> bool:
    """End a pause, so that digests come again; say whether there was one."""
    since = await visit.storage.pausing.resume(
        subscriber.id,
        lambda reader: next_digest_at(
            reader.digest_times, reader.zone, visit.now, reader.digest_days
        ),
    )
    return since is not None


async def stop(visit: Visit) -> None:
    """Ask before erasing."""
    if visit.subscriber is None:
        await visit.answer(visit.texts.say("I know nothing about you. To begin: /start"))
        return
    await visit.answer(
        visit.texts.say(
            "Shall I stop and erase everything: your keywords, your settings, "
            "what I sent you? This cannot be undone."
        ),
        stop_keyboard(visit.texts),
    )


async def confirm_stop(visit: Visit) -> None:
    """Erase everything, or keep it, as the button says."""
    await visit.toast()
    if visit.words != "yes":
        await visit.change(visit.texts.say("All is as it was."))
        return
    if visit.subscriber is not None:
        await visit.storage.subscribers.erase(visit.subscriber.id)
    await visit.change(
        visit.texts.say("Everything is erased and I send nothing more. To begin anew: /start")
    )


async def speak(visit: Visit, language: str) -> Visit | None:
    """Save the language and return the visit in it; None for what is no language of ours."""
    if language not in LANGUAGES:
        await visit.toast()
        return None
    subscriber = await visit.open_subscriber(language)
    await visit.storage.subscribers.save_settings(subscriber.id, language=language)
    spoken = visit.speaking(language)
    await spoken.toast(spoken.texts.say("I speak English with you now."))
    return spoken
