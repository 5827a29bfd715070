"""Tokens: forged, foreign and expired ones prove nothing."""

import pytest

from shared.errors import NotSignedIn
from shared.identity import (
    LEEWAY,
    internal_token,
    read_internal_token,
    read_site_context,
    read_submission_token,
    sign,
    site_context,
    submission_token,
)
from shared.policy import Role
from tests.unit.samples import GIULIA, a_requester

KEY, OTHER = "k" * 32, "o" * 32


def test_a_colleague_service_is_told_who_asks() -> None:
    assert read_internal_token(internal_token(GIULIA, KEY), KEY) == GIULIA


def test_the_holder_of_a_link_may_see_one_ticket() -> None:
    holder = read_submission_token(submission_token("t1", KEY), KEY)
    assert (holder.ticket, holder.roles) == ("t1", frozenset({Role.HOLDER}))


def test_a_site_vouches_for_its_user() -> None:
    person = a_requester()
    assert read_site_context(site_context("portal", person, KEY), "portal", KEY) == person


def test_a_site_may_say_what_its_user_is() -> None:
    person = a_requester(role="student", course="Informatica, laurea triennale")
    assert read_site_context(site_context("portal", person, KEY), "portal", KEY) == person
    nothing = a_requester(role="", course=None)
    assert read_site_context(site_context("portal", nothing, KEY), "portal", KEY).role is None


@pytest.mark.parametrize("said", [["student"], 7, {"is": "student"}, "x" * 201])
def test_what_a_site_says_of_its_user_is_a_short_text(said: object) -> None:
    claims = {"iss": "portal", "sub": "luca", "name": "Luca", "email": "luca@studenti.example", "role": said}
    with pytest.raises(NotSignedIn, match="about your role"):
        read_site_context(sign(claims, KEY, "sportello-context", 60), "portal", KEY)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x.y.z",
        internal_token(GIULIA, OTHER),
        submission_token("t1", KEY),
        sign({"sub": "giulia", "person": {"id": "giulia"}}, KEY, "sportello-internal", -LEEWAY - 5),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiYXVkIjoic3BvcnRlbGxvLWludGVybmFsIiwiZXhwIjo5OTk5OTk5OTk5fQ.",
    ],
    ids=["empty", "garbage", "another key", "another audience", "expired", "unsigned"],
)
def test_any_other_token_proves_nothing(token: str) -> None:
    with pytest.raises(NotSignedIn):
        read_internal_token(token, KEY)


def test_one_sites_word_is_not_anothers() -> None:
    with pytest.raises(NotSignedIn):
        read_site_context(site_context("portal", a_requester(), KEY), "demo-site", KEY)
    with pytest.raises(NotSignedIn):
        read_site_context(site_context("portal", a_requester(), KEY), "portal", OTHER)
    with pytest.raises(NotSignedIn):
        read_site_context(submission_token("t1", KEY), "portal", KEY)
