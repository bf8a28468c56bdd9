"""Keywords from chat: /add, /remove, and plain text that might be one."""

from __future__ import annotations

import asyncio

from bot.chat.explain import AddedKeyword, explain_added, narrow_typed
from bot.chat.followed import find_meaning, find_same
from bot.chat.keyboards import button, is_number
from bot.chat.keyword_list import say_list, show_list
from bot.chat.refused_keywords import say_refused
from bot.chat.visit import Visit
from bot.delivery.split import cut
from bot.intake import find_words, to_stored
from bot.matching import (
    WIDENED,
    KeywordRefused,
    Namesakes,
    count_namesakes,
    find_concepts,
    find_core,
    find_full_name,
    find_unknown_source,
    parse_keyword,
    read_text,
)
from bot.model import Item, Keyboard
from bot.storage.keywords import MAX_KEYWORDS, AddOutcome

_SHOWN = 100
#: So many of the newest items with a surname tell whose it is.
_NAMED_ITEMS = 200


async def add(visit: Visit) -> None:
    """Follow what was typed; say what it would have caught."""
    if not visit.words:
        await visit.answer(
            visit.texts.say(
                "Type the word after the command, for example: <code>/add border</code>"
            )
        )
        return
    added = await follow(visit, visit.words)
    if added is not None:
        await visit.answer(*await explain_added(visit, added))


async def add_typed(visit: Visit) -> None:
    """Follow words that were typed without a command, after the button was tapped."""
    words = await load_words(visit)
    if words is None:
        return
    added = await follow(visit, words, whole=True)
    await visit.toast()
    if added is not None:
        await visit.answer(*await explain_added(visit, added))


async def follow_instead(visit: Visit) -> None:
    """Follow what a keyword may have been meant for, in its place, as the button says."""
    keyword_id, _, words_id = visit.words.partition(":")
    subscriber = visit.subscriber
    words = await load_words(visit, words_id)
    if words is None or subscriber is None:
        return
    if not is_number(keyword_id):
        await visit.toast()
        return
    mine = await visit.storage.keywords.load(subscriber.id)
    before = next((each for each in mine if each.id == int(keyword_id)), None)
    added = await follow(visit, words, whole=True, by_surname=False)
    if added is None:
        return
    undo: Keyboard = []
    if before is not None and added.id != before.id:
        muting = visit.storage.muting
        await muting.mute_keyword(subscriber.id, added.id, before.muted_until)
        await muting.set_sound(subscriber.id, added.id, sound=before.sound)
        await visit.storage.keywords.remove(subscriber.id, before.id)
        old_id = await visit.storage.subscribers.save_words(subscriber.id, before.typed, visit.now)
        undo = [[button(visit.texts.say("Undo"), f"instead:{added.id}:{old_id}")]]
    await visit.toast()
    said, keyboard = await explain_added(visit, added)
    await visit.change(said, [*undo, *keyboard])


async def remove(visit: Visit) -> None:
    """Stop following what was typed, or offer the list."""
    subscriber = visit.subscriber
    keywords = await visit.storage.keywords.load(subscriber.id) if subscriber else []
    if not visit.words or subscriber is None:
        await show_list(visit, keywords)
        return
    found = await asyncio.to_thread(find_same, keywords, visit.words)
    if found is None:
        said = visit.texts.say(
            "You do not follow “<b>{keyword}</b>”.", keyword=cut(visit.words, _SHOWN)
        )
        listed, keyboard = await say_list(visit, keywords)
        await visit.answer(f"{said}\n\n{listed}", keyboard)
        return
    await visit.storage.keywords.remove(subscriber.id, found.id)
    await visit.answer(*await say_removed(visit, found.typed))


