"""What a keyword will match: said when it is added, with buttons to ask for less."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from dataclasses import dataclass
from unicodedata import name

from markupsafe import Markup

from bot.chat.keyboards import button
from bot.chat.sight import look_out
from bot.chat.visit import Visit
from bot.delivery.render import render_line
from bot.delivery.split import cut
from bot.language import LANGUAGES, Concept, load
from bot.matching import Namesakes, Query, finds_one_language
from bot.model import Button, Keyboard
from bot.storage.keywords import LookedBack
from bot.texts import Texts

_SHOWN = 100
_WORDS = 3
_FORMS = 12
#: From so many items a day on, a keyword is called broad.
_BROAD = 100
#: Of a word, what its endings leave: so many letters at least, all but so many.
_STEM, _ENDING = 4, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedKeyword:
    """A keyword as it was just added, or found to be there."""

    id: int
    typed: str
    query: Query
    is_new: bool
    #: What was typed for the one that is there, where it was typed otherwise.
    known_as: str = ""
    #: In how many lines it was typed.
    lines: int = 1
    concepts: tuple[str, ...]
    looked_back: LookedBack
    #: Of a full name: who else bears its surname in the news of late.
    namesakes: Namesakes | None = None

    @property
    def full_name(self) -> str:
        """The full name alone, where its surname is followed beside it; else ""."""
        end = f", {self.namesakes.surname}" if self.namesakes else ""
        return self.typed.removesuffix(end) if end and self.typed.endswith(end) else ""


async def explain_added(visit: Visit, added: AddedKeyword) -> tuple[str, Keyboard]:
    """Return what a keyword finds: in which words, in what forms, how often; and its buttons."""
    texts, shown = visit.texts, cut(added.typed, _SHOWN)
    if added.is_new:
        head = texts.say("Added: <b>{keyword}</b>", keyword=shown)
    elif added.known_as and added.known_as.casefold() != added.typed.casefold():
        head = texts.say(
            "You follow that already as “<b>{keyword}</b>”.", keyword=cut(added.known_as, _SHOWN)
        )
    else:
        head = texts.say("You follow “<b>{keyword}</b>” already.", keyword=shown)
    if visit.reader.paused:
        paused = texts.say("Everything is paused now; to go on: /resume")
        head = Markup("{}\n⏸ {}").format(head, paused)
    lines: list[str] = [head, *await asyncio.to_thread(_remarks, added, texts)]
    meanings = [line for concept in added.concepts if (line := say_meaning(concept))]
    if meanings:
        lines += ["", texts.say("It finds, in every form:"), *meanings]
    forms = added.looked_back.forms[:_FORMS]
    if forms:
        lines += ["", texts.say("In the archive: {forms}", forms=", ".join(forms))]
    lines += ["", *await _caught(visit, added.looked_back)]
    if not added.looked_back.items and (unseen := await look_out(visit)):
        lines = [unseen, "", *lines]
    keyboard = [
        *offer_less(added.id, added.typed, added.concepts, texts),
        [button(texts.say("Remove it"), f"remove:{added.id}")],
    ]
    instead = await asyncio.to_thread(_offer_instead, added, texts)
    offered = []
    if instead:
        reader = await visit.open_subscriber()
        for label, typed in instead:
            words_id = await visit.storage.subscribers.save_words(reader.id, typed, visit.now)
            offered.append([button(label, f"instead:{added.id}:{words_id}")])
    return "\n".join(lines), [*offered, *keyboard]


def _offer_instead(added: AddedKeyword, texts: Texts) -> list[tuple[str, str]]:
    """Return what may be followed in a keyword's place: what the button says, what is typed."""
    offered: list[tuple[str, str]] = []
    meant = _may_mean(added.typed, printed=_is_printed(added.typed, added.looked_back.forms))
    if meant:
        offered.append((texts.say("Did you mean “{word}”?", word=meant), meant))
    namesakes = added.namesakes
    if namesakes is not None:
        if added.full_name:
            offered.append((texts.say("Only “{word}”", word=added.full_name), added.full_name))
        else:
            typed = f"{added.typed}, {namesakes.surname}"
            offered.append((texts.say("Also: {word}", word=namesakes.surname), typed))
    offered += [
        (texts.say("Also: {word}", word=word), f"{added.typed}, {word}")
        for word in _kin(added.concepts, texts.language)
    ]
    return offered


def _kin(concepts: Collection[str], language: str) -> list[str]:
    """Return a word for each concept that is near what is asked for, and not asked for."""
    known = load().glossary.concepts
    kin = dict.fromkeys(near for each in concepts if each in known for near in known[each].kin)
    return [
        word for each in kin if each not in concepts and (word := _word_of(known[each], language))
    ]


def _word_of(concept: Concept, language: str) -> str:
    """Return a concept's first word in a language, or in the first that has one."""
    words = (
        *concept.words.get(language, ()),
        *(w for each in LANGUAGES for w in concept.words[each]),
    )
    return words[0].removeprefix("=") if words else ""


