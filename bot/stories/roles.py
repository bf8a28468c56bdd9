"""How a headline tells its story: by itself, in another's words, as a denial, as an opinion."""

from __future__ import annotations

import re

from bot.matching import read_text
from bot.model import Role

# Read off words folded by `bot.language.fold`: small letters, «և» as «եվ».
_DENIES = re.compile(
    r"\bհերք(?:ել|ում|եց|վել|վում|վեց|ման|մամբ)|\bապատեղեկատվ|\bկեղծ (?:լուր|տեղեկ|հաղորդ)"
    r"|չի համապատասխանում իրականությ|չեն համապատասխանում իրականությ"
    r"|\bопроверг|\bотрица(?:ет|ют|ли|ла|л)\b|\bдезинформац|\bфейк|\bложн\w+ (?:сообщени|информац)"
    r"|не соответству\w+ действительности"
    r"|\bотверг(?:ает|ают|ли|ла|ло)? (?:обвинени|сообщени|заявлени)"
    r"|\b(?:denies|denied|deny|denying)\b(?! (?:entry|bail|access|visa|parole|boarding))|\brefut"
    r"|\brebut|\bdisinformation|\bfake news|\bfalse (?:claims?|reports?)|\bdebunk"
    r"|\b(?:dismiss|reject)\w* (?:\w+ )?(?:claims?|reports?|allegations?|accusations?)"
)
_CORRECTS = re.compile(
    r"^(?:correction|corrected|clarification|поправка|исправлено|исправление|уточнение"
    r"|ուղղում|ճշտում|շտկում)\b"
    r"|\bretract|\bwithdr[ae]ws? (?:\w+ )?(?:claim|report|statement)|\bcorrects (?:earlier|toll)"
    r"|\bотозвал\w* (?:\w+ )?(?:сообщени|заявлени)|\bисправил\w* (?:число|данные|сообщени)"
    r"|\bճշտ(?:ել|եց)\w* (?:զոհ|տվյալ|թիվ)|\bհետ է վերցրել (?:\w+ )?(?:հայտարար|լուր)"
)
_OPINION = re.compile(
    r"^(?:analysis|opinion|editorial|op ed|comment|commentary|interview|explainer|why|how|what"
    r"|мнение|анализ|аналитика|колонка|интервью|почему|зачем|как|что"
    r"|կարծիք|վերլուծություն|հարցազրույց|խմբագրական|ինչու|ինչպես)\b"
)
_NAME = r"[«\"“]?([A-ZА-ЯЁԱ-Ֆ][\w.+-]*(?: [A-ZА-ЯЁԱ-Ֆ][\w.+-]*){0,2})[»\"”]?"
_ORIGIN = re.compile(
    rf"(?:сообщает|сообщил[аио]?|сообщают|пишет|передает|передаёт)\s+(?:агентство\s+|газета\s+)?{_NAME}"
    rf"|(?:[Пп]о\s+(?:данным|информации|сообщению)|со ссылкой на)\s+{_NAME}"
    rf"|(?:հայտնում|գրում|հաղորդում|տեղեկացնում|փոխանցում)\s+(?:է|են)\s+{_NAME}"
    rf"|(?:[Ըը]ստ)\s+{_NAME}|{_NAME}(?:-?[նը])?\s+(?:գրում|հաղորդում|հայտնում)\s+է"
    rf"|(?:[Aa]ccording to|citing|[Rr]eported by)\s+{_NAME}|{_NAME}\s+reports\b"
    r"|\s[.․։|—–-]\s*«([^»]{2,30})»\s*$|\s[.․|—–-]\s*([\w-]{2,24}\.(?:am|ru|com|az|ge|net))\s*$"
)


def find_role(title: str) -> Role:
    """Return how a headline tells what it tells."""
    folded = " ".join(word.folded for word in read_text(title).words)
    if _DENIES.search(folded):
        return Role.DENIAL
    if _CORRECTS.search(folded):
        return Role.CORRECTION
    if _OPINION.search(folded):
        return Role.OPINION
    return Role.TOLD


def find_origin(title: str) -> str:
    """Return whom a headline names as its source, or "": who that is, it does not know."""
    found = _ORIGIN.search(title)
    return next((name for name in found.groups() if name), "") if found else ""
