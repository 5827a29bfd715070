"""Rules pick queues, and a wrong table is named with file and line."""

from pathlib import Path

import pytest

from services.routing.consumers import route
from services.routing.rules import FALLBACK, Plan
from services.routing.table import Table
from shared.errors import ConfigError
from shared.forms import Forms
from shared.forms.shape import FieldShape, FormShape
from shared.queues import Queues
from tests.unit.samples import NOON, a_requester, a_submission, submitted

CONFIG = Path("config")


class Shapes:
    """Two small forms."""

    sites = ("portal", "demo-site")

    def ids(self) -> frozenset[str]:
        return frozenset({"fees", "credentials"})

    def shape(self, form_id: str) -> FormShape:
        kinds = {"fees": frozenset({"refund", "isee"}), "credentials": frozenset({"password", "spid"})}
        fields = {
            "kind": FieldShape(kinds[form_id], several=True, personal=False),
            "consent": FieldShape(frozenset({True, False}), several=False, personal=False),
            "description": FieldShape(None, several=False, personal=False),
        }
        return FormShape(frozenset(self.sites), fields)


def table(tmp_path: Path, text: str) -> Table:
    path = tmp_path / "routing.yml"
    path.write_text(text, encoding="utf-8")
    return Table(path, Queues.load(CONFIG), Shapes())


RULES = """
rules:
  - name: refunds
    when: {form: fees, fields: {kind: refund}}
    queue: fees
  - name: consenting
    when: {fields: {consent: yes}}
    queue: students
  - name: strangers
    when: {form: [fees, credentials], verified: no}
    queue: front-desk
  - name: credentials
    when: {form: credentials}
    queue: credentials
"""


@pytest.mark.parametrize(
    ("changes", "plan"),
    [
        ({"form": "fees", "values": {"kind": "refund"}}, Plan("fees", "refunds")),
        ({"form": "credentials"}, Plan("credentials", "credentials")),
        ({"form": "credentials", "requester": a_requester(verified=False)}, Plan("front-desk", "strangers")),
        ({"form": "fees", "values": {"kind": "isee"}}, Plan("front-desk", FALLBACK)),
        ({"form": "fees", "values": {"consent": True}}, Plan("students", "consenting")),
        ({"form": "fees", "values": {"consent": 1}}, Plan("front-desk", FALLBACK)),
        ({"form": "fees", "values": {"kind": ["isee", "refund"]}}, Plan("fees", "refunds")),
    ],
)
def test_the_first_rule_that_holds_decides(tmp_path: Path, changes: dict[str, object], plan: Plan) -> None:
    assert table(tmp_path, RULES).plan(a_submission(**changes)) == plan


def test_the_same_submission_always_gives_the_same_fact(tmp_path: Path) -> None:
    event = submitted()
    rules = table(tmp_path, RULES)
    assert route(event, rules, NOON).event_id == route(event, rules, NOON).event_id
    assert route(event, rules, NOON).correlation_id == event.submission.id


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("queue: credentials", "queue: students-exams", "second level"),
        ("queue: credentials", "queue: nowhere", "is not in queues.yml"),
        ("name: credentials", "name: refunds", "given twice"),
        ("kind: refund", "kind: rebate", "is not an option"),
        ("kind: refund", "colour: red", "has a field 'colour'"),
        ("form: fees", "form: taxes", "there is no form 'taxes'"),
        ("verified: no", "verified: maybe", "valid boolean"),
        ("when: {form: credentials}", "if: {form: credentials}", "rules.3"),
    ],
)
def test_a_wrong_table_is_named_with_file_and_line(tmp_path: Path, right: str, wrong: str, sentence: str) -> None:
    text = RULES.replace(right, wrong)
    with pytest.raises(ConfigError) as refusal:
        table(tmp_path, text)
    place, _, rest = refusal.value.detail.partition(": ")
    number = int(place.rpartition(":")[2])
    assert text.splitlines()[number - 1].strip()
    assert place.startswith(str(tmp_path / "routing.yml"))
    assert sentence in rest


def test_the_shipped_rules_fit_the_shipped_queues_and_forms() -> None:
    assert len(Table.load(CONFIG, Queues.load(CONFIG), Forms.load(CONFIG)).rules) >= 6
