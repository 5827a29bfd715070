"""What intake and routing say about a form that was sent."""

from typing import ClassVar

from pydantic import AwareDatetime, JsonValue

from shared.events.base import Attachment, Event, Frozen, Id, Language, Requester


class Submission(Frozen):
    """What the user sent, checked against its form contract; `id` is also the correlation id of all that follows.

    `page`: where it was written, as the page itself says: its address, or a service's name. Nobody vouches for it.
    """

    id: Id
    form: str
    version: int
    site: str
    language: Language
    subject: str
    values: dict[str, JsonValue]
    attachments: tuple[Attachment, ...] = ()
    requester: Requester
    submitted_at: AwareDatetime
    page: str | None = None


class FormSubmitted(Event):
    name: ClassVar[str] = "form.submitted.v1"
    submission: Submission


class RuleQuestion(Frozen):
    """A question that a rule asks the second level as soon as the ticket opens.

    `fields`: answers of the form that the second level is shown; `attachments`: and the files. `hours`: till it is due.
    """

    rule: str
    queue: str
    title: str
    text: str
    hours: int | None = None
    fields: tuple[str, ...] = ()
    attachments: bool = False


class SubmissionRouted(Event):
    """Routing chose the first-level queue; `rule` says which rule decided, `questions` go to the second level."""

    name: ClassVar[str] = "submission.routed.v1"
    submission: Submission
    queue: str
    rule: str
    questions: tuple[RuleQuestion, ...] = ()
