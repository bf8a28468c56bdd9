"""Makes docs/crisis_words.md: what frequent crisis words find in the other two languages.

    PYTHONPATH=. .venv/bin/python docs/make_crisis_words.py

The sixty words of each language are those of the gravest concepts that are most frequent in some
twenty thousand headlines of the development data, as people would type them; what they find is
asked of the matcher. The same glossary gives the same file, and a test holds it to that.
"""

from __future__ import annotations

from pathlib import Path

from bot.language import load
from bot.matching import find_concepts, parse_keyword

PAGE = Path(__file__).with_name("crisis_words.md")

NAMES = {"hy": "Armenian", "ru": "Russian", "en": "English"}
WORDS = {
    "hy": """
        պատերազմ սահման հարված հարձակում կրակոց գնդակոծություն հրթիռ դրոն անօդաչու պայթյուն զենք
        ական բանակ ռազմական զինվոր զինծառայող զորք զոհ զոհվել մահ սպանություն վիրավոր գերի պատանդ
        փախստական տարհանում հրդեհ հրշեջ երկրաշարժ ջրհեղեղ կարկուտ քամի ամպրոպ շոգ փլուզում վթար
        ավտովթար ինքնաթիռ փրկարար վնաս ձերբակալվել կալանք բանտ ծեծկռտուք բռնություն ահաբեկչություն
        ցեղասպանություն պատժամիջոց սպառնալիք վտանգ հրադադար խաղաղություն բանակցություն համաձայնագիր
        բողոք հրաժարական ընտրություն ընտրակաշառք ջրանջատում միջուկային
        """,
    "ru": """
        война граница удар атака обстрел стрельба ракета беспилотник взрыв оружие мина армия военный
        солдат боевик войска погибший жертва смерть убийство пострадавший раненый пленный заложник
        беженец эвакуация пожар пожарный землетрясение наводнение ураган гроза град жара авария ДТП
        самолет спасатель ущерб арест задержать тюрьма драка изнасилование теракт геноцид санкция
        угроза перемирие мир переговоры соглашение протест отставка выборы эпидемия коронавирус
        карантин ядерный кризис
        """,
    "en": """
        war border strike attack shelling shooting missile drone explosion weapon landmine army
        military soldier militant troops killed dead casualties murder wounded prisoners hostage
        refugee evacuation fire wildfire firefighter earthquake flood storm thunderstorm heatwave
        collapse crash accident plane rescue damage arrested detained prison stabbing violence
        terrorist genocide sanctions threat ceasefire peace talks agreement protest rally
        resignation election epidemic coronavirus nuclear siege
        """,
}
_SHOWN = 10


def finds(word: str, language: str) -> list[str]:
    """Return the words of a language that a typed word finds, those of its own concept first."""
    concepts = load().glossary.concepts
    own = load().ask_word(word).concepts
    asked = sorted(
        find_concepts(parse_keyword(word)), key=lambda each: ("@" + each not in own, each)
    )
    found = [concepts[each] for each in asked if each in concepts]
    words = [each.lstrip("=") for concept in found for each in concept.words[language]]
    verbs = [each for concept in found for each in concept.verbs] if language == "hy" else []
    # БПЛА and бпла are one to a reader.
    return list({each.casefold(): each for each in reversed([*words, *verbs])}.values())[::-1]


def render() -> str:
    """Return the page."""
    lines = [
        "# What frequent crisis words find",
        "",
        "Made by `docs/make_crisis_words.py` from the glossary. Each word finds all its own forms, "
        "and in the other two languages what stands beside it, in all forms; … is more.",
    ]
    for code, written in WORDS.items():
        others = [each for each in NAMES if each != code]
        head = " | ".join([NAMES[code], *(NAMES[each] for each in others)])
        lines += ["", f"## {NAMES[code]}", "", f"| {head} |", "| --- | --- | --- |"]
        for word in written.split():
            cells = []
            for other in others:
                found = finds(word, other)
                cells.append(", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else ""))
            lines.append(f"| {word} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
