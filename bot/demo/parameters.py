"""From an HTTP request to typed parameters, as the Bot API reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aiohttp import BodyPartReader, web
from yarl import URL

from bot.demo.refusal import Refusal, bad_request
from bot.demo.rules import METHODS, MISSING, OBJECTS, Field

_TRUE = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file uploaded in a multipart request."""

    field: str
    file_name: str
    content_type: str
    content: bytes


async def read_parameters(request: web.Request) -> dict[str, Any]:
    """Return what *request* bears in its query and its body, still untyped.

    Values are strings, except in JSON bodies; files are `FilePart`.
    """
    found: dict[str, Any] = dict(request.query) if request.query_string else {}
    if request.method != "POST" or not request.can_read_body:
        return found
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("can't parse JSON object")
        found.update(body)
    elif request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name:
                found[part.name] = await _read_part(part)
    elif request.content_type == "application/x-www-form-urlencoded":
        # yarl reads a form in a fifth of the time that aiohttp's `post` or urllib takes.
        form = (await request.read()).decode("utf-8", "replace")
        found.update(URL.build(query_string=form, encoded=True).query)
    else:
        found.update({key: str(value) for key, value in (await request.post()).items()})
    return found


async def _read_part(part: BodyPartReader) -> str | FilePart:
    content = bytes(await part.read(decode=True))
    if part.filename is None:
        return content.decode()
    kind = part.headers.get("Content-Type", "application/octet-stream")
    return FilePart(str(part.name), part.filename, kind, content)


def parse_parameters(method: str, found: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    """Return the fields of *method* with their types, or raise what Telegram answers.

    What Telegram silently ignores, and therefore hides a slip of ours, is noted in *faults*.
    """
    fields = METHODS[method]
    known = {}
    attached = {
        str(value).removeprefix("attach://")
        for value in found.values()
        if isinstance(value, str) and value.startswith("attach://")
    }
    media = _read_media(found.get("media")) if "media" in fields else {}
    attached |= {str(media.get("media")).removeprefix("attach://")} if media else set()
    for name, value in found.items():
        field = fields.get(name)
        if field is None:
            if name not in attached:
                faults.append(f"{method}: unknown parameter {name}")
            continue
        if value is None or (value == "" and not isinstance(value, FilePart)):
            continue
        known[name] = _typed(method, field, value, found, faults)
    for field in fields.values():
        # An empty url removes the webhook, so there the field may well be empty.
        if field.required and field.name not in known and method != "setWebhook":
            raise _missing(field.name)
    return known


def _missing(name: str) -> Refusal:
    return bad_request(MISSING.get(name, f'parameter "{name}" is required'))


def _typed(method: str, field: Field, value: Any, found: dict[str, Any], faults: list[str]) -> Any:
    types = field.types
    if "file" in types:
        return _file(field, value, found)
    if "str" in types and isinstance(value, str | int | float):
        return value if "int" in types else str(value)
    if "int" in types:
        return _integer(field.name, value)
    if "bool" in types:
        return value if isinstance(value, bool) else str(value).lower() in _TRUE
    path = f"{method}.{field.name}"
    if types[0] == "InputMedia":
        media = _read_media(value)
        return media | {"media": _file(field, media.get("media", ""), found)}
    if not isinstance(value, str):
        return _checked(types[0], value, path, faults) if value else value
    # Keyboards and options repeat from message to message, and their checks cost half a request.
    checked, found_faults = _checked_text(types[0], value, path)
    faults.extend(found_faults)
    return checked


@lru_cache(maxsize=4096)
def _checked_text(kind: str, text: str, path: str) -> tuple[Any, tuple[str, ...]]:
    """Return the object written in *text*, checked, and its faults. Nobody changes it."""
    faults: list[str] = []
    loaded = _json(path.rpartition(".")[2], text)
    return (_checked(kind, loaded, path, faults) if loaded else loaded), tuple(faults)


def _read_media(value: Any) -> dict[str, Any]:
    media = _json("InputMedia", value) if isinstance(value, str) and value else value
    if media and not isinstance(media, dict):
        raise bad_request("can't parse InputMedia: expected an Object")
    return dict(media or {})


def _integer(name: str, value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise ValueError
        return int(value)
    except (TypeError, ValueError):
        raise bad_request(f"invalid {name} specified") from None


def _json(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        if name == "reply_markup":
            raise bad_request("can't parse reply keyboard markup JSON object") from None
        raise bad_request(f"can't parse {name} JSON object") from None


def _file(field: Field, value: Any, found: dict[str, Any]) -> FilePart | str:
    if isinstance(value, FilePart):
        return value
    text = str(value)
    if text.startswith("attach://"):
        part = found.get(text.removeprefix("attach://"))
        if not isinstance(part, FilePart):
            raise bad_request(f"there is no {field.name} in the request")
        return part
    return text


def _checked(kind: str, value: Any, path: str, faults: list[str]) -> Any:
    """Check *value* against *kind* and return it; arrays and known objects recursively."""
    if kind.startswith("["):
        if not isinstance(value, list):
            raise bad_request(f"can't parse {path.rpartition('.')[2]}: expected an Array")
        return [_checked(kind[1:-1], each, path, faults) for each in value]
    if kind in {"str", "int", "bool"}:
        return _scalar(kind, value, path)
    if not isinstance(value, dict):
        raise bad_request(f"can't parse {path.rpartition('.')[2]}: expected an Object")
    if kind not in OBJECTS or (kind == "InlineKeyboardMarkup" and "inline_keyboard" not in value):
        return value
    fields = OBJECTS[kind]
    checked = {}
    for name, inner in value.items():
        field = fields.get(name)
        if field is None:
            faults.append(f"{path}: unknown field {kind}.{name}")
        elif inner is not None:
            checked[name] = _checked(field.types[0], inner, f"{path}.{name}", faults)
    for field in fields.values():
        if field.required and field.name not in checked:
            raise _missing_in(kind, field.name)
    return checked


def _scalar(kind: str, value: Any, path: str) -> Any:
    wanted = {"str": str, "int": int, "bool": bool}[kind]
    if kind == "int" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if not isinstance(value, wanted) or (kind == "int" and isinstance(value, bool)):
        # "chat_id" inside an object may be either; the schema's first type is the number.
        if kind == "int" and isinstance(value, str):
            return value
        word = {"str": "String", "int": "Number", "bool": "Boolean"}[kind]
        name = path.rpartition(".")[2]
        raise bad_request(f'field "{name}" must be of type {word}')
    return value


def _missing_in(kind: str, name: str) -> Refusal:
    if kind == "InlineKeyboardButton":
        return bad_request(f"can't parse inline keyboard button: Can't find field \"{name}\"")
    return bad_request(f"can't parse {kind}: Can't find field \"{name}\"")
