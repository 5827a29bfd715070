"""The measuring client's two pure ends: a request as bytes, an answer from bytes that come in pieces."""

import pytest

from bench.client import Load, request, split_answer

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\ncontent-length: 11\r\n\r\n" + b'{"a": "bc"}'


def test_a_request_tells_its_length_in_bytes() -> None:
    raw = request("POST", "/forms", {"Prefer": "respond-async"}, "è".encode())
    assert raw.startswith(b"POST /forms HTTP/1.1\r\nHost: 127.0.0.1\r\nPrefer: respond-async\r\n")
    assert raw.endswith(b"Content-Length: 2\r\n\r\n\xc3\xa8")


def test_an_answer_is_whole_only_with_its_last_byte() -> None:
    assert all(split_answer(ANSWER[:end]) is None for end in range(len(ANSWER)))
    assert split_answer(ANSWER) == (202, b'{"a": "bc"}')


def test_no_content_needs_no_length() -> None:
    assert split_answer(b"HTTP/1.1 204 No Content\r\n\r\n") == (204, b"")


def test_an_answer_of_unknown_length_is_refused() -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        split_answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")


def test_a_rate_is_what_was_answered_in_the_time_it_took() -> None:
    assert Load(times=[0.1] * 50, seconds=2.0).rate == 25.0
