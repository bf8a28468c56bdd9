"""Ready-made keywords to tap: what most people follow, and the regions by the border."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.model import Keyword
from bot.texts import LANGUAGES

#: In each language the same things in the same order: a button carries the place in this list.
_SUBJECTS = {
    "hy": (
        "սահման", "հրադադար", "Փաշինյան", "բախումներ", "Ղարաբաղ", "գերիներ", "փախստականներ",
        "պատժամիջոցներ",
    ),
    "ru": (
        "граница", "перемирие", "Пашинян", "столкновения", "Карабах", "пленные", "беженцы",
        "санкции",
    ),
    "en": (
        "border", "ceasefire", "Pashinyan", "clashes", "Karabakh", "prisoners", "refugees",
        "sanctions",
    ),
}  # fmt: skip
_REGIONS = {
    "hy": (
        "Սյունիք", "Վայոց ձոր", "Գեղարքունիք", "Տավուշ", "Արարատ", "Արմավիր", "Լոռի", "Շիրակ",
        "Արագածոտն", "Կոտայք", "Երևան", "Նախիջևան", "Լաչին",
    ),
    "ru": (
        "Сюник", "Вайоц Дзор", "Гегаркуник", "Тавуш", "Арарат", "Армавир", "Лори", "Ширак",
        "Арагацотн", "Котайк", "Ереван", "Нахичевань", "Лачин",
    ),
    "en": (
        "Syunik", "Vayots Dzor", "Gegharkunik", "Tavush", "Ararat", "Armavir", "Lori", "Shirak",
        "Aragatsotn", "Kotayk", "Yerevan", "Nakhchivan", "Lachin",
    ),
}  # fmt: skip
READY_KEYWORDS = {each: (*_SUBJECTS[each], *_REGIONS[each]) for each in LANGUAGES}
SUBJECTS = range(len(_SUBJECTS["en"]))
REGIONS = range(len(SUBJECTS), len(READY_KEYWORDS["en"]))


def find_mine(index: int, keywords: Sequence[Keyword]) -> Keyword | None:
    """Return the keyword by which a ready-made one is followed, in whatever language; or None."""
    names: Collection[str] = {READY_KEYWORDS[each][index].casefold() for each in LANGUAGES}
    return next((each for each in keywords if each.typed.casefold() in names), None)
