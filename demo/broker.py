"""A private RabbitMQ node from the machine's own `rabbitmq-server`: own data, ports, cookie and epmd, loopback only."""

import secrets
import shutil
import socket
import subprocess
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from demo.errors import StackError
from demo.found import epmd, rabbitmq_folder
from demo.ports import answers, demand_free
from demo.process import Child
from demo.waiting import wait_until

USER = "sportello"
_NODE = "sportello@localhost"
_LOOPBACK_ONLY = "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
# What a broker that is ready says first, after this: a frame of type 1 (Connection.Start).
_AMQP_HELLO = b"AMQP\x00\x00\x09\x01"


class Vhosts(Protocol):
    """Fresh virtual hosts for tests, on any node whose `rabbitmqctl` we can call."""

    @property
    def url(self) -> str: ...

    def _ctl(self, *arguments: str) -> None: ...

    def new_vhost(self) -> str:
        """The URL of a fresh, empty virtual host."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self._ctl("add_vhost", name)
        self._ctl("set_permissions", "-p", name, USER, ".*", ".*", ".*")
        return self.url.removesuffix("%2F") + name

    def drop_vhost(self, url: str) -> None:
        """Removes a virtual host that `new_vhost` gave out; whoever is connected to it is cut off."""
        self._ctl("delete_vhost", urlsplit(url).path.lstrip("/"))


class PrivateBroker(Vhosts):
    """RabbitMQ as our child, with its data under `data`. The same data and ports at each start."""

    ours = True

    def __init__(
        self, data: Path, *, port: int, nodes_port: int, names_port: int, logs: Path, env: Mapping[str, str]
    ) -> None:
        folder, names = rabbitmq_folder(), epmd()
        if folder is None or names is None:
            raise StackError("RabbitMQ is not on this machine: install the package rabbitmq-server.")
        self._bin = folder
        self._data = data
        self._ports = (port, nodes_port, names_port)
        self._env = dict(env) | self._settings()
        self._epmd = Child(
            "epmd",
            [names, "-port", str(names_port), "-address", "127.0.0.1"],
            env=self._env,
            cwd=data.parent,
            log=logs / "rabbitmq.log",
        )
        self._node = Child(
            "rabbitmq", [str(folder / "rabbitmq-server")], env=self._env, cwd=data.parent, log=logs / "rabbitmq.log"
        )

    @property
    def url(self) -> str:
        """`amqp://user:password@127.0.0.1:port/vhost`; the password is made at the first start."""
        return f"amqp://{USER}:{self._password()}@127.0.0.1:{self._ports[0]}/%2F"

    @property
    def what(self) -> str:
        return f"private RabbitMQ ({self._bin})"

    @property
    def alive(self) -> bool:
        return self._node.alive

    @property
    def log(self) -> Path:
        return self._node.log

    def start(self, *, seconds: float = 90, given_up: threading.Event | None = None) -> None:
        """Starts it, empty or on the kept data, and returns when it talks AMQP."""
        for port in self._ports:
            demand_free(port, "RabbitMQ")
        self._prepare()
        self._epmd.start()
        wait_until(lambda: answers(self._ports[2]), 10, given_up=given_up)
        self._node.start()
        ready = wait_until(lambda: not self.alive or talks_amqp(self._ports[0]), seconds, given_up=given_up)
        if not ready or not self.alive:
            ending = self._node.ending
            self.kill()
            raise StackError(f"RabbitMQ {ending} while starting: read {self.log}.")

    def kill(self) -> None:
        """SIGKILL, as a power cut would; the data stays for the next `start`."""
        self._node.kill()
        self._epmd.kill()

    def stop(self, seconds: float = 8) -> None:
        """Ends it in order, by force after `seconds`; leaves no process."""
        self._node.stop(seconds)
        self._epmd.kill()

    def empty(self) -> None:
        """Forgets the kept data; only while stopped."""
        shutil.rmtree(self._data, ignore_errors=True)

    def _ctl(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / "rabbitmqctl"), "-q", *arguments],
            env=self._env,
            cwd=self._data.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise StackError(f"rabbitmqctl {arguments[0]} failed: {done.stderr.strip() or done.stdout.strip()}")

    def _settings(self) -> dict[str, str]:
        port, nodes_port, names_port = self._ports
        return {
            "HOME": str(self._data / "home"),  # the Erlang cookie is there
            "ERL_EPMD_PORT": str(names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(nodes_port),
            "RABBITMQ_MNESIA_BASE": str(self._data / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._data / "log"),
            "RABBITMQ_LOGS": "-",
            # Nothing of /etc/rabbitmq: that is the system's own broker.
            "RABBITMQ_CONF_ENV_FILE": str(self._data / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self._data / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(self._data / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self._data / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._data / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _LOOPBACK_ONLY,
            "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK_ONLY,
            # The start script then becomes Erlang instead of keeping it as a child: our SIGKILL hits the right one.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _prepare(self) -> None:
        for folder in ("home", "mnesia", "log", "conf.d"):
            (self._data / folder).mkdir(parents=True, exist_ok=True)
        for name, content in (("env.conf", ""), ("advanced.config", "[].\n"), ("enabled_plugins", "[].\n")):
            (self._data / name).write_text(content, encoding="ascii")
        config = self._data / "rabbitmq.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self._ports[0]}\n"
            f"default_user = {USER}\ndefault_pass = {self._password()}\n"
            "log.console = true\nlog.console.level = info\n",
            encoding="ascii",
        )

    def _password(self) -> str:
        kept = self._data / "password"
        if not kept.exists():
            self._data.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(24), encoding="ascii")
        return kept.read_text(encoding="ascii")


def talks_amqp(port: int) -> bool:
    """Whether a broker that is ready answers on `port` of 127.0.0.1."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as talk:
        talk.sendall(_AMQP_HELLO)
        return talk.recv(1) == b"\x01"
    return False