async def remove_tapped(visit: Visit) -> None:
    """Stop following the keyword whose button was tapped; only one's own can be meant."""
    subscriber = visit.subscriber
    if subscriber is None or not is_number(visit.words):
        await visit.toast()
        return
    typed = await visit.storage.keywords.remove(subscriber.id, int(visit.words))
    if typed is None:
        await visit.toast(visit.texts.say("You do not follow that word any more."), alert=True)
        return
    await visit.toast(visit.texts.say("Removed: {keyword}", keyword=cut(typed, _SHOWN)))
    await visit.change(*await say_removed(visit, typed))


async def say_removed(visit: Visit, typed: str) -> tuple[str, Keyboard]:
    """Return what is said once a keyword is gone, with the button that brings it back."""
    texts = visit.texts
    subscriber = await visit.open_subscriber()
    words_id = await visit.storage.subscribers.save_words(subscriber.id, typed, visit.now)
    return texts.say("Removed: <b>{keyword}</b>", keyword=cut(typed, _SHOWN)), [
        [
            button(texts.say("Undo"), f"word:undo:{words_id}"),
            button(texts.say("« All keywords"), "word:list:0"),
        ]
    ]


async def offer(visit: Visit) -> None:
    """Answer plain text: offer to follow it, and to look it up."""
    words = _join_lines(visit.words)
    try:
        await asyncio.to_thread(parse_keyword, words)
    except KeywordRefused as refused:
        await visit.answer(say_refused(refused, visit.texts, words))
        return
    subscriber = await visit.open_subscriber()
    words_id = await visit.storage.subscribers.save_words(subscriber.id, words, visit.now)
    await visit.answer(
        visit.texts.say("Shall I follow “<b>{keyword}</b>”?", keyword=cut(words, _SHOWN)),
        [
            [button(visit.texts.say("Add it to my keywords"), f"follow:{words_id}")],
            [button(visit.texts.say("Only show the latest"), f"latest:{words_id}:")],
        ],
    )


async def narrow(visit: Visit) -> None:
    """Follow a keyword without one of its languages or meanings, as the button says."""
    keyword_id, _, less = visit.words.partition(":")
    subscriber = visit.subscriber
    mine = await visit.storage.keywords.load(subscriber.id) if subscriber else []
    wide = next((each for each in mine if str(each.id) == keyword_id), None)
    if subscriber is None or wide is None or not less:
        await visit.toast(visit.texts.say("This button is too old. Type it again."), alert=True)
        return
    # Added before the wide one goes: a crash in between leaves both, never neither.
    narrowed = await follow(visit, narrow_typed(wide.typed, less), relatives=WIDENED in wide.query)
    if narrowed is None:
        return
    if narrowed.id != wide.id:
        await visit.storage.keywords.remove(subscriber.id, wide.id)
    await visit.toast()
    await visit.change(*await explain_added(visit, narrowed))


