"""Browsers that Playwright can't drive as Debian packages them: Firefox by its own Marionette, WebKitGTK by WebDriver.

Just enough to open a page and to run scripts in it, as a person's clicks and keys would have their effects.
"""

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import httpx

from demo.found import firefox, mini_browsers, webkit
from demo.ports import free_port
from tests.conftest import eventually

ONLY_AS_IT_IS = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}


class Engine(Protocol):
    """A browser with one page."""

    async def go(self, url: str) -> None:
        """Open a page."""

    async def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""


class _Firefox:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._last = reader, writer, 0

    async def _read(self) -> Any:
        size = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(size[:-1])))

    async def ask(self, command: str, **given: Any) -> Any:
        self._last += 1
        message = json.dumps([0, self._last, command, given]).encode()
        self._writer.write(b"%d:%s" % (len(message), message))
        _, _, error, result = await self._read()
        assert error is None, error
        return result

    async def begin(self) -> None:
        await self._read()
        await self.ask("WebDriver:NewSession")

    async def go(self, url: str) -> None:
        await self.ask("WebDriver:Navigate", url=url)

    async def run(self, script: str, *arguments: Any) -> Any:
        return (await self.ask("WebDriver:ExecuteScript", script=script, args=list(arguments)))["value"]


class _WebKit:
    def __init__(self, client: httpx.AsyncClient, session: str) -> None:
        self._client, self._session = client, session

    async def _post(self, path: str, **given: Any) -> Any:
        answer = await self._client.post(f"/session/{self._session}/{path}", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    async def go(self, url: str) -> None:
        await self._post("url", url=url)

    async def run(self, script: str, *arguments: Any) -> Any:
        return await self._post("execute/sync", script=script, args=list(arguments))


@contextlib.asynccontextmanager
async def a_firefox(folder: Path) -> AsyncIterator[Engine]:
    """Firefox without a window, its profile in `folder`."""
    port = free_port()
    told = {**ONLY_AS_IT_IS, "marionette.port": port}
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in told.items()]
    (folder / "user.js").write_text("\n".join(lines))
    command = [str(firefox()), "--marionette", "--headless", "--no-remote", "--profile", str(folder)]
    async with _process(*command, HOME=str(folder)):

        async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
            return None

        reader, writer = await eventually(connected, timeout=60)
        browser = _Firefox(reader, writer)
        await browser.begin()
        yield browser
        writer.close()


@contextlib.asynccontextmanager
async def a_webkit(folder: Path) -> AsyncIterator[Engine]:
    """WebKitGTK's small browser, on a display of its own when there is none."""
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        display = os.environ.get("DISPLAY", "")
        if not display:
            display = f":{90 + port % 900}"
            await stack.enter_async_context(_process(str(shutil.which("Xvfb")), display, "-screen", "0", "1280x900x24"))
        own = {"DISPLAY": display, "HOME": str(folder), "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        await stack.enter_async_context(_process(str(webkit()), f"--port={port}", **own))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30))
        wanted = {"webkitgtk:browserOptions": {"binary": str(mini_browsers()[-1]), "args": ["--automation"]}}

        async def session() -> str | None:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.post("/session", json={"capabilities": {"alwaysMatch": wanted}})
                return str(answer.json()["value"]["sessionId"]) if answer.status_code == 200 else None
            return None

        browser = str(await eventually(session, timeout=60))
        yield _WebKit(client, browser)
        await client.delete(f"/session/{browser}")


@contextlib.asynccontextmanager
async def _process(*command: str, **environment: str) -> AsyncIterator[None]:
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=quiet, stderr=quiet
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), 20)
