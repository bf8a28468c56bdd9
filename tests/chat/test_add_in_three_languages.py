"""What people type after /add, in each language, what they are told, and what they follow then."""

from __future__ import annotations

import pytest

from tests.loopback import ANI, ARAM, OLEG, Sahman, labels

TYPED = [
    # Operators need words; in capitals they are no acronyms.
    (ANI, "AND", "needs a word on each side", None),
    (OLEG, "И", "нужно слово", None),
    (ARAM, "ԵՎ", "բառ է պետք", None),
    (ANI, "border AND drone", "• դրոն", "border AND drone"),
    (OLEG, "граница И беспилотник", "• դրոն", "граница И беспилотник"),
    (ARAM, "սահման ԵՎ դրոն", "• դրոն", "սահման ԵՎ դրոն"),
    (ANI, "WAR IN IRAN", "war in Iran", "WAR IN IRAN"),
    (OLEG, "ВОЙНА НА ГРАНИЦЕ", "• պատերազմ", "ВОЙНА НА ГРАНИЦЕ"),
    (ARAM, "ՊԱՏԵՐԱԶՄ ՍԱՀՄԱՆԻՆ", "• պատերազմ", "ՊԱՏԵՐԱԶՄ ՍԱՀՄԱՆԻՆ"),
    (ANI, "border !football", "• սահման", "border !football"),
    (OLEG, "граница !футбол", "• սահման", "граница !футбол"),
    (ARAM, "սահման !ֆուտբոլ", "• սահման", "սահման !ֆուտբոլ"),
    # A line break means OR, and that is said.
    (ANI, "border\nGoris", "Each line counts by itself", "border, Goris"),
    (OLEG, "граница\nГорис", "Каждая строка сама по себе", "граница, Горис"),
    (ARAM, "սահման\nԳորիս", "Ամեն տող առանձին է", "սահման, Գորիս"),
    # Other letters.
    (ANI, "paterazm", "I read “paterazm” as “պատերազմ” too", "paterazm"),
    (ANI, "voyna", "I read “voyna” as “война” too", "voyna"),
    (OLEG, "сахман", "«сахман» понимаю и как «սահման»", "сахман"),
    (ARAM, "hayastan", "հասկանում եմ նաև որպես «Հայաստան»", "hayastan"),
    # What cannot be followed.
    (ANI, "https://example.am/1", "That is an address", None),
    (OLEG, "https://example.am/1", "Это адрес", None),
    (ARAM, "https://example.am/1", "Սա հասցե է", None),
    (ANI, "@somebody", "not people or channels", None),
    (OLEG, "@somebody", "не за людьми", None),
    (ARAM, "@somebody", "ոչ թե Telegram-ի", None),
    (ANI, "国境", "in Armenian, Russian and English", None),
    (OLEG, "国境", "на армянском, русском и английском", None),
    (ARAM, "国境", "հայերեն, ռուսերեն և անգլերեն", None),
    # Words of one language.
    (ANI, "chair", "Latin letters only", "chair"),
    (OLEG, "стул", "кириллическими буквами", "стул"),
    (ARAM, "աթոռ", "միայն հայկական տառերով", "աթոռ"),
    # Relatives, offices and their holders, adjectives of places.
    (ANI, "killed", "casualty", "killed"),
    (OLEG, "погибшие", "жертва", "погибшие"),
    (ARAM, "զոհված", "սպանություն", "զոհված"),
    (ANI, "truce", "ceasefire", "truce"),
    (OLEG, "перемирие", "прекращение огня", "перемирие"),
    (ARAM, "զինադադար", "հրադադար", "զինադադար"),
    (ANI, "speaker of parliament", "Rubinyan", "speaker of parliament"),
    (OLEG, "спикер парламента", "Рубинян", "спикер парламента"),
    (ARAM, "ԱԺ նախագահ", "Ռուբինյան", "ԱԺ նախագահ"),
    (ANI, "Iran", "Iranian", "Iran"),
    (OLEG, "Иран", "иранский", "Иран"),
    (ARAM, "Իրան", "իրանական", "Իրան"),
    # People.
    (ANI, "Nikol Pashinyan", "surname alone is enough", "Nikol Pashinyan"),
    (OLEG, "Никол Пашинян", "достаточно её одной", "Никол Пашинян"),
    (ARAM, "Նիկոլ Փաշինյան", "բավական է միայն ազգանունը", "Նիկոլ Փաշինյան"),
]  # fmt: skip

