"""The inbox day by day, and preferences as they are typed, refused and shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from starlette.datastructures import FormData

from services.notifier.notices import Why
from services.notifier.preferences import When as NotifierWhen
from services.portal.i18n import tongues
from services.portal.inbox import Away, Notice, Preferences, Root, When
from services.portal.inbox_pages import WHYS, Wanted, days
from services.portal.preferences_pages import (
    REFUSED,
    WHENS,
    chosen_of,
    errors_of,
    half_away,
    tree,
    typed,
    wish_of,
)
from shared.errors import BadInput
from shared.queues import Queues

ITALIAN = tongues()["it"]
EVENING = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


def a_notice(at: datetime) -> Notice:
    """A note's."""
    root = Root(number="20261123000013", subject="Le tasse", child=False)
    fields: dict[str, Any] = {"id": "x", "kind": "note", "kind_name": "Note", "why": ["owner"], "says": "s"}
    return Notice(at=at, reason="r", ticket=root, article="", instead_of=[], read=False, **fields)


def a_form(**changes: str) -> FormData:
    """As a browser sends it."""
    fields = {"version": "3", "mail.note": "daily", "until": "", "deputy": "", "language": "en", **changes}
    return FormData([*fields.items(), ("queues", "fees"), ("queues", "students")])


def test_notices_stand_under_the_day_it_is_in_rome() -> None:
    # 23:30 and 00:30 in Rome.
    found = list(days([a_notice(EVENING + timedelta(hours=1)), a_notice(EVENING), a_notice(EVENING)], ITALIAN))
    assert [(day.name, len(day.notices)) for day in found] == [("24 novembre 2026", 1), ("23 novembre 2026", 2)]


def test_the_address_of_a_page_keeps_its_filters() -> None:
    wanted = Wanted(kind="note", ticket="2026", show="unread")
    assert wanted.address("17-x") == "/notices?kind=note&ticket=2026&show=unread&after=17-x"
    assert (wanted.narrowed, Wanted(after="17-x").narrowed) == (True, False)


def test_pages_offer_what_notifier_knows() -> None:
    assert WHENS.keys() == {when.value for when in NotifierWhen} == set(get_args(When))
    assert WHYS.keys() < {why.value for why in Why}


def test_what_was_typed_becomes_the_wish_with_the_moment_of_rome() -> None:
    wish = wish_of(typed(a_form(until="2026-12-24T08:00", deputy="paolo.greco")))
    assert wish == {
        "version": 3,
        "mail": {"note": "daily"},
        "queues": ["fees", "students"],
        "away": {"until": "2026-12-24T08:00:00+01:00", "deputy": "paolo.greco"},
        "language": "en",
    }
    assert wish_of(typed(a_form()))["away"] is None


@pytest.mark.parametrize(
    ("until", "deputy", "wrong"),
    [
        ("", "", []),
        ("2026-12-24T08:00", "paolo.greco", []),
        ("", "paolo.greco", ["away.until"]),
        ("domani", "paolo.greco", ["away.until"]),
        ("0001-01-01T00:00", "paolo.greco", ["away.until"]),
        ("2026-12-24T08:00", "", ["away.deputy"]),
        ("domani", "", ["away.until", "away.deputy"]),
    ],
)
def test_an_absence_needs_an_end_and_somebody(until: str, deputy: str, wrong: list[str]) -> None:
    assert [field for field, _ in half_away(typed(a_form(until=until, deputy=deputy)), ITALIAN)] == wrong


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_version_that_is_none_is_the_first(version: str) -> None:
    assert typed(a_form(version=version)).version == 0


def test_a_fault_is_said_in_the_reader_s_words_with_its_names() -> None:
    fault = {"field": "away.deputy", "code": "deputy_circle", "message": "…", "names": "Anna Villa"}
    errors = errors_of(BadInput("no", errors=[fault, {"field": "x", "message": "strange"}]), ITALIAN)
    assert errors == {
        "away.deputy": "Anche Anna Villa non c’è, e conta su di te: scegli qualcun altro.",
    }
    source = Path("services/notifier/preferences_api.py").read_text(encoding="utf-8")
    assert all(f'"{code}"' in source for code in REFUSED.keys() - {"away_until", "away_deputy"})


def test_an_absence_that_is_over_is_not_shown_again() -> None:
    saved = Preferences(
        version=1,
        mail={"note": "daily"},
        queues=["fees"],
        away=Away(until=EVENING, deputy="paolo.greco"),
        is_away=True,
        language="it",
        kinds=[],
    )
    assert (chosen_of(saved).until, chosen_of(saved).deputy) == ("2026-11-23T23:30", "paolo.greco")
    over = chosen_of(saved.model_copy(update={"is_away": False}))
    assert (over.until, over.deputy) == ("", "")


def test_queues_are_shown_as_the_tree_they_are() -> None:
    branches = {
        branch.queue.id: [each.queue.id for each in branch.below] for branch in tree(Queues.load(Path("config")))
    }
    assert branches["credentials"] == ["credentials-identity", "credentials-mail"]
    assert branches["front-desk"] == []
    assert "credentials-mail" not in branches
