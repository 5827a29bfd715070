"""Routing, running: it answers the second level's questions, takes changed rules without a restart, and says why."""

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import Response
from typer.testing import CliRunner

from demo.ports import free_port
from services.cli import app as sportello
from services.notifier import app as notifier_app
from services.portal import app as portal_app
from services.routing import app as routing_app
from services.tickets import app as tickets_app
from shared.broker import Bus
from shared.config import Settings
from shared.errors import BadInput, Forbidden
from shared.events import ChildRouted, SecondLevelRequested, SubmissionRouted
from shared.identity import internal_token
from shared.ids import random_id
from shared.internal import InternalClient
from shared.mongo import Database
from tests.conftest import eventually
from tests.integration.house import KEY, serving
from tests.unit.routing.test_explain import about, asked
from tests.unit.samples import GIULIA, LUCA, a_requester, a_submission, submitted

pytestmark = pytest.mark.integration

NEWER = """
rules:
  - name: everything
    when: {}
    queue: front-desk
"""


class Desk:
    """Routing, running on a copy of the configuration, and what tickets would hear of it."""

    def __init__(self, settings: Settings, client: InternalClient, bus: Bus) -> None:
        self.settings = settings
        self.client = client
        self.bus = bus
        self.children: list[ChildRouted] = []
        self.routed: list[SubmissionRouted] = []

    @property
    def rules(self) -> Path:
        return self.settings.config_dir / "routing.yml"

    async def status(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.client.get("/rules", GIULIA)
        return found

    async def ask(self, question: SecondLevelRequested) -> ChildRouted:
        """Routing's answer to a question."""
        await self.bus.publish(question)
        await eventually(lambda: any(said.request.event_id == question.event_id for said in self.children))
        return next(said for said in self.children if said.request.event_id == question.event_id)


@pytest.fixture
async def desk(amqp_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    config = Path(shutil.copytree("config", tmp_path / "config"))
    port, tickets_port = free_port(), free_port()
    settings = Settings(
        amqp_url=amqp_url,
        internal_key=KEY,
        config_dir=config,
        tickets_urls=f"http://127.0.0.1:{tickets_port}",
        routing_urls=f"http://127.0.0.1:{port}",
        port=port,
    )
    bus = Bus(amqp_url, "tickets")
    client = InternalClient(settings.routing_urls, KEY)
    found = Desk(settings, client, bus)

    @bus.hears(ChildRouted)
    async def on_child_routed(event: ChildRouted) -> None:
        found.children.append(event)

    @bus.hears(SubmissionRouted)
    async def on_submission_routed(event: SubmissionRouted) -> None:
        found.routed.append(event)

    await bus.start()
    await asyncio.wait_for(bus.connected.wait(), 10)
    async with serving(routing_app.build(settings), port), serving(a_past(), tickets_port):
        yield found
    await client.close()
    await bus.stop()


def a_past() -> FastAPI:
    """tickets, as routing asks it: a ticket of Luca's, a question from it, and a question from that."""
    request = {
        "id": "t1",
        "number": "20261123000017",
        "queue": "students",
        "form": "enrolment",
        "version": 1,
        "site": "portal",
        "language": "it",
        "subject": "Rinuncia",
        "values": {"kind": "suspension", "suspension_kind": "withdraw", "student_number": "612345"},
        "requester": a_requester(role="student").model_dump(),
        "opened_at": datetime(2026, 11, 23, 12, 0, tzinfo=UTC).isoformat(),
        "parent": None,
        "journal": [{"seq": 1, "data": {"rule": "enrolment"}}],
    }
    inside: dict[str, Any] = {"requester": None, "values": {}}
    child = request | inside | {"id": "k1", "number": "20261123000025", "queue": "students-enrolment"}
    child["parent"] = {"id": "t1", "number": "20261123000017"}
    grandchild = request | inside | {"id": "k2", "number": "20261123000033", "queue": "students-exams"}
    grandchild["parent"] = {"id": "k1", "number": "20261123000025"}
    named = {str(each[key]): each for each in (request, child, grandchild) for key in ("id", "number")}
    past = FastAPI()

    @past.get("/health/ready")
    async def ready() -> Response:
        return Response(status_code=204)

    @past.get("/tickets/{name}")
    async def ticket(name: str) -> Any:
        return named.get(name) or Response('{"detail": "There is no such request."}', 404)

    return past


async def test_a_question_gets_its_queue_however_often_it_comes(desk: Desk) -> None:
    chosen = await desk.ask(asked(about(queue="credentials", form="credentials"), "credentials-mail"))
    assert (chosen.queue, chosen.rule) == ("credentials-mail", "asked")
    by_rule = asked(about(queue="credentials", form="credentials", values={"kind": "mailbox"}))
    ruled = await desk.ask(by_rule)
    assert (ruled.queue, ruled.rule) == ("credentials-mail", "mailboxes")
    await desk.bus.publish(by_rule)
    await eventually(lambda: len([said for said in desk.children if said.cause_id == by_rule.event_id]) == 2)
    assert len({said.event_id for said in desk.children if said.cause_id == by_rule.event_id}) == 1
    lost = await desk.ask(asked(about(queue="fees", form="fees"), "fees-archive"))
    assert (lost.queue, lost.rule) == ("fees-accounting", "fallback: asks, queue gone")


async def test_rules_change_while_running_and_wrong_ones_stay_outside(desk: Desk) -> None:
    before = await desk.status()
    right = desk.rules.read_text(encoding="utf-8")
    desk.rules.write_text(right.replace("queue: internships", "queue: nowhere"), encoding="utf-8")

    async def fault() -> str | None:
        return str((await desk.status())["fault"] or "") or None

    told = await eventually(fault)
    line = 1 + right.splitlines().index("    queue: internships")
    assert told.startswith(f"{desk.rules}:{line}: queue 'nowhere' is not in queues.yml")
    status = await asyncio.to_thread(run, desk, "status")
    assert (status[0], f"newer files are not taken: {told}" in status[1]) == (1, True)
    form = submitted(a_submission(form="internships"))
    await desk.bus.publish(form)
    await eventually(lambda: desk.routed)
    assert (desk.routed[0].queue, desk.routed[0].rule) == ("internships", "internships")

    desk.rules.write_text(NEWER, encoding="utf-8")

    async def taken() -> bool:
        return bool((await desk.status())["rules"] == 1)

    await eventually(taken)
    after = await desk.status()
    assert (after["fault"], after["fingerprint"] != before["fingerprint"]) == (None, True)
    assert after["since"] > before["since"]
    await desk.bus.publish(submitted(a_submission(form="internships")))
    await eventually(lambda: len(desk.routed) == 2)
    assert (desk.routed[1].queue, desk.routed[1].rule) == ("front-desk", "everything")


async def test_a_tree_and_rules_that_only_fit_together_are_taken_together(desk: Desk) -> None:
    tree = desk.settings.config_dir / "queues.yml"
    tree.write_text(tree.read_text(encoding="utf-8").replace("- id: internships", "- id: placement"), encoding="utf-8")

    async def refused() -> bool:
        return bool((await desk.status())["fault"])

    await eventually(refused)
    text = desk.rules.read_text(encoding="utf-8")
    desk.rules.write_text(text.replace("queue: internships", "queue: placement"), encoding="utf-8")

    async def listed() -> list[dict[str, Any]]:
        queues = (await desk.client.get("/queues", GIULIA))["queues"]
        return [queue for queue in queues if queue["id"] == "placement"]

    assert await eventually(listed)
    assert (await desk.status())["fault"] is None


async def test_operators_read_the_tree_with_what_was_inherited(desk: Desk) -> None:
    found = await desk.client.get("/queues", GIULIA)
    assert found["second_level_fallback"] == "online-services-developers"
    identity = next(queue for queue in found["queues"] if queue["id"] == "credentials-identity")
    assert (identity["due_hours"], identity["inherited"]["due_hours"]) == (24, "credentials")
    for path in ("/queues", "/rules", "/explain/20261123000017"):
        with pytest.raises(Forbidden):
            await desk.client.get(path, LUCA)


async def test_why_a_ticket_goes_where_it_goes_is_told(desk: Desk) -> None:
    submission = a_submission(form="internships", values={})
    dry = await desk.client.post("/dry-run", GIULIA, submission.model_dump(mode="json"), random_id())
    assert (dry["queue"], dry["rules"][0]["why"]) == ("internships", "the form is 'internships', not 'credentials'")
    for moment in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+12:00"):
        never = {**submission.model_dump(mode="json"), "submitted_at": moment}
        with pytest.raises(BadInput, match="between the years"):
            await desk.client.post("/dry-run", GIULIA, never, random_id())
    # Half a character, as JSON can say it.
    half = json.dumps({**submission.model_dump(mode="json"), "site": "\ud800"})
    headers = {"Authorization": f"Bearer {internal_token(GIULIA, KEY)}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=desk.settings.routing_urls, headers=headers) as raw:
        assert (await raw.post("/dry-run", content=half)).status_code == 422
    found = await desk.client.get("/explain/20261123000017", GIULIA)
    assert (found["request"]["rule"], found["question"]["queue"]) == ("enrolment-withdrawal", "students-enrolment")
    assert [each["queue"] for each in found["request"]["questions"]] == ["students-enrolment", "fees-accounting"]
    grandchild = await desk.client.get("/explain/20261123000033", GIULIA)
    assert grandchild["request"] is None
    # Asked by the enrolment office, which doesn't ask itself.
    assert grandchild["question"]["rule"] == "fallback: second_level_fallback"


def run(desk: Desk, *arguments: str) -> tuple[int, str]:
    """A command, told where everything is."""
    told = {
        "SPORTELLO_INTERNAL_KEY": KEY,
        "SPORTELLO_TICKETS_URLS": desk.settings.tickets_urls,
        "SPORTELLO_ROUTING_URLS": desk.settings.routing_urls,
    }
    found = CliRunner().invoke(sportello, ["routing", *arguments], env=told)
    return found.exit_code, found.output


async def test_edited_rules_are_tried_on_what_was_sent_before_they_are_live(desk: Desk, tmp_path: Path) -> None:
    code, told = await asyncio.to_thread(run, desk, "explain", "20261123000017")
    assert code == 0
    assert "20261123000017 is in queue 'students'; when it came, 'enrolment' decided.\n" in told
    assert " * enrolment-withdrawal          yes    it decides\n" in told
    assert "   credentials-of-a-guest        no     the form is 'enrolment', not 'credentials'\n" in told
    assert "  asks 'fees-accounting': Rinuncia agli studi: tasse, due in 48 hours\n" in told
    edited = Path(shutil.copytree(desk.settings.config_dir, tmp_path / "edited"))
    (edited / "routing.yml").write_text(NEWER, encoding="utf-8")
    code, told = await asyncio.to_thread(run, desk, "explain", "20261123000017", "--config", str(edited))
    assert code == 0
    assert "Rule 'everything' decides: it goes to 'front-desk'." in told
    assert (await asyncio.to_thread(run, desk, "status"))[0] == 0
    assert (await asyncio.to_thread(run, desk, "explain", "20260101000001"))[0] == 1


async def test_what_a_rule_asks_by_itself_is_asked_and_can_be_explained(
    amqp_url: str, store_url: str, tmp_path: Path
) -> None:
    """With tickets itself: two questions open with the ticket, and each is explained by its number."""
    port, tickets_port, prefix = free_port(), free_port(), f"t_{secrets.token_hex(6)}"
    settings = Settings(
        amqp_url=amqp_url,
        mongo_url=store_url,
        mongo_prefix=prefix,
        blobs_url=tmp_path.as_uri(),
        internal_key=KEY,
        tickets_urls=f"http://127.0.0.1:{tickets_port}",
        routing_urls=f"http://127.0.0.1:{port}",
    )
    routing, tickets = InternalClient(settings.routing_urls, KEY), InternalClient(settings.tickets_urls, KEY)
    intake = Bus(amqp_url, "intake")
    async with serving(routing_app.build(settings), port), serving(tickets_app.build(settings), tickets_port):
        await intake.start()
        await asyncio.wait_for(intake.connected.wait(), 10)
        values = {"kind": "suspension", "suspension_kind": "withdraw", "student_number": "612345"}
        await intake.publish(submitted(a_submission(form="enrolment", site="portal", values=values)))

        async def children() -> Any:
            items = (await tickets.get("/tickets", GIULIA, level=2))["items"]
            return len(items) == 2 and {item["queue"]: item for item in items}

        opened = await eventually(children, timeout=20)
        assert set(opened) == {"students-enrolment", "fees-accounting"}
        assert all(item["due_at"] for item in opened.values())
        parent = opened["fees-accounting"]["parent"]
        found = await routing.get(f"/explain/{parent['number']}", GIULIA)
        assert (found["then"], found["request"]["rule"]) == ("enrolment-withdrawal", "enrolment-withdrawal")
        child = await routing.get(f"/explain/{opened['fees-accounting']['number']}", GIULIA)
        assert (child["queue"], child["then"], child["request"]) == ("fees-accounting", "enrolment-withdrawal", None)
        assert child["question"]["queue"] == "students-enrolment"
    for closing in (routing, tickets):
        await closing.close()
    await intake.stop()
    database = Database(store_url, f"{prefix}_tickets")
    await database.drop()
    await database.close()


@pytest.mark.parametrize("build", [tickets_app.build, notifier_app.build, portal_app.build])
async def test_the_other_services_follow_the_tree_and_the_forms(
    build: Any, amqp_url: str, store_url: str, tmp_path: Path
) -> None:
    """Each starts, and takes newer ones while it runs; which it has, its own tests say."""
    config, prefix = Path(shutil.copytree("config", tmp_path / "config")), f"t_{secrets.token_hex(6)}"
    settings = Settings(
        amqp_url=amqp_url,
        mongo_url=store_url,
        mongo_prefix=prefix,
        blobs_url=tmp_path.as_uri(),
        smtp_url="smtp://127.0.0.1:9",
        internal_key=KEY,
        signing_key=KEY,
        intake_url="http://forms.example",
        portal_url="http://portal.example",
        config_dir=config,
    )
    app = build(settings)
    async with serving(app, free_port()):
        since = app.state.config.since
        tree = config / "queues.yml"
        tree.write_text(tree.read_text(encoding="utf-8").replace("en: Fees}", "en: Money}"), encoding="utf-8")
        await eventually(lambda: app.state.config.since > since)
        assert app.state.config.fault is None
        since = app.state.newer_forms.since
        form = (config / "forms" / "fees.v1.yml").read_text(encoding="utf-8")
        (config / "forms" / "fees.v2.yml").write_text(form.replace("version: 1", "version: 2"), encoding="utf-8")
        await eventually(lambda: app.state.newer_forms.since > since, timeout=20)
        assert app.state.newer_forms.current.current("fees").version == 2
    for name in ("tickets", "notifier", "portal"):
        database = Database(store_url, f"{prefix}_{name}")
        await database.drop()
        await database.close()
