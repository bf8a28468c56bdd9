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
#: A region with its towns, any of which counts: who lives in Goris reads of Goris too.
_REGIONS = {
    "hy": (
        "Սյունիք, Կապան, Գորիս, Սիսիան, Մեղրի, Քաջարան",
        "Վայոց ձոր, Եղեգնաձոր, Վայք, Ջերմուկ",
        "Գեղարքունիք, Գավառ, Սևան, Մարտունի, Վարդենիս, Ճամբարակ",
        "Տավուշ, Իջևան, Դիլիջան, Բերդ, Նոյեմբերյան",
        "Արարատ, Արտաշատ, Մասիս, Վեդի",
        "Արմավիր, Էջմիածին, Մեծամոր",
        "Լոռի, Վանաձոր, Ալավերդի, Ստեփանավան, Սպիտակ, Տաշիր",
        "Շիրակ, Գյումրի, Արթիկ, Մարալիկ",
        "Արագածոտն, Աշտարակ, Ապարան, Թալին",
        "Կոտայք, Հրազդան, Աբովյան, Չարենցավան",
        "Երևան",
        "Նախիջևան",
        "Լաչին",
    ),
    "ru": (
        "Сюник, Капан, Горис, Сисиан, Мегри, Каджаран",
        "Вайоц Дзор, Ехегнадзор, Вайк, Джермук",
        "Гегаркуник, Гавар, Севан, Мартуни, Варденис, Чамбарак",
        "Тавуш, Иджеван, Дилижан, Берд, Ноемберян",
        "Арарат, Арташат, Масис, Веди",
        "Армавир, Эчмиадзин, Мецамор",
        "Лори, Ванадзор, Алаверди, Степанаван, Спитак, Ташир",
        "Ширак, Гюмри, Артик, Маралик",
        "Арагацотн, Аштарак, Апаран, Талин",
        "Котайк, Раздан, Абовян, Чаренцаван",
        "Ереван",
        "Нахичевань",
        "Лачин",
    ),
    "en": (
        "Syunik, Kapan, Goris, Sisian, Meghri, Kajaran",
        "Vayots Dzor, Yeghegnadzor, Vayk, Jermuk",
        "Gegharkunik, Gavar, Sevan, Martuni, Vardenis, Chambarak",
        "Tavush, Ijevan, Dilijan, Berd, Noyemberyan",
        "Ararat, Artashat, Masis, Vedi",
        "Armavir, Etchmiadzin, Metsamor",
        "Lori, Vanadzor, Alaverdi, Stepanavan, Spitak, Tashir",
        "Shirak, Gyumri, Artik, Maralik",
        "Aragatsotn, Ashtarak, Aparan, Talin",
        "Kotayk, Hrazdan, Abovyan, Charentsavan",
        "Yerevan",
        "Nakhchivan",
        "Lachin",
    ),
}
READY_KEYWORDS = {each: (*_SUBJECTS[each], *_REGIONS[each]) for each in LANGUAGES}
SUBJECTS = range(len(_SUBJECTS["en"]))
REGIONS = range(len(SUBJECTS), len(READY_KEYWORDS["en"]))


def label_of(index: int, language: str) -> str:
    """Return what the button of a ready-made keyword says: of a region with its towns, its name."""
    return READY_KEYWORDS[language][index].partition(",")[0]


def find_mine(index: int, keywords: Sequence[Keyword]) -> Keyword | None:
    """Return the keyword by which a ready-made one is followed, in whatever language; or None."""
    names: Collection[str] = {
        name.casefold()
        for each in LANGUAGES
        for name in (READY_KEYWORDS[each][index], label_of(index, each))
    }
    return next((each for each in keywords if each.typed.casefold() in names), None)
