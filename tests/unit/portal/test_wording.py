"""Everything there is has words, and every icon is one of Bootstrap Italia's."""

from collections.abc import Iterator
from typing import get_args

import pytest

from services.portal import wording
from services.portal.assets import FOLDER
from services.portal.facts import ANY_FACT, DONE, FACTS
from services.portal.hub import HEARD
from services.portal.my_timeline import NEXT
from services.portal.shapes import Delivery
from shared.events import EVENTS, ArticleKind, Ending, NoticeAdded, RootEvent, State
from shared.policy import SEEN_BY_REQUESTER

SPRITE = FOLDER / "vendor" / "bootstrap-italia" / "svg" / "sprites.svg"


def looks() -> Iterator[wording.Look]:
    """All looks."""
    for table in (
        wording.STATES,
        wording.PROGRESS,
        wording.ARTICLES,
        wording.LETTERS,
        wording.DELIVERIES,
        wording.PRIORITIES,
        wording.ENDINGS,
        FACTS,
    ):
        yield from table.values()
    yield from (ANY_FACT, wording.QUESTION, wording.OPENING, wording.OVERDUE)


def test_every_state_is_told_to_operators_and_to_users() -> None:
    assert set(wording.STATES) == set(wording.PROGRESS) == set(NEXT) - {"answered"} == set(State)


def test_every_article_has_a_name_and_those_a_requester_sees_have_a_plain_one() -> None:
    assert set(wording.ARTICLES) == set(ArticleKind)
    assert set(wording.LETTERS) == SEEN_BY_REQUESTER


def test_every_fact_of_a_ticket_is_heard_and_has_its_words() -> None:
    facts = {name for name, event in EVENTS.items() if issubclass(event, RootEvent)}
    assert {event.name for event in HEARD} - {NoticeAdded.name} == facts
    assert set(FACTS) == set(DONE) == facts


def test_every_end_of_a_question_has_its_words() -> None:
    assert set(wording.ENDINGS) == set(get_args(Ending))


def test_every_fate_of_a_mail_has_its_words() -> None:
    assert set(wording.DELIVERIES) == set(get_args(Delivery))
    assert set(wording.DELIVERIES) > wording.NOT_LEFT


def test_every_icon_exists() -> None:
    if not SPRITE.exists():
        pytest.skip("front-end files are missing: run `make setup`")
    sprite = SPRITE.read_text(encoding="utf-8")
    assert {look.icon for look in looks() if f'id="{look.icon}"' not in sprite} == set()
