"""The bare chain of a question: the hops and store operations from asking to the answer, and no more.

`python -m bench.asking desk|route`, two processes like tickets and routing; told by `BENCH_AMQP_URL`, `BENCH_PORT`,
`BENCH_MONGO_URL` and `BENCH_QUESTION`, a file with the messages and documents of one question as our services make
them: here only ids are put into copies of them. As ours does, the desk answers a POST when the wish is stored, and
publishes right after. Imports nothing of Sportello.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from motor.motor_asyncio import AsyncIOMotorClient

from bench.bare import serve
from bench.chain import Heard, Json, Wire

DATABASE = "bench_asking"
QUEUES = ("requested", "child_routed", "child_opened", "child_closed")
DAY = "20261127"


class Asking:
    """What the two share: the wire, the store and the question to copy from."""

    def __init__(self) -> None:
        self.wire = Wire()
        self._walk: Json = json.loads(Path(os.environ["BENCH_QUESTION"]).read_text(encoding="utf-8"))
        mongo: Any = AsyncIOMotorClient(os.environ["BENCH_MONGO_URL"], w="majority")
        self._store: Any = mongo[DATABASE]
        self._soon: set[asyncio.Task[None]] = set()

    async def ask(self, key: str, body: Json) -> Json:
        """tickets: a wish to ask."""
        store, child, cause = self._store, str(uuid.uuid4()), str(uuid.uuid4())
        root = await store.tickets.find_one({"_id": key})
        first = await self._facts(key, 1, 2)
        await self._words([first[0]["request"]["id"]])
        root = await self._loaded(key, cause)
        article = await self._write("question_words", key, body["text"])
        fact = self._fact("requested", key, root["number"], root["seq"] + 1, cause)
        fact |= {"child_id": child, "article": {**fact["article"], "id": article}}
        after = {**self._walk["asked"], "open_questions": {child: 1}}
        self._after(self._say_and_settle("requested", await self._save(root, after, fact), fact, asks=child))
        return {"ticket_id": key, "child": child}

    async def route(self, fact: Json) -> None:
        """routing"""
        await self.wire.say("child_routed", {**self._walk["routed"], "event_id": str(uuid.uuid4()), "request": fact})

    async def open(self, event: Json) -> None:
        """tickets: the child."""
        store, asked = self._store, event["request"]
        key = asked["child_id"]
        (words,) = await self._words([asked["article"]["id"]])
        if await store.tickets.find_one({"_id": key}):
            return
        counter = await store.counters.find_one_and_update(
            {"_id": DAY}, {"$inc": {"n": 1}}, upsert=True, return_document=True
        )
        number = f"{DAY}{counter['n']:05d}0"
        article = await self._write("child_words", key, words["text"])
        fact = self._fact("opened", key, number, 1, f"{key}-o")
        parent = {"id": asked["ticket_id"], "number": asked["number"]}
        fact |= {"parent": parent, "question": {**fact["question"], "id": article}}
        place = f"{int(time.time() * 1000):015d}-{key}"
        root = {**self._walk["child"], "_id": key, "number": number, "place": place, "parent": parent}
        await store.tickets.insert_one({**root, "outbox": [fact], "outbox_since": time.time()})
        await self._say_and_settle("child_opened", root, fact)

    async def notice(self, fact: Json) -> None:
        """tickets: the parent looks whether the question was taken back meanwhile."""
        await self._store.tickets.find_one({"_id": fact["ticket_id"]})
        await self._loaded(fact["parent"]["id"], f"{fact['event_id']}-n")

    async def answer(self, key: str, body: Json) -> Json:
        """tickets: the second level's wish."""
        await self._store.tickets.find_one({"_id": key})
        cause = str(uuid.uuid4())
        root = await self._loaded(key, cause)
        article = await self._write("answer_words", key, body["text"])
        fact = self._fact("closed", key, root["number"], root["seq"] + 1, cause)
        fact |= {"parent": root["parent"], "article": {**fact["article"], "id": article}}
        after = {**self._walk["child_closed"], "parent": root["parent"]}
        self._after(self._say_and_settle("child_closed", await self._save(root, after, fact), fact))
        return {"ticket_id": key}

    async def hear(self, closed: Json) -> None:
        """tickets: the answer becomes an article of the parent."""
        key, cause = closed["parent"]["id"], f"{closed['event_id']}-h"
        (words,) = await self._words([closed["article"]["id"]])
        root = await self._loaded(key, cause)
        article = await self._write("heard_words", key, words["text"])
        fact = self._fact("answered", key, root["number"], root["seq"] + 1, cause)
        fact["child"] = {"id": closed["ticket_id"], "number": closed["number"]}
        fact["article"] = {**fact["article"], "id": article}
        await self._say_and_settle("answered", await self._save(root, self._walk["heard"], fact), fact)

    async def children(self, parent: str) -> Json:
        """tickets: the questions of a ticket."""
        rows = self._store.tickets.find({"parent.id": parent}).sort("place", -1).limit(51)
        return {"items": await rows.to_list(None)}

    async def view(self, key: str) -> Json:
        """tickets: the page."""
        root = await self._store.tickets.find_one({"_id": key})
        facts = await self._facts(key, 1, root["seq"] + 1)
        ids = [fact[name]["id"] for fact in facts for name in ("request", "mail", "article") if fact.get(name)]
        asked = [fact["child_id"] for fact in facts if "child_id" in fact]
        words, children = await asyncio.gather(
            self._words(ids), self._store.tickets.find({"_id": {"$in": asked}}).to_list(None)
        )
        return {**root, "journal": facts, "articles": words, "questions": children}

    async def _loaded(self, key: str, cause: str) -> Json:
        root: Json = await self._store.tickets.find_one({"_id": key})
        await self._store.journal.find({"cause_id": cause}).to_list(None)
        return root

    async def _facts(self, key: str, start: int, end: int) -> list[Json]:
        place = {"$gte": f"{key}:{start:09d}", "$lt": f"{key}:{end:09d}"}
        found: list[Json] = await self._store.journal.find({"place": place}).to_list(None)
        return found

    async def _words(self, ids: list[str]) -> list[Json]:
        found: list[Json] = await self._store.articles.find({"_id": {"$in": ids}}).to_list(None)
        return found

    async def _write(self, name: str, key: str, text: str) -> str:
        article = str(uuid.uuid4())
        await self._store.articles.insert_one({**self._walk[name], "_id": article, "ticket_id": key, "text": text})
        return article

    async def _save(self, root: Json, after: Json, fact: Json) -> Json:
        kept = {name: root[name] for name in ("_id", "number", "place")}
        new = {**after, **kept, "seq": fact["seq"], "version": root["version"] + 1, "outbox": [fact]}
        new["outbox_since"] = time.time()
        done = await self._store.tickets.replace_one({"_id": root["_id"], "version": root["version"]}, new)
        if not done.matched_count:
            raise RuntimeError("two wrote at once: the measurement asks one question of a ticket")
        return new

    def _fact(self, name: str, key: str, number: str, seq: int, cause: str) -> Json:
        ids = {"event_id": str(uuid.uuid4()), "ticket_id": key, "number": number, "seq": seq, "cause_id": cause}
        return {**self._walk[name], **ids}

    async def _say_and_settle(self, key: str, root: Json, fact: Json, **asks: str) -> None:
        await self.wire.say(key, fact, mandatory=key in QUEUES)
        place = {"place": f"{root['_id']}:{fact['seq']:09d}", "about": (fact.get("article") or {}).get("id"), **asks}
        await self._store.journal.insert_one({**fact, **place, "_id": fact["event_id"]})
        emptied: Json = {"$set": {"outbox": [], "outbox_since": None}}
        await self._store.tickets.update_one({"_id": root["_id"], "version": root["version"]}, emptied)

    def _after(self, saying: Any) -> None:
        task = asyncio.create_task(saying)
        self._soon.add(task)
        task.add_done_callback(self._soon.discard)


def create_app(role: str) -> FastAPI:
    """One role as an app."""
    asking = Asking()
    heard: dict[str, Heard] = {"requested": asking.route}
    if role == "desk":
        heard = {"child_routed": asking.open, "child_opened": asking.notice, "child_closed": asking.hear}

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asking.wire.open(os.environ["BENCH_AMQP_URL"], QUEUES)
        for name, hears in heard.items():
            await asking.wire.hear(name, hears)
        yield
        await asking.wire.connection.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/health/ready")
    async def ready() -> Response:
        return Response(status_code=204)

    @app.post("/tickets/{key}/questions")
    async def ask(key: str, request: Request) -> Response:
        return JSONResponse(await asking.ask(key, await request.json()))

    @app.post("/tickets/{key}/question/answer")
    async def answer(key: str, request: Request) -> Response:
        return JSONResponse(await asking.answer(key, await request.json()))

    @app.get("/tickets")
    async def children(parent: str) -> Response:
        return JSONResponse(await asking.children(parent))

    @app.get("/tickets/{key}")
    async def view(key: str) -> Response:
        return JSONResponse(await asking.view(key))

    return app


if __name__ == "__main__":
    serve(create_app(sys.argv[1]), int(os.environ["BENCH_PORT"]))
