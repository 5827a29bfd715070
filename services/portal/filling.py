"""Answer templates on a ticket's page: which are offered in which form, and what one says of this very ticket."""

from collections.abc import Callable, Mapping
from datetime import datetime
from textwrap import shorten
from typing import NamedTuple

from services.portal.answers import NAMES, OF_FORM, TEXT_OF, Answers, Filled, Template, fill
from services.portal.gate import Visitor
from services.portal.i18n import Tongue
from services.portal.rows import answers as display
from services.portal.shapes import View
from shared.errors import NotFound
from shared.events import Language
from shared.forms.model import Form as FormVersion
from shared.queues import Queues

# Letters of a template by which it is known in a list.
BEGINS = 110


class Offer(NamedTuple):
    """A template in a form's list: its name for the reader, and what it begins with in this ticket."""

    id: str
    name: str
    begins: str


class Filling:
    """The templates that count just now, for the pages of tickets."""

    def __init__(self, answers: Callable[[], Answers], queues: Queues, tongues: Mapping[Language, Tongue]) -> None:
        self._answers = answers
        self._queues = queues
        self._tongues = tongues

    def offers(
        self, form: str, ticket: View, version: FormVersion | None, reader: Visitor, now: datetime
    ) -> list[Offer]:
        """Those for this form of the page."""
        return [
            Offer(
                each.id,
                each.names.say(reader.language),
                shorten(self.text(each.id, form, ticket, version, reader, now), BEGINS, placeholder=" …"),
            )
            for each in self._offered(form, ticket)
        ]

    def _offered(self, form: str, ticket: View) -> list[Template]:
        return self._answers().offered(form, ticket.queue, self._queues) if form in TEXT_OF else []

    def text(
        self, template: str, form: str, ticket: View, version: FormVersion | None, reader: Visitor, now: datetime
    ) -> str:
        """The template, filled in: in the user's language, but for what only colleagues read. `NotFound`: no such."""
        found = next((each for each in self._offered(form, ticket) if each.id == template), None)
        if found is None:
            raise NotFound("There is no such template.")
        language = reader.language if form == "notes" or ticket.is_question else ticket.language
        return fill(found.text.say(language), self._known(ticket, version, reader.person.name, language, now))

    def _known(
        self, ticket: View, version: FormVersion | None, reader: str, language: Language, now: datetime
    ) -> dict[str, Filled]:
        values = {
            "requester": ticket.requester.name if ticket.requester else "",
            "number": ticket.number,
            "subject": ticket.subject,
            "queue": self._queues.name(ticket.queue, language),
            "operator": reader,
            "today": self._tongues[language].day(now),
        }
        known = {name: Filled(value, NAMES[name][language]) for name, value in values.items()}
        for question in version.fields if version else ():
            shown = (
                display({question.id: ticket.values[question.id]}, version, language)
                if (question.id in ticket.values)
                else ()
            )
            value = shown[0][1] if shown else ""
            known[OF_FORM + question.id] = Filled(value, question.label.say(language))
        return known
