"""The people's side over HTTP, for the page and for tests that drive whole processes.

``GET`` reads and ``POST`` acts, with JSON bodies. Everything stands under ``/people``:

    GET  users                                  GET  chats
    POST users {id, first_name, ...}            POST groups {id, title, ...}
    GET  chats/ID/messages?after=&thread_id=&everyone=1&wait=S&count=N
    POST chats/ID/messages {text, user_id?, thread_id?, reply_to?}
    POST chats/ID/things {thing, caption?, album?, user_id?}
    POST chats/ID/forwards {text, channel?, user_id?}     POST chats/ID/edits {message_id, text}
    POST chats/ID/taps {message_id, button, user_id?, wait?}    -> the bot's answer
    GET  chats/ID/commands?user_id=
    POST chats/ID/block | unblock | kick | invite | deactivate | delete | forget
    POST chats/ID/migrate {new_chat_id}
    POST chats/ID/topics {thread_id, name}
    POST chats/ID/topics/THREAD/close | delete
    GET  stream?after=SEQ   (server-sent events)
    GET  files/FILE_ID      GET  faults      POST reset
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from bot.demo.people import view
from bot.demo.refusal import PeopleError
from bot.demo.senders import Senders

_MAX_WAIT_S = 60.0
_STREAM_PING_S = 15.0
_STATES = ("block", "unblock", "kick", "invite", "deactivate", "delete", "forget")


class PeopleDoor:
    """Routes of ``/people``; *faults* are shown, *reset* makes the server forget everything."""

    def __init__(
        self, people: Senders, faults: Sequence[str], reset: Callable[[], Awaitable[None]]
    ) -> None:
        self._people = people
        self._strict_faults = faults
        self._forget = reset

    def routes(self) -> list[web.RouteDef]:
        """Return what to register."""
        get: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {
            "users": self._users,
            "chats": self._chats,
            "chats/{chat}/messages": self._messages,
            "chats/{chat}/commands": self._commands,
            "stream": self._stream,
            "files/{file}": self._file,
            "faults": self._faults,
        }
        post: dict[str, Callable[[web.Request, Any], Awaitable[Any]]] = {
            "users": self._add_user,
            "groups": self._add_group,
            "chats/{chat}/messages": self._send,
            "chats/{chat}/things": self._send_thing,
            "chats/{chat}/forwards": self._forward,
            "chats/{chat}/edits": self._edit,
            "chats/{chat}/taps": self._tap,
            "chats/{chat}/{act:" + "|".join(_STATES) + "}": self._state,
            "chats/{chat}/migrate": self._migrate,
            "chats/{chat}/topics": self._add_topic,
            "chats/{chat}/topics/{thread}/{act:close|delete}": self._topic,
            "reset": self._reset,
        }
        routes = [web.get(f"/people/{path}", _told(handle)) for path, handle in get.items()]
        routes += [web.post(f"/people/{path}", _acting(handle)) for path, handle in post.items()]
        return routes

    # Reading

    async def _users(self, _: web.Request) -> web.Response:
        users = self._people.messenger.users.values()
        return web.json_response([user.wire() for user in users])

    async def _chats(self, _: web.Request) -> web.Response:
        messenger = self._people.messenger
        chats = []
        for chat in messenger.chats.values():
            user = messenger.users.get(chat.chat_id)
            language = (user.language_code if user else None) or ""
            about = user.about if user else ""
            chats.append(
                chat.wire()
                | {
                    "state": chat.state.value,
                    "topics": chat.topics,
                    "language_code": language,
                    "about": about,
                    "bot": {
                        kind: messenger.profile.text(kind, language)
                        for kind in ("name", "description", "short_description")
                    },
                }
            )
        return web.json_response({"seq": messenger.changes.seq, "chats": chats})

    async def _messages(self, request: web.Request) -> web.Response:
        query = request.query
        thread = query.get("thread_id")
        wanted: dict[str, Any] = {
            "after": int(query.get("after", 0)),
            "thread_id": int(thread) if thread else None,
            "everyone": query.get("everyone") in {"1", "true"},
        }
        chat_id = _chat_id(request)
        if wait_s := min(float(query.get("wait", 0)), _MAX_WAIT_S):
            with contextlib.suppress(TimeoutError):
                await self._people.wait_messages(
                    chat_id, **wanted, count=int(query.get("count", 1)), timeout=wait_s
                )
        found = self._people.messages(chat_id, **wanted)
        return web.json_response([view(message) for message in found])

    async def _commands(self, request: web.Request) -> web.Response:
        user = request.query.get("user_id")
        return web.json_response(
            self._people.commands(_chat_id(request), user_id=int(user) if user else None)
        )

    async def _file(self, request: web.Request) -> web.Response:
        media = self._people.messenger.files.get(request.match_info["file"])
        if media is None:
            raise web.HTTPNotFound
        kind = media.content_type if media.content_type.startswith("image/") else ""
        if kind == "image/svg+xml":
            kind = ""
        # Anything but a picture is only ever downloaded, never opened on this page's origin.
        headers = {} if kind else {"Content-Disposition": "attachment"}
        return web.Response(
            body=media.content, content_type=kind or "application/octet-stream", headers=headers
        )

    async def _faults(self, _: web.Request) -> web.Response:
        return web.json_response(list(self._strict_faults))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        changes = self._people.messenger.changes
        resumed = request.headers.get("Last-Event-ID") or request.query.get("after")
        seq = int(resumed) if resumed is not None else changes.seq
        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await stream.prepare(request)
        if seq > changes.seq or seq < changes.oldest():
            await stream.write(b"event: reload\ndata: {}\n\n")
            seq = changes.seq
        with contextlib.suppress(ConnectionError):
            while not changes.closed:
                for change in changes.after(seq):
                    seq = change.seq
                    event = {"kind": change.kind, "chat_id": change.chat_id, **change.data}
                    self._attach(event)
                    data = json.dumps(event, ensure_ascii=False)
                    await stream.write(f"id: {seq}\ndata: {data}\n\n".encode())
                if not await changes.wait(time.monotonic() + _STREAM_PING_S):
                    await stream.write(b": still here\n\n")
        return stream

    def _attach(self, event: dict[str, Any]) -> None:
        if event["kind"] in {"message", "edited"}:
            chat = self._people.messenger.chats.get(event["chat_id"])
            message = chat.messages.get(event["message_id"]) if chat else None
            if message is not None:
                event["message"] = view(message)

    # Acting

    async def _add_user(self, _: web.Request, body: Any) -> Any:
        return self._people.add_user(int(body.pop("id")), body.pop("first_name"), **body).wire()

    async def _add_group(self, _: web.Request, body: Any) -> Any:
        if topics := body.get("topics"):
            body["topics"] = {int(thread): name for thread, name in topics.items()}
        return self._people.add_group(int(body.pop("id")), body.pop("title"), **body).wire()

    async def _send(self, request: web.Request, body: Any) -> Any:
        return view(self._people.send_text(_chat_id(request), body.pop("text"), **body))

    async def _send_thing(self, request: web.Request, body: Any) -> Any:
        return view(self._people.send_thing(_chat_id(request), body.pop("thing"), **body))

    async def _forward(self, request: web.Request, body: Any) -> Any:
        return view(self._people.forward(_chat_id(request), body.pop("text"), **body))

    async def _edit(self, request: web.Request, body: Any) -> Any:
        self._people.edit_text(_chat_id(request), int(body["message_id"]), body["text"])
        return True

    async def _tap(self, request: web.Request, body: Any) -> Any:
        wait_s = min(float(body.pop("wait", 10)), _MAX_WAIT_S)
        tap = self._people.tap(
            _chat_id(request), int(body["message_id"]), body["button"], user_id=body.get("user_id")
        )
        with contextlib.suppress(TimeoutError):
            await tap.wait(wait_s)
        answer = tap.answer
        return {
            "query_id": tap.query_id,
            "answered": answer is not None,
            "text": answer.text if answer else "",
            "alert": answer.alert if answer else False,
            "url": answer.url if answer else "",
        }

    async def _state(self, request: web.Request, _: Any) -> Any:
        act = request.match_info["act"]
        name = {"delete": "delete_chat", "forget": "forget_chat"}.get(act, act)
        getattr(self._people, name)(_chat_id(request))
        return {"state": self._people.messenger.chats[_chat_id(request)].state.value}

    async def _migrate(self, request: web.Request, body: Any) -> Any:
        return self._people.migrate(_chat_id(request), int(body["new_chat_id"])).wire()

    async def _add_topic(self, request: web.Request, body: Any) -> Any:
        self._people.add_topic(_chat_id(request), int(body["thread_id"]), body["name"])
        return {}

    async def _topic(self, request: web.Request, _: Any) -> Any:
        thread_id = int(request.match_info["thread"])
        act = self._people.close_topic if request.match_info["act"] == "close" else None
        (act or self._people.delete_topic)(_chat_id(request), thread_id)
        return {}

    async def _reset(self, _: web.Request, __: Any) -> Any:
        await self._forget()
        return {}


def _chat_id(request: web.Request) -> int:
    return int(request.match_info["chat"])


def _told(
    handle: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handle(request)
        except (PeopleError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer


def _acting(
    handle: Callable[[web.Request, Any], Awaitable[Any]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(request: web.Request) -> web.StreamResponse:
        # A page on another site cannot send this type without being asked first, so a browser
        # that has the demo open does not write into it for strangers.
        if request.content_type != "application/json":
            return web.json_response({"error": "send application/json"}, status=415)
        try:
            body = json.loads(await request.read() or b"{}")
            return web.json_response(await handle(request, body))
        except KeyError as error:
            return web.json_response({"error": f"missing {error}"}, status=400)
        except (PeopleError, TypeError, ValueError, AttributeError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer
