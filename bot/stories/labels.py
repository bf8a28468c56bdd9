"""What a gist calls a concept where the glossary's first word for it would say more, or less.

The glossary lists words by which a concept is found. Most begin with the noun that means it; these
begin with a form, a phrase or a narrower word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _named(hy: str = "", ru: str = "", en: str = "") -> Mapping[str, str]:
    return {code: word for code, word in (("hy", hy), ("ru", ru), ("en", en)) if word}


LABELS: Mapping[str, Mapping[str, str]] = {
    "acquittal": _named(en="acquittal"),
    "asset-seizure": _named("գույքի բռնագանձում"),
    "bail": _named("գրավ", "залог"),
    "biometric-passport": _named(
        "կենսաչափական փաստաթղթեր", "биометрические документы", "biometric documents"
    ),
    "blocking": _named("արգելափակում", "блокировка", "blocking"),
    "body-found": _named(ru="останки", en="remains"),
    "boxing": _named(ru="бокс"),
    "burn-injury": _named(en="burns"),
    "cancer": _named(ru="рак"),
    "casualty": _named("զոհեր", "жертвы", "casualties"),
    "coach": _named(en="coach"),
    "criminal": _named(en="criminal"),
    "dead-body": _named("մարմին", "тело", "body"),
    "default": _named(en="default"),
    "defuse": _named(ru="обезвреживание", en="defusing"),
    "deputy-prime-minister": _named(ru="вице-премьер"),
    "detention": _named("բերման ենթարկում"),
    "downed": _named("խոցում", "сбитый аппарат", "shooting down"),
    "dram": _named(ru="драм"),
    "drowning": _named("ջրահեղձում"),
    "electrocution": _named("հոսանքահարում", en="electrocution"),
    "emergency": _named("արտակարգ իրավիճակ", "ЧС", "emergency"),
    "fine": _named(en="fine"),
    "flood": _named(en="flood"),
    "general": _named(en="general"),
    "house": _named(ru="дом", en="house"),
    "hunger-victims": _named("սովամահություն", "голод", "starvation"),
    "interception": _named("որսում", "перехват", "interception"),
    "killed": _named("զոհվածներ", "погибшие", "killed"),
    "killer": _named(en="killer"),
    "layoff": _named(ru="увольнения"),
    "membership": _named(ru="членство"),
    "military": _named(ru="военное", en="military"),
    "minor": _named(en="minor"),
    "negotiation": _named("բանակցություններ", en="talks"),
    "official": _named(en="official"),
    "police-raid": _named("խուզարկություն", "обыск", "raid"),
    "port": _named(en="port"),
    "president-office": _named("աշխատակազմ", "аппарат", "executive office"),
    "rare-earths": _named(ru="редкоземельные металлы"),
    "recession": _named(ru="спад", en="decline"),
    "return": _named(en="return"),
    "road-accident": _named(ru="ДТП"),
    "rubble": _named("փլատակներ", "завалы"),
    "sanction": _named("պատժամիջոցներ", "санкции", "sanctions"),
    "search": _named(en="search"),
    "shooting": _named("կրակոցներ", "стрельба", "gunfire"),
    "solar-energy": _named("արևային էներգիա"),
    "south-caucasus-railway": _named(ru="Южно-Кавказская железная дорога"),
    "spill": _named(ru="утечка", en="leak"),
    "stroke": _named(en="stroke"),
    "suspect": _named(en="suspect"),
    "ter-petrosyan": _named("Տեր-Պետրոսյան", "Тер-Петросян", "Ter-Petrosyan"),
    "vice-president": _named(ru="вице-президент"),
    "wanted-person": _named("հետախուզում", "розыск", "wanted person"),
    "weapon": _named("զենք", "оружие", "weapons"),
    "withdrawal": _named(ru="вывод", en="withdrawal"),
    "witness": _named(en="witness"),
    "wounded": _named("վիրավորներ", "пострадавшие", "injured"),
    "wrestling": _named(ru="борьба"),
}

#: What a gist does not tell of: too wide, or narrower in each language than in the next.
UNTOLD = frozenset({"fall-from-road", "surgery", "world"})
#: Words of a language that mean a concept less often than something else: «հրապարակում», in the
#: square or a publication; "lands", arrives; «դատապարտել», condemn or sentence.
HOMONYMS = frozenset(
    {
        ("bullet", "hy"), ("condemnation", "hy"), ("condemnation", "ru"), ("square", "hy"),
        ("volunteer-fighter", "hy"), ("land", "en"), ("collapse", "en"),
    }
)  # fmt: skip
# The glossary parts words at hyphens.
_HYPHENS_RU = re.compile(
    r"\b(Абу|Буркина|Вице|Гвинея|Кабо|Коста|Лос|Нью|Порт|Пуэрто|Сан|Сен|Сент|Синт|Сьерра|Шри"
    r"|Центрально|Южно|вице|Диего|о) (?=[А-ЯA-Zв]|Бисау|президент)"
)


def with_hyphens(label: str, language: str) -> str:
    """Return a label of the glossary with the hyphens that it has in print."""
    if language == "ru":
        return _HYPHENS_RU.sub(r"\1-", label)
    return label.replace(" ի ", "-ի ") if language == "hy" else label
