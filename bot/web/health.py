"""Whether this process lives and Sahman works, for machines: /healthz, /readyz and /metrics."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from bot.web.facts import Facts, FactsDesk
from bot.web.gate import Gate
from bot.web.metrics import Metrics

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class HealthPages:
    """Answers load balancers, health checks and Prometheus."""

    def __init__(self, desk: FactsDesk, metrics: Metrics, gate: Gate | None) -> None:
        """Without a *gate* there are no metrics: nobody could be kept from them."""
        self._desk = desk
        self._metrics = metrics
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        pages: list[web.RouteDef] = [
            web.get("/healthz", self._say_alive),
            web.get("/readyz", self._say_ready),
        ]
        if self._gate is not None:
            pages.append(web.get("/metrics", self._write_metrics))
        return pages

    async def _say_alive(self, request: web.Request) -> web.Response:
        """Answer: that is all that the event loop has to show."""
        return web.Response(text="ok\n", headers=_HEADERS)

    async def _say_ready(self, request: web.Request) -> web.Response:
        facts = await self._desk.load(whole=False)
        status = 503 if facts.troubles else 200
        return web.json_response(_describe(facts), status=status, headers=_HEADERS)

    async def _write_metrics(self, request: web.Request) -> web.Response:
        gate = self._gate
        if gate is None or not _may_read(gate, request):
            headers = {**_HEADERS, "WWW-Authenticate": 'Bearer realm="sahman"'}
            return web.Response(status=401, headers=headers)
        facts = await self._desk.load(whole=True)
        body, kind = self._metrics.write(facts, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={**_HEADERS, "Content-Type": kind})


def _may_read(gate: Gate, request: web.Request) -> bool:
    if gate.has_token(request):
        return True
    # By a browser, or unasked on this machine: as the page.
    return gate.is_named(request) and gate.is_known(request)


def _describe(facts: Facts) -> dict[str, Any]:
    pulse = facts.pulse
    return {
        "ready": not facts.troubles,
        "troubles": [str(each) for each in facts.troubles],
        "database": pulse is not None,
        "last_poll_at": _write(pulse.last_poll_at if pulse else None),
        "last_sent_at": _write(pulse.last_sent_at if pulse else None),
        "waiting": pulse.waiting if pulse else None,
        "waiting_s": round(pulse.waiting_s, 1) if pulse else None,
        "telegram_answered_at": _write(facts.telegram.answered_at),
        "telegram_failing_since": _write(facts.telegram.failing_since),
    }


def _write(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at is not None else None
