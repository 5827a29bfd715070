"""What was typed comes back: after a refusal, and after an e-mail was undone."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.datastructures import FormData

from services.portal.drafts import Draft, again, typed
from services.portal.shapes import Article, JournalRow, View
from services.portal.wording import WRITTEN
from shared.events import ArticleKind, State, Waiting
from shared.ids import random_id
from shared.policy import Visibility
from tests.unit.portal.samples import a_view
from tests.unit.samples import MARCO, NOON


def an_article(kind: ArticleKind, **changes: Any) -> Article:
    """An e-mail of Marco's that was undone."""
    fields: dict[str, Any] = {
        "id": random_id(),
        "kind": kind,
        "visibility": Visibility.REQUESTER,
        "at": NOON,
        "author": MARCO.ref,
        "text": "Prima riga\n\nSeconda riga",
        "delivery": "withdrawn",
    }
    return Article(**{**fields, **changes})


def with_article(article: Article, **changes: Any) -> View:
    return a_view(state=State.OPEN, articles=(article,), **changes)


def test_what_was_typed_is_all_but_what_the_page_put_there() -> None:
    form = FormData(
        [
            ("csrf", "t"),
            ("key", "k"),
            ("seen", "3"),
            ("form", "answers"),
            ("text", "Ecco"),
            ("fields", "a"),
            ("fields", "b"),
        ]
    )
    assert typed(form) == {"text": ["Ecco"], "fields": ["a", "b"]}


def test_a_draft_fills_its_own_form_and_no_other() -> None:
    draft = Draft("answers", {"text": ["Ecco"]}, {"text": "Troppo lungo"})
    assert draft.text("answers", "text", "otherwise") == "Ecco"
    assert draft.text("answers", "outcome", "otherwise") == ""
    assert draft.text("notes", "text", "otherwise") == "otherwise"
    assert draft.error("answers", "text") == "Troppo lungo"
    assert draft.error("notes", "text") is None


@pytest.mark.parametrize(("kind", "form"), sorted(WRITTEN.items()))
def test_an_undone_mail_is_back_in_the_form_it_came_from(kind: ArticleKind, form: str) -> None:
    article = an_article(kind)
    draft = again(with_article(article), article.id)
    assert draft.form == form
    assert draft.text(form, "reason" if form == "close" else "text") == article.text


def test_all_of_it_comes_back_and_not_only_the_text() -> None:
    answer = an_article(ArticleKind.MAIL_ANSWER, outcome=State.CLOSED_SUCCESSFUL)
    assert again(with_article(answer), answer.id).text("answers", "outcome") == "closed_successful"
    forward = an_article(ArticleKind.MAIL_FORWARD, to="ufficio@altro.example", subject="Da vedere")
    draft = again(with_article(forward), forward.id)
    assert draft.text("forwards", "to") == "ufficio@altro.example"
    assert draft.text("forwards", "subject") == "Da vedere"


def test_a_question_comes_back_with_what_it_asked_and_the_day_it_waited_for() -> None:
    question = an_article(ArticleKind.MAIL_INFORMATION_REQUEST, asked=("kind", "description"))
    waiting = Waiting(for_user=True, since=NOON, until=NOON + timedelta(days=7), then="close")
    row = JournalRow(
        event_id=random_id(),
        name="article.prepared.v1",
        at=NOON,
        actor=MARCO.actor,
        seq=4,
        queue="credentials",
        data={"article": {"id": question.id}, "plan": {"waiting": waiting.model_dump(mode="json")}},
    )
    draft = again(with_article(question, journal=(row,)), question.id)
    assert draft.chosen("information-requests", "fields") == ("kind", "description")
    assert draft.text("information-requests", "until") == "2026-11-30"
    assert draft.text("information-requests", "then") == "close"


@pytest.mark.parametrize("delivery", ["held", "stopped", "sent", "waiting", "refused", None])
def test_only_an_undone_mail_comes_back(delivery: Any) -> None:
    article = an_article(ArticleKind.MAIL_ANSWER, delivery=delivery)
    assert again(with_article(article), article.id) == Draft()


def test_a_forged_address_brings_nothing_back() -> None:
    assert again(a_view(), "x") == Draft()
