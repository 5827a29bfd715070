"""An operator's page of one ticket: everything on it, whatever led to it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.portal.answers import Answers
from services.portal.around import Around, answers_of
from services.portal.asking import answering, is_answer, is_own, question_of, second_level, using
from services.portal.drafts import Draft, again, quoting
from services.portal.filling import Filling
from services.portal.gate import Visitor
from services.portal.history import Told, closing_reason, did, plan_for_questions, waits, when
from services.portal.i18n import Tongue
from services.portal.journal import Asked, Fact, journal, told_fact
from services.portal.kept_drafts import FORMS as KEEPABLE
from services.portal.mentions import pieces
from services.portal.notices import notice_on
from services.portal.pages import Pages
from services.portal.refused import Refusal
from services.portal.rows import fields_of, form_of, labels, quoted, rows_of
from services.portal.shapes import Article, JournalRow, View
from services.portal.uploads import control, files_on
from services.portal.verbs import offered
from services.portal.way_back import WayBack
from services.portal.wording import PRIORITIES
from shared.events import Language
from shared.forms import Forms
from shared.people import People
from shared.queues import Queue, Queues

# `?done=` of a wish that found nothing left to do.
NOTHING = "nothing"


@dataclass(frozen=True)
class Said:
    """What the page says about the wish that led to it. `done`: what it came to; `nothing`: it was so already.

    `put`: the draft is all that was typed, with a text put into it.
    """

    done: Told | None = None
    nothing: bool = False
    refusal: Refusal | None = None
    draft: Draft = field(default_factory=Draft)
    put: bool = False


class Desk:
    """What the pages of tickets are made of, beside the ticket itself."""

    def __init__(
        self,
        pages: Pages,
        forms: Forms,
        queues: Queues,
        people: People,
        send_window: float,
        answers: Callable[[], Answers] = Answers,
    ) -> None:
        self._pages = pages
        self._window = round(send_window)
        self._forms = forms
        self._queues = queues
        self._people = people
        self._filling = Filling(answers, queues, pages.tongues)

    def names(self) -> dict[str, str]:
        """Every operator's name by their id, in the order of the names, as the file has them now."""
        operators = (each for each in self._people.all() if each.is_operator)
        return {each.id: each.name for each in sorted(operators, key=lambda each: each.name)}

    def show(
        self,
        request: Request,
        visitor: Visitor,
        ticket: View,
        said: Said | None = None,
        around: Around | None = None,
    ) -> HTMLResponse:
        """The page. Without `said` it reads from the address what led to it."""
        around = around or answers_of(ticket)
        form, language = form_of(ticket, self._forms), visitor.language
        tongue, fields = self._pages.tongue(visitor), fields_of(ticket, form, language)
        rows, names = rows_of(ticket, form, language), self.names()
        said = said or self._address_says(request, visitor, ticket, quoted(ticket, form))
        asked = Asked.of(request.query_params)
        draft = said.draft if said.refusal or said.put else said.draft.below(around.drafts)
        way = WayBack(request, ticket.number)
        page = self._pages.show(
            request,
            visitor,
            "ticket.html",
            ticket=ticket,
            came_from=way.address,
            rows=rows,
            form=form,
            fields=fields,
            labels=lambda asked: labels(asked, fields),
            quoted=quoted(ticket, form),
            notice=notice_on(request, ticket, visitor.person),
            said=said,
            draft=draft.beside(around.drafts, request.query_params.get("thrown", "")),
            offered=offered(ticket),
            around=around,
            history=journal(ticket.journal, self._teller(visitor, asked), tongue, asked),
            second=second_level(ticket, rows, fields, self._queues, language, around.answers),
            keepable=KEEPABLE,
            templates=lambda name: self._filling.offers(name, ticket, form, visitor, datetime.now(UTC)),
            answering=answering(ticket),
            is_answer=lambda article: is_answer(ticket, article),
            is_own=lambda article: is_own(ticket, article),
            question_of=lambda article: question_of(ticket, article),
            pieces=lambda text: pieces(text, names),
            everybody=list(names.items()),
            others=[(key, name) for key, name in names.items() if ticket.owner is None or key != ticket.owner.id],
            queue_options=[(queue.id, queue.names.say(language)) for queue in self._queues.first_level()],
            priorities=[(value, tongue.say(look.words)) for value, look in sorted(PRIORITIES.items(), reverse=True)],
            sender=self._sender(ticket.queue),
            files_field=control(language),
            ticket_files=files_on(ticket, around.answers),
            window=self._window,
            older=f"before={before}" if (before := request.query_params.get("before")) else "",
            waits=waits,
            closing_reason=closing_reason(ticket),
            plan_for_questions=lambda article: plan_for_questions(ticket, article.id),
            did=did,
            when=when,
        )
        way.keep(page, self._pages.secure)
        return page

    def paper(
        self,
        request: Request,
        visitor: Visitor,
        ticket: View,
        articles: Sequence[Article],
        *,
        inside: bool,
        cut: bool,
    ) -> HTMLResponse:
        """The ticket as it is printed: `articles` in order, `inside` with the internal ones; `cut`: not from the first
        on."""
        form, language = form_of(ticket, self._forms), visitor.language
        return self._pages.show(
            request,
            visitor,
            "ticket_print.html",
            ticket=ticket,
            rows=rows_of(ticket.model_copy(update={"articles": tuple(articles)}), form, language),
            form=form,
            signature=self._signature(ticket.queue, language),
            inside=inside,
            cut=cut,
            waits=waits,
        )

    def unsent(self, request: Request, visitor: Visitor, **context: Any) -> HTMLResponse:
        """What was typed, when even the ticket can't be read: to be sent again as it is."""
        files_field = control(visitor.language)
        return self._pages.show(request, visitor, "unsent.html", 503, files_field=files_field, **context)

    def filled(self, visitor: Visitor, ticket: View, form: str, template: str) -> str:
        """An answer template with what this ticket says. `NotFound` when that form has none like it."""
        version = form_of(ticket, self._forms)
        return self._filling.text(template, form, ticket, version, visitor, datetime.now(UTC))

    def queue_name(self, visitor: Visitor, queue: str) -> str:
        """The queue's name for this reader."""
        return self._queues.name(queue, visitor.language)

    def tongue(self, visitor: Visitor) -> Tongue:
        """The reader's language."""
        return self._pages.tongue(visitor)

    def _address_says(self, request: Request, visitor: Visitor, ticket: View, answers: str) -> Said:
        query = request.query_params
        draft = again(ticket, query.get("again", ""))
        if query.get("quote"):
            draft = quoting(answers)
        if answer := query.get("use"):
            draft = using(ticket, answer)
        done, me = query.get("done"), visitor.person.id
        # The address only names the fact: what is said of it is read from the ticket.
        row = next((row for row in ticket.journal if row.event_id == done and row.actor.id == me), None)
        fact = self._teller(visitor, Asked())(row) if row else None
        return Said(done=fact.told if fact else None, nothing=done == NOTHING, draft=draft)

    def _teller(self, visitor: Visitor, asked: Asked) -> Callable[[JournalRow], Fact]:
        name = partial(self._queues.name, language=visitor.language)
        return lambda row: told_fact(row, visitor.person, self.tongue(visitor), name, datetime.now(UTC), asked)

    def _sender(self, queue_id: str) -> str:
        """The address that the user's mails come from."""
        return next((queue.mail_from for queue in self._up_from(queue_id) if queue.mail_from), "")

    def _signature(self, queue_id: str, language: Language) -> str:
        """Whose letterhead the paper has."""
        return next((queue.signature.say(language) for queue in self._up_from(queue_id) if queue.signature), "")

    def _up_from(self, queue_id: str) -> Iterator[Queue]:
        queue: Queue | None = self._queues.get(queue_id)
        while queue is not None:
            yield queue
            queue = self._queues.get(queue.parent) if queue.parent else None
