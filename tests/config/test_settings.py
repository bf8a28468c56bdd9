"""Settings: strict, every problem at once, each with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.errors import ConfigError, Problem

REPOSITORY = Path(__file__).parents[2]


def refused_settings(**environment: str) -> list[Problem]:
    """Return what is wrong with an environment."""
    with pytest.raises(ConfigError) as raised:
        load_settings(environment)
    return raised.value.problems


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

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({}, ""),
            ({"BOT_LISTEN": "[::1]:80"}, ""),
            ({"BOT_LISTEN": "localhost:80"}, ""),
            ({"BOT_LISTEN": "0.0.0.0:8080"}, "BOT_LISTEN=0.0.0.0:8080 is open to others"),
            ({"BOT_LISTEN": "[::]:8080"}, "is open to others"),
            ({"BOT_LISTEN": "sahman.example:80"}, "is open to others"),
            ({"BOT_LISTEN": "0.0.0.0:8080", "BOT_PAGE_TOKEN": "x" * 16}, ""),
            (
                {"BOT_WEBHOOK_URL": "https://b.example/t", "BOT_WEBHOOK_SECRET": "s"},
                "what stands before the webhook",
            ),
            ({"BOT_PAGE": "no"}, "BOT_PAGE says no"),
        ],
    )
    def test_the_page_is_served_where_only_its_operator_can_see_it(
        self, given: dict[str, str], why: str
    ) -> None:
        said = load_settings(given).why_no_page
        assert said.startswith(why) or why in said
        assert bool(said) is bool(why)

    def test_a_page_that_is_wanted_and_would_stand_open_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="BOT_PAGE_TOKEN") as raised:
            load_settings({"BOT_LISTEN": "0.0.0.0:8080", "BOT_PAGE": "yes"})
        assert raised.value.problems[0].where == "BOT_PAGE"

    @pytest.mark.parametrize("token", ["short", "пароль-из-других-букв", "with\x07a-bell-in-it"])
    def test_a_weak_token_of_the_page_is_refused_and_not_shown(self, token: str) -> None:
        with pytest.raises(ConfigError) as raised:
            load_settings({"BOT_PAGE_TOKEN": token})
        assert token not in str(raised.value)

    @pytest.mark.parametrize("url", ["sahman.example", "https://sahman.example/page"])
    def test_the_pages_address_is_a_host_of_its_own(self, url: str) -> None:
        with pytest.raises(ConfigError, match="BOT_PAGE_URL"):
            load_settings({"BOT_PAGE_URL": url})

    def test_the_address_of_the_bot_api_loses_its_last_slash(self) -> None:
        assert load_settings({"BOT_API_URL": "http://127.0.0.1:8081/"}).api_url == (
            "http://127.0.0.1:8081"
        )

    def test_every_setting_is_in_the_sample_of_settings(self) -> None:
        sample = (REPOSITORY / ".env.example").read_text()
        for name in Settings.model_fields:
            assert f"BOT_{name.upper()}" in sample


def test_chats_are_let_in_only_where_somebody_can_do_it() -> None:
    with pytest.raises(ConfigError, match="needs BOT_ADMINS"):
        load_settings({"BOT_ACCESS": "approved"})
    settings = load_settings({"BOT_ACCESS": "approved", "BOT_ADMINS": "7"})
    assert settings.access == "approved"
    assert load_settings({"BOT_MOST_SUBSCRIBERS": "100"}).most_subscribers == 100
    with pytest.raises(ConfigError):
        load_settings({"BOT_MOST_SUBSCRIBERS": "0"})
