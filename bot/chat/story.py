"""/story: operators see how a story came together, take items out of it, or put two together."""

from __future__ import annotations

from markupsafe import Markup

from bot.chat.keyboards import is_number
from bot.chat.visit import Visit
from bot.delivery.publishers import name_publisher
from bot.delivery.render import linked
from bot.delivery.split import join_blocks
from bot.model import ToldStory

_MOST_ITEMS = 40


async def serve_story(visit: Visit) -> None:
    """Show a story, or do with it what the words say."""
    words = visit.words.split()
    if not words and visit.reply_to is not None and visit.subscriber is not None:
        reasons = await visit.storage.reasons.load_of_message(visit.subscriber.id, visit.reply_to)
        words = [str(each.story.id) for each in reasons[:1]]
    match words:
        case [story] if is_number(story):
            await _show(visit, int(story))
        case [story, "split", item] if is_number(story) and is_number(item):
            await _split(visit, int(story), int(item))
        case [story, "join", other] if is_number(story) and is_number(other):
            await _join(visit, int(story), int(other))
        case _:
            await visit.answer(
                visit.texts.say(
                    "Reply with /story to an alert to see what tells it. Then:\n"
                    "<code>/story 7 split 21</code> — item 21 is an event of its own\n"
                    "<code>/story 7 join 9</code> — stories 7 and 9 are one event"
                )
            )


async def _show(visit: Visit, story_id: int) -> None:
    story = await visit.storage.stories.load(story_id)
    if story is None:
        await visit.answer(visit.texts.say("There is no story {id}.", id=story_id))
        return
    for message in join_blocks(_describe(story, visit)):
        await visit.answer(message)


async def _split(visit: Visit, story_id: int, item_id: int) -> None:
    own = await visit.storage.merging.split(story_id, item_id, visit.now)
    if own is None:
        said = visit.texts.say(
            "Story {id} has no item {item}, or no other one.", id=story_id, item=item_id
        )
    else:
        said = visit.texts.say(
            "Item {item} is story {id} now. Whoever follows what is in it is alerted.",
            item=item_id,
            id=own,
        )
    await visit.answer(said)


async def _join(visit: Visit, one: int, other: int) -> None:
    if await visit.storage.merging.merge(one, other, by_operator=True):
        said = visit.texts.say(
            "They are one story now, {id}. Messages already sent are edited.", id=min(one, other)
        )
    else:
        said = visit.texts.say("These are not two stories that can be put together.")
    await visit.answer(said)


def _describe(story: ToldStory, visit: Visit) -> list[str]:
    lines: list[str] = [visit.texts.say("<b>Story {id}</b>", id=story.id)]
    if story.is_really is not None:
        said = visit.texts.say("This proved to be the same event as:")
        lines.append(Markup("➡️ {} {}").format(said, linked(story.is_really, bold=False)))
    for telling in story.tellings[:_MOST_ITEMS]:
        when = visit.texts.moment(telling.item.seen_at, visit.reader.zone, visit.now)
        lines.append(
            Markup("<code>{}</code> {}\n   <i>{} · {} · {}</i>").format(
                telling.item.id,
                linked(telling.item, bold=False),
                name_publisher(telling, visit.texts),
                when,
                telling.role.value,
            )
        )
    return lines
