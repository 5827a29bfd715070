"""What happens to the sample tickets after they are opened: the verbs of `samples.yml`, wished over HTTP."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict

from demo.errors import StackError
from demo.waiting import wait_until
from shared.identity import internal_token
from shared.policy import Person


class Step(BaseModel):
    """One verb: its path in the tickets API, who wishes it, and its body. `in_days` becomes `until`.

    `of`: it is wished of the ticket, of the last question it asked, or of the last question that this one asked.
    `in_hours` becomes a question's `due_at`; `quoting`: it shows the ticket's articles of these kinds.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    by: str
    verb: str
    of: Literal["ticket", "question", "question of the question"] = "ticket"
    in_days: int | None = None
    in_hours: int | None = None
    quoting: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """What is wished, but for `seen`."""
        given = dict(self.model_extra or {})
        if self.in_days is not None:
            given["until"] = (datetime.now(UTC) + timedelta(days=self.in_days)).isoformat()
        if self.in_hours is not None:
            given["due_at"] = (datetime.now(UTC) + timedelta(hours=self.in_hours)).isoformat()
        return given


class Operators:
    """Whoever acts on the sample tickets. `tickets_url`: the tickets service, `key` signs internal calls."""

    def __init__(self, tickets_url: str, key: str, given_up: threading.Event | None = None) -> None:
        self._url = tickets_url
        self._key = key
        self._given_up = given_up
        self._http = httpx.Client(timeout=20)

    def do(self, number: str, step: Step, person: Person, key: str) -> None:
        """The step, once: the sample's place and the step's are its idempotency key."""
        headers = {"Authorization": f"Bearer {internal_token(person, self._key)}"}
        for _ in range(("ticket", "question", "question of the question").index(step.of)):
            number = self._question_of(number, headers)
        ticket = f"{self._url}/tickets/{number}"
        body = step.body
        if step.verb != "replies":
            view = self._view(number, headers)
            body["seen"] = view["seq"]
            if step.quoting:
                body["articles"] = [each["id"] for each in view["articles"] if each["kind"] in step.quoting]
        answer = self._http.post(f"{ticket}/{step.verb}", json=body, headers=headers | {"Idempotency-Key": key})
        # 409, or 422 for a key with another body: a sample of an earlier, interrupted round.
        if answer.status_code not in (200, 409) and "key" not in answer.text:
            raise StackError(f"'{step.verb}' was refused on sample ticket {number}: {answer.text[:500]}")

    def _view(self, number: str, headers: dict[str, str]) -> dict[str, Any]:
        answer = self._http.get(f"{self._url}/tickets/{number}", headers=headers).raise_for_status()
        return dict(answer.json())

    def _question_of(self, number: str, headers: dict[str, str]) -> str:
        """The number of the last question that `number` asked, once it is open."""
        found = ""

        def is_open() -> bool:
            nonlocal found
            asked = sorted(self._view(number, headers)["questions"], key=lambda each: str(each["asked_at"]))
            found = asked[-1]["child"]["number"] if asked else ""
            return bool(found)

        if not wait_until(is_open, 30, every=0.2, given_up=self._given_up):
            raise StackError(f"The question of sample ticket {number} did not open within 30 s.")
        return found
