"""RabbitMQ and MongoDB as containers, for machines with Docker and without the servers themselves."""

import secrets
import threading
from contextlib import suppress
from typing import Any

from demo.broker import USER, Vhosts, talks_amqp
from demo.errors import StackError
from demo.ports import demand_free
from demo.store import answers_ping
from demo.waiting import wait_until

RABBITMQ_IMAGE = "rabbitmq:4.2"
MONGO_IMAGE = "mongo:8.0"


class _Container:
    """One container on a fixed port of 127.0.0.1, with its data in the named volume; the same at each start."""

    ours = True

    def __init__(self, image: str, *, inside: int, port: int, volume: tuple[str, str], **options: Any) -> None:
        self._image = image
        self._inside = inside
        self._port = port
        self._volume, self._place = volume
        self._options = options
        self._container: Any = None
        self._env: dict[str, str] = {}

    @property
    def what(self) -> str:
        return f"container {self._image}"

    @property
    def alive(self) -> bool:
        if self._container is None:
            return False
        self._container.reload()
        return bool(self._container.status == "running")

    def start(self, *, seconds: float = 120, given_up: threading.Event | None = None) -> None:
        """Starts it, empty or on the kept data, and returns when it answers."""
        demand_free(self._port, self.what)
        if self._container is None:
            self._container = self._make()
        else:
            self._container.start()
        if not wait_until(self._ready, seconds, every=0.3, given_up=given_up):
            self.stop()
            raise StackError(f"The {self.what} did not answer within {seconds:.0f} s: is its image complete?")

    def kill(self) -> None:
        """SIGKILL for all inside; the data stays for the next `start`."""
        if self.alive:
            self._container.kill()

    def stop(self, seconds: float = 8) -> None:
        """Ends and removes the container; its data stays."""
        if self._container is not None:
            self._container.stop(timeout=int(seconds))
            self._container.remove(force=True)
            self._container = None

    def empty(self) -> None:
        """Forgets the kept data; only while stopped."""
        from docker.errors import NotFound
        from testcontainers.core.docker_client import DockerClient

        with suppress(NotFound):
            DockerClient().client.volumes.get(self._volume).remove(force=True)

    def _make(self) -> Any:
        from testcontainers.core.container import DockerContainer

        try:
            made = DockerContainer(self._image).with_envs(**self._env).with_kwargs(**self._options)
            made.ports[f"{self._inside}/tcp"] = ("127.0.0.1", self._port)  # type: ignore[assignment]  # Docker's own form
            made.with_volume_mapping(self._volume, self._place, "rw")
            return made.start().get_wrapped_container()
        except Exception as error:  # the Docker library has no common root for its errors
            raise StackError(f"The {self.what} could not be started by Docker: {error}") from error

    def _ready(self) -> bool:
        raise NotImplementedError


class ContainerBroker(_Container, Vhosts):
    """RabbitMQ 4. The password is new at each start of the program: the volume's user is set to it."""

    def __init__(self, *, port: int, volume: str) -> None:
        # The node's name, and with it the data's folder, comes from the host's name.
        super().__init__(
            RABBITMQ_IMAGE, inside=5672, port=port, volume=(volume, "/var/lib/rabbitmq"), hostname="sportello"
        )
        self._password = secrets.token_urlsafe(24)
        self._env = {"RABBITMQ_DEFAULT_USER": USER, "RABBITMQ_DEFAULT_PASS": self._password}

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{self._password}@127.0.0.1:{self._port}/%2F"

    def start(self, *, seconds: float = 120, given_up: threading.Event | None = None) -> None:
        super().start(seconds=seconds, given_up=given_up)
        self._ctl("change_password", USER, self._password)  # a kept volume knows the one of its first day

    def _ready(self) -> bool:
        return talks_amqp(self._port)

    def _ctl(self, *arguments: str) -> None:
        code, output = self._container.exec_run(["rabbitmqctl", "-q", *arguments])
        if code:
            raise StackError(f"rabbitmqctl {arguments[0]} failed: {output.decode(errors='replace').strip()}")


class ContainerStore(_Container):
    """MongoDB 8, one node."""

    def __init__(self, *, port: int, volume: str) -> None:
        super().__init__(MONGO_IMAGE, inside=27017, port=port, volume=(volume, "/data/db"))

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}/?directConnection=true"

    def _ready(self) -> bool:
        return answers_ping(self.url)
