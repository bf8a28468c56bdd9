"""What a headline says in a language that its reader knows, and never the opposite of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import load
from bot.matching import read_text
from bot.stories.gist import MOST_CHARACTERS, MOST_PARTS, find_gist, read_gist
from bot.stories.labels import LABELS, UNTOLD
from bot.stories.lettering import spell
from bot.stories.mentions import Group, find_label, find_mentions
from bot.texts import LANGUAGES

_DENIED = Path(__file__).parent.parent / "data" / "stories" / "denied.jsonl"


def read_denied() -> list[dict[str, Any]]:
    return [json.loads(line) for line in _DENIED.read_text("utf-8").splitlines()]


def other_languages(language: str) -> list[str]:
    return [each for each in LANGUAGES if each != language]


GISTS = [
    ("Բաքուն և Երևանը բանակցում են երկաթուղու շուրջ", "ru",
     "Баку, Ереван · переговоры · железная дорога"),
    ("Բաքուն և Երևանը բանակցում են երկաթուղու շուրջ", "en", "Baku, Yerevan · talks · railway"),
    ("Взрыв в Капане, жертв нет", "en", "Kapan · explosion · no: casualties"),
    ("Взрыв в Капане, жертв нет", "hy", "Կապան · պայթյուն · ոչ՝ զոհեր"),
    ("Explosion in Kapan, no casualties", "ru", "Капан · взрыв · нет: жертвы"),
    ("Минобороны опровергло обстрел Гориса", "en", "Goris · defence ministry · denial: shelling"),
    ("Baku refuses talks in Geneva", "hy", "Բաքու, Ժնև · մերժում՝ բանակցություններ"),
    ("Talks in Geneva postponed after attack", "ru", "Женева · атака · перенос: переговоры"),
    ("Лавров отменил визит в Ереван", "en", "Yerevan · Lavrov · cancellation: visit"),
    ("Ժնևի բանակցությունները դադարեցվել են", "en", "Geneva · halt: talks"),
    ("Security service foils attack on Yerevan metro", "ru",
     "Ереван · безопасность · предотвращение: атака"),
    ("No explosions, shelling or casualties in Kapan", "ru", "Капан · нет: взрыв, жертвы, обстрел"),
    ("Пашинян не поедет в Москву на переговоры", "en", "Moscow · Pashinyan · something is negated"),
    ("Shelling of Goris does not stop", "ru", "Горис · обстрел"),
    ("Обстрелы Гориса не прекращаются", "en", "Goris · shelling"),
    ("Будет ли война в Карабахе?", "en", "Karabakh · war (?)"),
    ("Будет ли война в Карабахе?", "hy", "Ղարաբաղ · պատերազմ (?)"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "language", "gist"), GISTS)
def test_a_gist_tells_places_then_who_then_the_gravest(
    title: str, language: str, gist: str
) -> None:
    assert find_gist(title, language) == gist


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Armenia threatens Azerbaijan with war", "Azerbaijan threatens Armenia with war"),
        ("Армения угрожает Азербайджану войной", "Азербайджан угрожает Армении войной"),
        ("Баку передал Еревану тела погибших", "Ереван передал Баку тела погибших"),
        ("Իրանը հարվածել է Իսրայելին", "Իսրայելը հարվածել է Իրանին"),
        ("Դոխոյանը ծեծել է Թորգոմյանին Գորիսում", "Թորգոմյանը ծեծել է Դոխոյանին Գորիսում"),
        ("Тевосян избил Дохояна в Горисе", "Дохоян избил Тевосяна в Горисе"),
    ],
)
def test_a_gist_says_not_who_did_it_to_whom(one: str, other: str) -> None:
    for language in LANGUAGES:
        assert find_gist(one, language) == find_gist(other, language) != ""


@pytest.mark.parametrize("row", read_denied(), ids=lambda row: row["title"])
def test_what_a_headline_denies_is_never_said_plainly(row: dict[str, Any]) -> None:
    for language in other_languages(row["lang"]):
        gist = read_gist(row["title"], language)
        for concept in row["never"]:
            label, _ = find_label(concept, language) or ("", None)
            assert label
            assert label not in gist.about, gist.text
            # Nor may it stand as a part of its own, whatever the parts are called.
            assert label not in gist.text.removesuffix(" (?)").split(" · "), gist.text


def test_the_denied_headlines_are_many_in_each_language_and_hold_what_they_deny() -> None:
    rows = read_denied()
    assert len(rows) >= 100
    for language in LANGUAGES:
        assert sum(row["lang"] == language for row in rows) >= 30
    for row in rows:
        mentions = find_mentions(row["title"], read_text(row["title"]), row["lang"])
        assert {each.concept for each in mentions} & set(row["never"]), row["title"]


def test_a_gist_of_what_is_denied_still_tells_something() -> None:
    rows = read_denied()
    told = [row for row in rows if find_gist(row["title"], other_languages(row["lang"])[0])]
    assert len(told) > len(rows) * 0.8


@pytest.mark.parametrize(
    ("title", "language", "label"),
    [
        ("Explosion in Kapan: no casualties, bridge damaged", "ru", "взрыв"),
        ("Пожар в Гюмри потушен, пострадавших нет", "en", "fire"),
        ("Երկրաշարժ Շիրակում. զոհեր չկան", "ru", "землетрясение"),
        ("Police seize fake vodka after explosion in Gyumri", "ru", "взрыв"),
        ("Не только обстрел: в Горисе ждут войны", "en", "shelling"),
        ("Армянские сапёры погибли, никто не знает подробностей взрыва", "en", "killed"),
        ("Baku denies responsibility for the attack on Goris", "ru", "атака"),
        ("Explosion at bus stop kills two in Gyumri", "ru", "взрыв"),
        ("Explosion at bus stop kills two in Gyumri", "hy", "զոհվածներ"),
        ("ԵՄ-ն քննարկում է Իրանի դեմ պատժամիջոցները", "ru", "санкции"),
        ("В Ереване прошел митинг против войны", "en", "war"),
        ("Взрыв в Капане: никто не погиб", "hy", "պայթյուն"),
    ],
)
def test_what_is_so_is_told_whatever_else_is_not(title: str, language: str, label: str) -> None:
    assert label in read_gist(title, language).about


def test_what_is_said_and_denied_in_one_headline_is_left_out() -> None:
    gist = read_gist("Ceasefire talks in Geneva end without ceasefire", "ru")
    assert "прекращение огня" not in gist.text


def test_a_headline_that_tells_too_little_has_no_gist() -> None:
    for title in ("", "   ", "…", "Армения", "Opinion: what it would really change", "12:30", "Да"):
        for language in LANGUAGES:
            assert find_gist(title, language) == ""


SPELLED = [
    ("Թորգոմյանին", "Торгомян", "Torgomyan"),
    ("Շիրվանյանը", "Ширванян", "Shirvanyan"),
    ("Ղազարյանի", "Казарян", "Ghazaryan"),
    ("Աբրահամյանն", "Абраамян", "Abrahamyan"),
    ("Երանոսյան", "Ераносян", "Yeranosyan"),
    ("Ոսկեպարում", "Воскепар", "Voskepar"),
    ("Հակոբ", "Акоп", "Hakob"),
    ("Իվան", "Иван", "Ivan"),
]


@pytest.mark.parametrize(("armenian", "russian", "english"), SPELLED)
def test_an_armenian_name_is_written_in_other_letters(
    armenian: str, russian: str, english: str
) -> None:
    assert (spell(armenian, "ru"), spell(armenian, "en")) == (russian, english)


@pytest.mark.parametrize(
    ("written", "armenian", "other"),
    [
        ("Тевосяном", "Տևոսյան", "Tevosyan"),
        ("Щербакову", "Շչերբակով", "Shcherbakov"),
        ("Захаровой", "Զախարովա", "Zakharova"),
        ("Нрнадзора", "Նրնաձոր", "Nrnadzor"),
        ("Микаэла", "Միքայել", "Mikael"),
    ],
)
def test_a_russian_name_is_written_in_other_letters(
    written: str, armenian: str, other: str
) -> None:
    assert (spell(written, "hy"), spell(written, "en")) == (armenian, other)


@pytest.mark.parametrize(
    ("written", "armenian", "russian"),
    [
        ("Hakhverdyan's", "Հախվերդյան", "Хахвердян"),
        ("Tsaturyan", "Ծատուրյան", "Цатурян"),
        ("Yunusov", "Յունուսով", "Юнусов"),
        ("Steinberg", "Ստեյնբերգ", "Стейнберг"),
    ],
)
def test_a_latin_name_is_written_in_other_letters(
    written: str, armenian: str, russian: str
) -> None:
    assert (spell(written, "hy"), spell(written, "ru")) == (armenian, russian)


def test_names_that_no_glossary_has_are_told_in_the_readers_letters() -> None:
    title = "Դատարանը կալանավորել է Արմեն Թորգոմյանին Վանաձորում"
    assert find_gist(title, "ru") == "Ванадзор · Армен Торгомян, суд · арест"
    title = "Պատգամավոր Հակոբ Սաքանյանը հրաժարվել է բանակցություններից"
    assert find_gist(title, "en") == "Hakob Sakanyan, MP · refusal: talks"


def test_a_namesake_is_told_with_his_first_name() -> None:
    assert "Карен Мирзоян" in find_gist("Karen Mirzoyan meets ambassador of Italy", "ru")
    # His first name is a town's and a mountain's.
    gist = read_gist("Արարատ Միրզոյանն ընդունել է Իտալիայի դեսպանին", "ru")
    assert (gist.places, gist.who) == (("Италия",), ("Арарат Мирзоян", "посол"))


def test_a_club_in_quotes_is_no_place() -> None:
    gist = read_gist("«Карабах» обыграл «Сабах» со счетом 2:0", "en")
    assert (gist.places, gist.who) == ((), ("“Karabakh”", "“Sabakh”"))


def test_a_russian_verb_is_no_village_and_an_order_to_fire_no_blaze() -> None:
    assert "village" not in find_gist("Самолет рейса Ереван — Москва экстренно сел в Сочи", "en")
    assert "пожар" not in find_gist("Armenian Army says fire toward Goris was heard", "ru")


def test_the_gravest_comes_first_and_the_alphabet_decides_between_equals() -> None:
    gist = read_gist("Railway, bridge, war, school and earthquake in Armenia", "en")
    assert gist.about == ("earthquake", "war", "bridge", "railway", "school")


def test_a_long_headline_is_cut_to_what_is_gravest() -> None:
    title = (
        "Earthquake, war, shelling, explosion, flood, drone attack, refugees, evacuation, "
        "sanctions and blockade in Yerevan, Baku, Tbilisi, Tehran, Moscow: "
        "Pashinyan, Aliyev, Putin, Macron"
    )
    for language in LANGUAGES:
        gist = read_gist(title, language)
        assert len(gist.places) == len(gist.who) == 3
        assert len(gist.text) <= MOST_CHARACTERS


def test_every_concept_has_a_label_that_can_be_told_in_each_language() -> None:
    known = load().glossary.concepts
    assert set(LABELS) | UNTOLD <= set(known)
    for concept in known:
        for language in LANGUAGES:
            label, _ = find_label(concept, language) or ("", None)
            assert label or concept in UNTOLD or not known[concept].words.get(language), concept
            assert len(label) <= 80
            assert not set("=·<>&\n") & set(label), label


@cache
def labels_of(language: str) -> dict[str, set[str]]:
    """Return the concepts that each label stands for."""
    found: dict[str, set[str]] = {}
    for concept in load().glossary.concepts:
        told = find_label(concept, language)
        if told:
            found.setdefault(told[0], set()).add(concept)
    return found


_PIECES = [
    "Баку", "опроверг", "взрыв", "в", "Капане", "не", "жертв", "нет", "no", "casualties", "denies",
    "shelling", "Baku", "talks", "cancelled", "չի", "պայթյուն", "Կապանում", "հերքել", "է", "զոհեր",
    "չկան", "«Карабах»", "“Arsenal”", "Torgomyan", "Թորգոմյան", ",", ":", "—", "?", "՞", "12", "UN",
    "<b>", "&amp;", "\n", "\u202e", "\u200b", "و", "ქართული", "\U0001f600", "'s", "-ի", "without",
    "прекращение", "огня", "отказ", "от", "переговоров", "AND", "и", "ու", "or",
]  # fmt: skip
_TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(_PIECES), max_size=30).map(" ".join),
    st.lists(st.sampled_from(_PIECES), max_size=30).map("".join),
)


@given(title=_TEXTS, language=st.sampled_from(LANGUAGES))
def test_of_any_text_a_gist_is_one_short_line_that_invents_nothing(
    title: str, language: str
) -> None:
    gist = read_gist(title, language)
    text = gist.text
    assert len(text) <= MOST_CHARACTERS + len(" (?)")
    assert text == text.strip()
    assert not set("\n\r\t<>&\u202e\u200b") & set(text)
    assert text.isprintable()
    assert len(gist.places) + len(gist.who) + len(gist.about) + len(gist.turned) <= MOST_PARTS
    mentions = find_mentions(title, read_text(title), language)
    here = {each.label for each in mentions}
    assert {*gist.places, *gist.who, *gist.about} <= here
    keys = read_text(title).keys
    for label in gist.about:
        assert any(f"@{concept}" in keys for concept in labels_of(language)[label]), label
    for each in mentions:
        if each.concept and each.group is Group.ABOUT:
            assert {f"@{each.concept}", f"@of-{each.concept}"} & keys


@given(title=_TEXTS, language=st.sampled_from(LANGUAGES))
def test_what_is_told_as_turned_is_not_told_plainly_too(title: str, language: str) -> None:
    gist = read_gist(title, language)
    for part in gist.turned:
        what = part.partition("՝ " if language == "hy" else ": ")[2].split(", ")
        assert set(what).isdisjoint(gist.about)
