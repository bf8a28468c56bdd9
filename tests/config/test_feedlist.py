"""The feed list: strict, every problem at once, each with a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from yarl import URL

from bot.chat.cities import find_city, fold_place
from bot.config import PublisherEntry, load_feeds, parse_feeds
from bot.errors import ConfigError, Problem
from bot.feeds_yaml import FeedsFile
from bot.model import Publisher, PublisherKind

REPOSITORY = Path(__file__).parents[2]

GOOD = """\
publishers:
  Herald: {country: AM, kind: independent}
feeds:
  - name: Herald (English)
    url: https://herald.example/rss
    publisher: Herald
    language: en
"""


def refused(text: str) -> list[Problem]:
    """Return what is wrong with the text of a feeds.yaml."""
    with pytest.raises(ConfigError) as raised:
        parse_feeds(text)
    return raised.value.problems


class TestFeeds:
    def test_a_good_file_is_read_with_the_defaults_of_what_it_leaves_out(self) -> None:
        config = parse_feeds(GOOD)
        (feed,) = config.feeds
        assert config.publishers["Herald"].kind is PublisherKind.INDEPENDENT
        assert (feed.name, feed.publisher, feed.language) == ("Herald (English)", "Herald", "en")
        assert (feed.every_s, feed.timezone, feed.enabled) == (300, "UTC", True)
        assert (feed.urgent, feed.allow_private, feed.user_agent) == (False, False, "")

    def test_every_problem_is_reported_at_once_with_its_line_and_a_remedy(self) -> None:
        problems = refused(
            """\
publishers:
  Herald: {country: AM, kind: independent}
  Gazette: {country: Armenia, kind: tabloid}
feed_list: []
feeds:
  - name: one
    url: https://herald.example/rss
    publisher: Herald
    language: en
    intervall: 60
  - name: two
    url: ftp://herald.example/rss
    publisher: Herald
    language: en
  - name: three
    url: https://herald.example/three
    publisher: Heralt
    language: en
  - url: https://herald.example/four
    publisher: Herald
    language: en
  - name: five
    url: https://herald.example/three
    publisher: Herald
    language: en
  - name: three
    url: https://herald.example/six
    publisher: Herald
    language: en
  - name: seven
    url: https://herald.example/seven
    publisher: Herald
    language: klingon
    timezone: Mars/Phobos
    every_s: soon
