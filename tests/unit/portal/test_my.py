"""Le mie richieste: nothing internal gets through, and what was typed comes back with what is wrong with it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from starlette.datastructures import FormData, UploadFile

from services.portal.i18n import tongues
from services.portal.my_own import own
from services.portal.my_replies import SAID, Draft, draft_of, key_of, said_of
from services.portal.my_timeline import NEXT, stage, timeline
from services.portal.rows import rows_of
from services.portal.shapes import View
from services.portal.tickets import Tickets
from shared.errors import BadInput, Conflict, DependencyDown, NotFound, TooMany
from shared.forms.reply import FILES, MESSAGE
from shared.internal import InternalClient
from shared.policy import SEEN_BY_REQUESTER, Person
from tests.unit.portal.samples import NUMBER, a_view
from tests.unit.samples import CHIARA, GIULIA, LUCA, NOON, a_requester

ITALIAN = tongues()["it"]


class FakeClient(InternalClient):
    """A tickets service that filters nothing."""

    def __init__(self, view: View) -> None:
        self.view = view

    async def get(self, path: str, person: Person, **params: Any) -> Any:
        return self.view.model_dump(mode="json")


def article(kind: str, **changes: Any) -> dict[str, Any]:
    """An article as an operator gets it."""
    return {
        "id": kind,
        "kind": kind,
        "visibility": "internal",
        "at": NOON,
        "author": GIULIA.ref,
        "to": "luca@studenti.example",
        "delivery_detail": "550 5.1.1 mx.example",
        **changes,
    }


def form(*files: UploadFile, **fields: str) -> FormData:
    """What the box sends."""
    return FormData([*fields.items(), *(("files", file) for file in files)])


async def test_the_portal_filters_once_more_what_tickets_gave_it() -> None:
    kinds = ("request", "note", "mail_forward", "child_opened", "child_answer", "system", "mail_answer")
    mails = [article("mail_answer", id=fate, delivery=fate) for fate in ("held", "stopped", "withdrawn", "sent")]
    stopped = {"what": "ticket.replied.v1", "by": "Giulia Conti", "at": NOON}
    view = a_view(
        articles=(*(article(kind) for kind in kinds), *mails, article("requester_reply", stopped=stopped)),
        owner=GIULIA.ref,
        responsible=GIULIA.ref,
        tags=("urgente",),
        links=({"ticket": {"id": "x", "number": "20261123000020"}, "relation": "related"},),
    )
    seen = await own(LUCA, NUMBER, Tickets(FakeClient(view)))
    assert [each.id for each in seen.articles] == ["request", "mail_answer", "sent", "requester_reply"]
    assert {each.kind for each in seen.articles} <= SEEN_BY_REQUESTER
    assert not any(each.author or each.to or each.delivery_detail or each.stopped for each in seen.articles)
    assert (seen.owner, seen.responsible, seen.journal, seen.tags, seen.links) == (None, None, (), (), ())
    assert "Giulia" not in seen.model_dump_json()


async def test_a_mails_subject_is_shown_without_the_mark_that_sorts_it() -> None:
    view = a_view(articles=(article("mail_receipt", subject=f"[Ticket#{NUMBER}] Ricevuta"),))
    seen = await own(LUCA, NUMBER, Tickets(FakeClient(view)))
    assert [each.subject for each in seen.articles] == ["Ricevuta"]


@pytest.mark.parametrize("person", [CHIARA, GIULIA])
async def test_somebody_elses_request_is_not_there_not_even_for_operators(person: Person) -> None:
    with pytest.raises(NotFound):
        await own(person, NUMBER, Tickets(FakeClient(a_view())))
    with pytest.raises(NotFound):
        await own(LUCA, NUMBER, Tickets(FakeClient(a_view(requester=a_requester(verified=False)))))


@pytest.mark.parametrize(
    ("written", "state", "replied", "said"),
    [
        ("added", "open", True, True),
        ("added", "pending", False, False),
        ("reopened", "open", True, True),
        ("reopened", "closed_successful", True, False),
        ("renewed", "closed_unsuccessful", True, True),
        ("renewed", "open", True, False),
        ("<b>", "open", True, False),
        ("", "open", True, False),
    ],
)
def test_the_address_alone_can_claim_nothing(written: str, state: str, replied: bool, said: bool) -> None:
    articles = (article("requester_reply", at=NOON + timedelta(hours=1)),) if replied else ()
    assert said_of(written, a_view(state=state, articles=articles)) == (SAID[written] if said else None)


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays() -> None:
    errors = [{"field": FILES, "message": "Uno."}, {"field": FILES, "message": "Due."}]
    file = UploadFile(io.BytesIO(b"%PDF-1.7"), filename="a.pdf")
    draft = draft_of(form(file, text="<b>", key="k"), BadInput("x", errors=errors), ITALIAN)
    assert draft == Draft("<b>", "k", {FILES: "Uno. Due."}, "", True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DependencyDown(), "In questo momento non riusciamo a ricevere il tuo messaggio."),
        (TooMany("English", 30), "Hai inviato molto in poco tempo. Quello che hai scritto è ancora qui"),
        (Conflict("English words", code="merging"), "Il messaggio non è stato accettato"),
        (
            BadInput("English", code="empty", errors=[{"field": MESSAGE, "message": "English"}]),
            "Il messaggio non è stato accettato",
        ),
    ],
)
def test_other_refusals_are_told_in_the_readers_words(error: Any, words: str) -> None:
    draft = draft_of(form(text="resta", key="k"), error, ITALIAN)
    assert draft.notice.startswith(words)
    assert "English" not in draft.notice
    assert (draft.text, draft.key, draft.errors) == ("resta", "k", {})


def test_a_key_that_is_none_is_replaced() -> None:
    assert key_of(form(key="k")) == "k"
    assert len({key_of(form()), key_of(form(key="")), key_of(form(key="k" * 101))}) == 3


@pytest.mark.parametrize(
    ("state", "kinds", "expected"),
    [
        ("open", ["request", "mail_answer"], "answered"),
        ("open", ["request", "mail_answer", "requester_reply"], "open"),
        ("open", ["request", "requester_reply", "mail_answer", "mail_taken"], "answered"),
        ("open", ["request", "mail_taken"], "open"),
        ("closed_successful", ["request", "mail_answer"], "closed_successful"),
        ("pending", ["request", "mail_answer", "mail_information_request"], "pending"),
    ],
)
def test_who_was_answered_is_not_told_to_wait_for_the_answer(state: str, kinds: list[str], expected: str) -> None:
    articles = [article(kind, at=NOON + timedelta(minutes=minute)) for minute, kind in enumerate(kinds)]
    view = a_view(state=state, articles=articles)
    assert stage(view, timeline(view, rows_of(view, None, "it"))) == expected
    assert NEXT[expected]
