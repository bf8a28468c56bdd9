"""Time zones as people name them."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.cities import SEVERAL, fold_place, read_places
from bot.chat.zones import COMMON_ZONES, find_zone
from bot.texts import load_texts

_ZONES = available_timezones()


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Yerevan", "Asia/Yerevan"),
        ("Երևան", "Asia/Yerevan"),
        ("ԵՐԵՎԱՆ", "Asia/Yerevan"),
        ("Москва", "Europe/Moscow"),
        ("asia/tbilisi", "Asia/Tbilisi"),
        (" new  york ", "America/New_York"),
        ("Нью-Йорк", "America/New_York"),
        ("+4", "Etc/GMT-4"),
        ("+04:00", "Etc/GMT-4"),
        ("UTC-3", "Etc/GMT+3"),
        ("−3", "Etc/GMT+3"),
        ("+0", "Etc/UTC"),
        ("utc", "UTC"),
        ("+15", None),
        ("Mordor", None),
        ("", None),
        ("../etc/passwd", None),
    ],
)
def test_a_place_is_found_in_any_of_the_three_languages(typed: str, zone: str | None) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Ванадзор", "Asia/Yerevan"),
        ("Meghri", "Asia/Yerevan"),
        ("Կապան", "Asia/Yerevan"),
        ("СИСИАН", "Asia/Yerevan"),
        ("Իջևան", "Asia/Yerevan"),
        ("ԻՋԵՎԱՆ", "Asia/Yerevan"),
        ("Berd", "Asia/Yerevan"),
        ("Vardenis", "Asia/Yerevan"),
        ("Ejmiatsin", "Asia/Yerevan"),
        ("Ленинакан", "Asia/Yerevan"),
        ("Սյունիք", "Asia/Yerevan"),
        ("Gəncə", "Asia/Baku"),
        ("Сумгаит", "Asia/Baku"),
        ("Ախալքալաք", "Asia/Tbilisi"),
        ("Батуми", "Asia/Tbilisi"),
        ("Сухум", "Europe/Moscow"),
        ("Թավրիզ", "Asia/Tehran"),
        ("Урмия", "Asia/Tehran"),
        ("İSTANBUL", "Europe/Istanbul"),
        ("Կարս", "Europe/Istanbul"),
        ("Ростов", "Europe/Moscow"),
        ("Rostov-on-Don", "Europe/Moscow"),
        ("ростов на дону", "Europe/Moscow"),
        ("Питер", "Europe/Moscow"),
        ("СПб", "Europe/Moscow"),
        ("St. Petersburg", "Europe/Moscow"),
        ("Владикавказ", "Europe/Moscow"),
        ("Екатеринбург", "Asia/Yekaterinburg"),
        ("Bourj Hammoud", "Asia/Beirut"),
        ("Հալեպ", "Asia/Damascus"),
        ("Alfortville", "Europe/Paris"),
        ("Марсель", "Europe/Paris"),
        ("Մյունխեն", "Europe/Berlin"),
        ("munchen", "Europe/Berlin"),
        ("Кёльн", "Europe/Berlin"),
        ("Кельн", "Europe/Berlin"),
        ("Ֆրեզնո", "America/Los_Angeles"),
        ("Пасадена", "America/Los_Angeles"),
        ("Boston", "America/New_York"),
    ],
)
def test_cities_where_our_readers_live_are_found_in_three_scripts(typed: str, zone: str) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    ("armenian", "azerbaijani"),
    [
        ("Stepanakert", "Khankendi"),
        ("Ստեփանակերտ", "Խանքենդի"),
        ("Шуши", "Шуша"),
        ("Berdzor", "Laçın"),
        ("Բերձոր", "Լաչին"),
        ("Мартакерт", "Агдере"),
        ("Քարվաճառ", "Քելբաջար"),
        ("Karvachar", "Kəlbəcər"),
        ("Нагорный Карабах", "Qarabağ"),
    ],
)
def test_a_place_with_two_names_is_on_the_clock_of_whoever_calls_it_so(
    armenian: str, azerbaijani: str
) -> None:
    assert (find_zone(armenian), find_zone(azerbaijani)) == ("Asia/Yerevan", "Asia/Baku")


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Armenia", "Asia/Yerevan"),
        ("ՀԱՅԱՍՏԱՆ", "Asia/Yerevan"),
        ("армения", "Asia/Yerevan"),
        ("Грузия", "Asia/Tbilisi"),
        ("Georgia", "Asia/Tbilisi"),
        ("Ադրբեջան", "Asia/Baku"),
        ("Turkey", "Europe/Istanbul"),
        ("Иран", "Asia/Tehran"),
        ("Россия", "Europe/Moscow"),
        ("ОАЭ", "Asia/Dubai"),
        ("Kazakhstan", "Asia/Almaty"),
        ("USA", None),
        ("США", None),
        ("ԱՄՆ", None),
        ("Канада", None),
        ("Australia", None),
    ],
)
def test_a_country_is_a_zone_where_one_is_plainly_meant(typed: str, zone: str | None) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("msk", "Europe/Moscow"),
        ("МСК", "Europe/Moscow"),
        ("EST", "America/New_York"),
        ("pst", "America/Los_Angeles"),
        ("CET", "CET"),
        ("cest", "CET"),
        ("GMT", "GMT"),
    ],
)
def test_an_abbreviation_is_the_zone_that_people_mean_by_it(typed: str, zone: str) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Ереван, Армения", "Asia/Yerevan"),
        ("Burbank, California", "America/Los_Angeles"),
        ("Yerevan,", "Asia/Yerevan"),
        ("Paris, Texas", None),
        ("Tripoli, Lebanon", None),
        (",", None),
    ],
)
def test_a_place_with_its_country_is_found_where_both_say_the_same(
    typed: str, zone: str | None
) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("GMT+4", "Etc/GMT-4"),
        ("utc +4", "Etc/GMT-4"),
        ("(UTC+04:00)", "Etc/GMT-4"),
        ("+0400", "Etc/GMT-4"),
        ("UTC 4", "Etc/GMT-4"),
        ("+14", "Etc/GMT-14"),
        ("–12", "Etc/GMT+12"),
        ("МСК+1", "Etc/GMT-4"),
        ("MSK-3", "Etc/UTC"),
        ("+5:30", "Asia/Kolkata"),
        ("UTC+5:30", "Asia/Kolkata"),
        ("gmt +05.30", "Asia/Kolkata"),
        ("+3։30", "Asia/Tehran"),
        ("МСК+2:30", "Asia/Kolkata"),
        ("+13:30", None),
        ("-3:30", None),  # Newfoundland's clocks change
        ("+5:20", None),
        ("5:30", None),
        ("+4:75", None),
        ("UTC+99", None),
        ("+", None),
        ("utc+", None),
    ],
)
def test_an_offset_is_read_as_people_write_it(typed: str, zone: str | None) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize(
    ("typed", "ahead"),
    [("-9:30", -570), ("+3:30", 210), ("+4:30", 270), ("+5:30", 330), ("+5:45", 345),
     ("+6:30", 390), ("+8:45", 525), ("+9:30", 570)],
)  # fmt: skip
def test_an_offset_of_no_whole_hour_is_kept_in_summer_and_in_winter(typed: str, ahead: int) -> None:
    zone = find_zone(typed)
    assert zone is not None
    assert _clocks(zone) == {timedelta(minutes=ahead)}


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
def test_every_zone_that_is_offered_is_found_again_by_its_name(language: str) -> None:
    for zone in COMMON_ZONES:
        name = load_texts()[language].zone_name(zone)
        assert find_zone(name) == zone
        assert find_zone(zone) == zone


def test_an_offset_is_shown_as_people_write_it() -> None:
    assert load_texts()["en"].zone_name("Etc/GMT-4") == "UTC+4"
    assert load_texts()["en"].zone_name("Etc/GMT+3") == "UTC−3"


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
def test_what_a_zone_is_called_is_found_again_when_it_is_typed(language: str) -> None:
    texts = load_texts()[language]
    lost = set()
    for zone in _zones_of_table():
        found = find_zone(texts.zone_name(zone))
        if found is None or _clocks(found) != _clocks(zone):
            lost.add(zone)
    # Much larger cities bear their names: in Puerto Rico, California, Mexico and China. Dili is
    # our Dilijan for short.
    assert lost <= {
        "America/Argentina/San_Juan", "Antarctica/Davis", "America/Argentina/San_Luis",
        "Pacific/Kanton", "Asia/Dili",
    }  # fmt: skip


def test_the_table_of_cities_is_as_it_is_searched() -> None:
    seen: set[str] = set()
    for line in _table().splitlines()[1:]:
        zone, _, listed = line.partition("\t")
        assert zone == SEVERAL or zone in _ZONES
        assert listed.startswith("|")
        assert listed.endswith("|")
        for name in listed.strip("|").split("|"):
            assert fold_place(name) == name
            assert name not in seen
            seen.add(name)
    assert len(seen) > 25_000
    assert "CC BY 4.0" in _table().partition("\n")[0]


def test_every_name_that_was_written_by_hand_has_a_zone_and_stands_once() -> None:
    names = [fold_place(name) for name, _ in read_places()]
    assert len(set(names)) == len(names)
    assert {zone for _, zone in read_places()} <= _ZONES


@given(typed=st.text(st.characters(), max_size=60))
@example(typed="|")
@example(typed="\n")
@example(typed="\ud800")
@example(typed="a|b")
@example(typed="asia/yerevan\t|")
@example(typed="," * 4096)
@example(typed="+" + "9" * 4095)
def test_whatever_is_typed_gives_a_zone_or_nothing(typed: str) -> None:
    assert find_zone(typed) in _ZONES | {None}


def _clocks(zone: str) -> set[timedelta | None]:
    days = (datetime(2026, month, 15, 12, tzinfo=ZoneInfo(zone)) for month in (1, 7))
    return {day.utcoffset() for day in days}


def _table() -> str:
    return resources.files("bot.chat").joinpath("cities.tsv").read_text(encoding="utf-8")


def _zones_of_table() -> list[str]:
    zones = [line.partition("\t")[0] for line in _table().splitlines()[1:]]
    return [zone for zone in zones if zone != SEVERAL]
