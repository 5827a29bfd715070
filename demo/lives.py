"""What happens to the sample tickets after they are opened: the verbs of `samples.yml`, wished over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict

from demo.errors import StackError
from shared.identity import internal_token
from shared.policy import Person


class Step(BaseModel):
    """One verb: its path in the tickets API, who wishes it, and its body. `in_days` becomes `until`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    by: str
    verb: str
    in_days: int | None = None

    @property
    def body(self) -> dict[str, Any]:
        """What is wished, but for `seen`."""
        given = dict(self.model_extra or {})
        if self.in_days is not None:
            given["until"] = (datetime.now(UTC) + timedelta(days=self.in_days)).isoformat()
        return given


class Operators:
    """Whoever acts on the sample tickets. `tickets_url`: the tickets service, `key` signs internal calls."""

    def __init__(self, tickets_url: str, key: str) -> None:
        self._url = tickets_url
        self._key = key
        self._http = httpx.Client(timeout=20)

    def do(self, number: str, step: Step, person: Person, key: str) -> None:
        """The step, once: the sample's place and the step's are its idempotency key."""
        headers = {"Authorization": f"Bearer {internal_token(person, self._key)}"}
        ticket = f"{self._url}/tickets/{number}"
        body = step.body
        if step.verb != "replies":
            body["seen"] = self._http.get(ticket, headers=headers).raise_for_status().json()["seq"]
        answer = self._http.post(f"{ticket}/{step.verb}", json=body, headers=headers | {"Idempotency-Key": key})
        # 409, or 422 for a key with another body: a sample of an earlier, interrupted round.
        if answer.status_code not in (200, 409) and "key" not in answer.text:
            raise StackError(f"'{step.verb}' was refused on sample ticket {number}: {answer.text[:500]}")
