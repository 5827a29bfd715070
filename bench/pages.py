"""A browser's way of reading a page, for measuring: one kept connection, a cookie, the first and the last byte."""

import asyncio
import html
import re
import time
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import httpx

from bench.client import PATIENCE


class Read(NamedTuple):
    """Milliseconds from the request to the first byte of the page and to its end; the page."""

    first: float
    last: float
    body: bytes


class Browser:
    """Somebody signed in at a portal. `close` it."""

    def __init__(self, url: str, cookies: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._cookies = cookies
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @classmethod
    async def signed_in(cls, url: str, person: str) -> "Browser":
        """With the cookies that the sign-in gave this sample person."""
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
            answer = await client.post("/sign-in", data={"person": person})
            if answer.status_code != 303:
                raise RuntimeError(f"signing in was answered {answer.status_code}")
            return cls(url, "; ".join(f"{name}={value}" for name, value in client.cookies.items()))

    async def get(self, path: str) -> Read:
        """One page, as it comes. `RuntimeError` unless it is 200."""
        async with asyncio.timeout(PATIENCE):
            started = time.perf_counter()
            reader, told = await self._ask("GET", path)
            if int(told[9:12]) != 200:
                raise RuntimeError(f"{path} was answered {told[9:12]}")
            first, body = await _body(reader, told)
            return Read(1000 * (first - started), 1000 * (time.perf_counter() - started), body)

    async def _ask(self, method: str, path: str, more: str = "", body: bytes = b"") -> tuple[asyncio.StreamReader, str]:
        # The server lets go of a connection that was quiet for some seconds.
        if self._streams is None or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        host = f"{self._address[0]}:{self._address[1]}"
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {self._cookies}\r\n"
        writer.write(f"{head}Accept: text/html\r\n{more}\r\n".encode("ascii") + body)
        return reader, (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()

    async def form(self, path: str, verb: str, **filled: str) -> "Form":
        """The form of a ticket's page that sends `verb`, filled in."""
        page = (await self.get(path)).body.decode()
        found = re.search(rf'<form [^>]*action="({re.escape(path)}/{verb})".*?</form>', page, re.DOTALL)
        if found is None:
            raise RuntimeError(f"{path} has no form for {verb}")
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0])
        return Form(self, found[1], {name: html.unescape(value) for name, value in hidden} | filled)

    async def post(self, path: str, fields: dict[str, str]) -> None:
        """Send a form. `RuntimeError` unless it leads on."""
        body = urlencode(fields).encode()
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        async with asyncio.timeout(PATIENCE):
            reader, told = await self._ask("POST", path, kind, body)
            await _body(reader, told)
        if int(told[9:12]) != 303:
            raise RuntimeError(f"{path} was answered {told[9:12]}")

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()


class Form(NamedTuple):
    """Ready to be sent."""

    browser: Browser
    path: str
    fields: dict[str, str]

    async def send(self) -> None:
        """As a browser does."""
        await self.browser.post(self.path, self.fields)


async def _body(reader: asyncio.StreamReader, head: str) -> tuple[float, bytes]:
    """When the body began, and all of it."""
    if "transfer-encoding: chunked" not in head:
        length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
        if not length:
            return time.perf_counter(), b""
        start = await reader.readexactly(1)
        return time.perf_counter(), start + await reader.readexactly(length - 1)
    first, parts = 0.0, []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        first = first or time.perf_counter()
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return first, b"".join(parts)
