"""The limit of intake: a bare FastAPI endpoint that parses the same JSON and publishes the same bytes with confirm.

`python -m bench.bare`, told by `BENCH_AMQP_URL`, `BENCH_PORT` and `BENCH_EVENT`, a file with those bytes. One aio-pika
channel, persistent, mandatory, a quorum queue. Imports nothing of Sportello: its memory is measured too.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from aio_pika import DeliveryMode, Message, connect_robust
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

QUEUE = "bench.bare"
# As long as what intake answers.
ANSWER = {"status_url": f"http://127.0.0.1:8101/submissions/{'x' * 220}"}


def create_app(amqp_url: str, event: bytes) -> FastAPI:
    """The endpoint. What it publishes is made beforehand: only parsing and publishing are its work."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        connection = await connect_robust(amqp_url)
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        app.state.exchange = channel.default_exchange
        yield
        await connection.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/health/ready")
    async def ready() -> Response:
        return Response(status_code=204)

    @app.post("/forms/{form_id}/submissions")
    async def submit(form_id: str, request: Request) -> Response:
        await request.json()
        message = Message(event, delivery_mode=DeliveryMode.PERSISTENT, content_type="application/json")
        await app.state.exchange.publish(message, routing_key=QUEUE, mandatory=True)
        return JSONResponse(ANSWER, 202)

    return app


def serve(app: FastAPI, port: int) -> None:
    """Run `app` with the uvicorn settings of `shared.web.run`, until SIGTERM."""
    config = uvicorn.Config(
        app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=2, server_header=False
    )
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    serve(
        create_app(os.environ["BENCH_AMQP_URL"], Path(os.environ["BENCH_EVENT"]).read_bytes()),
        int(os.environ["BENCH_PORT"]),
    )
