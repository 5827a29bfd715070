"""What may be typed, and what is refused at the door because nobody could store, send or show it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from services.tickets import commands as c
from shared.ids import derived

KEY = f"{derived('file')}/{'a' * 64}"
FILE: dict[str, Any] = {"key": KEY, "name": "a.pdf", "media_type": "application/pdf", "size": 1, "field": ""}
UNSEEN = "\u200b \u2060\u200d"


def answer(**given: Any) -> c.AnswerTicket:
    return c.AnswerTicket.model_validate({"seen": 0, "text": "Ecco.", **given})


def reply(value: Any) -> c.ReplyTicket:
    return c.ReplyTicket.model_validate({"values": {"description": value}, "information": "x"})


def test_what_nobody_can_see_is_no_text() -> None:
    with pytest.raises(ValidationError):
        answer(text=UNSEEN)
    assert c.ReplyTicket(text=UNSEEN).text == ""
    assert c.CloseTicket.model_validate({"seen": 0, "outcome": "closed_unsuccessful", "reason": UNSEEN}).reason == ""
    assert answer(text="👍🏽").text == "👍🏽"


@pytest.mark.parametrize("year", [2200, 9999])
@pytest.mark.parametrize("wish", [c.DeferTicket, c.AskInformation])
def test_a_day_that_can_not_be_said_in_every_zone_is_refused(wish: Any, year: int) -> None:
    body = {"seen": 0, "text": "Quale?", "fields": ["kind"]}
    with pytest.raises(ValidationError):
        wish.model_validate({**body, "until": f"{year}-12-31T23:59:59Z"})
    assert wish.model_validate({**body, "until": "2199-12-31T23:59:59Z"}).until == datetime(
        2199, 12, 31, 23, 59, 59, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "../../../etc/passwd"},
        {"key": f"{derived('file')}/../x"},
        {"key": ""},
        {"key": KEY + "\n"},
        {"name": "x" * 256},
        {"name": "a\ud800"},
        {"name": "a\r\nBcc: x"},
        {"media_type": "text/plain\n"},
        {"field": "\x00"},
        {"size": -1},
        {"size": 10**30},
    ],
    ids=str,
)
def test_a_file_is_one_that_was_stored_with_a_name_that_can_be_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        answer(attachments=[{**FILE, **wrong}])
    assert answer(attachments=[FILE]).attachments[0].name == "a.pdf"


@pytest.mark.parametrize(
    "wrong",
    ["\ud800", "\x00", float("nan"), float("inf"), 10**30, {"\ud800": 1}, [["\x00"]], json.loads("[" * 20 + "]" * 20)],
    ids=ascii,
)
def test_an_answer_is_something_that_can_be_stored(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        reply(wrong)
    for right in ("Riga\nuna", 7, 1.5, True, None, ["a", "b"], {"a": 1}):
        assert reply(right).values == {"description": right}
    with pytest.raises(ValidationError):
        c.ReplyTicket.model_validate({"values": {"\ud800": 1}})
