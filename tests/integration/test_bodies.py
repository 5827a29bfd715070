"""Bodies that never end, come by the drop, lie or swell, over real lines: each gets its answer, and holds nothing."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from demo.ports import free_port
from services.intake.arriving import Arriving, Limits
from services.intake.bodies import read
from services.intake.negotiation import language_of
from services.intake.refusals import on_error
from shared.errors import SportelloError
from tests.integration.house import serving
from tests.unit.intake.fakes import FORMS

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
LIMITS = Limits(
    grace=1.0, slowest=1_000_000, most=3.0, drain_seconds=0.5, drain_bytes=20_000_000, room=60_000_000, wait=1
)
FEES = FORMS.current("fees")
ROOMY = FEES.max_upload_bytes


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port() -> AsyncIterator[int]:
    app = FastAPI()
    app.add_exception_handler(SportelloError, on_error)
    app.add_middleware(Arriving, limits=LIMITS)

    @app.get("/health/ready", status_code=204)
    async def ready() -> None:
        return None

    @app.post("/read")
    async def take(request: Request) -> Response:
        body = await read(request, FEES, language_of(request))
        return JSONResponse({"fields": sorted(body.values)[:3], "files": [upload.size for upload in body.uploads]})

    @app.get("/read")
    async def look() -> Response:
        """Reads no body."""
        return JSONResponse({})

    port = free_port()
    async with serving(app, port):
        yield port


def head(*lines: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} /read HTTP/1.1", "Host: x", "Accept: application/json", *lines, "", ""]).encode()


MULTIPART = "Content-Type: multipart/form-data; boundary=b"
CHUNKED = "Transfer-Encoding: chunked"


class Line:
    """One connection, by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self, seconds: float = 10) -> tuple[int, str]:
        """Status and everything that came after it, read to the end or as far as announced."""
        async with asyncio.timeout(seconds):
            start = await self.reader.readuntil(b"\r\n\r\n")
            lengths = [int(each.split(b":")[1]) for each in start.lower().split(b"\r\n") if b"content-length" in each]
            rest = await (self.reader.readexactly(lengths[0]) if lengths else self.reader.read())
        return int(start.split()[1]), start.decode() + rest.decode()

    async def is_closed(self, seconds: float = 5) -> bool:
        """Whether the other side has hung up."""
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.read(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


@contextlib.asynccontextmanager
async def line(port: int, *sent: bytes) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in sent:
        writer.write(piece)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def pour(port: int, start: bytes, piece: bytes, seconds: float) -> tuple[int, bytes]:
    """The same piece again and again until the other side has enough; how many bytes it took, and what it said."""
    sent, said, until = 0, b"", time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sender:
        sender.sendall(start)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < until:
                sent += sender.send(piece)
        with contextlib.suppress(ConnectionError):
            while more := sender.recv(65536):
                said += more
    return sent, said


@pytest.mark.parametrize("kind", [MULTIPART, "Content-Type: application/json"])
async def test_a_body_by_the_drop_is_cut_off_with_a_sentence(port: int, kind: str) -> None:
    started = time.monotonic()
    async with line(port, head(kind, "Content-Length: 100000"), b"--b\r\n") as slow:
        for _ in range(4):
            await asyncio.sleep(0.2)  # the drop
            slow.writer.write(b"x")
        status, said = await slow.answer()
        assert (status, json.loads(said.partition("\r\n\r\n")[2])["status"]) == (408, 408)
        assert "La richiesta non è arrivata intera" in said
        assert "connection: close" in said.lower()
        assert await slow.is_closed()
    assert 0.9 < time.monotonic() - started < 3


async def test_a_steady_body_has_more_time_and_not_for_ever(port: int) -> None:
    """Two seconds for two million bytes; what has no end is cut at the most there is."""
    async with line(port, head("Content-Type: application/json", f"Content-Length: {400_000}")) as steady:
        for _ in range(4):
            steady.writer.write(b" " * 99_999)
            await asyncio.sleep(0.25)  # a slow line
        steady.writer.write(b" {} ")
        assert (await steady.answer())[0] == 200


FILE = b'--b\r\nContent-Disposition: form-data; name="receipt"; filename="a.pdf"\r\n\r\n'


@pytest.mark.parametrize(("start", "status"), [(FILE, b"413"), (b"no multipart", b"422")])
async def test_a_body_without_end_is_refused_and_its_connection_let_go(port: int, start: bytes, status: bytes) -> None:
    megabyte = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    begin = head(MULTIPART, CHUNKED) + b"%x\r\n%s\r\n" % (len(start), start)
    before = psutil.Process().memory_info().rss
    sent, said = await asyncio.to_thread(pour, port, begin, megabyte, 20)
    assert said.split()[1] == status
    assert b"connection: close" in said.lower()
    assert sent < ROOMY + LIMITS.drain_bytes + 30_000_000
    assert psutil.Process().memory_info().rss - before < 60_000_000


async def test_who_sends_a_little_too_much_hears_why_and_keeps_the_line(port: int) -> None:
    size = ROOMY + 5_000_000
    async with line(port, head(MULTIPART, f"Content-Length: {size}"), b"x" * size) as browser:
        status, said = await browser.answer()
        assert (status, "connection: close" in said.lower()) == (413, False)


async def test_a_body_where_none_is_read_ends_too(port: int) -> None:
    async with line(port, head(CHUNKED, method="GET"), b"5\r\nhello\r\n") as odd:
        status, said = await odd.answer()
        assert (status, "connection: close" in said.lower()) == (200, True)
        assert await odd.is_closed()


def parts(count: int, file: bool) -> bytes:
    name = '; filename="f.pdf"' if file else ""
    one = '--b\r\nContent-Disposition: form-data; name="n{0}"' + name + "\r\n\r\nx\r\n"
    return ("".join(one.format(number) for number in range(count)) + "--b--\r\n").encode()


URLENCODED = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
DEEP = b'{"a":' * 50_000 + b"1" + b"}" * 50_000


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        (MULTIPART, parts(1000, file=True), 422, "troppi file"),
        (MULTIPART, parts(10_000, file=False), 422, "troppi campi"),
        (URLENCODED, b"&".join(b"f%d=x" % n for n in range(10_000)), 422, "troppi campi"),
        (JSON, json.dumps({f"f{n}": 1 for n in range(10_000)}).encode(), 422, "troppi campi"),
        (JSON, DEEP, 422, "non si può leggere"),
        (JSON, b'{"a": NaN}', 422, "non si può leggere"),
        (JSON, '{"name": "è"}'.encode("latin-1"), 422, "non si può leggere"),
        (JSON, '{"name": "è"}'.encode("utf-16"), 422, "non si può leggere"),
        (JSON, b"[1, 2]", 422, "non si può leggere"),
        (JSON, b"", 422, "non si può leggere"),
        (JSON, b'{"x": "' + b"a" * 600_000 + b'"}', 413, "supera la dimensione"),
        (URLENCODED, b"a" * 600_000 + b"=1", 413, "supera la dimensione"),
        (
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="' + b"n" * 400_000 + b'"\r\n\r\nx\r\n--b--\r\n',
            422,
            "",
        ),
        (MULTIPART, b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n", 422, "non si può leggere"),
        (MULTIPART, b"not multipart at all", 422, "non si può leggere"),
        ("Content-Type: multipart/form-data", b"--b--", 422, "non si può leggere"),
        ("Content-Type: text/xml", b"<a/>", 415, "JSON"),
        ("Content-Type: application/json\r\nContent-Encoding: gzip", b"\x1f\x8b", 415, "JSON"),
        ("X-No: type", b"{}", 415, "JSON"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
async def test_each_odd_body_gets_its_status_and_a_sentence(
    port: int, kind: str, body: bytes, status: int, words: str
) -> None:
    async with line(port, head(kind, f"Content-Length: {len(body)}"), body) as sender:
        got, said = await sender.answer()
    assert got == status
    told = json.loads(said.partition("\r\n\r\n")[2])
    assert words in told["detail"]
    assert told["detail"].endswith((".", "!"))
    assert len(said) < 3000, "what was sent is not sent back"


async def test_wrong_lengths(port: int) -> None:
    async with line(port, head(JSON, "Content-Length: 50"), b"{}") as short:
        assert (await short.answer())[0] == 408
    async with line(port, head(JSON, "Content-Length: 2"), b"{} and more") as long:
        assert (await long.answer())[0] == 200
        assert (await long.answer())[0] == 400, "what comes behind is no request"
    for lie in ("Content-Length: -5", "Content-Length: five", "Content-Length: 5\r\nContent-Length: 6"):
        async with line(port, head(JSON, lie), b"{}xxx") as liar:
            assert (await liar.answer())[0] == 400
    async with line(port, head(JSON, "Content-Length: 999999999999"), b"{") as giant:
        assert (await giant.answer())[0] == 413
        assert await giant.is_closed()


async def test_who_hangs_up_in_the_middle_holds_nothing(port: int) -> None:
    for _ in range(20):
        async with line(port, head(MULTIPART, "Content-Length: 900000"), b"--b\r\n" * 9):
            pass
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"http://127.0.0.1:{port}/read", json={"a": 1}, headers={"Accept": "application/json"}
        )
    assert answer.json()["fields"] == ["a"]


async def test_the_files_of_all_together_stay_within_bounds(port: int) -> None:
    """Thirty at once, each as large as it may be: all are answered, and the memory is not thirty times as much."""
    size = ROOMY - 200_000
    before, most = psutil.Process().memory_info().rss, 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, psutil.Process().memory_info().rss)
            await asyncio.sleep(0.02)  # a look at the memory

    watching = asyncio.create_task(watch())
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=30)) as client:

        async def send() -> int:
            files = {"receipt": ("a.pdf", b"x" * size)}
            answer = await client.post(
                f"http://127.0.0.1:{port}/read", files=files, headers={"Accept": "application/json"}
            )
            return answer.status_code

        answers = await asyncio.gather(*(send() for _ in range(12)))
    watching.cancel()
    assert set(answers) <= {200, 503, 408}, answers
    assert answers.count(200) >= 3
    assert most - before < 1_000_000_000
