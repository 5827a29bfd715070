"""Every verb on a question in every state, as docs/verbs.md says; what speaks to users is refused on all of them."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from services.tickets import commands as c
from services.tickets.api import WISHES
from services.tickets.domain.refusals import SENTENCES, Clash
from services.tickets.domain.states import CHILD_COLUMNS, CHILD_VERBS, VERBS, column
from tests.unit.samples import ANNA, GIULIA, MARCO
from tests.unit.tickets.house import House, refused
from tests.unit.tickets.test_verbs import DOES, Scene


class Asked:
    """A question in one column of the table; Marco has seen everything."""

    def __init__(self, name: str, with_a_question: bool = False) -> None:
        self.house = House()
        self.parent = self.house.open()
        self.id = self.house.asked(self.parent)
        self.do(c.HandOver(seen=self.seen, to=GIULIA.id, reason="È per te."))
        self.do(c.WatchTicket(seen=self.seen, person=ANNA.id))
        if name != "new":
            self.do(c.TakeTicket(seen=self.seen), GIULIA)
        self.question = "none"
        if with_a_question:
            self.question = self.house.asked(self.id, by=GIULIA, queue="network")
        self._reach(name)
        assert column(self.house.child(self.id)) == name

    def _reach(self, name: str) -> None:
        if name == "pending":
            self.do(c.DeferTicket(seen=self.seen, until=self.house.now.replace(year=2030)), GIULIA)
        elif name == "answered":
            self.house.answer(self.id, GIULIA)
        elif name == "returned":
            self.house.give_back(self.id, GIULIA)
        elif name == "withdrawn":
            self.house.take_back(self.parent, self.id)
            self.house.drain()

    @property
    def seen(self) -> int:
        return self.house.seen(self.id)

    def do(self, wish: Any, by: Any = MARCO) -> list[Any]:
        return self.house.do(self.id, wish, by)


ALSO: Final[dict[type[object], Callable[[Any], Any]]] = {
    c.MoveTicket: lambda s: c.MoveTicket(seen=s.seen, queue="network"),
    c.DeferTicket: lambda s: c.DeferTicket(seen=s.seen, until=s.house.now.replace(year=2031)),
    c.AskSecondLevel: lambda s: c.AskSecondLevel(
        seen=s.seen, title="Rete", text="Raggiungibile?", queue="network", about=s.house.about(s.id)
    ),
}


@pytest.mark.parametrize("name", CHILD_COLUMNS)
@pytest.mark.parametrize("verb", CHILD_VERBS, ids=lambda verb: verb.__name__)
def test_each_verb_is_done_repeated_or_refused_as_the_table_says(verb: type[object], name: str) -> None:
    asked = verb is c.WithdrawQuestion and name in ("open", "pending")
    scene = Asked(name, with_a_question=asked)
    said, before = CHILD_VERBS[verb][name], scene.house.child(scene.id)
    make: Callable[[Any], Any] = ALSO.get(verb, DOES[verb])
    wish = make(scene)
    if verb is c.WithdrawQuestion and name == "new":
        # Whoever asks has acted: a new question has asked nothing.
        said = "not_asked"
    if said == "yes":
        assert scene.do(wish)
        assert scene.seen > before.seq
    elif said == "repeat":
        assert scene.do(wish) == []
    else:
        with pytest.raises(Clash) as refusal:
            scene.do(wish)
        assert refusal.value.extra["code"] == said
        assert before.number in refusal.value.detail or "{number}" not in SENTENCES[said]
        assert scene.house.child(scene.id) is before


@pytest.mark.parametrize("verb", sorted(set(VERBS) - set(CHILD_VERBS), key=str), ids=lambda verb: verb.__name__)
def test_what_speaks_to_the_user_or_joins_users_tickets_is_refused_on_a_question(verb: Any) -> None:
    scene, ticket = Asked("open"), Scene("open", with_a_held_mail=True)
    with refused("is_question"):
        scene.do(DOES[verb](ticket))


def test_every_row_speaks_of_every_state_of_a_question() -> None:
    assert set(CHILD_VERBS) <= set(WISHES.values())
    assert all(tuple(row) == CHILD_COLUMNS for row in CHILD_VERBS.values())
