"""Updates made at random from the Bot API's schema, valid ones and damaged ones."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

Schema = dict[str, dict[str, Any]]

_DEEPEST = 5
_WORDS = ("border", "Գորիս", "граница", "a & b <c>", "#en", "/help", "x" * 300, "مرحبا", "🕊")
_ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 2**70, 1e308, "", "x" * 5000, "\x00", "\ud800", [], {}, [[]],
    {"id": []}, [{}], "NaN",
)  # fmt: skip


def read_schema(file: Path) -> Schema:
    """Return the types of a published schema, each as fields or as the subtypes it may be."""
    types = json.loads(file.read_text(encoding="utf-8"))["types"]
    return {name: dict(kind) for name, kind in types.items()}


def _field(name: str, *types: str, required: bool = True) -> dict[str, Any]:
    return {"name": name, "types": list(types), "required": required}


#: What of the schema Sahman lives by, for machines without the published one.
SMALL_SCHEMA: Schema = {
    "User": {"fields": [
        _field("id", "Integer"), _field("is_bot", "Boolean"), _field("first_name", "String"),
        _field("username", "String", required=False),
        _field("language_code", "String", required=False),
    ]},
    "Chat": {"fields": [
        _field("id", "Integer"), _field("type", "String"),
        _field("title", "String", required=False),
    ]},
    "PhotoSize": {"fields": [_field("file_id", "String"), _field("width", "Integer")]},
    "MessageEntity": {"fields": [
        _field("type", "String"), _field("offset", "Integer"), _field("length", "Integer"),
    ]},
    "Message": {"fields": [
        _field("message_id", "Integer"), _field("date", "Integer"), _field("chat", "Chat"),
        _field("from", "User", required=False), _field("text", "String", required=False),
        _field("photo", "Array of PhotoSize", required=False),
        _field("entities", "Array of MessageEntity", required=False),
        _field("reply_to_message", "Message", required=False),
    ]},
    "InaccessibleMessage": {"fields": [
        _field("chat", "Chat"), _field("message_id", "Integer"), _field("date", "Integer"),
    ]},
    "MaybeInaccessibleMessage": {"subtypes": ["Message", "InaccessibleMessage"]},
    "CallbackQuery": {"fields": [
        _field("id", "String"), _field("from", "User"), _field("chat_instance", "String"),
        _field("message", "MaybeInaccessibleMessage", required=False),
        _field("data", "String", required=False),
    ]},
    "ChatMemberMember": {"fields": [_field("status", "String"), _field("user", "User")]},
    "ChatMember": {"subtypes": ["ChatMemberMember"]},
    "ChatMemberUpdated": {"fields": [
        _field("chat", "Chat"), _field("from", "User"), _field("date", "Integer"),
        _field("old_chat_member", "ChatMember"), _field("new_chat_member", "ChatMember"),
    ]},
    "Update": {"fields": [
        _field("update_id", "Integer"),
        _field("message", "Message", required=False),
        _field("channel_post", "Message", required=False),
        _field("edited_message", "Message", required=False),
        _field("callback_query", "CallbackQuery", required=False),
        _field("my_chat_member", "ChatMemberUpdated", required=False),
    ]},
}  # fmt: skip


class Maker:
    """Makes values of the schema's types; the same seed makes the same ones."""

    def __init__(self, schema: Schema, chance: random.Random) -> None:
        self._schema = schema
        self._chance = chance
        self.kinds = [
            (each["name"], each["types"][0])
            for each in schema["Update"]["fields"]
            if each["name"] != "update_id"
        ]

    def make(self, kind: str, depth: int = 0) -> Any:
        """Return a valid value of a type, with some of what is optional in it."""
        if kind.startswith("Array of "):
            inner = kind.removeprefix("Array of ")
            return [self.make(inner, depth + 1) for _ in range(self._chance.randrange(3))]
        match kind:
            case "Integer":
                return self._chance.choice((0, 1, 7, 1_780_000_000, 2**40))
            case "Float":
                return self._chance.random()
            case "Boolean" | "True":
                return self._chance.random() < 0.5
            case "String":
                return self._chance.choice(_WORDS)
        described = self._schema.get(kind, {})
        if described.get("subtypes"):
            return self.make(self._chance.choice(described["subtypes"]), depth)
        likely = 0.12 if depth < _DEEPEST else 0.0
        return {
            field["name"]: self.make(self._chance.choice(field["types"]), depth + 1)
            for field in described.get("fields", [])
            if field["required"] or self._chance.random() < likely
        }

    def damage(self, update: dict[str, Any]) -> dict[str, Any]:
        """Return an update of which one to four values are odd, or gone; never its id."""
        damaged = copy.deepcopy(update)
        for _ in range(self._chance.randint(1, 4)):
            holder: Any = damaged
            while True:
                keys = [
                    key
                    for key in (holder if isinstance(holder, dict) else range(len(holder)))
                    if key != "update_id"
                ]
                if not keys:
                    break
                key = self._chance.choice(keys)
                inner = holder[key]
                if isinstance(inner, dict | list) and inner and self._chance.random() < 0.7:
                    holder = inner
                    continue
                if isinstance(holder, dict) and self._chance.random() < 0.3:
                    del holder[key]
                else:
                    holder[key] = self._chance.choice(_ODD)
                break
        return damaged
