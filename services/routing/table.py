"""Reads `config/routing.yml` and checks it against queues, forms and sites: every fault names its file and line."""

from collections.abc import Collection
from pathlib import Path
from typing import Final, Protocol

from pydantic import Field

from services.routing.conditions import Case
from services.routing.explain import Explanation, explained
from services.routing.faults import Known, faults
from services.routing.rules import ASKED, FALLBACK, Plan, QuestionRule, Rule, decide, decide_question
from shared.errors import ConfigError, Hopeless
from shared.events import About, Submission
from shared.forms import Forms
from shared.forms.shape import FormShape
from shared.queues import Queues
from shared.yamlfile import Strict, YamlFile

FILE: Final = "routing.yml"
# Said after the rule when the queue that the asker chose is no longer there.
GONE: Final = ", queue gone"


class FormShapes(Protocol):
    """What the check must know of the forms."""

    @property
    def sites(self) -> Collection[str]:
        """Every site's id."""
        ...

    def ids(self) -> frozenset[str]:
        """Every form's id."""
        ...

    def shape(self, form_id: str) -> FormShape:
        """What can come back from a form."""
        ...


class _File(Strict):
    roles: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = Field(default=())
    second_level: tuple[QuestionRule, ...] = Field(default=())


class Table:
    """The rules in force, and the queues they choose from."""

    def __init__(self, path: Path, queues: Queues, forms: FormShapes) -> None:
        content, wrong = _read(path, queues, forms)
        if wrong:
            raise wrong[0]
        self._queues = queues
        self.rules = content.rules
        self.second_level = content.second_level

    @classmethod
    def load(cls, config_dir: Path, queues: Queues, forms: FormShapes) -> "Table":
        """The rules of `config_dir/routing.yml`."""
        return cls(config_dir / FILE, queues, forms)

    def plan(self, submission: Submission) -> Plan:
        """Where the submission goes, and what is asked at once."""
        return decide(self.rules, self._queues.fallback.id, submission, self._due)

    def plan_question(self, about: About, chosen: str = "") -> Plan:
        """The second-level queue that gets a question: the chosen one while the configuration has it, else by rule."""
        queue = self._queues.get(chosen)
        if queue is not None and queue.level == 2:
            return Plan(queue.id, ASKED)
        plan = decide_question(self.second_level, self._nobody_decides(about.queue), about)
        return plan._replace(rule=plan.rule + GONE) if chosen else plan

    def explain(self, submission: Submission) -> Explanation:
        """The same as `plan`, rule by rule."""
        return explained(Case.of(submission), self.rules, self.plan(submission))

    def explain_question(self, about: About) -> Explanation:
        """The same as `plan_question` when nobody chose a queue, rule by rule."""
        return explained(Case.about(about), self.second_level, self.plan_question(about))

    def _nobody_decides(self, asking: str) -> Plan:
        asked = self._queues.asked_by(asking)
        if asked is None:
            raise Hopeless("queues.yml has no second-level queue: add one, then replay this message")
        return Plan(asked.queue, f"{FALLBACK}: {asked.how}")

    def _due(self, queue_id: str) -> int | None:
        queue = self._queues.get(queue_id)
        return queue.due_hours if queue else None


def all_faults(config_dir: Path) -> list[ConfigError]:
    """Everything wrong with queues and rules in a folder; a fault that hides others comes alone."""
    try:
        queues, forms = Queues.load(config_dir), Forms.load(config_dir)
        return _read(config_dir / FILE, queues, forms)[1]
    except ConfigError as error:
        return [error]


def _read(path: Path, queues: Queues, forms: FormShapes) -> tuple[_File, list[ConfigError]]:
    file = YamlFile(path)
    content = file.into(_File)
    known = Known(queues, {form: forms.shape(form) for form in forms.ids()}, forms.sites, content.roles)
    return content, [file.fault(*fault) for fault in faults(content.rules, content.second_level, known)]
