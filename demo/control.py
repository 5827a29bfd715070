"""How a second command talks to the running `make run`: a socket in the state folder, one JSON line each way."""

import json
import os
import socket
import socketserver
import tempfile
import threading
from pathlib import Path
from typing import Any

from demo.errors import StackError
from demo.stack import Stack
from demo.state import State
from demo.watch import Watch

# What a system takes as the path of a socket, with room to spare.
_LONGEST_PATH = 90


class Control:
    """Answers `scale` and `status` for `stack`, from `start` to `stop`."""

    def __init__(self, stack: Stack, watch: Watch) -> None:
        self._stack = stack
        self._watch = watch
        self._path = _socket_path(stack.state.folder)
        self._path.unlink(missing_ok=True)
        self._server = _Server(str(self._path), self)
        self._path.chmod(0o600)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def start(self) -> None:
        """Listens, and says in the state folder where."""
        self._thread.start()
        self._stack.state.tell(pid=os.getpid(), socket=str(self._path))

    def stop(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """`{"scale": {"tickets": 3}}` or `{}`; the answer tells the copies of each service, or what went wrong."""
        try:
            for name, count in dict(question.get("scale", {})).items():
                with self._watch.turn:
                    self._stack.scale(str(name), int(count))
        except StackError as error:
            return {"error": str(error)}
        return {"copies": {name: len(copies.children) for name, copies in self._stack.programs.items()}}


def ask(folder: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Asks the stack that runs in `folder`; `StackError` when none runs there, or it says no."""
    address = State(folder).running().get("socket", "")
    with socket.socket(socket.AF_UNIX) as talk:
        try:
            talk.connect(address)
        except OSError as error:
            raise StackError(f"No Sportello runs from {folder.resolve()}: start it with `make run`.") from error
        talk.sendall(json.dumps(question).encode() + b"\n")
        with talk.makefile(encoding="utf-8") as lines:
            answer: dict[str, Any] = json.loads(lines.readline() or '{"error": "It was stopped meanwhile."}')
    if "error" in answer:
        raise StackError(str(answer["error"]))
    return answer


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, control: Control) -> None:
        super().__init__(path, _Talk)
        self.control = control


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        question = json.loads(self.rfile.readline())
        self.wfile.write(json.dumps(self.server.control.answer(question)).encode() + b"\n")


def _socket_path(folder: Path) -> Path:
    near = folder / "control.sock"
    if len(str(near)) <= _LONGEST_PATH:
        return near
    return Path(tempfile.mkdtemp(prefix="sportello-")) / "control.sock"
