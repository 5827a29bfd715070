"""Sample requests, sent the way everybody's are: through intake's public door, and taken in charge over HTTP."""

import json
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, Literal

import httpx
import yaml
from pydantic import BaseModel, ConfigDict

from demo.errors import Interrupted, StackError
from demo.lives import Operators, Step
from demo.stack import Stack
from demo.waiting import wait_until
from shared.events import Language, Requester
from shared.identity import site_context
from shared.people import People
from shared.policy import Person
from shared.queues import Queues

_FILE = Path(__file__).with_name("samples.yml")
# The site whose word intake takes for who somebody is: it signs with our own key.
_VOUCHING_SITE = "portal"


class Sample(BaseModel):
    """One request of `samples.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: str
    site: str = _VOUCHING_SITE
    language: Language = "it"
    person: str | None = None
    name: str = ""
    email: str = ""
    values: dict[str, Any]
    files: dict[str, Literal["pdf", "png"]] = {}
    taken_by: str | None = None
    life: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All that happens to it, in order."""
        return (*((Step(by=self.taken_by, verb="take"),) if self.taken_by else ()), *self.life)

    @property
    def answers(self) -> dict[str, Any]:
        """What is typed, dates as a browser writes them."""
        who = {} if self.person else {"name": self.name, "email": self.email}
        typed = {key: value.isoformat() if isinstance(value, date) else value for key, value in self.values.items()}
        return who | typed


def load() -> list[Sample]:
    """All samples, in order: their place gives them their idempotency key."""
    return [Sample.model_validate(each) for each in yaml.safe_load(_FILE.read_text(encoding="utf-8"))]


def send(stack: Stack, say: Callable[[str], None]) -> None:
    """Sends all samples, unless they are in already; a repeat is harmless. `StackError` when intake refuses one."""
    if stack.state.samples_sent.exists():
        say("The data of the last run is kept (make run FRESH=1 starts empty).")
        return
    samples = load()
    say(f"Sending {len(samples)} sample requests ...")
    people = People.load(stack.config, Queues.load(stack.config))
    sender = _Sender(stack, people)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sender.send, range(len(samples)), samples))
    stack.state.samples_sent.touch()


class _Sender:
    def __init__(self, stack: Stack, people: People) -> None:
        self._stack = stack
        self._people = people
        self._settings = stack.settings
        self._http = httpx.Client(timeout=20)
        self._operators = Operators(stack.urls.tickets, stack.internal_key, stack.given_up)

    def send(self, place: int, sample: Sample) -> None:
        if self._stack.given_up.is_set():
            raise Interrupted
        address = f"{self._stack.urls.intake}/forms/{sample.form}/submissions"
        answer = self._http.post(
            address,
            params={"lang": sample.language, "site": sample.site},
            headers={"Idempotency-Key": f"sample-{place:03d}", "Accept": "application/json"},
            **self._body(sample),
        )
        if answer.status_code >= 400:
            raise StackError(f"Intake refused sample {place} ({sample.form}): {answer.text[:500]}")
        if sample.steps:
            number = self._number(answer.json())
            for index, step in enumerate(sample.steps):
                self._operators.do(number, step, self._person(step.by), f"sample-{place:03d}-{index}")

    def _body(self, sample: Sample) -> dict[str, Any]:
        answers = sample.answers
        if sample.person:
            answers["_context"] = self._context(self._person(sample.person))
        if not sample.files:
            return {"json": answers}
        made = {"pdf": ("allegato.pdf", a_pdf(), "application/pdf"), "png": ("schermata.png", a_png(), "image/png")}
        typed = {key: _typed(value) for key, value in answers.items()}
        return {"data": typed, "files": [(field, made[kind]) for field, kind in sample.files.items()]}

    def _number(self, accepted: dict[str, Any]) -> str:
        """The ticket's number, at once or a little later."""
        found = accepted

        def has_number() -> bool:
            nonlocal found
            if not found.get("number"):
                status = self._http.get(accepted["status_url"], headers={"Accept": "application/json"})
                found = status.json() if status.status_code == 200 else {}
            return bool(found.get("number"))

        if not wait_until(has_number, 30, every=0.2, given_up=self._stack.given_up):
            raise StackError(f"A sample request got no ticket within 30 s: read the logs in {self._stack.state.logs}.")
        return str(found["number"])

    def _context(self, person: Person) -> str:
        requester = Requester(name=person.name, email=person.email, verified=True, subject=person.id)
        return site_context(_VOUCHING_SITE, requester, self._settings["SPORTELLO_SIGNING_KEY"])

    def _person(self, person_id: str) -> Person:
        found = self._people.get(person_id)
        if found is None:
            raise StackError(f"{_FILE.name} names '{person_id}', who is not in config/people.yml.")
        return found


def _typed(value: Any) -> Any:
    """An answer as form data has it."""
    if isinstance(value, bool):
        return json.dumps(value)
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def a_png() -> bytes:
    """A small grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    width, height = 160, 90
    rows = b"".join(b"\x00" + bytes((200 - row,) * width) for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def a_pdf() -> bytes:
    """One page that says it is an example."""
    text = b"BT /F1 24 Tf 72 720 Td (Documento di esempio) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    document, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return document + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
