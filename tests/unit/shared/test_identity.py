"""Tokens: forged, foreign and expired ones prove nothing."""

import base64
import json
import time

import pytest

from shared.errors import NotSignedIn
from shared.identity import (
    LEEWAY,
    WordOver,
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


def word(**changes: object) -> str:
    """A site's word, with claims changed; None takes one away. `alg`, `key`, `aud`, `life`: how it is signed."""
    signed = {"key": KEY, "aud": "sportello-context", "life": 60}
    signed |= {name: changes.pop(name) for name in tuple(changes) if name in signed}
    claims = {"iss": "portal", "sub": "luca", "name": "Luca", "email": "luca@studenti.example", **changes}
    told = {name: value for name, value in claims.items() if value is not None}
    return sign(told, str(signed["key"]), str(signed["aud"]), float(str(signed["life"])))


def unsigned(header: dict[str, str]) -> str:
    """A word with another header, and no signature or one made with the header's own means."""
    claims = {"iss": "portal", "sub": "luca", "name": "L", "email": "l@x.example", "aud": "sportello-context"}
    parts = [json.dumps(each).encode() for each in (header, {**claims, "exp": int(time.time()) + 60})]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


WORDS = {
    "another key": word(key=OTHER),
    "another site": word(iss="www"),
    "no site": word(iss=None),
    "another audience": word(aud="sportello-internal"),
    "a list of audiences": word(aud=["x"]),
    "expired": word(life=-LEEWAY - 5),
    "for years": word(life=10 * 365 * 86_400),
    "no name": word(name=None),
    "a name that is none": word(name={"is": "Luca"}),
    "a name without end": word(name="L" * 201),
    "no address": word(email=None),
    "an address that is none": word(email="luca"),
    "no subject": word(sub=""),
    "a subject that is none": word(sub=7),
    "huge": word(padding="x" * 9000),
    "alg none": unsigned({"alg": "none"}),
    "alg None": unsigned({"alg": "NONE"}),
    "another algorithm": unsigned({"alg": "RS256"}),
    "a key of its own": unsigned({"alg": "HS256", "jwk": "x", "jku": "https://evil.example"}),
    "critical": unsigned({"alg": "HS256", "crit": "exp"}),
    "two parts": "a.b",
    "not ascii": "è.è.è",
    "brackets": "[" * 5000,
}


@pytest.mark.parametrize("what", WORDS)
def test_a_sites_word_that_does_not_hold_is_refused_not_ignored(what: str) -> None:
    with pytest.raises(NotSignedIn):
        read_site_context(WORDS[what], "portal", KEY)


def test_a_word_of_which_only_the_time_is_over_says_whose_it_was() -> None:
    """And no other: forged, foreign or incomplete ones that are over besides tell nothing."""
    over = -LEEWAY - 5
    with pytest.raises(WordOver) as told:
        read_site_context(word(life=over), "portal", KEY)
    assert (told.value.requester.subject, told.value.status) == ("luca", 401)
    wrong: tuple[dict[str, object], ...] = (
        {"key": OTHER},
        {"iss": "www"},
        {"aud": "sportello-internal"},
        {"sub": ""},
        {"email": "luca"},
        {"name": None},
        {"nbf": time.time() + 60},
    )
    for changes in wrong:
        with pytest.raises(NotSignedIn) as refused:
            read_site_context(word(life=over, **changes), "portal", KEY)
        assert not isinstance(refused.value, WordOver)


def test_two_clocks_may_differ_a_little() -> None:
    assert read_site_context(word(life=-LEEWAY + 10), "portal", KEY).subject == "luca"
