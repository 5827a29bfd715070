"""The demo sign-in lets anybody be anyone: where it may run, and where it leads."""

from pathlib import Path
from typing import Any

import pytest

from services.portal.app import build
from services.portal.gate import local_path
from services.portal.sign_in import Doors, check_demo, ways
from shared.config import Settings
from shared.errors import ConfigError
from shared.people import People
from shared.queues import Queues

CONFIG = Path("config")


def settings(**changes: Any) -> Settings:
    """As `make run` has them."""
    return Settings(**{"demo": "on", "host": "127.0.0.1", **changes})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_it_runs_on_this_machine(host: str) -> None:
    check_demo(settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "portal.example", ""])  # noqa: S104
def test_it_does_not_start_where_others_reach_it(host: str) -> None:
    with pytest.raises(ConfigError, match="SPORTELLO_DEMO"):
        check_demo(settings(host=host))


def test_it_starts_anywhere_when_that_is_said() -> None:
    check_demo(settings(host="0.0.0.0", demo="public"))  # noqa: S104


@pytest.mark.parametrize("demo", ["on", "public"])
def test_it_does_not_start_beside_a_real_sign_in(demo: str) -> None:
    with pytest.raises(ConfigError, match="OIDC"):
        check_demo(settings(demo=demo, oidc_issuer="https://sso.example"))


def test_off_is_always_fine() -> None:
    check_demo(settings(demo="off", host="0.0.0.0", oidc_issuer="https://sso.example"))  # noqa: S104


def test_a_real_sign_in_says_who_we_are() -> None:
    queues = Queues.load(CONFIG)
    with pytest.raises(ConfigError, match="SPORTELLO_OIDC_CLIENT_ID"):
        Doors.of(settings(demo="off", oidc_issuer="https://sso.example"), People.load(CONFIG, queues))


def test_sessions_count_only_of_a_door_that_is_open() -> None:
    assert ways(settings(demo="off")) == frozenset()
    assert ways(settings(demo="on")) == {"demo"}
    assert ways(settings(demo="off", oidc_issuer="https://sso.example")) == {"oidc"}


def test_the_whole_portal_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        build(settings(host="0.0.0.0", blobs_url=tmp_path.as_uri()))  # noqa: S104


@pytest.mark.parametrize("path", ["/", "/tickets?state=new&queue=a", "/my/20261123000013"])
def test_after_sign_in_one_goes_where_one_wanted(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "tickets",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\nSet-Cookie: a",
        "javascript:1",
    ],
)
def test_but_never_to_another_site(path: str | None) -> None:
    assert local_path(path) == "/"
