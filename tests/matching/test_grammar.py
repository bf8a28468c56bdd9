"""What a subscriber may type, and why some of it is refused."""

import pickle

import pytest

from bot.matching import KeywordRefused, Query, RefusalReason, holds, parse_keyword, read_text


def _holds(typed: str, text: str, **where: str) -> bool:
    return holds(parse_keyword(typed), read_text(text), **where) is not None


def test_several_words_must_all_occur_anywhere() -> None:
    assert _holds("shelling village", "A village was hit; the shelling lasted an hour")
    assert not _holds("shelling village", "The shelling lasted an hour")


def test_words_that_are_one_term_must_stand_side_by_side() -> None:
    assert _holds("прекращение огня", "О прекращении огня договорились")
    assert not _holds("Нагорный Карабах", "Карабах и нагорный район")


def test_two_people_may_be_named_apart() -> None:
    assert _holds("Pashinyan Putin", "Pashinyan called the Kremlin and spoke to Putin")


def test_quotes_ask_for_words_side_by_side_in_any_form() -> None:
    assert _holds('"горное село"', "В горном селе нет света")
    assert not _holds('"горное село"', "Село стоит в горной долине")


@pytest.mark.parametrize("typed", ["fire OR flood", "fire, flood", "fire или flood"])
def test_or_asks_for_either(typed: str) -> None:
    assert _holds(typed, "The flood came")
    assert _holds(typed, "A fire broke out")
    assert not _holds(typed, "Nothing happened")


@pytest.mark.parametrize("typed", ["army -parade", "army NOT parade", "army ՈՉ parade"])
def test_minus_and_not_exclude(typed: str) -> None:
    assert _holds(typed, "The army advanced")
    assert not _holds(typed, "The army held a parade")


def test_parentheses_group() -> None:
    assert _holds("village (fire OR flood)", "Flood in a village")
    assert not _holds("village (fire OR flood)", "Wedding in a village")


def test_an_equals_sign_asks_for_this_form_alone() -> None:
    assert _holds("=borders", "Borders reopened")
    assert not _holds("=borders", "The border reopened")


def test_filters_limit_language_and_publisher() -> None:
    assert _holds("border #hy", "Սահման", language="hy")
    assert not _holds("border #hy", "Граница", language="ru")
    assert _holds("border #hy #ru", "Граница", language="ru")
    assert _holds("border source:azatutyun", "border", publisher="Azatutyun (Armenian)")
    assert not _holds("border source:azatutyun", "border", publisher="Armenpress")


@pytest.mark.parametrize(
    ("typed", "reason", "position"),
    [
        ("", RefusalReason.EMPTY, 0),
        ("x" * 400, RefusalReason.TOO_LONG, 300),
        ("🙂", RefusalReason.NO_WORDS, 0),
        ("the", RefusalReason.FUNCTION_WORD, 0),
        ("border OR the", RefusalReason.FUNCTION_WORD, 10),
        ("b", RefusalReason.ONE_LETTER, 0),
        ('"border', RefusalReason.UNCLOSED_QUOTE, 0),
        ("(border", RefusalReason.UNCLOSED_PARENTHESIS, 0),
        ("border)", RefusalReason.UNOPENED_PARENTHESIS, 6),
        ("border OR", RefusalReason.MISSING_OPERAND, 7),
        ("-border", RefusalReason.ONLY_EXCLUDED, 0),
        ("#hy", RefusalReason.ONLY_FILTERS, 0),
        ("war #de", RefusalReason.UNKNOWN_LANGUAGE, 4),
        ("war source:", RefusalReason.EMPTY_SOURCE, 4),
    ],
)
def test_a_refusal_says_why_and_where(typed: str, reason: RefusalReason, position: int) -> None:
    with pytest.raises(KeywordRefused) as refused:
        parse_keyword(typed)
    assert (refused.value.reason, refused.value.position) == (reason, position)
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301
    assert again.reason == reason


def test_what_means_the_same_has_one_canonical_form() -> None:
    same = {parse_keyword(typed).canonical for typed in ("border", "Border", " BORDER ")}
    assert len(same) == 1
    assert parse_keyword("fire flood").canonical == parse_keyword("flood fire").canonical
    assert parse_keyword("US elections").canonical != parse_keyword("elections").canonical


@pytest.mark.parametrize(
    "typed", ["border", "Nikol Pashinyan", '"a phrase here" -x1 #hy', "=US OR (fire source:x1)"]
)
def test_a_query_can_be_stored_and_sent_to_another_process(typed: str) -> None:
    query = parse_keyword(typed)
    assert Query.from_json(query.to_json()) == query
    assert pickle.loads(pickle.dumps(query)) == query  # noqa: S301
    assert hash(Query.from_json(query.to_json())) == hash(query)
