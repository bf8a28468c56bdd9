"""Every sentence exists in Armenian, Russian and English, with the same values in it."""

from __future__ import annotations

import ast
import io
import re
from datetime import timedelta
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from jinja2 import Environment, nodes

from bot.texts import LANGUAGES, load_texts

_BOT = Path(__file__).parents[2] / "bot"
_VALUE = re.compile(r"{(\w+)}")
_NOT_SAID = re.compile(
    r"<code>.*?</code>|<[^>]+>|{\w+}|/\w+|BOT_\w+|feeds\.yaml|source:|https?://\S+|[@#]\w+",
    re.DOTALL,
)
#: Names, and words of file formats.
_SAME_EVERYWHERE = frozenset(
    {"English", "JSON", "OPML", "RSS", "Sahman", "Telegram", "UTC", "outline", "text", "xmlUrl",
     "enable", "feeds"}
)  # fmt: skip
_TRANSLATED = [language for language in LANGUAGES if language != "en"]


@cache
def _sentences() -> set[str | tuple[str, str]]:
    """Return what the code says: the literal arguments of `.say` and `.count`."""
    found: set[str | tuple[str, str]] = set()
    for file in _BOT.rglob("*.py"):
        if "demo" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            literal = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if node.func.attr == "say":
                assert len(literal) == 1, f"{file.name}:{node.lineno}: say() takes a literal"
                found.add(str(literal[0]))
            elif node.func.attr == "count" and len(node.args) == 3:
                found.add((str(literal[0]), str(literal[1])))
    return found | _sentences_of_templates()


def _sentences_of_templates() -> set[str | tuple[str, str]]:
    """Return what templates say: the literal arguments of `t.say` and `t.count`."""
    found: set[str | tuple[str, str]] = set()
    for file in _BOT.rglob("*.html"):
        tree = Environment(autoescape=True).parse(file.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            if not isinstance(call.node, nodes.Getattr) or call.node.attr not in ("say", "count"):
                continue
            literal = [each.value for each in call.args if isinstance(each, nodes.Const)]
            if call.node.attr == "say":
                assert len(literal) == 1, f"{file.name}:{call.lineno}: say() takes a literal"
                found.add(literal[0])
            else:
                found.add((literal[0], literal[1]))
    return found


def _catalogue(language: str) -> Catalog:
    text = resources.files("bot.texts").joinpath(f"{language}.po").read_bytes()
    return read_po(io.BytesIO(text), locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", _TRANSLATED)
def test_every_sentence_of_the_code_is_translated_and_none_is_left_over(language: str) -> None:
    translated = {
        message.id if isinstance(message.id, str) else tuple(message.id)
        for message in _catalogue(language)
        if message.id and not message.fuzzy and all(_forms(message.string))
    }
    assert translated == _sentences()


@pytest.mark.parametrize("language", _TRANSLATED)
def test_a_translation_takes_the_same_values_and_closes_its_tags(language: str) -> None:
    for message in _catalogue(language):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[1]
        for form in _forms(message.string):
            assert set(_VALUE.findall(form)) == set(_VALUE.findall(source)), form
            assert str(BeautifulSoup(form, "html.parser")) == form, form


@pytest.mark.parametrize("language", _TRANSLATED)
def test_no_english_word_stands_in_a_sentence_of_another_language(language: str) -> None:
    """But for names, and for what is typed or pressed as it is."""
    for message in _catalogue(language):
        for form in _forms(message.string) if message.id else ():
            said = _NOT_SAID.sub("", form)
            assert set(re.findall("[A-Za-z]{2,}", said)) <= _SAME_EVERYWHERE, form


@pytest.mark.parametrize("language", _TRANSLATED)
def test_a_translation_is_about_as_long_as_what_it_translates(language: str) -> None:
    """A word where a sentence stood, or a page where a word did, is a slip."""
    for message in _catalogue(language):
        source = message.id if isinstance(message.id, str) else (message.id or ("", ""))[1]
        for form in _forms(message.string) if source else ():
            assert len(source) / 3 - 12 <= len(form) <= 1.8 * len(source) + 20, form


def test_russian_counts_in_three_forms() -> None:
    texts = load_texts()["ru"]
    one = "In the last 24 hours it would have caught {n} item:"
    many = "In the last 24 hours it would have caught {n} items, the newest:"
    said = [texts.count(one, many, n).striptags() for n in (1, 3, 5, 21)]
    assert said == [
        "За последние 24 часа нашлась бы 1 новость, самая свежая:",
        "За последние 24 часа нашлись бы 3 новости, самая свежая:",
        "За последние 24 часа нашлось бы 5 новостей, самая свежая:",
        "За последние 24 часа нашлась бы 21 новость, самая свежая:",
    ]


def test_what_a_person_typed_is_escaped_in_every_language() -> None:
    for texts in load_texts().values():
        assert "<script>" not in texts.say("Removed: <b>{keyword}</b>", keyword="<script>")


def test_commands_are_described_within_telegrams_limits() -> None:
    from bot.chat.commands import COMMANDS, describe_commands

    for texts in load_texts().values():
        described = describe_commands(texts)
        assert set(described) == set(COMMANDS)
        assert all(1 <= len(text) <= 256 for text in described.values())


def _forms(string: str | tuple[str, ...] | list[str]) -> list[str]:
    return [string] if isinstance(string, str) else list(string)


@pytest.mark.parametrize(
    ("minutes", "said"), [(1, "1 минуту"), (40, "40 минут"), (101, "101 минуту")]
)
def test_how_long_it_lasts_is_said_in_russian_as_behind_already(minutes: int, said: str) -> None:
    assert load_texts()["ru"].duration(timedelta(minutes=minutes)) == said
