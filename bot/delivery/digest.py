"""How lists of stories read: digests by keyword, and the lines of /latest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from bot.delivery.render import KEYWORD_UNITS, cut_escaped, linked, say_origin
from bot.delivery.sight import lead_with
from bot.delivery.split import count_units, join_blocks
from bot.delivery.story import say_gist
from bot.model import URGENT, MatchedStory, Role, Subscriber, Telling
from bot.stories.news import find_gravity
from bot.stories.voices import Voices, find_voices, is_voice
from bot.texts import Texts

#: Of one keyword, a digest lists so many stories and counts the rest.
DIGEST_STORIES = 10
#: Of a story, so many other headlines are folded below it.
_MOST_OTHERS = 6
_ALL_IS_SEEN = Markup()
#: An entry with what is folded below it is no longer: several fit a message.
_MOST_UNITS = 2_400


def render_digest(
    matched: Sequence[MatchedStory],
    reader: Subscriber,
    texts: Texts,
    *,
    title: Markup,
    now: datetime,
    blindness: Markup = _ALL_IS_SEEN,
    left_out: int = 0,
) -> list[str]:
    """Return the messages of a digest: by keyword, the gravest and most told stories first.

    A story of several keywords is counted under each, and stands under the first of them. Without
    stories it is the one sentence that says so. It begins with what is said of *blindness*.
    *left_out* are stories that are counted and not among these.
    """
    if not matched:
        nothing = f"{title}\n\n{texts.say('Nothing new on your keywords.')}"
        return [lead_with(blindness, nothing)]
    blocks = [lead_with(blindness, f"{title}\n{_say_numbers(matched, texts, left_out)}")]
    told: set[int] = set()
    for keyword, stories in _group(matched).items():
        head = texts.say(
            "<b>{keyword}</b> · {n}", keyword=cut_escaped(keyword, KEYWORD_UNITS), n=len(stories)
        )
        untold = [each for each in stories if each.story.id not in told]
        shown = untold[:DIGEST_STORIES]
        told.update(each.story.id for each in shown)
        lines = [render_story(each, reader, texts, now) for each in shown]
        above = len(stories) - len(untold)
        if above:
            lines.append(texts.count("{n} of them above", "{n} of them above", above))
        # The heading goes with its first story, never alone at the end of a message.
        blocks.append(f"\n{head}\n{lines[0]}")
        blocks.extend(lines[1:])
        rest = len(untold) - len(shown)
        if rest:
            asked = f"/latest {keyword}" if count_units(keyword) <= KEYWORD_UNITS else "/latest"
            blocks.append(
                texts.say("… and {n} more: <code>{command}</code>", n=rest, command=asked)
            )
    return join_blocks(blocks)


def render_story(matched: MatchedStory, reader: Subscriber, texts: Texts, now: datetime) -> str:
    """Return a story as an entry of a list: its headline, who tells it, and the others folded."""
    lead = find_headline(matched, reader.language)
    others = [each for each in matched.story.tellings if each.item.id != lead.item.id]
    facts = [say_origin(lead.item, reader, texts, now)]
    denies = lead.role is Role.DENIAL
    voices = find_voices(
        each for each in matched.story.tellings if (each.role is Role.DENIAL) is denies
    )
    if len(voices.names) > 1:
        facts.append(texts.count("{n} publisher", "{n} publishers", len(voices.names)))
    if not denies and any(each.role is Role.DENIAL for each in others):
        facts.append(texts.say("denied"))
    if any(each.role is Role.CORRECTION for each in others):
        facts.append(texts.say("corrected"))
    line = Markup("• {}\n   <i>{}</i>").format(
        linked(lead.item, bold=False), Markup(" · ").join(facts)
    )
    for gist in say_gist(lead.item, reader):
        line += Markup("\n   {}").format(gist)
    folded: list[Markup] = []
    for each in _choose_others(lead, others):
        other = Markup("{} — {}").format(
            linked(each.item, bold=False), cut_escaped(each.item.publisher, KEYWORD_UNITS)
        )
        # Some links are as long as a message; what does not fit is found behind the others.
        if count_units("\n".join([line, *folded, other])) > _MOST_UNITS:
            continue
        folded.append(other)
    if not folded:
        return line
    return line + Markup("<blockquote expandable>{}</blockquote>").format(Markup("\n").join(folded))


def rank_stories(matched: Sequence[MatchedStory]) -> list[MatchedStory]:
    """Return stories in the order in which they matter: grave, told by many, new."""
    return sorted(
        matched,
        key=lambda each: (
            find_gravity(each.story.tellings),
            len(_find_tellers(each).names),
            each.lead.item.published_at,
            each.lead.item.id,
        ),
        reverse=True,
    )


def _say_numbers(matched: Sequence[MatchedStory], texts: Texts, left_out: int) -> Markup:
    """Return how much there is: stories, who tells them, and how many of them are urgent."""
    voices = {name for each in matched for name in find_voices(each.story.tellings).names}
    urgent = sum(find_gravity(each.story.tellings) >= URGENT for each in matched)
    said = [texts.count("{n} story", "{n} stories", len(matched) + left_out)]
    if voices:
        said.append(texts.count("{n} publisher", "{n} publishers", len(voices)))
    if urgent:
        said.append(texts.count("{n} urgent", "{n} urgent", urgent))
    return Markup(" · ").join(said)


def _find_tellers(matched: MatchedStory) -> Voices:
    """Return who tells a story; who denies it does not make it weightier."""
    return find_voices(each for each in matched.story.tellings if each.role is not Role.DENIAL)


def _group(matched: Sequence[MatchedStory]) -> dict[str, list[MatchedStory]]:
    groups: dict[str, list[MatchedStory]] = {}
    for each in rank_stories(matched):
        for keyword in each.keywords:
            groups.setdefault(keyword, []).append(each)
    return groups


def find_headline(matched: MatchedStory, language: str) -> Telling:
    """Return the telling whose headline the reader can read best."""
    if matched.lead.item.language == language:
        return matched.lead
    for each in matched.story.tellings:
        if each.item.language == language and is_voice(each) and each.role is not Role.DENIAL:
            return each
    return matched.lead


def _choose_others(lead: Telling, others: Sequence[Telling]) -> list[Telling]:
    """Return whose headlines are folded below: who denies first, no headline twice."""
    chosen: list[Telling] = []
    titles = {lead.item.title}
    for each in sorted(others, key=lambda each: each.role is not Role.DENIAL):
        if each.item.title not in titles:
            titles.add(each.item.title)
            chosen.append(each)
    return chosen[:_MOST_OTHERS]