def _remarks(added: AddedKeyword, texts: Texts) -> list[Markup]:
    """Return what somebody should know of how a keyword was taken."""
    said: list[Markup] = []
    if added.lines > 1:
        said.append(texts.say("Each line counts by itself: one of them is enough."))
    said += [
        texts.say("I read “{word}” as “{meant}” too.", word=word, meant=heard)
        for word in re.findall(r"[^\W\d_]+", added.typed)
        if (heard := load().heard_as(word))
    ]
    names = added.typed.split()
    if len(names) == 2 and load().means_by_surname(*names):
        said.append(
            texts.say(
                "“{surname}” means this person in the news: the surname alone is enough. "
                "To find the full name only, put it in quotation marks.",
                surname=names[1],
            )
        )
    if added.namesakes is not None and added.namesakes.all:
        said.append(_say_namesakes(added.namesakes, texts, followed=bool(added.full_name)))
    only = finds_one_language(added.query)
    if only:
        example = texts.say("border")
        said.append(
            texts.say(
                "It finds words in {script} letters only. "
                "A word of my glossary, such as “{example}”, is found in three languages.",
                script=_script_name(only, texts),
                example=example,
            )
        )
    return said


def _say_namesakes(namesakes: Namesakes, texts: Texts, *, followed: bool) -> Markup:
    count = {"this": namesakes.this, "all": namesakes.all, "surname": namesakes.surname}
    if followed:
        return texts.say(
            "Of the full names with “{surname}” in the news of late, {this} of {all} are this "
            "person: I follow the surname alone too.",
            **count,
        )
    others = ", ".join(namesakes.others)
    if not others:
        return texts.say(
            "Of the full names with “{surname}” in the news of late, {this} of {all} are this "
            "person.",
            **count,
        )
    return texts.say(
        "Of the full names with “{surname}” in the news of late, {this} of {all} are this person. "
        "Others: {others}.",
        **count,
        others=others,
    )


def _script_name(script: str, texts: Texts) -> Markup:
    if script == "hy":
        return texts.say("Armenian")
    return texts.say("Cyrillic") if script == "ru" else texts.say("Latin")


def _say_not_in(language: str, texts: Texts) -> Markup:
    # Whole sentences: a language's name stands in another case here, or as an adverb.
    if language == "hy":
        return texts.say("Not in Armenian")
    return texts.say("Not in Russian") if language == "ru" else texts.say("Not in English")


def _is_printed(typed: str, forms: Collection[str]) -> bool:
    """Say whether the archive bears a word as it was typed, and not only one that is near it."""
    stem = typed.casefold()[: max(_STEM, len(typed) - _ENDING)]
    alike = [each.casefold() for each in forms if name(each[0], "")[:4] == name(typed[0], "")[:4]]
    return bool(forms) and (not alike or any(each.startswith(stem) for each in alike))


def _may_mean(typed: str, *, printed: bool) -> str:
    """Return the one word that a single typed one may have been meant for, or ""."""
    single = re.fullmatch(r"[^\W\d_]+", typed)
    return load().may_mean(typed, printed=printed) if single else ""


def narrow_typed(typed: str, less: str) -> str:
    """Return what would be typed for a keyword without a language (`en`) or a meaning."""
    wide = typed if re.fullmatch(r"[^\s,;|]+(?: [-~]#?\w+)*", typed) else f"({typed})"
    return f"{wide} -#{less}" if less in LANGUAGES else f"{wide} ~{less}"


def say_meaning(concept: str) -> Markup | None:
    """Return a concept's first words, language by language."""
    known = load().glossary.concepts.get(concept)
    if known is None:
        return None
    words = [
        ", ".join(cut(word.removeprefix("="), 40) for word in known.words[language][:_WORDS])
        for language in LANGUAGES
        if known.words[language]
    ]
    return Markup("• {}").format(" · ".join(words)) if words else None


async def _caught(visit: Visit, looked_back: LookedBack) -> list[str]:
    items = looked_back.items
    if not items:
        return [visit.texts.say("In the last 24 hours nothing was printed about it.")]
    count = visit.texts.count(
        "In the last 24 hours it would have caught {n} item:",
        "In the last 24 hours it would have caught {n} items, the newest:",
        len(items),
    )
    reader = await visit.open_subscriber()
    lines = [str(count), render_line(items[0], reader, visit.texts, visit.now)]
    if len(items) >= _BROAD:
        lines.append(
            visit.texts.say(
                "That is a lot: about {n} a day. A second word would narrow it.", n=len(items)
            )
        )
    return lines


def offer_less(
    keyword_id: int, typed: str, concepts: Collection[str], texts: Texts
) -> list[list[Button]]:
    """Return the buttons that leave a language or a meaning out of a keyword."""
    asked = set(re.findall(r"(?<![-\w])#(\w\w)\b", typed))
    left = [each for each in LANGUAGES if f"-#{each}" not in typed]
    keyboard: list[list[Button]] = []
    if not asked and len(left) > 1:
        keyboard = [
            [button(_say_not_in(language, texts), f"narrow:{keyword_id}:{language}")]
            for language in left
        ]
    if len(concepts) > 1:
        for concept in concepts:
            known = load().glossary.concepts.get(concept)
            words = known.words.get(texts.language, ()) if known else ()
            word = words[0].removeprefix("=") if words else ""
            # Left out by its own name, a keyword would find next to nothing.
            if word and word.casefold() != typed.casefold():
                label = texts.say("Not: {word}", word=word)
                keyboard.append([button(label, f"narrow:{keyword_id}:{concept}")])
    return keyboard
