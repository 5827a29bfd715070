"""Servers that somebody else runs, named by a URL: used, never started, killed or emptied."""

import socket
import threading
import uuid
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from demo.errors import StackError
from demo.store import answers_ping


class GivenStore:
    """A MongoDB-protocol server somebody else runs: used, never started, killed or emptied."""

    ours = False

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def what(self) -> str:
        return f"given store at {urlsplit(self.url).hostname}"

    @property
    def alive(self) -> bool:
        return answers_ping(self.url, 3)

    def start(self, *, seconds: float = 3, given_up: threading.Event | None = None) -> None:
        """Checks that it answers."""
        if not answers_ping(self.url, seconds):
            raise StackError(f"The {self.what} does not answer: start it, or unset the variable that names it.")

    def kill(self) -> None:
        raise StackError(f"The {self.what} is not ours to kill.")

    def stop(self, seconds: float = 0) -> None:
        """Leaves it as it is."""

    def empty(self) -> None:
        """Leaves it as it is."""


class GivenBroker:
    """A RabbitMQ somebody else runs. Fresh virtual hosts come from its management API, on port 15672 of that host."""

    ours = False

    def __init__(self, url: str) -> None:
        self.url = url
        self._parts = urlsplit(url)

    @property
    def what(self) -> str:
        return f"given RabbitMQ at {self._parts.hostname}"

    @property
    def alive(self) -> bool:
        return self._answers(3)

    def start(self, *, seconds: float = 3, given_up: threading.Event | None = None) -> None:
        """Checks that it accepts connections."""
        if not self._answers(seconds):
            raise StackError(f"The {self.what} does not answer: start it, or unset the variable that names it.")

    def kill(self) -> None:
        raise StackError(f"The {self.what} is not ours to kill.")

    def stop(self, seconds: float = 0) -> None:
        """Leaves it as it is."""

    def empty(self) -> None:
        """Leaves it as it is."""

    def new_vhost(self) -> str:
        """The URL of a fresh, empty virtual host; `StackError` when the management API says no."""
        name = f"t{uuid.uuid4().hex[:12]}"
        user = quote(self._parts.username or "guest", safe="")
        self._api("PUT", f"vhosts/{name}")
        self._api("PUT", f"permissions/{name}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})
        return urlunsplit(self._parts._replace(path=f"/{name}"))

    def drop_vhost(self, url: str) -> None:
        """Removes a virtual host that `new_vhost` gave out."""
        self._api("DELETE", f"vhosts/{urlsplit(url).path.lstrip('/')}")

    def _api(self, method: str, path: str, body: Mapping[str, str] | None = None) -> None:
        address = f"http://{self._parts.hostname}:15672/api/{path}"
        user = (self._parts.username or "guest", self._parts.password or "guest")
        try:
            httpx.request(method, address, auth=user, json=body, timeout=10).raise_for_status()
        except httpx.HTTPError as error:
            raise StackError(
                f"The {self.what} gave no virtual host: its management API is needed ({error})."
            ) from error

    def _answers(self, seconds: float) -> bool:
        try:
            place = (self._parts.hostname or "127.0.0.1", self._parts.port or 5672)
            socket.create_connection(place, timeout=seconds).close()
        except OSError:
            return False
        return True
