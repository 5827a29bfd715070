"""The whole system on one machine, as one object: what `make run` shows and what the tests break on purpose."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from demo.copies import Copies, Program
from demo.errors import StackError
from demo.leftovers import end_leftovers, marked_environment
from demo.mails import Mails
from demo.ports import Ports, demand_free
from demo.programs import SERVICES, Urls, mail_catcher, pretend_site, service, settings_for, urls_of
from demo.servers import Broker, Server, find_broker, find_store
from demo.state import State

ROOT = Path(__file__).resolve().parent.parent
# All must be gone after 10 s; the servers get the end of it, for they must outlive those that still write to them.
_STOP_SECONDS = 9.0
_SERVERS_SECONDS = 2.5


class Stack:
    """RabbitMQ, the store, the mail catcher, the five services and the pretend site, all children of this process.

    `state`: the folder for data and logs. `copies`: how many of each service, 1 unless told. `ports`: free ones unless
    told. `settings`: for all services, by name without the prefix, `{"ANSWER_WAIT": "0.2"}`; `settings_of`: for one
    service, `{"notifier": {"MAIL_TIMEOUT": "2"}}`. `amqp_url`, `mongo_url`: servers to use instead of private ones.
    All methods block; they may be called from any thread, one at a time.
    """

    def __init__(
        self,
        state: Path,
        *,
        copies: Mapping[str, int] | None = None,
        ports: Ports | None = None,
        settings: Mapping[str, str] | None = None,
        settings_of: Mapping[str, Mapping[str, str]] | None = None,
        amqp_url: str | None = None,
        mongo_url: str | None = None,
        root: Path = ROOT,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.state = State(state)
        self.ports = ports or Ports.free()
        self.given_up = threading.Event()  # set it to make `start` end soon, with `Interrupted`
        self._say = say
        self._root = root
        self._wanted = {name: (copies or {}).get(name, 1) for name in SERVICES}
        self._settings = dict(settings or {})
        self._settings_of = dict(settings_of or {})
        self._env = marked_environment(self.state.folder)
        self.broker: Broker = find_broker(amqp_url, self.state.folder, self.ports, self._env)
        self.store: Server = find_store(mongo_url, self.state.folder, self.ports, self._env)
        self.mails = Mails(f"http://127.0.0.1:{self.ports.mails}")
        self.programs: dict[str, Copies] = {}

    @property
    def urls(self) -> Urls:
        """Addresses, as a browser or a test needs them."""
        return urls_of(self.ports, self.broker.url, self.store.url, self.state.blobs)

    @property
    def internal_key(self) -> str:
        """What signs internal calls, for who calls a service directly."""
        return self.settings["SPORTELLO_INTERNAL_KEY"]

    @property
    def config(self) -> Path:
        """The folder of forms, queues, rules and people."""
        return Path(self.settings["SPORTELLO_CONFIG_DIR"])

    @property
    def settings(self) -> dict[str, str]:
        """`SPORTELLO_*` as all services get it, but for the port."""
        told = settings_for(self.urls, self.ports, self._root / "config") | self.state.keys()
        told |= {"SITE_KEYS": f"demo-site={self.state.site_key}", **self._settings}
        return {f"SPORTELLO_{name}": value for name, value in told.items()}

    def start(self, *, fresh: bool = False) -> None:
        """Starts everything and returns when all answer; `fresh` forgets what an earlier run kept.

        `StackError` says what went wrong and what to do; nothing is left running then.
        """
        self.state.lock()
        try:
            self._prepare(fresh)
            self._say(f"Starting {self.broker.what} and {self.store.what} ...")
            self._both(lambda server: server.start(given_up=self.given_up))
            self._start_programs()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends everything within 10 s, by force where asking doesn't help; leaves no process."""
        deadline = time.monotonic() + _STOP_SECONDS
        for copies in self.programs.values():
            copies.terminate()
        for copies in self.programs.values():
            copies.finish(max(0.1, deadline - _SERVERS_SECONDS - time.monotonic()))
        self.programs.clear()
        self._both(lambda server: server.stop(max(0.5, deadline - time.monotonic())))
        end_leftovers(self.state.folder)
        self.mails.close()
        self.state.unlock()

    def kill(self, name: str, copy: int = 1) -> None:
        """SIGKILL for one copy of a service; it stays dead until `start_again`."""
        self._copies(name).kill(copy)

    def start_again(self, name: str, copy: int = 1, seconds: float = 60) -> None:
        """Starts a dead copy and returns when it is ready."""
        self._copies(name).start_again(copy)
        self._copies(name).wait_ready(seconds, given_up=self.given_up)

    def add_copy(self, name: str, seconds: float = 60) -> int:
        """Starts one more copy and returns its number when it is ready."""
        number = self._copies(name).add()
        self._copies(name).wait_ready(seconds, given_up=self.given_up)
        return number

    def remove_copy(self, name: str, copy: int | None = None) -> int:
        """SIGTERM for one copy, the youngest unless told; returns its number when it is gone."""
        return self._copies(name).remove(copy)

    def scale(self, name: str, count: int) -> None:
        """Adds or removes copies until there are `count`."""
        if name not in SERVICES:
            raise StackError(f"'{name}' is not a service: choose from {', '.join(SERVICES)}.")
        while len(self._copies(name).children) < count:
            self.add_copy(name)
        while len(self._copies(name).children) > count:
            self.remove_copy(name)

    def _copies(self, name: str) -> Copies:
        if name not in self.programs:
            raise StackError(f"'{name}' does not run here: choose from {', '.join(self.programs) or 'nothing yet'}.")
        return self.programs[name]

    def _prepare(self, fresh: bool) -> None:
        if ended := end_leftovers(self.state.folder):
            self._say(f"Ended {ended} processes that an earlier run had left behind.")
        for what in (*SERVICES, "mails", "smtp", "site", "www", "faq"):
            demand_free(getattr(self.ports, what), what)
        if fresh:
            self.broker.empty()
            self.store.empty()
            self.state.empty()
        self.state.new_logs()
        self.state.blobs.mkdir(exist_ok=True)

    def _start_programs(self) -> None:
        self.state.write_settings(self.settings)
        self._say("Starting the mail catcher, the services and the pretend site ...")
        for program in self._list_programs():
            copies = self.programs[program.name] = Copies(program, cwd=self._root, logs=self.state.logs)
            for _ in range(self._wanted.get(program.name, 1)):
                copies.add()
        for name, copies in self.programs.items():
            copies.wait_ready(90, given_up=self.given_up)
            self._say(f"  {name} is ready" + (f" ({len(copies.children)} copies)" if len(copies.children) > 1 else ""))

    def _list_programs(self) -> list[Program]:
        env = self._env | self.settings
        services = [service(name, self.ports, env, self._settings_of.get(name, {})) for name in SERVICES]
        catcher = mail_catcher(self.ports, self._env, self.state.mails)
        return [catcher, *services, pretend_site(self.ports, self._env, self.urls, self.state.site_key)]

    def _both(self, act: Callable[[Server], None]) -> None:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(act, server) for server in (self.broker, self.store)]:
                done.result()
