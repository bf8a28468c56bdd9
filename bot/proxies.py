"""The way out through a proxy, of HTTP or SOCKS5: for feeds, and for Telegram.

Only a proxy that is configured is used: never one that the environment happens to name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from pydantic import SecretStr
from yarl import URL

#: What says that a proxy did not hand a request on: it was not sent.
PROXY_FAILURES = (
    aiohttp.ClientHttpProxyError,
    aiohttp.ClientProxyConnectionError,
    ProxyConnectionError,
    ProxyError,
    ProxyTimeoutError,
)


def open_session(
    proxy: SecretStr | None, connector: Mapping[str, Any], **options: Any
) -> aiohttp.ClientSession:
    """Return a session whose connections go through *proxy*, or directly without one.

    *connector* and *options* are aiohttp's. A SOCKS5 proxy looks names up itself.
    """
    if proxy is None:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(**connector), **options)
    url = URL(proxy.get_secret_value())
    if url.scheme == "http":
        # aiohttp takes user name and password out of it for the proxy alone.
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(**connector), proxy=url, **options
        )
    own = {name: value for name, value in connector.items() if name != "resolver"}
    through = ProxyConnector(
        host=url.host or "",
        port=url.port or 0,
        username=url.user,
        password=url.password,
        rdns=True,
        **own,
    )
    return aiohttp.ClientSession(connector=through, **options)


def say_proxy_failure(error: Exception) -> str:
    """Return what went wrong with a proxy, without its address and password."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        wants = " (it wants a user name and password)" if error.status == 407 else ""
        return f"the proxy refuses with HTTP {error.status}{wants}"
    if isinstance(error, (aiohttp.ClientProxyConnectionError, ProxyConnectionError)):
        return "the proxy cannot be reached"
    if isinstance(error, ProxyTimeoutError):
        return "the proxy does not answer"
    return f"the proxy cannot connect: {error}"
