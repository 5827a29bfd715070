"""What people may choose, and the one sentence for each thing they may not."""

from datetime import timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from services.notifier.preferences import BY_MAIL, Audience, Away, Kind, Preferences, When
from services.notifier.preferences_api import PreferencesWish, faults_of
from shared.policy import Person
from tests.unit.notifier.samples import EVENING, PEOPLE, QUEUES

LATER: Final = EVENING + timedelta(days=3)
CHOSEN: Final = {
    "paolo.greco": Preferences(away=Away(until=LATER, deputy="anna.villa")),
    "anna.villa": Preferences(away=Away(until=LATER, deputy="sara.lombardi")),
    "emma.clarke": Preferences(away=Away(until=LATER, deputy="marco.ferri")),
    "marco.ferri": Preferences(away=Away(until=EVENING, deputy="sara.lombardi")),
}


def sara() -> Person:
    person = PEOPLE.get("sara.lombardi")
    assert person
    return person


def faults(**wish: Any) -> list[tuple[str, str]]:
    """Field and code of what is wrong with Sara's wish."""
    asked = PreferencesWish.model_validate({"version": 0, **wish})
    found = list(faults_of(asked, sara(), Audience(PEOPLE, QUEUES, CHOSEN), QUEUES, EVENING))
    for fault in found:
        assert fault.message[0].isupper() or fault.message[0] == "'"
        assert fault.message.endswith(".")
    return [(fault.field, fault.code) for fault in found]


def away(deputy: str, hours: int = 1) -> dict[str, Any]:
    return {"until": EVENING + timedelta(hours=hours), "deputy": deputy}


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"mail": {"party": "now"}}, "mail.party", "unknown_kind"),
        ({"mail": {"note": "monthly"}}, "mail.note", "unknown_when"),
        ({"queues": ["fees", "lunch"]}, "queues", "unknown_queue"),
        ({"away": away("marco.ferri", hours=0)}, "away.until", "away_past"),
        ({"away": away("sara.lombardi")}, "away.deputy", "deputy_self"),
        ({"away": away("luca.bianchi")}, "away.deputy", "unknown_person"),
        ({"away": away("nobody.known")}, "away.deputy", "unknown_person"),
        # Anna is away and Sara stands in for her; Paolo's deputy is Anna.
        ({"away": away("anna.villa")}, "away.deputy", "deputy_circle"),
        ({"away": away("paolo.greco")}, "away.deputy", "deputy_circle"),
    ],
)
def test_what_cannot_be_is_named_in_one_sentence(wish: dict[str, Any], field: str, code: str) -> None:
    assert faults(**wish) == [(field, code)]


def test_several_faults_are_all_named() -> None:
    found = faults(mail={"party": "now"}, queues=["lunch"], away=away("sara.lombardi", hours=-1))
    assert [code for _, code in found] == ["unknown_kind", "unknown_queue", "away_past", "deputy_self"]


@pytest.mark.parametrize("deputy", ["giulia.conti", "marco.ferri", "emma.clarke"])
def test_a_deputy_who_is_there_or_has_one_elsewhere_is_fine(deputy: str) -> None:
    """Marco's absence is over, Emma has Marco."""
    assert faults(away=away(deputy), queues=[], mail={"note": "daily"}, language="en") == []


def test_until_somebody_chooses_what_waits_for_them_comes_by_mail() -> None:
    assert {kind for kind in Kind if Preferences().when(kind) is When.NOW} == BY_MAIL
    assert {Preferences().when(kind) for kind in Kind} == {When.NOW, When.NEVER}
    assert Preferences(mail={Kind.ASSIGNED: When.DAILY}).when(Kind.ASSIGNED) is When.DAILY


def test_following_no_queue_is_a_choice_too() -> None:
    nobody = Audience(PEOPLE, QUEUES, {"sara.lombardi": Preferences(queues=())})
    assert nobody.followed(sara()) == ()
    assert Audience(PEOPLE, QUEUES, {}).followed(sara()) == ("students", "fees")


@pytest.mark.parametrize(
    "wish",
    [
        {"mail": {"\ud800": "now"}},
        {"mail": {"note": "\ud800"}},
        {"queues": ["\ud800"]},
        {"away": {"until": LATER, "deputy": "\ud800"}},
        {"away": {"until": "9999-12-31T23:59:00-12:00", "deputy": "anna.villa"}},
        {"version": 10**30},
    ],
)
def test_what_no_answer_could_say_and_no_store_could_hold_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PreferencesWish.model_validate({"version": 0, **wish})
