"""Which RabbitMQ and which store: given, else the machine's own, else a container, else (store) the embedded one."""

import hashlib
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from demo.broker import PrivateBroker
from demo.containers import ContainerBroker, ContainerStore
from demo.errors import StackError
from demo.found import docker_engine, mongod, rabbitmq_folder
from demo.given import GivenBroker, GivenStore
from demo.ports import Ports
from demo.store import PrivateStore


class Server(Protocol):
    """A RabbitMQ or a store.

    `ours`: whether we may kill and empty it. `what`: which one it is, in words. `start` returns when it answers, on
    the data and port it had before; `kill` is SIGKILL; `stop` leaves no process; `empty`, once stopped, forgets all.
    """

    @property
    def ours(self) -> bool: ...
    @property
    def url(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def alive(self) -> bool: ...

    def start(self, *, seconds: float = ..., given_up: threading.Event | None = None) -> None: ...
    def kill(self) -> None: ...
    def stop(self, seconds: float = ...) -> None: ...
    def empty(self) -> None: ...


class Broker(Server, Protocol):
    """A RabbitMQ that can give out fresh virtual hosts, each as a URL of its own."""

    def new_vhost(self) -> str: ...
    def drop_vhost(self, url: str) -> None: ...


def find_broker(given: str | None, state: Path, ports: Ports, env: Mapping[str, str]) -> Broker:
    """RabbitMQ for the stack in `state`; `StackError` says what to install when there is none."""
    if given:
        return GivenBroker(given)
    if rabbitmq_folder():
        return PrivateBroker(
            state / "broker",
            port=ports.broker,
            nodes_port=ports.broker_nodes,
            names_port=ports.broker_names,
            logs=state / "logs",
            env=env,
        )
    if docker_engine():
        return ContainerBroker(port=ports.broker, volume=_volume(state, "broker"))
    raise StackError(
        "There is no RabbitMQ: install the package rabbitmq-server, or start Docker, or name one in SPORTELLO_AMQP_URL."
    )


def find_store(given: str | None, state: Path, ports: Ports, env: Mapping[str, str]) -> Server:
    """The store for the stack in `state`; the embedded one is always there."""
    if given:
        return GivenStore(given)
    if not mongod() and docker_engine():
        return ContainerStore(port=ports.store, volume=_volume(state, "store"))
    return PrivateStore(state / "store", port=ports.store, logs=state / "logs", env=env)


def _volume(state: Path, name: str) -> str:
    return f"sportello-{hashlib.sha256(str(state).encode()).hexdigest()[:12]}-{name}"
