"""Finding a site's feed however its page names it, and reading lists of feeds as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import FeedError
from bot.feeds.addresses import mend_address
from bot.feeds.fetch import FeedFetcher
from bot.feeds.finder import find_feed
from bot.feeds.opml import read_opml
from bot.feeds.worker import ParseWorker
from tests.feeds.test_parse import entry, rss
from tests.samples import NOW

_KIND = "application/rss+xml"


class Site:
    """A web site of one page, with feeds wherever a test puts them."""

    def __init__(self) -> None:
        self.page = b""
        self.headers: dict[str, str] = {}
        self.feeds: set[str] = set()
        self.asked: list[str] = []
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path in self.feeds:
            return web.Response(body=rss(entry(f"From {request.path}")), content_type=_KIND)
        if request.path == "/page":
            return web.Response(
                body=self.page, headers={"Content-Type": "text/html", **self.headers}
            )
        return web.Response(status=404)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site, app = Site(), web.Application()
    app.router.add_get("/{path:.*}", site.serve)
    async with TestServer(app) as server:
        site.url = str(server.make_url("/page"))
        yield site


@pytest.fixture(scope="module")
def worker() -> Iterator[ParseWorker]:
    worker = ParseWorker()
    yield worker
    worker.close()


async def find(site: Site, fetcher: FeedFetcher, worker: ParseWorker, page: str | bytes) -> str:
    body = page if isinstance(page, bytes) else page.encode()
    site.page = b"<!doctype html><html>" + body
    found = await find_feed(site.url, fetcher, worker, NOW, private=True)
    return found.url.removeprefix(site.url.removesuffix("/page"))


@pytest.mark.parametrize(
    "named",
    [
        "<link rel=alternate type=application/rss+xml href=/news.xml>",
        "<LINK HREF='/news.xml' TYPE='Application/RSS+XML' REL='Alternate'>",
        '<link title="x" href=" /news.xml " rel="alternate home" type="text/xml">',
        '<link rel="alternate" type="application/atom+xml; charset=utf-8" href="news.xml">',
        '<link rel="feed" href="/news.xml">',
        '<link rel="alternate" type="application/feed+json" href="/news.xml">',
        '<base href="/deep/er/"><link rel="alternate" type="application/rss+xml" '
        'href="../../news.xml">',
        '<a href="/news.xml">RSS</a>',
        '<p><a href="/other">Home</a> <a href="/news.xml"><img alt=x> Our feed</a>',
        '<link rel="alternate" type="application/rss+xml" href="/comments/news.xml">'
        '<link rel="alternate" type="application/rss+xml" href="/news.xml">',
        '<link rel="alternate" type="application/rss+xml" href="http://[broken">'
        '<link rel="alternate" type="application/rss+xml" href="/news.xml">',
    ],
)
async def test_a_feed_is_found_however_its_page_names_it(
    site: Site, fetcher: FeedFetcher, worker: ParseWorker, named: str
) -> None:
    site.feeds = {"/news.xml", "/comments/news.xml"}
    assert await find(site, fetcher, worker, named) == "/news.xml"


@pytest.mark.parametrize(
    "header",
    [
        '</news.xml>; rel="alternate"; type="application/rss+xml"',
        "</x>; rel=preload, </news.xml>; type=application/rss+xml; rel=alternate",
    ],
)
async def test_a_feed_is_found_in_the_link_header(
    site: Site, fetcher: FeedFetcher, worker: ParseWorker, header: str
) -> None:
    site.feeds, site.headers = {"/news.xml"}, {"Link": header}
    assert await find(site, fetcher, worker, "<p>hello") == "/news.xml"


async def test_a_page_in_an_old_charset_names_its_feed_as_well(
    site: Site, fetcher: FeedFetcher, worker: ParseWorker
) -> None:
    site.feeds = {"/лента.xml"}
    page = '<meta charset="windows-1251"><link rel="alternate" type="text/xml" href="/лента.xml">'
    assert "xml" in await find(site, fetcher, worker, page.encode("cp1251"))


@pytest.mark.parametrize("path", ["/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml"])
async def test_a_feed_that_no_page_names_is_looked_for_where_feeds_are(
    site: Site, fetcher: FeedFetcher, worker: ParseWorker, path: str
) -> None:
    site.feeds = {path}
    assert await find(site, fetcher, worker, "<p>hello") == path


async def test_a_site_without_a_feed_is_asked_a_few_times_and_no_more(
    site: Site, fetcher: FeedFetcher, worker: ParseWorker
) -> None:
    links = "".join(f'<a href="/rss/{n}">RSS</a>' for n in range(50))
    with pytest.raises(FeedError, match="no feed found"):
        await find(site, fetcher, worker, links)
    assert len(site.asked) <= 15


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" https://x.example/feed ", "https://x.example/feed"),
        ("feed:https://x.example/feed", "https://x.example/feed"),
        ("feed://x.example/feed", "https://x.example/feed"),
        ("FEED:http://x.example", "http://x.example"),
        ("x.example/a b", "https://x.example/ab"),
    ],
)
def test_an_address_is_taken_as_it_was_meant(typed: str, meant: str) -> None:
    assert mend_address(typed) == meant


class TestOpml:
    @pytest.mark.parametrize(
        "document",
        [
            '<opml><body><outline text="A & B" xmlUrl="http://x.example/f?a=1&b=2"/></body></opml>',
            '\n\n<?xml version="1.0"?><opml><body><outline text="A &amp; B" '
            'xmlUrl="http://x.example/f?a=1&amp;b=2"/></body></opml>',
            '\ufeff<!DOCTYPE opml SYSTEM "x.dtd"><opml><outline title="A &amp; B" '
            'XMLURL="feed://http://x.example/f?a=1&b=2" type="RSS"/></opml>',
            '<o:opml xmlns:o="urn:o"><o:outline text="A &#38; B" type="rss" '
            'url="http://x.example/f?a=1&b=2"></o:outline></o:opml>',
            "<opml><outline text='folder'><outline title='A &amp; B' "
            "xmlurl=' http://x.example/f?a=1&b=2 '><outline text='A' "
            "xmlUrl='http://x.example/f?a=1&amp;b=2'/></outline></opml>",
        ],
    )
    def test_it_is_read_as_programs_write_it(self, document: str) -> None:
        (outline,) = read_opml(document.encode()).outlines
        assert (outline.title, outline.url) == ("A & B", "http://x.example/f?a=1&b=2")

    def test_an_old_charset_is_read(self) -> None:
        text = '<?xml version="1.0" encoding="windows-1251"?><opml><outline text="Новости мира" '
        document = f'{text}xmlUrl="http://x.example/f"/></opml>'.encode("cp1251")
        assert read_opml(document).outlines[0].title == "Новости мира"

    def test_what_has_no_address_is_named_with_its_line(self) -> None:
        listed = read_opml(
            b'<opml>\n<outline text="A" type="rss"/>\n<outline text="B" xmlUrl="javascript:x"/>\n'
            b'<outline text="Folder"/><outline text="C" xmlUrl="https://c.example"/></opml>'
        )
        assert [(each.line, each.title) for each in listed.unread] == [(2, "A"), (3, "B")]
        assert [each.title for each in listed.outlines] == ["C"]

    @pytest.mark.parametrize(
        "document", [b"", b"hello", b"<html><body>x</body></html>", b"\xff\xfe"]
    )
    def test_what_is_no_list_is_refused(self, document: bytes) -> None:
        with pytest.raises(FeedError, match="not OPML"):
            read_opml(document)
