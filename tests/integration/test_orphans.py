"""`sportello blobs orphans` asks the real tickets service which stored files no ticket names."""

import asyncio
import secrets
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner

from demo.ports import free_port
from services.tickets.app import build
from shared.blobs import Blobs
from shared.broker import Bus
from shared.cli import app
from shared.config import Settings
from shared.mongo import Database
from shared.web import bind
from tests.conftest import eventually
from tests.unit.samples import a_submission, routed

pytestmark = pytest.mark.integration

KEY = "k" * 40


async def test_only_files_of_no_ticket_are_listed(
    amqp_url: str, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, prefix = free_port(), f"t_{secrets.token_hex(6)}"
    settings = Settings(
        amqp_url=amqp_url,
        mongo_url=store_url,
        mongo_prefix=prefix,
        blobs_url=tmp_path.as_uri(),
        internal_key=KEY,
        tickets_urls=f"http://127.0.0.1:{port}",
    )
    server = uvicorn.Server(uvicorn.Config(build(settings), log_config=None))
    running = asyncio.create_task(server.serve(sockets=[bind("127.0.0.1", port)]))
    blobs, bus, submission = Blobs(settings.blobs_url), Bus(amqp_url, "routing"), a_submission()
    named = await blobs.put(submission.id, b"of a ticket")
    orphan = await blobs.put("3e0c7e0e-0000-5000-8000-000000000000", b"of nothing")
    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    await bus.publish(routed(submission))
    for name in ("blobs_url", "internal_key", "tickets_urls"):
        monkeypatch.setenv(f"SPORTELLO_{name.upper()}", getattr(settings, name))

    async def orphans(*arguments: str) -> str:
        return (await asyncio.to_thread(CliRunner().invoke, app, ["blobs", "orphans", *arguments])).output

    async def told_apart() -> str | None:
        output = await orphans()
        return output if orphan in output and named not in output else None

    assert "Named by no ticket: 1 files, 10 bytes." in await eventually(told_apart)
    assert ": 0 files" in await orphans("--older-than", "1")
    assert (await blobs.get(orphan)) == b"of nothing", "only a person removes it"
    await bus.stop()
    server.should_exit = True
    await running
    database = Database(store_url, f"{prefix}_tickets")
    await database.drop()
    await database.close()
