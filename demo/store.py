"""The store as our child: the machine's own `mongod`, or the embedded server `nx-27017` on SQLite files."""

import os
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from demo.errors import StackError
from demo.found import mongod
from demo.ports import demand_free
from demo.process import Child
from demo.waiting import wait_until


class PrivateStore:
    """A MongoDB-protocol server with its data under `data`. The same data and port at each start."""

    ours = True

    def __init__(self, data: Path, *, port: int, logs: Path, env: Mapping[str, str]) -> None:
        self._data = data
        self._port = port
        self._mongod = mongod()
        self._server = Child("store", self._command(), env=env, cwd=data.parent, log=logs / "store.log")

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self._port}"

    @property
    def what(self) -> str:
        return f"private mongod ({self._mongod})" if self._mongod else "embedded store (nx-27017 on SQLite)"

    @property
    def alive(self) -> bool:
        return self._server.alive

    @property
    def log(self) -> Path:
        return self._server.log

    def start(self, *, seconds: float = 60, given_up: threading.Event | None = None) -> None:
        """Starts it, empty or on the kept data, and returns when it answers a ping."""
        demand_free(self._port, "the store")
        self._data.mkdir(parents=True, exist_ok=True)
        # nx takes any living process with the old number for itself, and won't start.
        self._pid_file.unlink(missing_ok=True)
        self._server.start()
        ready = wait_until(lambda: not self.alive or answers_ping(self.url), seconds, given_up=given_up)
        if not ready or not self.alive:
            ending = self._server.ending
            self.kill()
            raise StackError(f"The store {ending} while starting: read {self.log}.")

    def kill(self) -> None:
        """SIGKILL, as a power cut would; the data stays for the next `start`."""
        self._server.kill()

    def stop(self, seconds: float = 8) -> None:
        """Ends it in order, by force after `seconds`; leaves no process."""
        self._server.stop(seconds)

    def empty(self) -> None:
        """Forgets the kept data; only while stopped."""
        shutil.rmtree(self._data, ignore_errors=True)

    @property
    def _pid_file(self) -> Path:
        return self._data.parent / "store.pid"

    def _command(self) -> list[str]:
        if self._mongod:
            place = ["--dbpath", str(self._data), "--port", str(self._port), "--bind_ip", "127.0.0.1"]
            return [self._mongod, *place, "--nounixsocket"]
        place = ["--data-dir", str(self._data), "--host", "127.0.0.1", "--port", str(self._port)]
        # At its own level it logs every document, and that is what people typed.
        quiet = "import logging; logging.disable(logging.INFO)"
        program = [sys.executable, "-c", f"{quiet}; from nx_27017 import main; main()"]
        # Its log goes to stderr too, which is our log file.
        return [*program, *place, "--pid-file", str(self._pid_file), "--log-file", os.devnull]


def answers_ping(url: str, seconds: float = 0.5) -> bool:
    """Whether a MongoDB-protocol server answers at `url`."""
    client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=int(seconds * 1000))
    try:
        client.admin.command("ping")
    except PyMongoError:
        return False
    finally:
        client.close()
    return True
