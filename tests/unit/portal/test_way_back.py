"""The way back from a ticket: the list that led to it, and nothing that is not a list of ours."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.portal.way_back import COOKIE, LONGEST, WayBack

NUMBER = "20261123000013"
HOST = "desk.example"
OURS = f"https://{HOST}"


def asked(referer: str = "", kept: str | None = None, path: str = f"/tickets/{NUMBER}") -> Request:
    headers = [(b"host", HOST.encode())]
    if referer:
        headers.append((b"referer", referer.encode()))
    if kept is not None:
        headers.append((b"cookie", f"{COOKIE}={kept}".encode()))
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    return Request(scope)


def cookie_after(way: WayBack) -> str:
    response = Response()
    way.keep(response, secure=True)
    return response.headers.get("set-cookie", "")


def test_whoever_came_from_a_list_goes_back_to_its_filter_and_place() -> None:
    way = WayBack(asked(f"{OURS}/tickets?state=new&queue=mine&text=due+parole&after=d-17"), NUMBER)
    assert way.address == "/tickets?state=new&queue=mine&text=due+parole&after=d-17"
    assert WayBack(asked(f"{OURS}/tickets"), NUMBER).address == "/tickets?state="


def test_it_is_remembered_for_this_ticket_while_one_works_on_it() -> None:
    cookie = cookie_after(WayBack(asked(f"{OURS}/tickets?tag=a%26b"), NUMBER))
    assert f"Path=/tickets/{NUMBER};" in cookie
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    kept = cookie.split(";")[0].removeprefix(f"{COOKIE}=")
    for page in (f"/tickets/{NUMBER}", f"/tickets/{NUMBER}?done=x", f"/tickets/{NUMBER}/answers"):
        way = WayBack(asked(OURS + page, kept), NUMBER)
        assert way.address == "/tickets?tag=a%26b", page
        assert COOKIE in cookie_after(way)


def test_whoever_came_from_elsewhere_goes_to_the_cruscotto_and_the_list_is_forgotten() -> None:
    for referer in ("", f"{OURS}/", f"{OURS}/notices", f"{OURS}/tickets/{NUMBER}9", f"{OURS}/tickets/2026"):
        way = WayBack(asked(referer, "state%3Dnew"), NUMBER)
        assert way.address == "", referer
        assert "Max-Age=0" in cookie_after(way)
        assert cookie_after(WayBack(asked(referer), NUMBER)) == ""


@pytest.mark.parametrize(
    "referer",
    [
        "https://evil.example/tickets?state=new",
        f"https://evil.example\\@{HOST}/tickets",
        f"https://{HOST}@evil.example/tickets?state=new",
        "//[",
        "javascript:alert(1)",
        f"{OURS}/tickets?text={'x' * LONGEST}",
    ],
)
def test_no_other_page_is_ever_led_to(referer: str) -> None:
    assert WayBack(asked(referer), NUMBER).address == ""


@pytest.mark.parametrize("kept", ["", "order%3Dlost", "%2F%2Fevil.example", "https%3A%2F%2Fevil.example%2F", "%0d%0a"])
def test_a_forged_cookie_leads_to_the_plain_list(kept: str) -> None:
    assert WayBack(asked(f"{OURS}/tickets/{NUMBER}", kept), NUMBER).address == "/tickets?state="
