"""An older version of a form, sent again after it was accepted: still one submission."""

from typing import Any

import pytest

from services.intake.bodies import Body
from services.intake.followed import LINK_ENDED, Requests
from services.intake.handlers import Sender
from services.intake.retired import FormChanged, earlier
from shared.errors import NotFound
from tests.unit.intake.fakes import FORMS
from tests.unit.samples import NOON

VALUES = {
    "name": "Ada",
    "email": "ada@x.example",
    "role": "student",
    "kind": "password",
    "description": "La password non viene accettata.",
}


class Gone(Requests):
    """Tickets that show nothing, for a reason."""

    def __init__(self, **why: Any) -> None:
        self._why = why

    async def read(self, holder: Any, before: int | None = None) -> Any:
        raise NotFound("Not for you.", **self._why)


async def test_what_was_accepted_stays_accepted_when_its_links_were_ended_since() -> None:
    form = FORMS.current("credentials")
    body, sender = Body(VALUES, key="k", version=str(form.version)), Sender("portal", "it", "k", None)
    accepted = await earlier(FORMS, Gone(code=LINK_ENDED), form, body, sender, NOON)
    assert accepted.number is None
    assert accepted.ticket_id
    with pytest.raises(FormChanged):
        await earlier(FORMS, Gone(), form, body, sender, NOON)
