"""The hours of a day as people write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.delivery.hours import parse_time, parse_times

ONE_HOUR = [
    # digits alone
    ("7", "07:00"),
    ("0", "00:00"),
    ("07:00", "07:00"),
    (" 7:30 ", "07:30"),
    ("7.30", "07:30"),
    ("23:59", "23:59"),
    ("07։15", "07:15"),  # with the Armenian full stop, which stands on the colon's key
    ("07․15", "07:15"),  # and its one dot leader
    ("7 : 15", "07:15"),
    ("7-45", "07:45"),
    ("0715", "07:15"),
    ("715", "07:15"),
    ("7 00", "07:00"),
    ("19 45", "19:45"),
    ("7h", "07:00"),
    ("7h05", "07:05"),
    ("19ч30", "19:30"),
    # Armenian
    ("7-ին", "07:00"),
    ("7ին", "07:00"),
    ("7:20-ին", "07:20"),
    ("ժամը 7", "07:00"),
    ("ԺԱՄԸ 7-ԻՆ", "07:00"),
    ("ժ. 7", "07:00"),
    ("ժամը 7։30-ին։", "07:30"),
    ("առավոտյան 7", "07:00"),
    ("առավոտյան ժամը 7-ին", "07:00"),
    ("երեկոյան 7-ին", "19:00"),
    ("ցերեկվա 2-ին", "14:00"),
    ("կեսօրից հետո 4", "16:00"),
    ("գիշերվա 12-ին", "00:00"),
    ("գիշերը 11", "23:00"),
    ("ամեն օր 7-ին", "07:00"),
    ("կեսօրին", "12:00"),
    ("կեսգիշերին", "00:00"),
    # Russian
    ("в 7", "07:00"),
    ("к 7-ти", "07:00"),
    ("7 ч", "07:00"),
    ("7 ч.", "07:00"),
    ("7 часов", "07:00"),
    ("в 1 час", "01:00"),
    ("7 ч 40 мин", "07:40"),
    ("7 часов 40 минут", "07:40"),
    ("7 утра", "07:00"),
    ("В 7 УТРА.", "07:00"),
    ("утром в 7", "07:00"),
    ("7 вечера", "19:00"),
    ("19:00 вечера", "19:00"),
    ("2 дня", "14:00"),
    ("12 дня", "12:00"),
    ("12 ночи", "00:00"),
    ("3 ночи", "03:00"),
    ("каждый день в 7 утра", "07:00"),
    ("в полдень", "12:00"),
    ("полночь", "00:00"),
    # English
    ("at 7", "07:00"),
    ("7 o'clock", "07:00"),
    ("7am", "07:00"),
    ("7 pm", "19:00"),
    ("7 P.M.", "19:00"),
    ("7:30 a.m.", "07:30"),
    ("7.30pm", "19:30"),
    ("7 30 pm", "19:30"),
    ("12 am", "00:00"),
    ("12:15 am", "00:15"),
    ("12 pm", "12:00"),
    ("7 in the morning", "07:00"),
    ("11 at night", "23:00"),
    ("every day at 7", "07:00"),
    ("noon", "12:00"),
    ("12 noon", "12:00"),
    ("midnight", "00:00"),
]


@pytest.mark.parametrize(("typed", "meant"), ONE_HOUR)
def test_an_hour_is_read_as_people_type_it(typed: str, meant: str) -> None:
    assert parse_time(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("07:00 19:30", ("07:00", "19:30")),
        ("7 19", ("07:00", "19:00")),
        ("7 00 19 30", ("07:00", "19:30")),
        ("7, 19", ("07:00", "19:00")),
        ("19 и 7", ("07:00", "19:00")),
        ("7-ին ու 19-ին", ("07:00", "19:00")),
        ("7։00 և 19։30", ("07:00", "19:30")),
        ("7 ч 19 ч", ("07:00", "19:00")),
        ("7 ч 30 мин и 19 ч", ("07:30", "19:00")),
        ("7 pm and 6 am", ("06:00", "19:00")),
        ("7am/7pm", ("07:00", "19:00")),
        ("7 утра, 7 вечера", ("07:00", "19:00")),
        ("7 утра 7 вечера", ("07:00", "19:00")),
        ("утром в 7, вечером в 8", ("07:00", "20:00")),
        ("утром в 7 вечером в 8", ("07:00", "20:00")),
        ("առավոտյան 7 երեկոյան 8-ին", ("07:00", "20:00")),
        ("առավոտյան 7-ին և երեկոյան 8-ին", ("07:00", "20:00")),
        ("noon and midnight", ("00:00", "12:00")),
        ("7 and noon", ("07:00", "12:00")),
        ("7 7:00 07:00", ("07:00",)),
    ],
)
def test_several_hours_stand_in_one_line(typed: str, meant: tuple[str, ...]) -> None:
    assert parse_times(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["", " ", "24:00", "26", "9:60", "8:99", "14 pm", "0 am", "13 утра", "8 дня", "-1", "9:3",
     "09:00:00", "01.02.2026", "am", "утра", "երեկոյան", "7 утра вечера", "soon", "Ереван", ",",
     "и", "every 3 hours", "in 3 hours", "через 3 часа", "3 ժամից", "2 раза в день", "7 и 26",
     "7 pm and 15 pm"],
)  # fmt: skip
def test_what_cannot_be_an_hour_is_refused_and_with_it_the_whole_line(typed: str) -> None:
    assert parse_times(typed) is None
    assert parse_time(typed) is None


def test_two_hours_are_not_one() -> None:
    assert parse_time("7 and 8") is None


SPELLINGS = [
    "{h:02}:{m:02}", "{h}:{m:02}", "{h:02}։{m:02}", "{h:02}.{m:02}", "{h}-{m:02}", "{h:02}{m:02}",
    "{h}h{m:02}", "{h}ч{m:02}", "{h} ч {m:02} мин", "{h} ժ {m:02} րոպե", "{h:02}:{m:02}-ին",
    "ժամը {h}։{m:02}-ին", "в {h}:{m:02}", "at {h:02}.{m:02}", "{t}:{m:02} {half}",
    "{t}:{m:02}{half}", "{t}.{m:02} {dotted}",
]  # fmt: skip


@given(at=st.integers(0, 24 * 60 - 1), spelling=st.sampled_from(SPELLINGS))
def test_every_minute_of_the_day_is_read_in_every_usual_spelling(at: int, spelling: str) -> None:
    hour, minute = divmod(at, 60)
    half = "pm" if hour >= 12 else "am"
    typed = spelling.format(
        h=hour, m=minute, t=hour % 12 or 12, half=half, dotted=f"{half[0].upper()}.M."
    )
    assert parse_time(typed) == f"{hour:02}:{minute:02}"


FRAGMENTS = [
    "9", "18", "00", "30", "99", ":", "։", ".", "-", " ", ",", "am", "p.m.", "утра", "и", "դ",
    "ժամը", "-ին", "երեկոյան", "noon", "h", "ч", "every day", "٣", "²", "\n", "\0",
]  # fmt: skip


@given(typed=st.one_of(st.text(max_size=40), st.lists(st.sampled_from(FRAGMENTS)).map("".join)))
@example(typed="9" * 4096)
@example(typed="9 утра " * 600)
@example(typed=" " * 4096 + "x")
def test_whatever_is_typed_gives_hours_of_a_day_in_order_or_nothing(typed: str) -> None:
    times = parse_times(typed)
    if times is not None:
        assert times
        assert list(times) == sorted(set(times))
        assert all(re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", time) for time in times)
