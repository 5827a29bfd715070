"""What is said of rules is true: everything is compared with trying out all that can come."""

from datetime import datetime
from itertools import chain, combinations, product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.routing.conditions import ROME, Case, When
from services.routing.logic import World
from tests.unit.routing.samples import FORMS

# A Monday at noon and a Saturday evening.
MOMENTS = [datetime(2026, 11, 23, 12, 0, tzinfo=ROME), datetime(2026, 12, 12, 20, 0, tzinfo=ROME)]


def answers(form: str) -> list[dict[str, Any]]:
    """All that a form can send of the fields that rules look at here; a form that we don't know sends anything."""
    if form == "one":
        return [
            {name: value for name, value in (("kind", kind), ("consent", consent)) if value is not None}
            for kind in (None, "a", "b", "c")
            for consent in (None, True, False)
        ]
    if form == "many":
        return [{"kind": list(some)} for some in ((), ("a",), ("b",), ("a", "b"))]
    if form == "inside":
        return [{}]
    kinds = chain.from_iterable(combinations("abc", size) for size in range(4))
    consents: tuple[Any, ...] = (None, True, [True, False])
    return [{"kind": list(kind), "consent": consent} for kind in kinds for consent in consents]


def everything() -> list[Case]:
    """Every case there is in the small world, with a form, a site and a role that no rule names."""
    found = []
    for form in (*FORMS, "unknown"):
        sites = FORMS[form].sites if form in FORMS else {"portal", "www", "elsewhere"}
        for site, values, verified, role, moment in product(
            sorted(sites), answers(form), (True, False), (None, "student", "king"), MOMENTS
        ):
            found.append(Case(form, site, "it", verified, role, None, values, moment))
    return found


ALL = everything()
WORDS = {
    "form": st.sampled_from(["one", "one", "many", "inside", ("one", "many")]),
    "site": st.sampled_from(["portal", "www", ("portal", "www")]),
    "role": st.just("student"),
    "verified": st.booleans(),
    "fields": st.sampled_from(
        [{"kind": "a"}, {"kind": "b"}, {"kind": ("a", "b")}, {"kind": "c"}, {"consent": True}, {"consent": False}]
    ),
}
TIME = st.sampled_from(
    [
        {"days": ["mon"]},
        {"days": ["sat", "sun"], "from": "18:00"},
        {"from": "18:00", "to": "08:00"},
        {"to": "13:00"},
        {"after": "2026-11-30"},
        {"before": "2026-12-15", "after": "2026-11-25"},
    ]
)


def conditions(**more: Any) -> st.SearchStrategy[dict[str, Any]]:
    """What a person could write: some words, and maybe all, any or not around others."""
    flat = st.fixed_dictionaries({}, optional={**WORDS, **more}).map(lambda said: dict(list(said.items())[:2]))
    return st.recursive(
        flat,
        lambda inner: st.tuples(
            flat, st.sampled_from(["all", "any", "not"]), st.lists(inner, min_size=1, max_size=2)
        ).map(lambda parts: {**parts[0], parts[1]: parts[2][0] if parts[1] == "not" else parts[2]}),
        max_leaves=4,
    )


def held(when: When) -> set[int]:
    return {index for index, case in enumerate(ALL) if when.holds(case)}


def judged(said: dict[str, Any], above: list[dict[str, Any]]) -> tuple[bool, bool, bool, bool]:
    """Can it hold, does anything remain: by reasoning; the same by trying out."""
    when, others = When.model_validate(said), [When.model_validate(each) for each in above]
    world = World(FORMS, [when, *others])
    boxes = world.boxes(when)
    left = world.left(boxes, [world.boxes(other) for other in others])
    holds = held(when)
    return bool(boxes), bool(left), bool(holds), bool(holds - set().union(*map(held, others)))


@settings(max_examples=70, deadline=None)
@given(conditions(), st.lists(conditions(), min_size=1, max_size=3))
@example({"form": "one", "all": [{"fields": {"kind": "a"}}, {"fields": {"kind": "b"}}]}, [{"form": "many"}])
@example({"form": "many", "all": [{"fields": {"kind": "a"}}, {"fields": {"kind": "b"}}]}, [{"form": "one"}])
@example({"form": "one"}, [{"site": "portal"}, {"form": "one", "site": "www"}])
@example({"fields": {"kind": "a"}, "form": "one"}, [{"not": {"fields": {"kind": ("b", "c")}}}])
@example({"role": "student"}, [{"role": "student", "verified": True}, {"verified": False, "form": "one"}])
def test_reasoning_comes_to_what_trying_out_all_that_can_come_comes_to(
    said: dict[str, Any], above: list[dict[str, Any]]
) -> None:
    possible, left, really_possible, really_left = judged(said, above)
    assert (possible, left) == (really_possible, really_left)


@settings(max_examples=40, deadline=None)
@given(conditions(time=TIME), st.lists(conditions(time=TIME), min_size=1, max_size=3))
def test_a_rule_that_can_decide_at_some_time_is_never_called_idle(
    said: dict[str, Any], above: list[dict[str, Any]]
) -> None:
    possible, left, really_possible, really_left = judged(said, above)
    assert possible or not really_possible
    assert left or not really_left


@settings(max_examples=40, deadline=None)
@given(conditions(time=TIME))
def test_a_rule_and_its_opposite_are_everything(said: dict[str, Any]) -> None:
    when, other = When.model_validate(said), When.model_validate({"not": said})
    world = World(FORMS, [when, other])
    assert not world.shared(world.boxes(when), world.boxes(other))
    assert not world.left(world.everything(), [world.boxes(when), world.boxes(other)])