async def follow(
    visit: Visit,
    typed: str,
    *,
    whole: bool = False,
    by_surname: bool = True,
    relatives: bool = True,
) -> AddedKeyword | None:
    """Follow a keyword; answer and return None when it is refused.

    A question or a headline is reduced to its core first, unless its *whole* is wanted. A person
    is followed *by_surname* too, where the news of late mean nobody else by it. With *relatives*
    it takes the place of the same keyword without them, from before there were any.
    """
    lines = len([line for line in typed.splitlines() if line.strip()])
    typed = _join_lines(typed)
    try:
        query = await asyncio.to_thread(parse_keyword, typed, wide=relatives)
        size, core = await asyncio.to_thread(find_core, typed)
    except KeywordRefused as refused:
        await visit.toast()
        await visit.answer(say_refused(refused, visit.texts, typed))
        return None

    publishers = {each.publisher.name for each in await visit.storage.feeds.load_sources()}
    unknown = find_unknown_source(query, publishers)
    if unknown is not None:
        await visit.toast()
        await visit.answer(
            visit.texts.say(
                "No source is called “{source}”. See whose news I read: /sources",
                source=cut(unknown, _SHOWN),
            )
        )
        return None

    subscriber = await visit.open_subscriber()
    if core and not whole:
        await _offer_core(visit, subscriber.id, typed, size, core)
        return None

    keywords = visit.storage.keywords
    mine = await keywords.load(subscriber.id)
    same = await asyncio.to_thread(find_meaning, mine, query)
    namesakes = await _find_namesakes(visit, typed) if same is None else None
    if namesakes is not None and namesakes.are_few and by_surname:
        typed = f"{typed}, {namesakes.surname}"
        query = parse_keyword(typed)
        same = await asyncio.to_thread(find_meaning, mine, query)

    def find(item: Item) -> tuple[str, ...] | None:
        return find_words(query, item)

    asked = to_stored(typed, query)
    looked_back = await keywords.look_back(asked.anchors, find, visit.now)
    if same is not None:
        return AddedKeyword(
            id=same.id,
            typed=typed,
            query=query,
            is_new=False,
            known_as=same.typed,
            concepts=find_concepts(query),
            looked_back=looked_back,
        )
    added = await keywords.add(subscriber.id, asked, looked_back, find, visit.now)
    if added.outcome is AddOutcome.TOO_MANY:
        await visit.toast()
        await visit.answer(
            visit.texts.say(
                "You follow {n} keywords already, the most there can be. Remove one: /remove",
                n=MAX_KEYWORDS,
            )
        )
        return None
    if query.is_wide:
        narrow = await asyncio.to_thread(parse_keyword, typed, wide=False)
        before = await asyncio.to_thread(find_meaning, mine, narrow)
        if before is not None and before.id != added.keyword_id:
            await keywords.remove(subscriber.id, before.id)
    return AddedKeyword(
        id=added.keyword_id,
        typed=typed,
        query=query,
        is_new=added.outcome is AddOutcome.ADDED,
        lines=lines,
        concepts=find_concepts(query),
        looked_back=looked_back,
        namesakes=namesakes,
    )


def _join_lines(typed: str) -> str:
    """Return what was typed in one line: who lists words line by line means any of them."""
    return ", ".join(" ".join(line.split()) for line in typed.splitlines() if line.strip())


async def _find_namesakes(visit: Visit, typed: str) -> Namesakes | None:
    """Return who else bears the surname of a full name, as the newest items tell."""
    name = await asyncio.to_thread(find_full_name, typed)
    if name is None:
        return None
    items = await visit.storage.items.load_holding(
        parse_keyword(name.surname).anchors, lambda _: True, before=None, limit=_NAMED_ITEMS
    )
    return await asyncio.to_thread(
        lambda: count_namesakes(name, (read_text(each.title) for each in items))
    )


async def _offer_core(visit: Visit, subscriber_id: int, typed: str, size: int, core: str) -> None:
    subscribers = visit.storage.subscribers
    core_id = await subscribers.save_words(subscriber_id, core, visit.now)
    whole_id = await subscribers.save_words(subscriber_id, typed, visit.now)
    await visit.toast()
    await visit.answer(
        visit.texts.count(
            "{n} word would have to occur in one item. Shall I follow “<b>{core}</b>” instead?",
            "All {n} words would have to occur in one item. "
            "Shall I follow “<b>{core}</b>” instead?",
            size,
            core=core,
        ),
        [
            [button(visit.texts.say("Follow: {word}", word=core), f"follow:{core_id}")],
            [button(visit.texts.say("Follow all these words"), f"follow:{whole_id}")],
        ],
    )


async def load_words(visit: Visit, words_id: str | None = None) -> str | None:
    """Return words that a button stands for; say that it is too old where they are forgotten."""
    words_id = visit.words if words_id is None else words_id
    subscriber = visit.subscriber
    words = None
    if subscriber is not None and is_number(words_id):
        words = await visit.storage.subscribers.load_words(subscriber.id, int(words_id))
    if words is None:
        await visit.toast(visit.texts.say("This button is too old. Type it again."), alert=True)
    return words
