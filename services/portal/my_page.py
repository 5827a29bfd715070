"""Shows one of a person's own requests: timeline, the question that is open, and the box to write in."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.portal import my_question, my_replies
from services.portal.gate import Visitor
from services.portal.my_download import LARGEST
from services.portal.my_question import Answering
from services.portal.my_replies import Draft
from services.portal.my_timeline import CLOSED, NEXT, OVER, stage, timeline
from services.portal.pages import Pages
from services.portal.rows import form_of, rows_of
from services.portal.shapes import View
from shared.errors import DependencyDown, SportelloError, TooMany
from shared.forms import Forms
from shared.forms.reply import FILES, MESSAGE, REPLY
from shared.forms.view import fields
from shared.ids import random_id


class MyPage:
    """The page of one request."""

    def __init__(self, pages: Pages, forms: Forms) -> None:
        self.pages = pages
        self.forms = forms

    def show(
        self,
        request: Request,
        visitor: Visitor,
        ticket: View,
        *,
        draft: Draft | None = None,
        answering: Answering | None = None,
        written: str = "",
        error: SportelloError | None = None,
    ) -> HTMLResponse:
        """The request; `error`: what was refused, `draft` and `answering` with all that was typed; else a tap."""
        form = form_of(ticket, self.forms)
        question = my_question.asked(ticket, self.forms)
        entries = timeline(ticket, rows_of(ticket, form, visitor.language))
        tapped = isinstance(error, TooMany) and draft is None and answering is None
        page = self.pages.show(
            request,
            visitor,
            "my_request.html",
            error.status if error else 200,
            ticket=ticket,
            entries=entries,
            next=NEXT[stage(ticket, entries)],
            closed=ticket.state in CLOSED,
            over=ticket.state in OVER,
            form=form,
            asked=fields(question, visitor.language) if question else [],
            answering=answering or Answering(key=random_id()),
            said=my_replies.MANY_TAPS if tapped else my_replies.said_of(written, ticket),
            late=tapped or written == "late",
            largest=LARGEST,
            **self._box(visitor, draft),
        )
        if error and error.retry_after:
            page.headers["Retry-After"] = str(error.retry_after)
        return page

    def unsent(self, request: Request, visitor: Visitor, number: str, draft: Draft) -> HTMLResponse:
        """What was typed, while nobody can say anything about its request."""
        status = DependencyDown.status
        page = self.pages.show(
            request, visitor, "my_unsent.html", status, number=number, closed=False, **self._box(visitor, draft)
        )
        page.headers["Retry-After"] = str(DependencyDown.retry_after)
        return page

    def _box(self, visitor: Visitor, draft: Draft | None) -> dict[str, object]:
        asked = {field["id"]: field for field in fields(REPLY, visitor.language)}
        box = draft or Draft(key=random_id())
        return {"draft": box, "message_field": asked[MESSAGE], "files_field": asked[FILES]}
