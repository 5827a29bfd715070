"""A checked submission becomes an event: its files are stored first, then it is published with confirm, then it is
accepted. Nothing is accepted that isn't stored."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.intake.addresses import Address
from services.intake.bodies import Body
from services.intake.guard import Attempt, Guard
from services.intake.waiting import Waiting
from shared.blobs import Blobs
from shared.broker import Bus
from shared.events import Actor, ActorKind, Attachment, FormSubmitted, Language, Requester, Submission
from shared.forms.check import Checked, check
from shared.forms.model import Form
from shared.forms.texts import say
from shared.forms.view import subject
from shared.ids import derived, digest, submission_id, ticket_id
from shared.scan import Scan


@dataclass(frozen=True)
class Sender:
    """Where a submission comes from. `person`: the requester a site vouches for, or None."""

    site: str
    language: Language
    key: str | None
    person: Requester | None
    address: Address | None = None


class Accepted(NamedTuple):
    """A stored submission; `number` when the ticket was opened in time, and `queue` when this copy heard where."""

    ticket_id: str
    number: str | None
    queue: str = ""


class Desk:
    """What accepting needs, built by `app`."""

    def __init__(self, bus: Bus, blobs: Blobs, waiting: Waiting, patience: float, scan: Scan, guard: Guard) -> None:
        self._bus = bus
        self._blobs = blobs
        self._waiting = waiting
        self._patience = patience
        self.scan = scan
        self.guard = guard

    async def accept(self, form: Form, body: Body, sender: Sender, now: datetime, wait: bool = True) -> Accepted:
        """Check, store, publish; then wait for the number, unless the sender prefers not to.

        Raises `BadInput` and its kin when the form's contract says no, `DependencyDown` (503) when it can't be
        stored: then nothing was accepted, and a repeat with the same key becomes exactly one ticket.
        """
        checked = check(form, with_identity(body.values, sender.person), body.uploads, sender.language)
        submission = compose(form, checked, body, sender, now)
        opening = ticket_id(submission.id)
        if opened := self.guard.known.opened(opening):
            # It came before, and all of it is done.
            return Accepted(opening, *opened)
        await self.guard.admit(attempt(form, body, sender), opening)
        await self.scan.look(checked.files, body.contents, sender.language, say(sender.language, "detail"))
        for content in body.contents:
            await self._blobs.put(submission.id, content)
        async with self._waiting.for_ticket(opening) as opened_soon:
            await self._bus.publish(submitted(submission))
            self.guard.known.add(opening)
            if not wait:
                return Accepted(opening, None)
            try:
                return Accepted(opening, *await asyncio.wait_for(asyncio.shield(opened_soon), self._patience))
            except TimeoutError:
                return Accepted(opening, None)


def attempt(form: Form, body: Body, sender: Sender) -> Attempt:
    """This try to send, as the guard sees it."""
    return Attempt(
        form,
        sender.site,
        sender.language,
        sender.address,
        sender.person,
        sender.key,
        body.entries,
        body.proof,
        body.trap,
    )


def with_identity(values: dict[str, object], person: Requester | None) -> dict[str, object]:
    """The answers; who is vouched for can't be typed over."""
    return values if person is None else {**values, "name": person.name, "email": person.email}


def compose(form: Form, checked: Checked, body: Body, sender: Sender, now: datetime) -> Submission:
    """The submission, with the id that its cause gives it."""
    person = sender.person or Requester(name=checked.name, email=checked.email)
    content = digest([checked.name, checked.email, checked.values, body.files_digest()])
    identity = submission_id(form.id, sender.site, person.subject, sender.key, content)
    hashes = [sha for _, sha in body.files_digest()]
    return Submission(
        id=identity,
        form=form.id,
        version=form.version,
        site=sender.site,
        language=sender.language,
        subject=subject(form, checked.values, sender.language),
        values=checked.values,
        attachments=tuple(
            Attachment(
                key=f"{identity}/{sha}",
                name=upload.name,
                media_type=upload.media_type,
                size=upload.size,
                field=upload.field,
            )
            for upload, sha in zip(checked.files, hashes, strict=True)
        ),
        requester=person,
        submitted_at=now,
        page=body.page,
    )


def submitted(submission: Submission) -> FormSubmitted:
    """The fact; the same submission always has the same fact id."""
    requester = submission.requester
    return FormSubmitted(
        event_id=derived(submission.id, "form.submitted"),
        occurred_at=submission.submitted_at,
        correlation_id=submission.id,
        cause_id=submission.id,
        actor=Actor(id=requester.subject or submission.id, name=requester.name, kind=ActorKind.REQUESTER),
        submission=submission,
    )
