"""What people call the commands: in three languages, on another keyboard layout, with a slip.

Telegram marks only ASCII commands; the others arrive as plain text that begins with a slash.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from functools import cache

from bot.language import clean, fold

#: Each command with what Russians and Armenians would call it.
LOCAL_NAMES: Mapping[str, str] = {
    "start": "старт начать начало сначала սկսել սկիզբ սկսենք",
    "add": "добавить добавь добавьте следить следи ավելացնել ավելացրու ավելացրեք հետևել հետևիր",
    "remove": "удалить удали удалите убрать убери հեռացնել հեռացրու հեռացրեք հանել հանիր",
    "keywords": "слова мои_слова ключевые ключевые_слова список բառեր բառերս իմ_բառերը ցանկ ցուցակ",
    "latest": "последние последнее новости свежее վերջին վերջինները լուրեր նորություններ",
    "search": "поиск искать найти найди որոնել որոնում փնտրել գտնել",
    "noreport": "нет_сообщений нетсообщений լուր_չկա լուրչկա",
    "trends": "тренды тенденции динамика график միտումներ գրաֆիկ",
    "digest": "дайджест сводка ամփոփում ամփոփագիր ամփոփագրում",
    "alerts": "оповещения оповещение уведомления ծանուցումներ ծանուցում",
    "why": "почему зачем ինչու",
    "timeline": "хроника хронология ժամանակագրություն",
    "timezone": "пояс часовой_пояс часовойпояс время գոտի ժամային_գոտի ժամանակ",
    "language": "язык լեզու",
    "sources": "источники издания աղբյուրներ",
    "settings": "настройки настройка կարգավորումներ",
    "quiet": "тихо тишина тихие_часы լուռ լռություն լուռ_ժամեր",
    "share": "поделиться ссылка կիսվել հղում",
    "pause": "пауза приостановить դադար",
    "resume": "продолжить возобновить շարունակել վերսկսել",
    "stop": "стоп остановить отписаться отписка կանգ դադարեցնել կանգնեցնել",
    "forget_me": "забыть забудь забудь_меня забыть_меня մոռանալ մոռացիր մոռացիր_ինձ մոռացեք_ինձ",
    "privacy": "приватность конфиденциальность գաղտնիություն",
    "export": "экспорт выгрузка выгрузить мои_данные արտահանել արտահանում իմ_տվյալները",
    "help": "помощь справка помоги օգնություն",
    "channel": "канал каналы ալիք ալիքներ",
}

#: The keys of a Latin keyboard, and what they write on a Russian one.
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё"
_TO_LATIN = str.maketrans(_RUSSIAN, _LATIN)
_TO_RUSSIAN = str.maketrans(_LATIN, _RUSSIAN)
#: Armenian layouts differ; these letters stand by their sound on every phonetic one.
_BY_SOUND = str.maketrans("աբգդեզիլկհմնոպսվտրֆջյ", "abgdezilkhmnopsvtrfjy")
_NEAR = 0.75


def find_name(typed: str) -> str:
    """Return the command that is called so, by whatever layout it was typed; "" for none."""
    names = _names()
    spelled = (fold(written) for written in _spell(clean(typed).strip().casefold()))
    return next((names[each] for each in spelled if each in names), "")


def find_near_name(typed: str) -> str:
    """Return the command that was probably meant by a name a slip away; "" for none."""
    folded = fold(clean(typed).strip())
    near = difflib.get_close_matches(folded, _names(), n=1, cutoff=_NEAR) if folded else []
    return _names()[near[0]] if near else ""


@cache
def _names() -> Mapping[str, str]:
    names = {name: name for name in LOCAL_NAMES}
    for name, words in LOCAL_NAMES.items():
        names.update(dict.fromkeys(map(fold, words.split()), name))
    return names


def _spell(typed: str) -> Iterator[str]:
    """Yield how a name reads as it stands, and on the layouts on which it may have been typed."""
    yield typed
    yield typed.replace("-", "_")
    yield typed.translate(_TO_LATIN)
    yield typed.translate(_TO_RUSSIAN)
    yield typed.translate(_BY_SOUND)
