"""What `config/routing.yml` can get wrong beyond its shape: each fault with its place, and what to do."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence

from services.routing.conditions import When, listed
from services.routing.logic import Boxes, TooMany, Values, World
from services.routing.rules import RESERVED, QuestionRule, Rule
from shared.forms.shape import FormShape
from shared.queues import Queues
from shared.yamlfile import Location

Fault = tuple[Location, str]
AnyRule = Rule | QuestionRule


class Known:
    """What a rule may name. `roles`: the words that sites use, empty when the file doesn't list them."""

    def __init__(
        self, queues: Queues, forms: Mapping[str, FormShape], sites: Collection[str], roles: Collection[str]
    ) -> None:
        self.queues = queues
        self.forms = forms
        self.sites = sites
        self.roles = roles


def faults(rules: Sequence[Rule], second_level: Sequence[QuestionRule], known: Known) -> Iterator[Fault]:
    """Everything wrong: names first, then rules that can't decide."""
    yield from _Section("rules", 1, rules, known).faults()
    yield from _Section("second_level", 2, second_level, known).faults()


class _Section:
    """One of the two tables. `level`: of the queues that its rules may choose."""

    def __init__(self, key: str, level: int, rules: Sequence[AnyRule], known: Known) -> None:
        self.key, self.level, self.rules, self.known = key, level, rules, known
        self.world = World(known.forms, (rule.when for rule in rules), hides_personal=level == 2)

    def faults(self) -> Iterator[Fault]:
        wrong = False
        for fault in self._names():
            wrong = True
            yield fault
        # Only rules that name what exists can be reasoned about.
        if not wrong:
            yield from self._reach()

    def _names(self) -> Iterator[Fault]:
        names: set[str] = set()
        for index, rule in enumerate(self.rules):
            at: Location = (self.key, index)
            if rule.name in names:
                yield (*at, "name"), f"rule '{rule.name}' is given twice: give each rule a name of its own"
            if rule.name in RESERVED:
                yield (*at, "name"), f"rule '{rule.name}' has a name that stands for no rule: give it another"
            names.add(rule.name)
            yield from self._queue((*at, "queue"), rule.queue, self.level)
            yield from self._when((*at, "when"), rule.when, None)
            for number, ask in enumerate(rule.ask if isinstance(rule, Rule) else ()):
                yield from self._queue((*at, "ask", number, "queue"), ask.queue, 2)

    def _queue(self, at: Location, queue_id: str, level: int) -> Iterator[Fault]:
        queue = self.known.queues.get(queue_id)
        if queue is None:
            hint = _hint(queue_id, [each.id for each in self.known.queues])
            yield at, f"queue '{queue_id}' is not in queues.yml: add it there, or name one that is{hint}"
        elif queue.level < level:
            yield at, f"queue '{queue_id}' is first level: questions go to second-level queues only"
        elif queue.level > level:
            yield at, f"queue '{queue_id}' is second level: users can't be sent there, choose one of the first level"

    def _when(self, at: Location, when: When, around: frozenset[str] | None) -> Iterator[Fault]:
        """`around`: the forms that the conditions around these allow, None for any."""
        named = frozenset(map(str, listed(when.form)))
        yield from self._words(at, when)
        if when.queue is not None and self.level == 1:
            yield (*at, "queue"), "the queue that asks is known in the section second_level only: take it out here"
        for queue in listed(when.queue) if self.level == 2 else ():
            if str(queue) not in self.known.queues:
                hint = _hint(str(queue), [each.id for each in self.known.queues])
                yield (*at, "queue"), f"queue '{queue}' is not in queues.yml: no question comes from there{hint}"
        both = named if around is None or not named else (around & named or named)
        forms = both or around
        for field in when.fields:
            yield from self._field((*at, "fields", field), when, field, forms)
        for key, parts in (("all", when.all_of), ("any", when.any_of)):
            for index, part in enumerate(parts):
                yield from self._when((*at, key, index), part, forms)
        if when.excluded is not None:
            yield from self._when((*at, "not"), when.excluded, forms)

    def _words(self, at: Location, when: When) -> Iterator[Fault]:
        known: tuple[tuple[str, Collection[str], str], ...] = (
            ("form", self.known.forms, "there is no form '{}' in config/forms: name one that is there"),
            ("site", self.known.sites, "site '{}' is not in sites.yml: name one that is there"),
            ("language", ("it", "en"), "there is no language '{}': write it or en"),
            (
                "role",
                self.known.roles,
                "role '{}' is not among this file's 'roles': add it there, or name another",
            ),
        )
        for key, words, sentence in known:
            for word in listed(getattr(when, key)) if words else ():
                if word not in words:
                    yield (*at, key), sentence.format(word) + _hint(str(word), words)

    def _field(self, at: Location, when: When, field: str, forms: frozenset[str] | None) -> Iterator[Fault]:
        shapes = [self.known.forms[form] for form in sorted(forms or self.known.forms) if form in self.known.forms]
        having = [shape.fields[field] for shape in shapes if field in shape.fields]
        if not having:
            hint = _hint(field, {name for shape in shapes for name in shape.fields})
            yield at, f"no form this rule is about has a field '{field}': write a field of the form{hint}"
        elif self.level == 2 and all(shape.personal for shape in having):
            yield at, f"field '{field}' is personal: second_level rules never see it, use another"
        elif all(shape.options == frozenset() for shape in having):
            yield at, f"field '{field}' is a number or a file: rules can look at choices, checkboxes and texts only"
        else:
            for answer in listed(when.fields[field]):
                if all(shape.options is not None and answer not in shape.options for shape in having):
                    options = {str(option) for shape in having for option in shape.options or ()}
                    quoted = isinstance(answer, bool) and _yaml(answer) in options
                    hint = f': write it in quotes, "{_yaml(answer)}"' if quoted else _hint(str(answer), options)
                    yield at, f"'{_yaml(answer)}' is not an option of field '{field}'{hint}"

    def _reach(self) -> Iterator[Fault]:
        """Rules that can never hold, take everything, or come too late."""
        above: dict[str, Boxes] = {}
        for index, rule in enumerate(self.rules):
            at: Location = (self.key, index, "when")
            try:
                boxes = self._boxes(rule)
                if not boxes:
                    where, why = self._why_never(rule)
                    yield (*at, *where), f"rule '{rule.name}' can never hold: {why}"
                    continue
                yield from self._fields_asked(index, rule, boxes)
                if taken_by := self._taken(boxes, above):
                    yield at, f"rule '{rule.name}' never decides: {taken_by}; move it up, or take it out"
                last = index == len(self.rules) - 1
                if not last and not self.world.left(self.world.everything(), [boxes]):
                    yield at, f"rule '{rule.name}' holds for everything: move it to the end, or give it conditions"
                    return
            except TooMany:
                continue
            above[rule.name] = boxes

    def _boxes(self, rule: AnyRule) -> Boxes:
        boxes = self.world.boxes(rule.when)
        if isinstance(rule, QuestionRule):
            return self.world.shared(boxes, [{("queue",): Values(frozenset({rule.queue}), all_but=True)}])
        return boxes

    def _taken(self, boxes: Boxes, above: Mapping[str, Boxes]) -> str:
        """By which rules above all of it is taken; empty when something is left."""
        if self.world.left(boxes, above.values()):
            return ""
        for name, other in above.items():
            if not self.world.left(boxes, [other]):
                return f"rule '{name}' above takes every request it holds for"
        together = ", ".join(f"'{name}'" for name, other in above.items() if self.world.shared(boxes, other))
        return f"the rules {together} above together take every request it holds for"

    def _why_never(self, rule: AnyRule) -> tuple[Location, str]:
        """As few conditions as exclude each other, at the place of the last."""
        core = self.world.parts(rule.when)
        if self.world.shared(*core.values()):
            return (), f"it is about questions of '{rule.queue}' and sends them there; choose another queue"
        for name in list(core):
            rest = {other: boxes for other, boxes in core.items() if other != name}
            if not self.world.shared(*rest.values()):
                core = rest
        at = tuple(int(part) if part.isdigit() else part for part in list(core)[-1].split("."))
        if set(core) == {"form", "site"}:
            form, site = _words(rule.when.form), _words(rule.when.site)
            return at, f"form {form} is not shown on site {site}; name another site, or take the rule out"
        names = [f"'all.{int(name[4:]) + 1}'" if name.startswith("all.") else f"'{name}'" for name in core]
        if len(names) == 1:
            return at, f"its condition {names[0]} holds for nothing; change it, or take the rule out"
        return at, f"its conditions {', '.join(names[:-1])} and {names[-1]} exclude each other; change one of them"

    def _fields_asked(self, index: int, rule: AnyRule, boxes: Boxes) -> Iterator[Fault]:
        forms = self.world.forms(boxes)
        fields = {field for form in forms for field in self.known.forms[form].fields}
        for number, ask in enumerate(rule.ask if isinstance(rule, Rule) else ()):
            for place, field in enumerate(ask.fields):
                if forms and field not in fields:
                    at = (self.key, index, "ask", number, "fields", place)
                    yield at, f"no form this rule is about has a field '{field}' to show{_hint(field, fields)}"


def _words(text: str | tuple[str, ...] | None) -> str:
    return " or ".join(f"'{word}'" for word in listed(text))


def _yaml(answer: str | bool) -> str:
    return answer if isinstance(answer, str) else "yes" if answer else "no"


def _hint(word: str, known: Collection[str]) -> str:
    found = difflib.get_close_matches(word, sorted(known), n=1)
    return f" (did you mean '{found[0]}'?)" if found else ""
