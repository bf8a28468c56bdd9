"""Which headlines tell one event: across outlets and languages, and what keeps two apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.stories import assign, same_event
from bot.stories.features import NAMES, compare
from bot.stories.headline import read_headline
from bot.stories.learnt import load_counts
from bot.stories.open_stories import CLOSES_AFTER, OpenStories
from bot.stories.verdict import ACROSS, ELSEWHERE, GRAVE, GRAVE_ACROSS, WITHIN, find_bound, judge

_NOW = datetime(2026, 9, 12, 8, tzinfo=UTC)


def row(title: str, minutes: int = 0) -> dict[str, str]:
    at = _NOW + timedelta(minutes=minutes)
    language = (
        "hy"
        if "\u0530" < title[-1] < "\u058f" or any("\u0561" <= c <= "\u0587" for c in title)
        else ("ru" if any("а" <= c <= "я" for c in title) else "en")
    )
    return {"title": title, "lang": language, "published_at": at.isoformat()}


SAME = [
    ("Shelling near Goris: two soldiers wounded", "Two servicemen wounded in shelling near Goris"),
    ("Обстрел у Гориса: ранены двое военных", "Two soldiers wounded in shelling near Goris"),
    (
        "Գորիսի մոտ գնդակոծությունից երկու զինծառայող է վիրավորվել",
        "Обстрел у Гориса: ранены двое военных",
    ),
    ("Earthquake of magnitude 5.2 hits Gyumri", "В Гюмри произошло землетрясение магнитудой 5,2"),
    ("Փաշինյանը Բրյուսելում հանդիպել է Կալլասի հետ", "Pashinyan meets Kallas in Brussels"),
    ("Пашинян встретился с Каллас в Брюсселе", "Pashinyan meets Kallas in Brussels"),
]
APART = [
    (
        "Shelling near Goris: two soldiers wounded",
        "Two soldiers wounded near Jermuk in a road accident",
    ),
    ("Пашинян встретился с Каллас в Брюсселе", "Пашинян встретился с Макроном в Париже"),
    ("Earthquake of magnitude 5.2 hits Gyumri", "Earthquake of magnitude 6.1 hits Izmir"),
    (
        "Կասեցվել է «Արև» ապրանքանիշի հյութի արտադրությունը",
        "Կասեցվել է «Լուսին» ապրանքանիշի հյութի արտադրությունը",
    ),
    (
        "Դատախազը դատարան է հանձնել Արամ Վարդանյանի գործը",
        "Դատախազը դատարան է հանձնել Կարեն Մելքոնյանի գործը",
    ),
    ("Курс доллара к драму сегодня", "Курс доллара к драму на сегодня"),
    ("Մոսկվայում անձրև է", "Explosion in Kapan"),
    ("Новости с границы за время простоя", "First word of the border"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_event_is_known_by_its_places_people_and_acts(one: str, other: str) -> None:
    assert same_event(row(one), row(other, 30))


@pytest.mark.parametrize(("one", "other"), APART)
def test_another_place_person_or_name_is_another_event(one: str, other: str) -> None:
    assert not same_event(row(one), row(other, 30))


def test_the_order_of_two_headlines_changes_no_verdict() -> None:
    counts = load_counts()
    for one, other in SAME + APART:
        a, b = (read_headline(each["title"], each["lang"]) for each in (row(one), row(other)))
        assert judge(a, b, counts).same == judge(b, a, counts).same


def test_a_verdict_says_by_which_words_and_what_forbids_it() -> None:
    counts = load_counts()
    one, other = (read_headline(title, "hy") for title in APART[3])
    assert judge(one, other, counts).veto == "other name in quotes"
    one, other = (read_headline(title, "en") for title in SAME[0])
    assert {"Goris", "Shelling", "soldiers", "wounded"}.issuperset(judge(one, other, counts).met)
    assert judge(one, other, counts).met


def test_an_hour_and_a_date_glued_to_a_headline_make_it_no_bulletin() -> None:
    counts = load_counts()
    one = read_headline("Գյումրիում հրդեհ է բռնկվել 15:10 12-07-2026", "hy")
    other = read_headline("Գյումրիում բռնկված հրդեհը մարվել է", "hy")
    assert judge(one, other, counts).veto == ""
    dated = read_headline("Եվրոպական ինդեքսներ - 20/07/26", "hy")
    assert judge(dated, other, counts).veto == "bulletin"


def test_after_a_day_the_same_words_are_another_event() -> None:
    day = int(CLOSES_AFTER.total_seconds() // 60)
    assert same_event(row(SAME[0][0]), row(SAME[0][0], day - 1))
    assert not same_event(row(SAME[0][0]), row(SAME[0][0], day + 1))


def test_a_stream_of_three_languages_is_told_apart_into_its_events() -> None:
    stream = [
        row(SAME[0][0]), row(SAME[3][0], 5), row(SAME[1][0], 9), row(SAME[4][0], 11),
        row(SAME[2][0], 14), row(SAME[3][1], 20), row(SAME[4][1], 30), row(APART[1][1], 31),
    ]  # fmt: skip
    labels = assign(stream)
    assert labels[0] == labels[2] == labels[4]
    assert labels[1] == labels[5]
    assert labels[3] == labels[6]
    assert len({labels[0], labels[1], labels[3], labels[7]}) == 4


def test_only_the_first_headline_of_a_story_attracts_others_and_only_for_a_day() -> None:
    stories = OpenStories(load_counts())
    first, other = (read_headline(title, "en") for title in SAME[0])
    assert stories.find(first, _NOW) is None
    stories.add(1, first, _NOW)
    found = stories.find(other, _NOW + timedelta(hours=1))
    assert found is not None
    assert (found.story, found.closed) == (1, False)
    follows = stories.find(first, _NOW + CLOSES_AFTER + timedelta(minutes=1))
    assert follows is not None
    assert follows.closed
    assert stories.find(first, _NOW + 2 * CLOSES_AFTER + timedelta(minutes=1)) is None
    stories.close(_NOW + 2 * CLOSES_AFTER + timedelta(hours=1, minutes=1))
    assert len(stories) == 0


def test_stories_that_were_not_stored_in_the_end_are_forgotten() -> None:
    stories = OpenStories(load_counts())
    first, other = (read_headline(title, "en") for title in SAME[0])
    stories.add(7, first, _NOW)
    stories.forget_above(6)
    assert stories.newest == 6
    assert stories.find(other, _NOW) is None


def test_an_agency_behind_the_text_is_no_part_of_what_happened() -> None:
    told = read_headline("Ранены двое военных у Гориса, сообщает Арменпресс", "ru")
    assert told.folded == read_headline("Ранены двое военных у Гориса", "ru").folded


def test_numbers_are_read_in_words_too() -> None:
    assert read_headline("Two soldiers wounded, 14 wagons left", "en").numbers == {2, 14}
    assert 2 in read_headline("Երկու զինծառայող է վիրավորվել", "hy").numbers
    assert read_headline("Двенадцать вагонов и тридцать цистерн", "ru").numbers == {12, 30}


def test_what_opens_does_not_close() -> None:
    counts = load_counts()
    shut, open_, closed = (
        read_headline(title, language)
        for title, language in (
            ("Upper Lars checkpoint shut for trucks", "en"),
            ("Движение через Верхний Ларс вновь открыто", "ru"),
            ("Լարսը փակվեց բեռնատարների համար", "hy"),
        )
    )
    opposite = NAMES.index("opposite")
    assert compare(shut, open_, counts).features[opposite]
    assert compare(open_, closed, counts).features[opposite]
    assert not compare(shut, closed, counts).features[opposite]


def test_another_name_in_the_same_place_of_a_sentence_is_seen() -> None:
    counts = load_counts()
    goris, kapan, both = (
        read_headline(title, "hy")
        for title in (
            "Կրակ են բացել Գորիսի ուղղությամբ",
            "Կրակ են բացել Կապանի ուղղությամբ",
            "Կրակ են բացել Գորիսի և Կապանի ուղղությամբ",
        )
    )
    swapped = NAMES.index("places_swapped")
    assert compare(goris, kapan, counts).features[swapped]
    assert not compare(goris, both, counts).features[swapped]


def test_an_english_verb_is_the_same_word_in_its_forms() -> None:
    counts = load_counts()
    one, other = (read_headline(f"Mayor {word} Brown", "en") for word in ("outwits", "outwitted"))
    assert "outwits" in compare(one, other, counts).met


def test_two_languages_and_two_towns_ask_for_more() -> None:
    here, there, abroad = (
        read_headline(title, language)
        for title, language in (
            ("Festival opens in Goris", "en"),
            ("Festival opens in Kapan", "en"),
            ("В Горисе открылся фестиваль", "ru"),
        )
    )
    assert find_bound(here, there) == ELSEWHERE
    assert find_bound(here, abroad) == ACROSS
    assert find_bound(here, read_headline("Festival ends in Goris", "en")) == WITHIN["en"]
    war = read_headline("War breaks out near Goris", "en")
    assert find_bound(here, war) == GRAVE["en"]
    assert find_bound(war, abroad) == GRAVE_ACROSS


def test_counts_age_and_forget() -> None:
    counts = load_counts()
    before = counts.rarity("@goris", "en")
    counts.learn(read_headline("Goris", "en"))
    assert counts.rarity("@goris", "en") < before
    for _ in range(40):
        counts.age(0.5)
    assert counts.to_data()["keys"] == {}