"""
        )
        found = [str(problem) for problem in problems]
        expected = {
            ("line 3", "country"),
            ("line 3", "kind"),
            ("line 4", "unknown key 'feed_list'"),
            ("line 10", "unknown key 'intervall'"),
            ("line 12", "is not a URL"),
            ("line 17", "publisher 'Heralt' is not declared"),
            ("line 19", "'name' is missing"),
            ("line 23", "url 'https://herald.example/three' is already used"),
            ("line 26", "name 'three' is already used"),
            ("line 33", "language"),
            ("line 34", "is not a time zone"),
            ("line 35", "every_s"),
        }
        for where, what in expected:
            assert any(
                said.startswith(f"feeds.yaml {where}:") and what in said for said in found
            ), (where, what, found)
        assert len(problems) == len(expected)
        assert all(problem.remedy for problem in problems)

    def test_a_slip_of_the_keyboard_is_met_with_what_was_probably_meant(self) -> None:
        (unknown,) = refused(GOOD + "    languge: en\n")
        assert "language" in unknown.remedy
        (undeclared,) = refused(GOOD.replace("publisher: Herald", "publisher: Heralt"))
        assert "Herald" in undeclared.remedy

    @pytest.mark.parametrize(
        "url",
        [
            "herald.example/rss",
            "ftp://herald.example/rss",
            "https://",
            "https://user:secret@herald.example/rss",
            "javascript:alert(1)",
            "https://herald.example:99999/rss",
        ],
    )
    def test_a_bad_url_is_refused_on_its_own_line(self, url: str) -> None:
        (problem,) = refused(GOOD.replace("https://herald.example/rss", f"'{url}'"))
        assert problem.where == "feeds.yaml line 5"

    @pytest.mark.parametrize("text", ["", "- a\n- b\n", "hello", "feeds: 3\n", "publishers: {}\n"])
    def test_a_file_that_holds_no_feeds_is_refused_with_what_to_write(self, text: str) -> None:
        assert any("feeds" in f"{problem}" for problem in refused(text))

    def test_an_entry_that_is_no_mapping_is_refused(self) -> None:
        (problem,) = refused(GOOD + "  - just words\n")
        assert problem.where == "feeds.yaml line 8"

    def test_what_is_not_yaml_is_refused_with_its_line(self) -> None:
        (problem,) = refused("publishers:\n  Herald: {country: AM\nfeeds: [\n")
        assert re.search(r"line \d", problem.where)
        assert "YAML" in problem.what

    def test_a_key_written_twice_is_refused(self) -> None:
        (problem,) = refused(GOOD + "    language: ru\n")
        assert "language" in str(problem)

    def test_a_publisher_may_not_be_asked_more_often_than_every_half_minute(self) -> None:
        (problem,) = refused(GOOD + "    every_s: 10\n")
        assert "30" in problem.what
        own = parse_feeds(GOOD + "    every_s: 10\n    allow_private: true\n")
        assert own.feeds[0].every_s == 10

    def test_a_file_that_cannot_be_read_is_a_problem_with_a_remedy(self, tmp_path: Path) -> None:
        (tmp_path / "latin.yaml").write_bytes("publishers: é".encode("latin-1"))
        for name, remedy in {"absent.yaml": "BOT_FEEDS", "latin.yaml": "as UTF-8"}.items():
            with pytest.raises(ConfigError) as raised:
                load_feeds(tmp_path / name)
            assert remedy in raised.value.problems[0].remedy

    def test_the_feeds_of_this_repository_are_read(self) -> None:
        config = load_feeds(REPOSITORY / "feeds.yaml")
        assert len(config.feeds) >= 40
        assert {"hy", "ru", "en"} <= {feed.language for feed in config.feeds if feed.enabled}
        assert not any(feed.allow_private for feed in config.feeds)


def described(facts: str) -> PublisherEntry:
    """Return the publisher of a feeds.yaml that says this of it."""
    return parse_feeds(GOOD.replace("independent}", f"independent, {facts}}}")).publishers["Herald"]


class TestPublishers:
    def test_a_city_and_sources_may_be_left_out(self) -> None:
        herald = parse_feeds(GOOD).publishers["Herald"]
        assert (herald.city, herald.source, herald.named("Herald").source) == ("", (), "")

    def test_one_source_is_written_plainly_and_several_in_a_list(self) -> None:
        one = described("city: Yerevan, source: https://a.example/who")
        assert (one.city, one.source) == ("Yerevan", ("https://a.example/who",))
        several = described("source: [https://a.example/who, http://b.example/]")
        assert several.source == ("https://a.example/who", "http://b.example/")

    def test_what_is_shown_of_a_publisher_has_its_first_source(self) -> None:
        several = described("city: Yerevan, source: [https://a.example/, https://b.example/]")
        assert several.named("Herald") == Publisher(
            name="Herald",
            country="AM",
            kind=PublisherKind.INDEPENDENT,
            city="Yerevan",
            source="https://a.example/",
        )

    @pytest.mark.parametrize(
        ("facts", "what"),
        [
            ("source: its own page", "source: 'its own page' is not a URL"),
            ("source: ftp://a.example/", "source: 'ftp://a.example/' is not a URL"),
            ("source: [https://a.example/, a.example]", "source: 'a.example' is not a URL"),
            ("source: [https://a.example/, 3]", "source: 3 is not a URL"),
            ("source: https://me:secret@a.example/", "source: a URL must carry no user name"),
            ("source: 2026", "source: must be an address of the web, or a list of them"),
            ("source: []", "source: must be an address of the web, or a list of them"),
            ("source: {own: https://a.example/}", "source: must be an address of the web"),
            ("source: ''", "source: '' is not a URL"),
            (f"city: {'x' * 61}", "city: String should have at most 60 characters"),
            ('city: "Yerevan\\nBaku"', "city: must be one line"),
            ("city: [Yerevan]", "city: Input should be a valid string"),
            ("town: Yerevan", "unknown key 'town'"),
        ],
    )
    def test_what_is_no_city_or_no_source_is_refused_on_its_line(
        self, facts: str, what: str
    ) -> None:
        with pytest.raises(ConfigError) as raised:
            described(facts)
        (problem,) = raised.value.problems
        assert (problem.where, bool(problem.remedy)) == ("feeds.yaml line 2", True)
        assert problem.what.startswith(f"publisher 'Herald': {what}")
        assert "secret" not in str(problem)


class TestPublishersOfThisRepository:
    PUBLISHERS = load_feeds(REPOSITORY / "feeds.yaml").publishers

    def test_each_sits_somewhere_or_is_of_many_countries(self) -> None:
        nowhere = {name: each.kind for name, each in self.PUBLISHERS.items() if not each.city}
        assert set(nowhere.values()) <= {PublisherKind.INTERNATIONAL}

    def test_who_stands_behind_nearly_each_can_be_checked(self) -> None:
        unchecked = {name for name, each in self.PUBLISHERS.items() if not each.source}
        # No address was found that says who owns these.
        assert unchecked <= {
            "Armenia Today", "Minval", "NEWS.am", "Novosti-Gruziya", "PanARMENIAN.Net",
            "Radar Armenia",
        }  # fmt: skip

    def test_each_source_is_a_page_that_comes_encrypted(self) -> None:
        addresses = [URL(each) for by in self.PUBLISHERS.values() for each in by.source]
        assert len(addresses) >= 52
        for address in addresses:
            assert address.scheme == "https", address
            assert "." in (address.host or ""), address
            assert not address.query_string, address
            assert not address.fragment, address

    def test_each_city_is_spelt_as_maps_spell_it(self) -> None:
        cities = {each.city for each in self.PUBLISHERS.values() if each.city}
        unknown = {city for city in cities if find_city(fold_place(city)) is None}
        assert unknown <= {"Watertown"}  # too small for the table of cities


class TestEditing:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """Return a copy of the shipped feeds.yaml."""
        path = tmp_path / "feeds.yaml"
        path.write_bytes((REPOSITORY / "feeds.yaml").read_bytes())
        return path

    def test_switching_a_feed_changes_its_line_and_no_other(self, path: Path) -> None:
        before = path.read_text(encoding="utf-8").splitlines()
        assert FeedsFile(path).enable("CivilNet (English)", True)
        after = path.read_text(encoding="utf-8").splitlines()
        changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert [pair[1].split("#")[0].strip() for pair in changed] == ["enabled: true"]

    def test_adding_a_feed_keeps_what_is_said_of_publishers(self, path: Path) -> None:
        known = load_feeds(path).publishers
        more = {"url": "https://more.example/rss", "language": "en"}
        file = FeedsFile(path)
        file.add({"name": "More", "publisher": "Hetq", **more}, {"country": "AZ", "kind": "state"})
        assert load_feeds(path).publishers == known
        new = {
            "country": "AM",
            "kind": "private",
            "city": "Gyumri",
            "source": ["https://a.example/", "https://b.example/"],
        }
        more = {"url": "https://new.example/rss", "language": "en"}
        file.add({"name": "New", "publisher": "New", **more}, new)
        grown = dict(load_feeds(path).publishers)
        assert grown.pop("New").source == ("https://a.example/", "https://b.example/")
        assert grown == known

    @pytest.mark.parametrize("source", ["https://a.example/who", "[https://a.example/who]"])
    def test_facts_over_several_lines_are_kept_with_their_comments(
        self, path: Path, source: str
    ) -> None:
        facts = f"""\
    country: AM
    kind: independent
    city: Yerevan # moved in 2024
    source: {source} # read in May
"""
        path.write_text(GOOD.replace(" {country: AM, kind: independent}\n", f"\n{facts}"))
        FeedsFile(path).enable("Herald (English)", False)
        assert facts in path.read_text(encoding="utf-8")
