"""The system under measurement: one whole stack in a folder of its own, and bare programs beside it."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
from aio_pika import connect

from demo.copies import Copies, Program
from demo.leftovers import marked_environment
from demo.ports import free_port
from demo.programs import SERVICES, service
from demo.stack import ROOT, Stack
from shared import topology

OTHERS = tuple(name for name in SERVICES if name != "intake")


class Bed:
    """Everything that runs while we measure. All methods block."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.stack = Stack(folder / "stack", say=say)
        self._bare: dict[str, Copies] = {}

    def start(self) -> None:
        """Start the whole system."""
        self.stack.start()

    def stop(self) -> None:
        """End everything."""
        for name in list(self._bare):
            self.end_bare(name)
        self.stack.stop()

    def start_bare(self, name: str, module: str, *arguments: str, env: Mapping[str, str]) -> str:
        """Start `python -m module`, with a port and the broker's URL in its environment; its address once ready."""
        port = free_port()
        told = {"BENCH_AMQP_URL": self.stack.urls.amqp, "BENCH_PORT": str(port), **env}
        environment = marked_environment(self.stack.state.folder) | told
        command = (sys.executable, "-m", module, *arguments)
        self._start(Program(name, command, environment, port))
        return f"http://127.0.0.1:{port}"

    def tickets_service(self, prefix: str) -> AbstractContextManager[str]:
        """The address of one more tickets service, on the databases of `prefix`, while the block runs."""
        return self.one_more("tickets", prefix)

    @contextmanager
    def one_more(self, name: str, prefix: str, **own: str) -> Iterator[str]:
        """The address of one more copy of the service `name`, on the databases of `prefix` and with settings of its
        `own` (by name without the prefix), while the block runs."""
        port = free_port()
        env = marked_environment(self.stack.state.folder) | self.stack.settings
        program = service(name, replace(self.stack.ports, **{name: port}), env, {"MONGO_PREFIX": prefix, **own})
        self._start(replace(program, name=prefix))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            self.end_bare(prefix)

    def _start(self, program: Program) -> None:
        copies = self._bare[program.name] = Copies(program, cwd=ROOT, logs=self.stack.state.logs)
        copies.add()
        copies.wait_ready(60)

    def end_bare(self, name: str) -> None:
        """End a program that was started beside the stack."""
        copies = self._bare.pop(name)
        copies.terminate()
        copies.finish(5)

    def only_intake(self) -> None:
        """Stop all other services: what they cost must not slow intake down, nor may queues be emptied."""
        for name in OTHERS:
            self.stack.scale(name, 0)

    def all_services(self) -> None:
        """Start them again."""
        for name in OTHERS:
            self.stack.scale(name, 1)

    def purge(self, *more: str) -> None:
        """Empty all work queues, and `more`."""
        names = [queue.name for queue in topology.work_queues()]
        asyncio.run(_purge(self.stack.urls.amqp, [*names, *more]))

    def cast(self) -> dict[str, psutil.Process]:
        """Every process by its part: services and bare programs by name, `RabbitMQ`, `store`."""
        found: dict[str, psutil.Process] = {}
        for name, copies in {**self.stack.programs, **self._bare}.items():
            for child in copies.children.values():
                if child.alive and child.pid:
                    found[name] = psutil.Process(child.pid)
        for process in psutil.Process().children():
            if process.name().startswith("beam"):
                found["RabbitMQ"] = process
            elif any("nx_27017" in word or "mongod" in word for word in process.cmdline()):
                found["store"] = process
        return found


async def _purge(url: str, names: list[str]) -> None:
    async with await connect(url) as connection:
        channel = await connection.channel()
        for name in names:
            queue = await channel.get_queue(name, ensure=True)
            await queue.purge()
