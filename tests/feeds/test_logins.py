"""Feeds behind a user name and a password: sent to their own server, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from yarl import URL

from bot.config import FeedList, load_feeds, parse_feeds
from bot.demo.feeds import FeedServer
from bot.errors import ConfigError, FeedError
from bot.feeds.fetch import FeedFetcher
from bot.feeds.logins import Login, find_logins
from tests.samples import NOW, feed

_FEED = """\
publishers: {Herald: {country: AM, kind: private}}
feeds:
  - name: Herald
    url: http://127.0.0.1:%s/herald
    publisher: Herald
    language: en
    allow_private: true
    username: ani
    password: $HERALD
"""
_BASIC = "Basic YW5pOk9wZW4tNTNzYW1l"  # ani:Open-53same


def listed(port: str = "1") -> FeedList:
    return parse_feeds(_FEED % port, variables={"HERALD": SecretStr("Open-53same")})


async def test_a_feed_is_asked_with_its_login_and_no_other_is(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.add_item("herald", "Talks")
    fetcher.logins = find_logins(listed(server.url.rpartition(":")[2]))
    url = server.feed_url("herald")
    for name in ("Herald", "Another"):
        await fetcher.fetch(feed(name=name, url=url, allow_private=True), NOW)
    first, second = (request.headers for request in server.requests)
    assert first["Authorization"] == _BASIC
    assert "Authorization" not in second


async def test_a_redirect_to_another_server_is_followed_without_it(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    other = FeedServer()
    await other.start()
    other.add_item("herald", "Talks")
    server.set_raw("herald", b"", 302, {"Location": other.feed_url("herald")})
    fetcher.logins = find_logins(listed(server.url.rpartition(":")[2]))
    asked = feed(name="Herald", url=server.feed_url("herald"), allow_private=True)
    assert b"Talks" in (await fetcher.fetch(asked, NOW)).body
    assert server.requests[0].headers["Authorization"] == _BASIC
    assert "Authorization" not in other.requests[0].headers
    await other.stop()


async def test_a_server_that_refuses_is_a_failure_that_shows_nothing(
    server: FeedServer, fetcher: FeedFetcher
) -> None:
    server.set_raw("herald", b"", 401)
    fetcher.logins = find_logins(listed(server.url.rpartition(":")[2]))
    asked = feed(name="Herald", url=server.feed_url("herald"), allow_private=True)
    with pytest.raises(FeedError, match="HTTP 401") as raised:
        await fetcher.fetch(asked, NOW)
    assert "Open-53same" not in repr(raised.value)


@pytest.mark.parametrize(
    ("own", "url", "sent"),
    [
        ("https://news.am/rss", "https://news.am/other", True),
        ("http://news.am/rss", "https://news.am/rss", True),
        ("https://news.am/rss", "http://news.am/rss", False),
        ("https://news.am/rss", "https://news.am:8443/rss", False),
        ("http://news.am:8080/rss", "https://news.am/rss", False),
        ("https://news.am/rss", "https://www.news.am/rss", False),
        ("https://news.am/rss", "https://news.am.example/rss", False),
    ],
)
def test_a_login_is_for_its_own_server_and_never_less_safely(
    own: str, url: str, sent: bool
) -> None:
    assert Login(URL(own), "a", "b").is_for(URL(url)) is sent


def test_passwords_are_shown_by_nothing_that_holds_them(tmp_path: Path) -> None:
    feeds = listed()
    shown = f"{feeds!r} {feeds.feeds[0]} {feeds.feeds[0].model_dump()} {find_logins(feeds)!r}"
    assert "Open-53same" not in shown
    path = tmp_path / "feeds.yaml"
    path.write_text((_FEED % 1).replace("$HERALD", "Open-53same") + "    colour: red\n")
    with pytest.raises(ConfigError) as raised:
        load_feeds(path)
    assert "Open-53same" not in str(raised.value)


def test_what_a_login_may_name_and_what_it_may_hold() -> None:
    variables = {"HERALD": SecretStr("Open-53same"), "WHO": SecretStr("oleg")}

    def read(username: str, password: str) -> tuple[str, str]:
        text = (_FEED % 1).replace("ani", username).replace("$HERALD", password)
        login = find_logins(parse_feeds(text, variables=variables))["Herald"]
        return login.username, login.password

    assert read("$WHO", "${HERALD}") == ("oleg", "Open-53same")
    assert read("ani", "'$$HERALD'") == ("ani", "$HERALD")
    assert read("ani", "a$HERALD") == ("ani", "a$HERALD")
    assert read("անի", "'p: @x'") == ("անի", "p: @x")


def test_without_the_environment_what_it_holds_is_not_there() -> None:
    assert find_logins(parse_feeds(_FEED % 1)) == {}
    assert find_logins(parse_feeds((_FEED % 1).replace("$HERALD", "x")))


@pytest.mark.parametrize(
    ("username", "password", "said"),
    [
        ("ani", "$MISSING", "names the variable MISSING, which is not set"),
        ("ani", "$EMPTY", "names the variable EMPTY, which is not set"),
        ("${MISSING}", "$HERALD", "names the variable MISSING, which is not set"),
        ("'a:b'", "$HERALD", "a user name holds no colon"),
        ("$COLON", "$HERALD", "holds a colon"),
        ("ani", '"a\\nb"', "letters, digits and signs"),
    ],
)
def test_a_login_that_cannot_be_is_a_problem_with_its_line(
    username: str, password: str, said: str
) -> None:
    text = (_FEED % 1).replace("ani", username).replace("$HERALD", password)
    variables = {
        name: SecretStr(value)
        for name, value in {"HERALD": "x", "EMPTY": "", "COLON": "a:b"}.items()
    }
    with pytest.raises(ConfigError) as raised:
        parse_feeds(text, variables=variables)
    (problem,) = raised.value.problems
    assert said in problem.what
    assert problem.where in ("feeds.yaml line 8", "feeds.yaml line 9")
    assert problem.remedy


def test_a_feed_that_is_off_needs_no_variable() -> None:
    text = (_FEED % 1) + "    enabled: false\n"
    assert find_logins(parse_feeds(text, variables={})) == {}
