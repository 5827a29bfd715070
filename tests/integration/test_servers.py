"""The private RabbitMQ and store: they can be killed and come back with their data, and they leave nothing behind."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aio_pika
import psutil
import pytest
from pymongo import MongoClient

from demo.broker import PrivateBroker
from demo.errors import StackError
from demo.found import rabbitmq_folder
from demo.given import GivenBroker, GivenStore
from demo.leftovers import leftovers, marked_environment
from demo.ports import Ports, free_port, is_taken
from demo.servers import Broker, Server, find_broker, find_store
from demo.store import PrivateStore
from demo.waiting import wait_until

pytestmark = pytest.mark.integration

# One each for all tests of this file: starting RabbitMQ takes seconds.
PORTS = Ports.free()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def node(state: Path) -> Iterator[Broker]:
    if rabbitmq_folder() is None:
        pytest.skip("there is no rabbitmq-server on this machine")
    found = find_broker(None, state, PORTS, marked_environment(state))
    found.start()
    yield found
    found.stop()


@pytest.fixture
def database(state: Path) -> Iterator[Server]:
    found = find_store(None, state, PORTS, marked_environment(state))
    found.start()
    yield found
    found.stop()


async def publish(url: str, queue: str, body: bytes) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue(queue, durable=True, arguments={"x-queue-type": "quorum"})
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, queue, mandatory=True)


async def take(url: str, queue: str) -> bytes:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        found = await channel.get_queue(queue)
        message = await found.get(timeout=10)
        assert message is not None
        await message.ack()
        return message.body


def is_registered(state: Path, queue: str) -> bool:
    return any(queue.encode() in names.read_bytes() for names in state.glob("broker/mnesia/**/names.dets"))


async def test_a_killed_broker_comes_back_on_the_same_port_with_what_it_confirmed(node: Broker, state: Path) -> None:
    await publish(node.url, "kept", b"still here")
    # RabbitMQ writes the name of a new quorum queue up to a second later; killed before, the queue never has a leader.
    assert await asyncio.to_thread(wait_until, lambda: is_registered(state, "kept"), 10)
    await asyncio.to_thread(node.kill)
    assert not node.alive
    assert leftovers(state) == []
    with pytest.raises(aio_pika.exceptions.AMQPConnectionError):
        await aio_pika.connect(node.url)
    await asyncio.to_thread(node.start)
    assert await take(node.url, "kept") == b"still here"


async def test_each_virtual_host_is_empty_and_its_own(node: Broker) -> None:
    one, two = await asyncio.to_thread(node.new_vhost), await asyncio.to_thread(node.new_vhost)
    assert one != two
    await publish(one, "mine", b"x")
    async with await aio_pika.connect(two) as connection:
        channel = await connection.channel()
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.get_queue("mine")
    for url in (one, two):
        await asyncio.to_thread(node.drop_vhost, url)
    with pytest.raises(aio_pika.exceptions.AMQPError):
        await aio_pika.connect(one)


def test_a_private_broker_listens_on_loopback_only_with_a_password_of_its_own(node: Broker, state: Path) -> None:
    listening = [
        connection.laddr[0]
        for process in leftovers(state)
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3  # AMQP, the distribution, epmd
    assert set(listening) <= {"127.0.0.1", "::1"}
    assert "guest" not in node.url
    assert (state / "broker" / "password").stat().st_mode & 0o077 == 0


def test_a_stopped_broker_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    ports = Ports.free()
    broker = find_broker(None, tmp_path, ports, marked_environment(tmp_path))
    if not isinstance(broker, PrivateBroker):
        pytest.skip("there is no rabbitmq-server on this machine")
    broker.start()
    assert {process.name() for process in leftovers(tmp_path)} >= {"epmd", "beam.smp"}
    broker.stop()
    assert leftovers(tmp_path) == []
    assert not any(map(is_taken, (ports.broker, ports.broker_nodes, ports.broker_names)))
    broker.empty()
    assert not (tmp_path / "broker").exists()


def test_a_killed_store_comes_back_on_the_same_port_with_what_it_acknowledged(database: Server, state: Path) -> None:
    with connected(database) as client:
        client["t_kept"]["things"].insert_one({"_id": "a", "n": 1})
        database.kill()
        assert not database.alive
        (state / "store.pid").write_text("1", encoding="ascii")  # as a killed one leaves it, the number used again
        database.start()
        assert client["t_kept"]["things"].find_one({"_id": "a"}) == {"_id": "a", "n": 1}


def test_a_stopped_store_leaves_no_process(tmp_path: Path) -> None:
    store = find_store(None, tmp_path, Ports.free(), marked_environment(tmp_path))
    store.start()
    store.stop()
    assert leftovers(tmp_path) == []
    assert not store.alive


def connected(store: Server) -> "MongoClient[dict[str, Any]]":
    return MongoClient(store.url, serverSelectionTimeoutMS=5000)


def test_a_taken_port_is_told_with_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        store = PrivateStore(tmp_path / "store", port=port, logs=tmp_path / "logs", env=marked_environment(tmp_path))
        with pytest.raises(StackError, match=rf"Port {port} \(for the store\) is taken by .*: stop that program"):
            store.start()


def test_servers_that_were_given_are_used_and_never_killed(tmp_path: Path) -> None:
    nobody = free_port()
    broker = find_broker(f"amqp://u:p@127.0.0.1:{nobody}/", tmp_path, Ports.free(), {})
    store = find_store(f"mongodb://127.0.0.1:{nobody}", tmp_path, Ports.free(), {})
    assert isinstance(broker, GivenBroker)
    assert isinstance(store, GivenStore)
    for server in (broker, store):
        assert not server.ours
        with pytest.raises(StackError, match="does not answer: start it"):
            server.start(seconds=0.5)
        with pytest.raises(StackError, match="not ours to kill"):
            server.kill()
        server.empty()
        server.stop()
