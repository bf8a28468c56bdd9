"""The words by which a headline turns something round, in three languages; see turns.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto


class Turn(Enum):
    """What a headline says of something instead of that it is so."""

    DENIED = auto()
    REFUSED = auto()
    CALLED_OFF = auto()
    PUT_OFF = auto()
    ENDED = auto()
    AVERTED = auto()
    NONE = auto()
    NOT = auto()  #: not so, or not now; never told beside what it turns


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})\Z")


VERBS: Mapping[Turn, re.Pattern[str]] = {
    Turn.REFUSED: _of(
        "refus(?:e|es|ed|ing|al)|reject(?:s|ed|ing|ion)?|boycott.*|snub.*|vote[sd]?|turn(?:s|ed)"
        "|dismiss(?:es|ed)?|against|против|դեմ"
        "|отказ|отказа|отказом|отказал.*|отказыва.*|отверг.*|отклон(?:ил|яет|ен|ял).*|бойкот.*"
        "|կ?(?:հրաժարվ|մերժ|բոյկոտ).*"
    ),
    Turn.CALLED_OFF: _of(
        "cancel.*|scrap(?:s|ped)|revok.*|annul.*|overturn.*|lift(?:s|ed|ing)|abolish.*|repeal.*"
        "|withdr(?:aws?|ew|awn)|called|call|calls|drop(?:s|ped)?"
        "|отмен(?:а|ы|е|у|ой|ил|ят|ен|яет|ял|ит).*|аннулир.*|упраздн.*|снял[аио]?|снимает|снят[аоы]?"
        "|снятие|снятия|отозва.*|отзыва.*"
        "|կ?(?:չեղարկ|վերաց|հետկանչ).*|չեղյալ"
    ),
    Turn.PUT_OFF: _of(
        "postpon.*|delay(?:s|ed|ing)?|отложен.*|отложил.*|откладыва.*|перенес.*|կ?հետաձգ.*"
    ),
    Turn.ENDED: _of(
        "halt(?:s|ed|ing)?|suspend.*|suspension|stop(?:s|ped|ping)?|ceas(?:e|es|ed)|end(?:s|ed|ing)?"
        "|paus(?:e|es|ed)|abandon.*|quits?"
        "|приостан.*|прекра[тщ].*|останов(?:ил|лен|ят|ит).*|законч.*|заверш.*|свернул.*|конец"
        "|կ?(?:դադար|կասեց|ավարտ).*"
    ),
    Turn.AVERTED: _of(
        "prevent.*|avert.*|foil(?:s|ed)|thwart.*|avoid.*|предотвра.*|избежа.*|избега.*|пресе[кч].*"
        "|сорва(?:л|н).*|կ?(?:կանխ(?!ատես|ավ|իկ|արգել)|խուսափ).*"
    ),
    Turn.NOT: _of(
        "ruled|rules|off|disput(?:es|ed)|skip(?:s|ped)|collaps(?:e|es|ed)|unlikely|impossible|hardly"
        "|fail(?:s|ed|ure)?|unable|lack(?:s|ed)?|absence|instead|acquit.*|cleared|exonerat.*|averse"
        "|исключ(?:ил|ает|ено|ают|али|ена).*|невозмож.*|нельзя|вряд|едва|вместо|отсутств.*"
        "|оправда.*|провал.*|сорвал.*|неверн.*|необоснован.*|беспочвенн.*"
        "|пропуст.*|проигнорир.*"
        "|կ?(?:բացառ(?!իկ|ապես)|ձախող|տապալ|արդարաց).*|անհնար.*|փոխարեն|բացակայ.*|հազիվ|անհիմն"
    ),
}  # fmt: skip
# What is rejected so is denied: "rejects accusations of", «отверг обвинения в».
CLAIM = _of(
    "claims?|reports?|allegations?|accusations?|rumou?rs?|suggestions?|statements?|charges"
    "|обвинени.*|сообщени.*|слух.*|утвержден.*|заявлени.*|публикаци.*|информаци.*"
    "|մեղադրանք.*|պնդում.*|լուր.*|հայտարարությ.*|տեղեկ.*|հրապարակ.*"
)
DISMISSES = _of("dismiss(?:es|ed)?|reject(?:s|ed)?|отверг.*|отклон.*|մերժ.*")
# What some of these words are so only beside another.
WITH = (
    (_of("votes?|voted|turns|turned"), _of("down")),
    (_of("calls?|called"), _of("off")),
    (_of("ruled|rules"), _of("out")),
    (_of("cleared"), _of("of")),
    (_of("off"), _of("table|agenda")),
    (
        _of("lift(?:s|ed|ing)"),
        _of(
            "sanctions?|bans?|restrictions?|embargo|curfew|blockade|siege|state|law|visas?"
            "|tariffs?|duties|suspension|immunity|quarantine|lockdown|rules?|limits?"
        ),
    ),
    (_of("collaps.*"), _of("talks|negotiations?|deal|truce|ceasefire|agreement")),
    (_of("dismiss(?:es|ed)?"), CLAIM),
    (_of("drop(?:s|ped)?"), _of("charges?|case|lawsuit|probe|investigation|bid|plans?|claims?")),
)
# Who is against something refuses it; sanctions, rallies and fights against it are another thing.
AGAINST = _of("against|против|դեմ")
IS_HY = _of("է|են|եմ|ենք")
DECIDES = _of(
    "is|are|decid.*|vot(?:e|es|ed)|warn(?:s|ed)|advis(?:es|ed)|opt(?:s|ed)|выступ.*|голос.*"
)
STOP = _of("stops?|end|delay|lift")
BUS = _of("bus|train|truck|pit|rest|metro|tram|dead|week|year|ski|chair")
ANY_VERB = re.compile("|".join(verb.pattern for verb in VERBS.values()))
# What is called so may be a banknote as well as what was said.
MAYBE_DENIED = _of("fake|false|կեղծ.*|фейков.*|ложн.*|дезинформаци.*|ապատեղեկատվ.*")
SAID = _of("news|video|photos?|информаци.*|новост.*|сведени.*|видео|фото|տեսանյութ.*|լուսանկար.*")
NO = _of("not|no|never|не|ни|нет|չի|չեն|չէ|ոչ|without|без|առանց|.*n't")
# Of Armenian verbs "not" is a letter: չհանդիպեց, չի handled by its word.
NOT_HY = re.compile(
    "չ(?!որ|ափ|ար|ին|եմպիոն|եզոք|երնոգոր|եխ|իլի|եչեն|նայած|եղյալ|եղարկ|եղավ|քվոր)"
    r"\w{3,}(?:եց|եցին|եցի|ած|ում|վի|վել|ելու|ալու|ավ|ան|ել|անա|են|ող|ար)\Z"
)
# Between what turns and what is turned.
BETWEEN = _of(
    "the|a|an|any|all|between|its|their|his|her|of|from|on|to|in|with|over|for|new|further|planned"
    "|was|were|is|are|has|have|been|be|will"
    "|от|об?|между|в|во|на|с|со|из|к|по|все|всех|свои|его|ее|их|был[аио]?|новых|новые"
    "|է|են|էր|էին|ու|եվ|որեվէ|բոլոր|իր|նոր|միջեվ"
)
# Where a phrase begins that says why, or after what.
WHY = _of(
    "after|following|amid|because|due|despite|since|during|over|by|as|but|until|while"
    "|после|из-за|вследствие|ввиду|несмотря|из|до|при|но|хотя|пока|чтобы|перед|без"
    "|հետո|պատճառով|հետեվանքով|բայց|մինչեվ"
)
ASIDE = _of("after|following|amid|because|due|despite|since|during|over|by|as|until|in|on|at|for")
PASSIVE = re.compile(".*(?:ен[аоы]?|нут[аоы]?|[аи]н[аоы]|[ая]тся|ются|ется|ится|л[аои]?с[ья])")
AND = _of("and|or|nor|и|или|ни|եվ|ու|կամ|թե")
# Where a noun phrase is over.
ENDS = _of(
    "in|at|on|near|after|during|from|amid|was|were|is|are|has|have|reported|recorded|so|yet"
    "|в|во|на|при|после|из|от|у|под|нет|не|пока|остал.*|остан.*|обош.*|է|են|կա|կան|չի|չեն|չկա|չկան"
)
