"""Children that end when we end: asked, killed, or orphaned. With programs as small as can be."""

import http.client
import http.server
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from demo.copies import Copies, Program
from demo.errors import StackError
from demo.leftovers import end_leftovers, leftovers, marked_environment
from demo.ports import free_port
from demo.process import Child, is_gone
from demo.state import State
from demo.waiting import wait_until

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
FOREVER = "import threading; threading.Event().wait()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {FOREVER}"
PARENT = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {FOREVER!r}])
print("born", flush=True)
{FOREVER}
"""
# A web server that shares its port with its copies and tells which one answered.
WEB = """
import http.server, os, socket, sys
class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.send_header("X-Pid", str(os.getpid()))
        self.end_headers()
    def log_message(self, *_): pass
Server(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert leftovers(tmp_path) == []


def child(tmp_path: Path, code: str, name: str = "trivial") -> Child:
    command = [sys.executable, "-c", code]
    return Child(name, command, env=marked_environment(tmp_path), cwd=tmp_path, log=tmp_path / "logs" / f"{name}.log")


def test_a_child_ends_when_asked(tmp_path: Path) -> None:
    one = child(tmp_path, FOREVER)
    one.start()
    assert one.alive
    one.stop(5)
    assert not one.alive
    assert one.ending == "was killed (SIGTERM)"


def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    one = child(tmp_path, DEAF)
    one.start()
    assert wait_until(lambda: one.last_line() == "deaf", 10)
    one.stop(0.2)
    assert one.ending == "was killed (SIGKILL)"


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    one = child(tmp_path, PARENT)
    one.start()
    assert wait_until(lambda: one.last_line() == "born", 10)
    assert len(leftovers(tmp_path)) == 2
    one.kill()


def test_a_child_starts_again_and_keeps_its_log(tmp_path: Path) -> None:
    one = child(tmp_path, "print('once more')")
    for _ in range(2):
        one.start()
        assert wait_until(lambda: not one.alive, 10)
    assert one.ending == "ended with code 0"
    assert one.log.read_text(encoding="utf-8").splitlines() == ["once more", "once more"]


def test_a_program_that_is_not_there_is_named_in_the_log(tmp_path: Path) -> None:
    one = Child("absent", ["/no/such/program"], env={}, cwd=tmp_path, log=tmp_path / "absent.log")
    one.start()
    assert wait_until(lambda: not one.alive, 10)
    assert one.last_line() == "/no/such/program can't be run: No such file or directory"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_children_of_a_killed_parent_die_with_it(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from demo.leftovers import marked_environment
from demo.process import Child
here = Path({str(tmp_path)!r})
command = [sys.executable, "-c", {FOREVER!r}]
one = Child("orphan", command, env=marked_environment(here), cwd=here, log=here / "orphan.log")
one.start()
print(one.pid, flush=True)
{FOREVER}
"""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    orphan = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: is_gone(orphan), 5)


def test_what_an_earlier_run_left_is_found_by_its_mark_and_ended(tmp_path: Path) -> None:
    env = marked_environment(tmp_path)
    ours = subprocess.Popen([sys.executable, "-c", FOREVER], env=env)
    another = subprocess.Popen([sys.executable, "-c", FOREVER], env=marked_environment(tmp_path / "another"))
    try:
        assert wait_until(lambda: [process.pid for process in leftovers(tmp_path)] == [ours.pid], 5)
        assert end_leftovers(tmp_path) == 1
        assert ours.wait(5) == -signal.SIGKILL
        assert another.poll() is None
    finally:
        another.kill()
        another.wait()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Copies]:
    port = free_port()
    program = Program("web", (sys.executable, "-c", WEB, str(port)), marked_environment(tmp_path), port, "/")
    copies = Copies(program, cwd=tmp_path, logs=tmp_path / "logs")
    yield copies
    copies.terminate()
    copies.finish(2)


def answering(copies: Copies) -> set[int]:
    """The processes that answer, out of enough tries to meet each."""
    found = set()
    for _ in range(30):
        connection = http.client.HTTPConnection("127.0.0.1", copies.program.port, timeout=5)
        connection.request("GET", "/")
        found.add(int(connection.getresponse().headers["X-Pid"]))
        connection.close()
    return found


def test_copies_share_a_port_and_come_and_go_one_by_one(web: Copies) -> None:
    assert [web.add(), web.add()] == [1, 2]
    web.wait_ready(20)
    first, second = (web.children[number].pid for number in (1, 2))
    assert answering(web) == {first, second}
    web.kill(1)
    assert web.dead == [1]
    assert answering(web) == {second}
    web.start_again(1)
    web.wait_ready(20)
    assert answering(web) == {web.children[1].pid, second}
    assert web.remove() == 2
    assert web.remove(1) == 1
    assert web.add() == 1


def test_a_copy_that_ends_while_starting_is_told_with_its_last_words_and_its_log(tmp_path: Path) -> None:
    program = Program("grumpy", (sys.executable, "-c", "raise SystemExit('not today')"), {}, free_port())
    copies = Copies(program, cwd=tmp_path, logs=tmp_path / "logs")
    copies.add()
    words = r"grumpy-1 ended with code 1 while starting: read .*grumpy-1\.log\. Its last line: not today"
    with pytest.raises(StackError, match=words):
        copies.wait_ready(20)
    copies.finish(1)


def test_a_port_that_somebody_else_has_is_no_readiness(tmp_path: Path) -> None:
    with http.server.HTTPServer(("127.0.0.1", free_port()), http.server.BaseHTTPRequestHandler) as stranger:
        program = Program("late", (sys.executable, "-c", FOREVER), marked_environment(tmp_path), stranger.server_port)
        copies = Copies(program, cwd=tmp_path, logs=tmp_path / "logs")
        copies.add()
        with pytest.raises(StackError, match="late did not become ready within 1 s"):
            copies.wait_ready(1)
        copies.finish(0)


def test_one_folder_serves_one_stack(tmp_path: Path) -> None:
    first, second = State(tmp_path), State(tmp_path)
    first.lock()
    first.tell(pid=os.getpid(), socket="")
    with pytest.raises(StackError, match=rf"already running from .* \(process {os.getpid()}\): use that one"):
        second.lock()
    first.unlock()
    second.lock()
    second.unlock()
