"""Only our own pages may send a wish."""

import pytest

from services.portal import csrf
from services.portal.sessions import Session
from shared.errors import Forbidden
from tests.unit.portal.samples import a_request
from tests.unit.samples import GIULIA

PORTAL = "http://portal.example"
SESSION = Session(id="s", person=GIULIA, csrf="the-token", expires_at=0)


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8100"}, False),
        ({"origin": "http://127.0.0.1:8100"}, True),
        ({"origin": "http://portal.example"}, True),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "http://127.0.0.1:8190"}, False),
        ({"origin": "null"}, False),
        ({}, True),
    ],
)
def test_the_browser_tells_where_a_form_comes_from(headers: dict[str, str], ours: bool) -> None:
    assert csrf.from_our_pages(a_request(headers), PORTAL) is ours


async def test_a_form_with_the_session_s_token_passes() -> None:
    await csrf.check(a_request(body=b"csrf=the-token"), SESSION, PORTAL)


@pytest.mark.parametrize("body", [b"", b"csrf=", b"csrf=another", b"csrf=%C3%A9"])
async def test_without_the_session_s_token_it_is_refused(body: bytes) -> None:
    with pytest.raises(Forbidden):
        await csrf.check(a_request(body=body), SESSION, PORTAL)


async def test_the_token_does_not_help_a_foreign_page() -> None:
    with pytest.raises(Forbidden):
        await csrf.check(a_request({"sec-fetch-site": "cross-site"}, b"csrf=the-token"), SESSION, PORTAL)
