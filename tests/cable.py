"""A network cable between a client and a server that a test can cut, or make swallow everything (half-open)."""

import asyncio
import contextlib
from urllib.parse import urlsplit


class Cable:
    """A TCP proxy. `swallow()`: connections stay open and nothing arrives; `heal()` lets new bytes through."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def plug_in(self) -> int:
        """Start listening; the port."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def swallow(self) -> None:
        """From now on bytes vanish, in both directions; also new connections get no answer."""
        self._flows.clear()

    def heal(self) -> None:
        """Bytes flow again; what was swallowed stays lost, so old connections are broken for good."""
        self._flows.set()
        self.cut()

    def cut(self) -> None:
        """Close every connection."""
        for writer in list(self._writers):
            writer.close()

    async def unplug(self) -> None:
        """Stop."""
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server:
            self._server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if self._flows.is_set():
                    sink.write(data)
                    await sink.drain()
        sink.close()
        self._writers.discard(sink)


def through(url: str, port: int) -> str:
    """`url` with its host and port replaced by the cable's."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{user}@127.0.0.1:{port}" if user else f"127.0.0.1:{port}").geturl()
