"""Everything there is has words, and every icon is one of Bootstrap Italia's."""

from collections.abc import Iterator

import pytest

from services.portal import wording
from services.portal.assets import FOLDER
from services.portal.hub import HEARD
from shared.events import ArticleKind, State
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
        wording.FACTS,
    ):
        yield from table.values()
    yield wording.ANY_FACT


def test_every_state_is_told_to_operators_and_to_users() -> None:
    assert set(wording.STATES) == set(wording.PROGRESS) == set(wording.EXPLAINED) == set(State)


def test_every_article_has_a_name_and_those_a_requester_sees_have_a_plain_one() -> None:
    assert set(wording.ARTICLES) == set(ArticleKind)
    assert set(wording.LETTERS) == SEEN_BY_REQUESTER


def test_every_fact_the_portal_hears_is_told_in_the_history() -> None:
    assert {event.name for event in HEARD} <= set(wording.FACTS)


def test_every_icon_exists() -> None:
    if not SPRITE.exists():
        pytest.skip("front-end files are missing: run `make setup`")
    sprite = SPRITE.read_text(encoding="utf-8")
    assert {look.icon for look in looks() if f'id="{look.icon}"' not in sprite} == set()
