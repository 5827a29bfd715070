"""The reader that times a page's first and last byte, and the tickets that the Cruscotto is measured with."""

import asyncio
import contextlib
from collections import Counter
from functools import partial

import pytest

from bench.cruscotto import desk
from bench.pages import Browser
from services.tickets.domain import Child
from services.tickets.domain.root import LIVE

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nquiete"
PAUSE = 0.05


async def answering(over: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """`/streamed` in two pieces with a pause between, `/gone` with 404, all else at once."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            if head.startswith(b"GET /streamed"):
                writer.write(CHUNKED + b"4\r\nshel\r\n")
                later = asyncio.Event()
                asyncio.get_running_loop().call_later(PAUSE, later.set)
                await later.wait()
                writer.write(b"1\r\nl\r\n0\r\n\r\n")
            else:
                writer.write(b"HTTP/1.1 404 No\r\n\r\n" if head.startswith(b"GET /gone") else WHOLE)
    writer.close()
    await writer.wait_closed()
    over.set()


async def test_first_and_last_byte_of_a_page_are_told_apart() -> None:
    over = asyncio.Event()
    server = await asyncio.start_server(partial(answering, over), "127.0.0.1", 0)
    browser = Browser(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "a=b")
    try:
        for _ in range(2):
            streamed, whole = await browser.get("/streamed"), await browser.get("/")
            assert (streamed.body, whole.body) == (b"shell", b"quiete")
            assert streamed.last - streamed.first >= 1000 * PAUSE / 2
            assert whole.last - whole.first < 1000 * PAUSE / 2
        with pytest.raises(RuntimeError):
            await browser.get("/gone")
    finally:
        browser.close()
        await over.wait()
        server.close()


def test_the_desk_is_full_of_everything_that_a_widget_shows() -> None:
    roots = list(desk(0, 400))
    assert all(root.state in LIVE for root in roots)
    assert not [number for number, times in Counter(root.number for root in roots).items() if times > 1]
    questions = [root for root in roots if isinstance(root, Child)]
    assert len(questions) == 10
    assert sum(root.late for root in questions) == 2
    assert sum(root.late for root in roots) == 4
    assert any(root.waiting and root.waiting.for_user for root in roots)
    assert any(root.owner and root.owner.id == "giulia.conti" for root in roots)
