"""The ports of one stack: the documented ones for `make run`, free ones for tests."""

import secrets
import socket
from dataclasses import dataclass, fields

import psutil

from demo.errors import StackError

# Below the range from which the system picks ports for outgoing connections (Linux: 32768 up): a client that keeps
# dialling a stopped server inside that range can end up connected to itself, and the server's port is gone.
_FREE = range(20000, 32000)
_given_out: set[int] = set()


@dataclass(frozen=True)
class Ports:
    """One TCP port on 127.0.0.1 for each listener."""

    portal: int
    intake: int
    tickets: int
    routing: int
    notifier: int
    broker: int
    broker_nodes: int  # Erlang distribution, for rabbitmqctl
    broker_names: int  # epmd
    store: int
    smtp: int
    mails: int
    site: int
    www: int
    faq: int

    @classmethod
    def fixed(cls, base: int = 8100) -> "Ports":
        """`base` for the portal, the others at fixed distances: +1 intake, +2 tickets, ... +90 the pretend sites."""
        return cls(
            portal=base,
            intake=base + 1,
            tickets=base + 2,
            routing=base + 3,
            notifier=base + 4,
            broker=base + 10,
            broker_nodes=base + 11,
            broker_names=base + 12,
            store=base + 13,
            smtp=base + 25,
            mails=base + 80,
            site=base + 90,
            www=base + 91,
            faq=base + 92,
        )

    @classmethod
    def free(cls) -> "Ports":
        """Ports nobody listens on, different at each call."""
        return cls(*(free_port() for _ in fields(cls)))


def free_port() -> int:
    """A port on 127.0.0.1 nobody listens on, never given out twice by this process."""
    for _ in range(1000):
        port = secrets.choice(_FREE)
        if port not in _given_out and not is_taken(port):
            _given_out.add(port)
            return port
    raise StackError("No free port between 20000 and 32000: close some servers of this machine.")


def is_taken(port: int) -> bool:
    """Whether somebody listens on `port` of 127.0.0.1."""
    with socket.socket() as probe:
        # Connections of a server that has ended may linger in TIME_WAIT; they don't keep a new one from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def demand_free(port: int, what: str) -> None:
    """`StackError` when `port`, wanted for `what`, is taken: names who has it, if the system tells."""
    if is_taken(port):
        raise StackError(
            f"Port {port} (for {what}) is taken by {_holder(port)}: stop that program, or use other ports"
            " (make run BASE_PORT=9100)."
        )


def answers(port: int, seconds: float = 0.5) -> bool:
    """Whether a connection to `port` of 127.0.0.1 is accepted."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=seconds).close()
    except OSError:
        return False
    return True


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f"'{psutil.Process(connection.pid).name()}' (process {connection.pid})"
    except psutil.Error:
        pass
    return "another program"
