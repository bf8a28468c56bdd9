"""Settings and feeds.yaml: strict, every problem at once, each with a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config import load_feeds, load_settings, parse_feeds
from bot.errors import ConfigError, Problem
from bot.model import PublisherKind

REPOSITORY = Path(__file__).parents[1]

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


def refused_settings(**environment: str) -> list[Problem]:
    """Return what is wrong with an environment."""
    with pytest.raises(ConfigError) as raised:
        load_settings(environment)
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
        for name in ("absent.yaml", "latin.yaml"):
            with pytest.raises(ConfigError) as raised:
                load_feeds(tmp_path / name)
            assert "BOT_FEEDS" in raised.value.problems[0].remedy

    def test_the_feeds_of_this_repository_are_read(self) -> None:
        config = load_feeds(REPOSITORY / "feeds.yaml")
        assert len(config.feeds) >= 40
        assert {"hy", "ru", "en"} <= {feed.language for feed in config.feeds if feed.enabled}
        assert not any(feed.allow_private for feed in config.feeds)


class TestSettings:
    def test_nothing_set_is_enough(self) -> None:
        settings = load_settings({"HOME": "/root", "PATH": "/bin"})
        assert settings.token is None
        assert settings.api_url == "https://api.telegram.org"
        assert settings.send_rate == 25

    def test_an_empty_variable_counts_as_unset(self) -> None:
        settings = load_settings({"BOT_TOKEN": "", "BOT_LOG": " ", "BOT_TOKEN_FILE": ""})
        assert settings.token is None
        assert settings.log == "text"

    def test_a_setting_may_stand_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text("1:secret\n")
        settings = load_settings({"BOT_TOKEN_FILE": str(tmp_path / "token")})
        assert settings.token is not None
        assert settings.token.get_secret_value() == "1:secret"

    def test_a_file_that_is_not_there_is_named(self) -> None:
        (problem,) = refused_settings(BOT_TOKEN_FILE="/nowhere/token")
        assert problem.where == "BOT_TOKEN_FILE"
        assert "/nowhere/token" in problem.what

    def test_a_file_that_is_no_text_is_a_problem_and_not_a_crash(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_bytes(b"\xff\xfe\x00")
        (problem,) = refused_settings(BOT_TOKEN_FILE=str(tmp_path / "token"))
        assert problem.where == "BOT_TOKEN_FILE"

    def test_an_unknown_variable_is_met_with_what_was_probably_meant(self) -> None:
        (problem,) = refused_settings(BOT_TOKN="1:secret")
        assert problem.where == "BOT_TOKN"
        assert "BOT_TOKEN" in problem.remedy

    def test_every_problem_is_reported_at_once(self) -> None:
        problems = refused_settings(
            BOT_COLOUR="red",
            BOT_API_URL="telegram",
            BOT_DATABASE_URL="mysql://x",
            BOT_SEND_RATE="fast",
            BOT_KEEP_DAYS="0",
            BOT_LOG="xml",
        )
        assert {problem.where for problem in problems} == {
            "BOT_COLOUR", "BOT_API_URL", "BOT_DATABASE_URL", "BOT_SEND_RATE", "BOT_KEEP_DAYS",
            "BOT_LOG",
        }  # fmt: skip
        assert all(problem.remedy for problem in problems)

    @pytest.mark.parametrize(
        ("environment", "accepted"),
        [
            ({"BOT_SEND_RATE": "30"}, True),
            ({"BOT_SEND_RATE": "31"}, False),
            ({"BOT_SEND_RATE": "31", "BOT_PAID_BROADCAST": "yes"}, True),
            ({"BOT_SEND_RATE": "0"}, False),
        ],
    )
    def test_more_than_telegram_sends_for_nothing_needs_a_yes(
        self, environment: dict[str, str], accepted: bool
    ) -> None:
        if accepted:
            assert load_settings(environment).send_rate == float(environment["BOT_SEND_RATE"])
        else:
            assert refused_settings(**environment)

    def test_no_secret_is_shown_when_a_setting_is_refused(self) -> None:
        with pytest.raises(ConfigError) as raised:
            load_settings({"BOT_TOKEN": "1:secret", "BOT_DATABASE_URL": "mysql://sahman:hush@db/x"})
        assert "hush" not in str(raised.value)
        assert "secret" not in str(raised.value)

    def test_no_secret_is_shown_when_settings_are_printed(self) -> None:
        settings = load_settings(
            {
                "BOT_TOKEN": "1:whisper",
                "BOT_DATABASE_URL": "postgresql://sahman:hush@db/x",
                "BOT_WEBHOOK_URL": "https://bot.example/telegram",
                "BOT_WEBHOOK_SECRET": "murmur",
            }
        )
        for secret in ("whisper", "hush", "murmur"):
            assert secret not in repr(settings)

    @pytest.mark.parametrize(
        ("url", "secret", "said"),
        [
            ("https://bot.example/telegram", "", "needs BOT_WEBHOOK_SECRET"),
            ("https://bot.example/telegram", "no spaces", "1 to 256 characters"),
            ("https://bot.example/telegram", "x" * 257, "1 to 256 characters"),
            ("https://bot.example/", "s3cret", "must end in a path"),
            ("http://bot.example/telegram", "s3cret", "only to https"),
            ("https://bot.example:8080/telegram", "s3cret", "only to https"),
        ],
    )
    def test_a_webhook_that_could_not_work_or_would_stand_open_is_refused(
        self, url: str, secret: str, said: str
    ) -> None:
        with pytest.raises(ConfigError) as raised:
            load_settings({"BOT_WEBHOOK_URL": url, "BOT_WEBHOOK_SECRET": secret})
        assert said in str(raised.value.problems[0])

    def test_another_bot_api_server_may_bring_updates_without_https(self) -> None:
        hook = "http://127.0.0.1:8080/telegram"
        environment = {"BOT_API_URL": "http://127.0.0.1:8081", "BOT_WEBHOOK_URL": hook}
        settings = load_settings({**environment, "BOT_WEBHOOK_SECRET": "s3cret"})
        assert settings.webhook_url == hook

    @pytest.mark.parametrize("listen", ["8080", "localhost", "127.0.0.1:http", "[::1]:70000"])
    def test_an_address_to_listen_on_has_host_and_port(self, listen: str) -> None:
        with pytest.raises(ConfigError, match=r"such as 127\.0\.0\.1:8080"):
            load_settings({"BOT_LISTEN": listen})

    def test_the_address_of_the_bot_api_loses_its_last_slash(self) -> None:
        assert load_settings({"BOT_API_URL": "http://127.0.0.1:8081/"}).api_url == (
            "http://127.0.0.1:8081"
        )

    def test_every_setting_is_in_the_sample_of_settings(self) -> None:
        from bot.config import Settings

        sample = (REPOSITORY / ".env.example").read_text()
        for name in Settings.model_fields:
            assert f"BOT_{name.upper()}" in sample
