"""Can a rule hold at all, and does it leave anything to those below it? Pure, and never a false alarm.

Conditions become a list of boxes (a disjunctive normal form): a box gives for each thing that is looked at the set of
values with which it holds. Where we don't know all that can come (other forms, any role), a set may be "all but these".
An answer is looked at as "has this option: yes or no" for each option by itself, for a field may hold several at once,
or none. `World` then takes out what a form of ours can't send.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.routing.conditions import TEXTS, When, listed
from services.routing.times import MINUTES, Time
from shared.forms.shape import FormShape

# What is looked at: the form, an option of a field, the date and so on.
Atom = tuple[str | bool, ...]
# More boxes than this and we say nothing rather than wait.
MOST: Final = 3000
YES, NO = frozenset({True}), frozenset({False})
_CLOSED: Final[Mapping[str, frozenset[object]]] = {
    "language": frozenset({"it", "en"}),
    "verified": frozenset({True, False}),
    "field": frozenset({True, False}),
    "weekday": frozenset(range(7)),
    "minute": frozenset(range(MINUTES)),
}


class TooMany(Exception):
    """The rules are too entangled to be looked through."""


@dataclass(frozen=True)
class Values:
    """Exactly `members`, or all but these."""

    members: frozenset[object]
    all_but: bool = False

    def __and__(self, other: "Values") -> "Values":
        if self.all_but and other.all_but:
            return Values(self.members | other.members, all_but=True)
        if self.all_but:
            return Values(other.members - self.members)
        return Values(self.members - other.members if other.all_but else self.members & other.members)

    def __contains__(self, value: object) -> bool:
        return (value in self.members) != self.all_but

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not self.members and not self.all_but


Box = Mapping[Atom, Values]
Boxes = Sequence[Box]


class World:
    """What can come: the forms, and the days that the rules tell apart."""

    def __init__(self, forms: Mapping[str, FormShape], rules: Iterable[When], hides_personal: bool = False) -> None:
        self._forms = forms
        self._hides_personal = hides_personal
        self._cuts = sorted({cut for when in rules for cut in _cuts(when)})

    def boxes(self, when: When) -> Boxes:
        """Everything for which `when` holds and that can come; empty: it never holds."""
        return self.shared(*self.parts(when).values())

    def parts(self, when: When) -> dict[str, Boxes]:
        """The boxes of each condition by itself, by its name."""
        return {name: boxes for name, boxes, _ in self._conditions(when)}

    def shared(self, *several: Boxes) -> Boxes:
        """Everything that is in each of them and can come."""
        return self._real(_product(several))

    def left(self, boxes: Boxes, taken: Iterable[Boxes]) -> Boxes:
        """What of `boxes` remains when all of `taken` is gone."""
        remaining = list(boxes)
        for box in (box for some in taken for box in some):
            kept: list[Box] = []
            for one in remaining:
                kept += [one] if _meet(one, box) is None else self._real(self._without(one, box))
            if len(kept) > MOST:
                raise TooMany
            remaining = kept
        return remaining

    def everything(self) -> Boxes:
        """All that can come."""
        return [{}]

    def forms(self, boxes: Boxes) -> frozenset[str]:
        """Those of our forms that the boxes are about."""
        anyone = Values(frozenset(), all_but=True)
        return frozenset(form for box in boxes for form in self._forms if form in box.get(("form",), anyone))

    def _conditions(self, when: When) -> Iterator[tuple[str, Boxes, Boxes]]:
        """Each condition: its name, where it holds, where it doesn't."""
        for name in TEXTS:
            if (wanted := getattr(when, name)) is not None:
                yield name, *self._atom((name,), frozenset(listed(wanted)))
        if when.verified is not None:
            yield "verified", *self._atom(("verified",), frozenset({when.verified}))
        for field, answers in when.fields.items():
            atoms: list[Atom] = [("field", field, answer) for answer in listed(answers)]
            yield f"fields.{field}", [{atom: Values(YES)} for atom in atoms], [{atom: Values(NO) for atom in atoms}]
        if when.time is not None:
            spans = [self._atom(atom, wanted) for atom, wanted in self._spans(when.time)]
            yield "time", _product([yes for yes, _ in spans]), [box for _, no in spans for box in no]
        for index, part in enumerate(when.all_of):
            yield f"all.{index}", *self._both(part)
        if when.any_of:
            both = [self._both(part) for part in when.any_of]
            yield "any", [box for yes, _ in both for box in yes], _product([no for _, no in both])
        if when.excluded is not None:
            yes, no = self._both(when.excluded)
            yield "not", no, yes

    def _both(self, when: When) -> tuple[Boxes, Boxes]:
        conditions = list(self._conditions(when))
        return _product([yes for _, yes, _ in conditions]), [box for _, _, no in conditions for box in no]

    def _atom(self, atom: Atom, wanted: frozenset[object]) -> tuple[Boxes, Boxes]:
        values = Values(wanted)
        return _box(atom, values), _box(atom, self._other(atom, values))

    def _other(self, atom: Atom, values: Values) -> Values:
        closed = frozenset(range(len(self._cuts) + 1)) if atom == ("date",) else _CLOSED.get(str(atom[0]))
        if closed is not None:
            return Values(frozenset(value for value in closed if value not in values))
        return Values(values.members, all_but=not values.all_but)

    def _spans(self, time: Time) -> Iterator[tuple[Atom, frozenset[object]]]:
        if len(time.weekdays) < 7:
            yield ("weekday",), time.weekdays
        if len(time.minutes) < MINUTES:
            yield ("minute",), time.minutes
        if time.after is not None or time.before is not None:
            yield ("date",), self._dates(time)

    def _dates(self, time: Time) -> frozenset[object]:
        """The stretches between two cuts that lie in it; stretch n ends before cut n."""
        first = 0 if time.after is None else self._cuts.index(time.after.toordinal() + 1) + 1
        last = len(self._cuts) if time.before is None else self._cuts.index(time.before.toordinal())
        return frozenset(range(first, last + 1))

    def _without(self, box: Box, taken: Box) -> Iterator[Box]:
        """`box` without `taken`, which it meets, in parts that don't overlap."""
        inside = dict(box)
        for atom, values in taken.items():
            outside = self._other(atom, values)
            here = inside.get(atom)
            rest = outside if here is None else here & outside
            if not rest.empty:
                yield {**inside, atom: rest}
            inside[atom] = values if here is None else here & values

    def _real(self, boxes: Iterable[Box]) -> Boxes:
        """The boxes without what our forms can't send. A form that we don't know may send anything."""
        found: list[Box] = []
        for box in boxes:
            named = box.get(("form",))
            if named is None or named.all_but:
                found.append(box)
            else:
                for form in sorted(map(str, named.members)):
                    shape = self._forms.get(form)
                    narrowed = {**box, ("form",): Values(frozenset({form}))}
                    if shape is None or (narrowed := self._sent(narrowed, shape)):
                        found.append(narrowed)
            if len(found) > MOST:
                raise TooMany
        return found

    def _sent(self, box: dict[Atom, Values], shape: FormShape) -> dict[Atom, Values]:
        """What of a box a form can send; nothing: an empty box."""
        site = box.get(("site",), Values(frozenset(), all_but=True)) & Values(shape.sites)
        if site.empty:
            return {}
        found, said = {**box, ("site",): site}, dict[str, int]()
        for atom, values in box.items():
            if atom[0] != "field":
                continue
            field = shape.fields.get(str(atom[1]))
            possible = field is not None and not (self._hides_personal and field.personal)
            if not possible or (field and field.options is not None and atom[2] not in field.options):
                if False not in values:
                    return {}
                found[atom] = Values(NO)
            elif field and not field.several and values == Values(YES):
                said[str(atom[1])] = said.get(str(atom[1]), 0) + 1
        return {} if any(times > 1 for times in said.values()) else found


def _box(atom: Atom, values: Values) -> Boxes:
    return [] if values.empty else [{atom: values}]


def _product(factors: Iterable[Boxes]) -> Boxes:
    found: list[Box] = [{}]
    for boxes in factors:
        if len(found) * len(boxes) > MOST:
            raise TooMany
        met = [_meet(one, other) for one in found for other in boxes]
        found = [box for box in met if box is not None]
    return found


def _meet(one: Box, other: Box) -> Box | None:
    found = dict(one)
    for atom, values in other.items():
        found[atom] = both = found[atom] & values if atom in found else values
        if both.empty:
            return None
    return found


def _cuts(when: When) -> Iterator[int]:
    """The first days of the stretches that the dates of a rule make, as ordinals."""
    if when.time is not None:
        dates: tuple[date | None, date | None] = (when.time.after, when.time.before)
        yield from (day.toordinal() + shift for day, shift in zip(dates, (1, 0), strict=True) if day is not None)
    for part in (*when.all_of, *when.any_of, *([when.excluded] if when.excluded else [])):
        yield from _cuts(part)
