"""Time zones as people name them."""

from __future__ import annotations

import pytest

from bot.chat.zones import COMMON_ZONES, find_zone, name_zone
from bot.texts import load_texts


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
        ("+4:30", None),
        ("Mordor", None),
        ("", None),
        ("../etc/passwd", None),
    ],
)
def test_a_place_is_found_in_any_of_the_three_languages(typed: str, zone: str | None) -> None:
    assert find_zone(typed) == zone


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
def test_every_zone_that_is_offered_is_found_again_by_its_name(language: str) -> None:
    for zone in COMMON_ZONES:
        name = name_zone(zone, load_texts()[language])
        assert find_zone(name) == zone
        assert find_zone(zone) == zone


def test_an_offset_is_shown_as_people_write_it() -> None:
    assert name_zone("Etc/GMT-4", load_texts()["en"]) == "UTC+4"
    assert name_zone("Etc/GMT+3", load_texts()["en"]) == "UTC−3"