OFFERED = [
    (ANI, "bordr", "Did you mean “border”?", "border"),
    (OLEG, "граныца", "Может быть, «граница»?", "граница"),
    (ARAM, "սահմամ", "Գուցե՝ «սահման»", "սահման"),
    (ANI, "Armenia", "Also: Armenian", "Armenia, Armenian"),
    (OLEG, "Армения", "И «армянин»", "Армения, армянин"),
    (ARAM, "Հայաստան", "Նաև՝ հայ", "Հայաստան, հայ"),
    (ANI, "killed", "Not: murder", "killed ~murder"),
    (OLEG, "погибшие", "Не «убийство»", "погибшие ~murder"),
    (ARAM, "զոհված", "Ոչ «սպանություն»", "զոհված ~murder"),
    (ANI, "Ruben Vardanyan", "Also: Vardanyan", "Ruben Vardanyan, Vardanyan"),
    (OLEG, "Рубен Варданян", "И «Варданян»", "Рубен Варданян, Варданян"),
    (ARAM, "Ռուբեն Վարդանյան", "Նաև՝ Վարդանյան", "Ռուբեն Վարդանյան, Վարդանյան"),
]

QUESTIONS = [
    (ANI, "What happened today at the border near Goris?", "Follow: border Goris", "border Goris"),
    (
        OLEG, "Что случилось сегодня на границе возле Гориса?",
        "Следить: границе Гориса", "границе Гориса",
    ),
    (
        ARAM, "Ի՞նչ է կատարվել այսօր սահմանին՝ Գորիսի մոտ",
        "Հետևել՝ սահմանին Գորիսի", "սահմանին Գորիսի",
    ),
]  # fmt: skip

ONCE = [
    (ANI, "border", "граница", "already as “border”"),
    (OLEG, "граница", "սահմանները", "«граница»"),
    (ARAM, "սահման", "border", "«սահման»"),
]


@pytest.mark.parametrize(("who", "typed", "said", "followed"), TYPED)
async def test_what_is_typed_is_answered_in_ones_own_language(
    sahman: Sahman, who: int, typed: str, said: str, followed: str | None
) -> None:
    answer = await sahman.say(f"/add {typed}", who)
    assert said in answer.text
    assert await sahman.keywords(who) == ([followed] if followed else [])


@pytest.mark.parametrize(("who", "typed", "offer", "followed"), OFFERED)
async def test_more_less_or_another_word_is_offered_and_followed_at_a_tap(
    sahman: Sahman, who: int, typed: str, offer: str, followed: str
) -> None:
    await sahman.say(f"/add {typed}", who)
    assert await sahman.keywords(who) == [typed]
    await sahman.tap(offer, who)
    assert await sahman.keywords(who) == [followed]


@pytest.mark.parametrize(("who", "typed", "offer", "followed"), QUESTIONS)
async def test_of_a_question_its_names_and_concepts_are_offered(
    sahman: Sahman, who: int, typed: str, offer: str, followed: str
) -> None:
    assert offer in labels(await sahman.say(f"/add {typed}", who))
    assert await sahman.keywords(who) == []
    await sahman.tap(offer, who)
    assert await sahman.keywords(who) == [followed]


@pytest.mark.parametrize(("who", "typed", "again", "said"), ONCE)
async def test_one_meaning_is_one_keyword_and_is_removed_by_any_of_its_words(
    sahman: Sahman, who: int, typed: str, again: str, said: str
) -> None:
    await sahman.say(f"/add {typed}", who)
    assert said in (await sahman.say(f"/add {again}", who)).text
    assert await sahman.keywords(who) == [typed]
    await sahman.say(f"/remove {again}", who)
    assert await sahman.keywords(who) == []
