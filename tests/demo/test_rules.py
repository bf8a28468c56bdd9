"""Our table of methods against Telegram's published schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.demo.bot_api import BotApi
from bot.demo.rules import METHODS, OBJECTS, Field
from bot.demo.senders import THINGS

SCALARS = {"int": "Integer", "str": "String", "bool": "Boolean", "file": "InputFile"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Bot API 10.1 as JSON; it is no part of this repository."""
    folder = os.environ.get("SAHMAN_DATA")
    if not folder:
        pytest.skip("SAHMAN_DATA names no folder with bot-api-10.1.json")
    loaded: dict[str, Any] = json.loads((Path(folder) / "bot-api-10.1.json").read_text())
    return loaded


def _in_schema_words(kind: str) -> str:
    if kind.startswith("["):
        return f"Array of {_in_schema_words(kind[1:-1])}"
    return SCALARS.get(kind, kind)


def _differences(name: str, ours: dict[str, Field], theirs: list[dict[str, Any]]) -> list[str]:
    published = {each["name"]: each for each in theirs}
    found = [f"{name}: no field {extra}" for extra in ours.keys() - published.keys()]
    found += [f"{name}: lacks {missing}" for missing in published.keys() - ours.keys()]
    for key in ours.keys() & published.keys():
        types = {_in_schema_words(kind) for kind in ours[key].types}
        if types != set(published[key]["types"]):
            found.append(f"{name}.{key}: {types} is {published[key]['types']}")
        if ours[key].required != published[key]["required"]:
            found.append(f"{name}.{key}: required is {published[key]['required']}")
    return found


def test_methods_and_their_fields_agree_with_the_published_schema(schema: dict[str, Any]) -> None:
    """A field that we do not know would be called a fault, a type that we mistake refused."""
    found = []
    for name, fields in METHODS.items():
        assert name in schema["methods"], name
        found += _differences(name, fields, schema["methods"][name].get("fields", []))
    for name, fields in OBJECTS.items():
        found += _differences(name, fields, schema["types"][name]["fields"])
    assert found == []


async def test_every_method_of_the_table_is_answered(api: BotApi) -> None:
    """The table and the code behind it name the same methods."""
    assert api._methods.keys() == METHODS.keys()


def test_what_people_send_holds_all_that_the_schema_requires(schema: dict[str, Any]) -> None:
    message = {each["name"]: each["types"][0] for each in schema["types"]["Message"]["fields"]}
    for name, thing in THINGS.items():
        kind = message[name].removeprefix("Array of ")
        described = schema["types"][kind]["fields"]
        given = thing[0] if isinstance(thing, list) else thing
        assert {each["name"] for each in described if each["required"]} <= given.keys(), name
        assert given.keys() <= {each["name"] for each in described}, name
