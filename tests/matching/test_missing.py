"""The words of the news that no concept of the glossary knows."""

from bot.matching import MissingWord, MissingWords, read_text


def missing(*titles: str, code: str) -> tuple[list[MissingWord], list[MissingWord]]:
    words = MissingWords()
    words.add(map(read_text, titles))
    return words.most(code, 5)


def test_names_that_no_concept_knows_are_counted_in_all_their_forms() -> None:
    titles = [
        "Старый шкаф в Квазибурге закрыт",
        "Все жители района Квазибурга против",
        "Там же рядом и Квазибург",
    ]
    assert missing(*titles, code="ru")[0] == [("Квазибург", 3)]


def test_where_every_word_bears_a_capital_capitals_tell_no_names() -> None:
    names, _ = missing("Seven Lovely Teapots Return Home", code="en")
    assert names == []


def test_nouns_are_told_from_verbs_and_from_what_the_glossary_knows() -> None:
    titles = ["На границе нашли шкаф", "Шкаф увезли", "Шкафы вернули на границу"]
    assert missing(*titles, code="ru") == ([], [("шкаф", 3)])


def test_an_armenian_noun_is_seen_in_several_forms_and_another_word_in_one() -> None:
    titles = ["Գորգը նոր է", "Նոր գորգեր են բերել", "Նոր գորգի գինը"]
    _, nouns = missing(*titles, code="hy")
    assert [(word.written[:4].lower(), word.times) for word in nouns] == [("գորգ", 3)]


def test_what_several_words_mean_together_is_known() -> None:
    assert missing("The White House and White House staff", code="en") == ([], [])
