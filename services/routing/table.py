"""Reads `config/routing.yml` and checks it against the queues and forms: every fault names its file and line."""

from pathlib import Path
from typing import Protocol

from pydantic import Field

from services.routing.rules import Plan, Rule, decide, wanted_texts
from shared.events import Submission
from shared.queues import Queues
from shared.yamlfile import Strict, YamlFile


class FormShapes(Protocol):
    """What the check must know of the forms."""

    def ids(self) -> frozenset[str]:
        """Every form's id."""
        ...

    def options(self, form_id: str) -> dict[str, frozenset[str] | None]:
        """The fields of all versions of a form, each with its options, or None when anything can be typed."""
        ...


class _File(Strict):
    rules: tuple[Rule, ...] = Field(default=())


class Table:
    """The rules in force."""

    def __init__(self, path: Path, queues: Queues, forms: FormShapes) -> None:
        self._file = YamlFile(path)
        self._fallback = queues.fallback.id
        self.rules = self._file.into(_File).rules
        names: set[str] = set()
        for index, rule in enumerate(self.rules):
            at = ("rules", index)
            if rule.name in names:
                raise self._file.fault((*at, "name"), f"rule '{rule.name}' is given twice")
            names.add(rule.name)
            queue = queues.get(rule.queue)
            if queue is None:
                raise self._file.fault((*at, "queue"), f"queue '{rule.queue}' is not in queues.yml")
            if queue.level != 1:
                raise self._file.fault(
                    (*at, "queue"), f"queue '{rule.queue}' is second level: users can't be sent there"
                )
            self._check_fields(at, rule, forms)

    @classmethod
    def load(cls, config_dir: Path, queues: Queues, forms: FormShapes) -> "Table":
        """The rules of `config_dir/routing.yml`."""
        return cls(config_dir / "routing.yml", queues, forms)

    def plan(self, submission: Submission) -> Plan:
        """Where the submission goes."""
        return decide(self.rules, self._fallback, submission)

    def _check_fields(self, at: tuple[str | int, ...], rule: Rule, forms: FormShapes) -> None:
        named = wanted_texts(rule.when.form)
        for form in named:
            if form not in forms.ids():
                raise self._file.fault((*at, "when", "form"), f"there is no form '{form}' in config/forms")
        for field, wanted in rule.when.fields.items():
            where = (*at, "when", "fields", field)
            known = [forms.options(form) for form in named or sorted(forms.ids())]
            having = [fields[field] for fields in known if field in fields]
            if not having:
                raise self._file.fault(where, f"no form this rule is about has a field '{field}'")
            values = wanted if isinstance(wanted, tuple) else (wanted,)
            for value in values:
                if all(options is not None and value not in options for options in having):
                    raise self._file.fault(where, f"'{value}' is not an option of field '{field}'")
