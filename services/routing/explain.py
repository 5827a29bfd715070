"""Why a request or a question goes where it goes: rule by rule, in sentences for a person. Pure."""

from collections.abc import Sequence

from services.routing.conditions import Case
from services.routing.rules import Plan, QuestionRule, Rule
from shared.events import Frozen, RuleQuestion


class Looked(Frozen):
    """One rule: did it hold, did it decide, and the first of its conditions that didn't hold, with the reason."""

    rule: str
    holds: bool
    decides: bool
    queue: str
    condition: str | None = None
    why: str


class Explanation(Frozen):
    """What the rules make of a case. `sentence`: the same in words."""

    queue: str
    rule: str
    sentence: str
    questions: tuple[RuleQuestion, ...] = ()
    rules: tuple[Looked, ...]


def explained(case: Case, rules: Sequence[Rule | QuestionRule], plan: Plan) -> Explanation:
    """Every rule, also those below the one that decided."""
    looked = tuple(_look(case, rule, plan) for rule in rules)
    return Explanation(
        queue=plan.queue, rule=plan.rule, sentence=_sentence(plan, looked), questions=plan.questions, rules=looked
    )


def _look(case: Case, rule: Rule | QuestionRule, plan: Plan) -> Looked:
    missed = rule.miss(case)
    decides = missed is None and rule.name == plan.rule
    why = missed.why if missed else "it decides" if decides else "it holds, but a rule above decides"
    return Looked(
        rule=rule.name,
        holds=missed is None,
        decides=decides,
        queue=rule.queue,
        condition=missed.condition if missed else None,
        why=why,
    )


def _sentence(plan: Plan, looked: Sequence[Looked]) -> str:
    if not any(each.decides for each in looked):
        return f"No rule holds: it goes to '{plan.queue}' ({plan.rule})."
    asks = ", ".join(f"'{question.queue}'" for question in plan.questions)
    also = f", and questions go at once to {asks}" if asks else ""
    return f"Rule '{plan.rule}' decides: it goes to '{plan.queue}'{also}."
