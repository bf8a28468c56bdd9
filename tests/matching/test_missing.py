"""The words of the news that no concept of the glossary knows."""

from bot.matching import MissingWord, MissingWords


def missing(*titles: str, code: str) -> list[MissingWord]:
    words = MissingWords()
    words.add(titles)
    return words.most(code, 5)


def test_names_that_no_concept_knows_are_counted_in_all_their_forms() -> None:
    titles = ["Мост в Квазибурге закрыт", "Жители Квазибурга против", "Рядом Квазибург"]
    found = {word.times: word for word in missing(*titles, code="ru")}
    assert found[3].written == "Квазибург"
    assert found[3].is_name


def test_nouns_are_told_from_verbs_and_from_what_the_glossary_knows() -> None:
    titles = ["На границе нашли шкаф", "Шкаф увезли", "Шкафы вернули на границу"]
    assert [(word.written, word.times) for word in missing(*titles, code="ru")] == [("шкаф", 3)]


def test_an_armenian_noun_is_seen_in_several_forms_and_another_word_in_one() -> None:
    titles = ["Գորգը նոր է", "Նոր գորգեր են բերել", "Նոր գորգի գինը"]
    found = [(word.written.lower(), word.times) for word in missing(*titles, code="hy")]
    assert any(times == 3 and written.startswith("գորգ") for written, times in found)
    assert all(not written.startswith("նոր") for written, times in found)


def test_what_several_words_mean_together_is_known() -> None:
    assert missing("The White House and White House staff", code="en") == []
