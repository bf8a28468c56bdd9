"""What somebody wants who writes: a command, a question about the bot, thanks, or a keyword.

When unsure, it is a keyword: nothing that could be one is swallowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from bot.chat.command_names import find_name, find_near_name
from bot.language import fold_text


class Intent(Enum):
    """What a text is for."""

    COMMAND = auto()
    UNKNOWN = auto()  #: a command that there is not
    MEANT = auto()  #: probably a command: offered, not done
    FOLLOW = auto()  #: a keyword, with the word that asks to follow it
    HOW = auto()  #: how something is done
    HELP = auto()
    STOP = auto()
    THANKS = auto()
    GREETING = auto()
    KEYWORD = auto()


@dataclass(frozen=True, slots=True)
class Said:
    """What was said: for what, the command that it names, and the words behind it."""

    intent: Intent
    command: str = ""
    words: str = ""
    addressee: str = ""  #: the bot that a command names


_COMMAND = re.compile(r"/(?P<name>[^\s@/]+)(?:@(?P<bot>\S+))?(?:\s+(?P<words>.*))?", re.DOTALL)
#: A Russian layout writes a full stop where a Latin one has its slash.
_DOTTED = re.compile(r"\.(?P<name>[а-яё]+)(?:\s+(?P<words>.*))?", re.DOTALL | re.IGNORECASE)

_THANKS = """
спасибо|большое спасибо|спасибо большое|огромное спасибо|спасибо огромное|спс|благодарю|мерси
|спасибо вам|спасибо тебе|благодарю вас
|thanks|thank you|thx|ty|many thanks|thanks a lot|thank you very much|thank you so much
|շնորհակալություն|շատ շնորհակալություն|մեծ շնորհակալություն|շնորհակալ եմ|շատ շնորհակալ եմ|մերսի
|շնորհակալություն ձեզ|շնորհակալություն քեզ|ապրես|ապրեք|շատ ապրես
"""
_THANKFUL_SIGNS = re.compile("[👍🙏❤♥👏💙💚💛🧡💜\U0001f3fb-\U0001f3ff\ufe0f\u200d\\s]+")
_STOP = """
stop|unsubscribe|stop it|stop sending|no more messages|shut up
|stop writing|stop writing to me|leave me alone|enough
|замолчи|замолчите
|стоп|отписаться|отпишись|отпишите меня|отпиши меня|остановись|остановить|хватит|прекрати
|прекратите|не пиши|не пишите|не пиши мне|не пишите мне|не присылай|не присылайте
|դադարեցնել|դադարեցրու|լռիր|լռեք|ջնջիր ամեն ինչ|ջնջեք ամեն ինչ
|դադարեցրեք|դադարիր|կանգ առ|կանգնիր|բավական է|հերիք է|հերիք|էլ մի գրիր
|մի գրիր|մի գրեք|այլևս մի գրեք
"""
_HELP = """
help|help me|помощь|помоги|помогите|օգնություն|օգնիր|օգնեք
|what can you do|what is this|who are you|how does this work|how does it work|how do you work
|how do i use this|how to use this|how to use
|что ты умеешь|что ты можешь|что это|кто ты|как пользоваться|как тобой пользоваться
|как это работает|как ты работаешь|что делать
|ինչ կարող ես անել|ինչ կարող ես|ինչ ես անում|ով ես|սա ինչ է|ինչ է սա|ինչպես օգտվել|ոնց օգտվեմ
|ինչպես է սա աշխատում|ոնց ա աշխատում
"""
_GREETING = """
hello|hi|hey|hello there|hi there|good morning|good evening|good afternoon|good day
|привет|приветствую|здравствуйте|здравствуй|здрасте|добрый день|доброе утро|добрый вечер|салют
|privet|barev|barev dzez|բարև|բարև ձեզ|բարեւ|ողջույն|բարի լույս|բարի օր|բարի երեկո|բարի առավոտ
"""
#: Commands without their slash: nobody means a word in the news by these.
_BARE_NAMES: Mapping[str, str] = {
    "start": "start", "старт": "start", "начать": "start", "սկսել": "start",
    "settings": "settings", "настройки": "settings", "կարգավորումներ": "settings",
    "keywords": "keywords", "my keywords": "keywords", "my words": "keywords",
    "мои слова": "keywords", "ключевые слова": "keywords", "իմ բառերը": "keywords",
    "latest": "latest", "latest news": "latest", "what's new": "latest", "whats new": "latest",
    "what is new": "latest", "что нового": "latest", "ինչ նորություն կա": "latest",
    "ինչ կա նոր": "latest", "последние новости": "latest",
    "վերջին լուրերը": "latest", "վերջին լուրեր": "latest", "վերջին նորությունները": "latest",
    "digest": "digest", "дайджест": "digest", "ամփոփագիր": "digest",
    "pause": "pause", "пауза": "pause", "resume": "resume", "возобновить": "resume",
    "շարունակել": "resume",
}  # fmt: skip

_NOUN = (
    r"(?:an?\s+|the\s+|my\s+|new\s+|one\s+|more\s+)*(?:key)?words?|topics?|(?:key)?words?"
    r"|(?:новое\s+|ключевое\s+|ключевые\s+|мо[её]\s+|свое\s+)*слов[оауе]м?|словами|тем[уы]"
    r"|(?:նոր\s+|բանալի\s+)*բառ(?:եր|ը|ի|երը)?|թեմա"
)
_HOW = re.compile(
    r"(?:how(?:\s+(?:do|can|to|should|could|would))?(?:\s+(?:i|we|you|one))?"
    r"|как(?:\s+(?:мне|можно|я могу|тут|здесь))*|(?:ինչպես|ոնց)(?:\s+(?:կարող եմ|կարելի է))?)"
    r"\s+(?P<rest>.+)"
)
_ADDING = (
    r"(?:add|follow|subscribe to|track|добавить|добавлять|добавляю|подписаться на|следить за"
    r"|отслеживать|ավելացնել|ավելացնեմ|ավելացվում|հետևել|հետևեմ)"
)
_REMOVING = (
    r"(?:remove|delete|unfollow|unsubscribe from|удалить|удалять|убрать|отписаться от"
    r"|перестать следить за|հեռացնել|հեռացնեմ|հանել|հանեմ|ջնջել|ջնջեմ)"
)
#: An Armenian may put the word before the verb.
_HOW_TO: Mapping[str, re.Pattern[str]] = {
    "add": re.compile(rf"{_ADDING}(?:\s+(?:{_NOUN}))?|(?:{_NOUN})\s+{_ADDING}"),
    "remove": re.compile(rf"{_REMOVING}(?:\s+(?:{_NOUN}))?|(?:{_NOUN})\s+{_REMOVING}"),
}
_FOLLOW = re.compile(
    r"(?:please\s+|пожалуйста\s+|խնդրում եմ\s+)?"
    r"(?:add|follow|subscribe\s+to|добавь(?:те)?|добавить|следи(?:те)?\s+за|следить\s+за"
    r"|подпиши(?:те)?(?:\s+меня)?\s+на|подписаться\s+на|отслеживай(?:те)?|отслеживать"
    r"|ավելացրու|ավելացրեք|ավելացնել|հետևիր|հետևեք|հետևել)"
    r"(?:\s+(?:the\s+word|the\s+keyword|слово|слова|словом|ключевое\s+слово|բառը|բառ))?"
    r"\s*:?\s+(?P<words>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_REMOVE = re.compile(
    r"(?:remove|delete|unfollow|удали(?:те)?|удалить|убери(?:те)?|убрать"
    r"|հեռացրու|հեռացրեք|հեռացնել|հանիր|հանեք)"
    r"(?:\s+(?:the\s+word|слово|բառը|բառ))?\s*:?\s+(?P<words>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
#: A request is short; what is longer is a text about something.
_MOST_ASKED, _LONGEST_ASKED = 6, 100


def _phrases(table: str) -> frozenset[str]:
    return frozenset(_fold(each) for each in table.split("|"))


def find_command(text: str) -> Said | None:
    """Return the command that a text is, known or not; None for what is none.

    Known are those of Telegram's menu, their Russian and Armenian names, and both typed on
    another layout.
    """
    text = text.strip()
    typed = _COMMAND.fullmatch(text)
    if typed is None:
        dotted = _DOTTED.fullmatch(text)
        name = find_name(dotted["name"]) if dotted else ""
        return Said(Intent.COMMAND, name, _rest(dotted["words"])) if dotted and name else None
    name, words, addressee = typed["name"], _rest(typed["words"]), typed["bot"] or ""
    if not re.match(r"[\w,.\[;'`]", name):
        return None
    found = find_name(name)
    if found:
        return Said(Intent.COMMAND, found, words, addressee)
    return Said(Intent.UNKNOWN, name, words, addressee)


def find_intent(text: str) -> Said:
    """Return what a text is for."""
    command = find_command(text)
    if command is not None:
        near = find_near_name(command.command) if command.intent is Intent.UNKNOWN else ""
        return Said(Intent.MEANT, near, command.words) if near else command
    if _THANKFUL_SIGNS.fullmatch(text) and text.strip():
        return Said(Intent.THANKS)
    words = " ".join(text.split())
    if len(words) > _LONGEST_ASKED:
        return Said(Intent.KEYWORD, words=words)
    folded = _fold(words)
    for intent, phrases in _WHOLE.items():
        if folded in phrases:
            return Said(intent)
    if folded in _BARE_FOLDED:
        return Said(Intent.MEANT, _BARE_FOLDED[folded])
    if folded in _ADD_WHAT:
        return Said(Intent.HOW, "add")
    how = _HOW.fullmatch(folded)
    if how is not None:
        for name, pattern in _HOW_TO.items():
            if pattern.fullmatch(how["rest"]):
                return Said(Intent.HOW, name)
    if len(words.split()) <= _MOST_ASKED:
        for intent, name, pattern in (
            (Intent.FOLLOW, "add", _FOLLOW),
            (Intent.MEANT, "remove", _REMOVE),
        ):
            asked = pattern.fullmatch(words)
            if asked is not None:
                return Said(intent, name, asked["words"].strip())
    return Said(Intent.KEYWORD, words=words)


def _rest(words: str | None) -> str:
    return (words or "").strip()


def _fold(text: str) -> str:
    """Return a text in the one form that what people say is compared in: without its signs."""
    folded = fold_text(" ".join(text.split()))
    return " ".join(re.sub(r"[^\w\s]", " ", folded).split())


_WHOLE: Mapping[Intent, frozenset[str]] = {
    Intent.THANKS: _phrases(_THANKS),
    Intent.STOP: _phrases(_STOP),
    Intent.HELP: _phrases(_HELP),
    Intent.GREETING: _phrases(_GREETING),
}
_ADD_WHAT = _phrases("add|follow|добавить|добавь|следить|ավելացնել|ավելացրու|հետևել")
_BARE_FOLDED: Mapping[str, str] = {_fold(phrase): name for phrase, name in _BARE_NAMES.items()}
