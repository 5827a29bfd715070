"""Every verb in every state, as docs/verbs.md says; and every refusal has its sentence."""

import ast
import itertools
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from services.tickets import commands as c
from services.tickets import domain
from services.tickets.api import WISHES
from services.tickets.domain.conflicts import CONFLICTS, STALE
from services.tickets.domain.refusals import DID, SENTENCES, Clash, sentence
from services.tickets.domain.states import CHILD_VERBS, COLUMNS, VERBS, column
from shared.events import Outcome, RuleQuestion, State, TicketOpened
from tests import verbs
from tests.unit.samples import ANNA, GIULIA, LUCA, MARCO
from tests.unit.tickets.house import WINDOW, House

SUCCESS: Final = State.CLOSED_SUCCESSFUL
FAILURE: Final = State.CLOSED_UNSUCCESSFUL
BY_RULE: Final = RuleQuestion(rule="spid", queue="accounts", title="SPID", text="È attivo?")
OUTCOMES: Final[dict[str, Outcome]] = {SUCCESS.value: SUCCESS, FAILURE.value: FAILURE}


class Scene:
    """A ticket in one column of the table, with something to do for each verb; Marco has seen everything."""

    def __init__(self, name: str, with_a_held_mail: bool = False, with_a_question: bool = False) -> None:
        self.house = House(WINDOW)
        self.id = self.house.open(questions=(BY_RULE,) if with_a_question else ())
        self.other, self.target, self.third = (self.house.open() for _ in range(3))
        self.question = next(iter(self.house[self.id].open_questions), "none")
        self.house.do(self.id, c.WatchTicket(seen=1, person=ANNA.id))
        opened = self.house.history(self.id)[0]
        assert isinstance(opened, TicketOpened)
        self.request, self.receipt = opened.request.id, opened.mail.id
        self.house.mail_server(self.receipt, "550 no such user")
        self.do(c.HandOver(seen=self.seen, to=GIULIA.id, reason="È per te."))
        self.house.link(self.id, self.other)
        if name != "new":
            self.do(c.TakeTicket(seen=self.seen), GIULIA)
        if with_a_held_mail and name in ("open", "pending", "closed_successful", "closed_unsuccessful"):
            self.do(c.ForwardTicket(seen=self.seen, to="uno@altrove.example", subject="Per voi", text="Ecco."), GIULIA)
        self._reach(name)
        self.held = next(iter(self.house[self.id].held), "none")
        assert column(self.house[self.id]) == name

    def _reach(self, name: str) -> None:
        if name == "pending":
            self.do(c.DeferTicket(seen=self.seen, for_user=True), GIULIA)
        elif name.startswith("closed"):
            self.do(c.CloseTicket(seen=self.seen, outcome=OUTCOMES[name], silent=True), GIULIA)
        elif name.startswith("merg"):
            self.house.merge(self.id, self.target)
            if name == "merged":
                self.house.drain()

    @property
    def seen(self) -> int:
        return self.house.seen(self.id)

    def do(self, wish: Any, by: Any = MARCO) -> list[Any]:
        return self.house.do(self.id, wish, by)

    def linking(self, wish: Any, other: str) -> Any:
        return wish(seen=self.seen, other=other, found=self.house[other].ref)


# One wish of each verb that finds something to do.
DOES: dict[type[object], Callable[[Scene], Any]] = {
    c.TakeTicket: lambda s: c.TakeTicket(seen=s.seen),
    c.ReleaseTicket: lambda s: c.ReleaseTicket(seen=s.seen),
    c.HandOver: lambda s: c.HandOver(seen=s.seen, to=MARCO.id, reason="Ci penso io."),
    c.ChangeResponsible: lambda s: c.ChangeResponsible(seen=s.seen, to=MARCO.id),
    c.MoveTicket: lambda s: c.MoveTicket(seen=s.seen, queue="careers"),
    c.SetPriority: lambda s: c.SetPriority(seen=s.seen, priority=5),
    c.TagTicket: lambda s: c.TagTicket(seen=s.seen, add=("vpn",)),
    c.AddNote: lambda s: c.AddNote(seen=s.seen, text="Solo per noi."),
    c.AnswerTicket: lambda s: c.AnswerTicket(seen=s.seen, text="Ecco."),
    c.AskInformation: lambda s: c.AskInformation(seen=s.seen, text="Quale?", fields=("kind",)),
    c.ForwardTicket: lambda s: c.ForwardTicket(seen=s.seen, to="a@b.example", subject="Per voi", text="Ecco."),
    c.CloseTicket: lambda s: c.CloseTicket(seen=s.seen, outcome=SUCCESS, reason="Fatto."),
    c.ReopenTicket: lambda s: c.ReopenTicket(seen=s.seen),
    c.DeferTicket: lambda s: c.DeferTicket(seen=s.seen, for_user=True),
    c.ResumeTicket: lambda s: c.ResumeTicket(seen=s.seen),
    c.UndoMail: lambda s: c.UndoMail(seen=s.seen, article=s.held),
    c.SendMail: lambda s: c.SendMail(seen=s.seen, article=s.held, text="Ecco."),
    c.RetryMail: lambda s: c.RetryMail(seen=s.seen, article=s.receipt),
    c.LinkTicket: lambda s: s.linking(c.LinkTicket, s.third),
    c.UnlinkTicket: lambda s: s.linking(c.UnlinkTicket, s.other),
    c.MergeTicket: lambda s: s.house.merging(s.id, s.target),
    c.UnmergeTicket: lambda s: c.UnmergeTicket(seen=s.seen),
    c.SplitArticle: lambda s: s.house.splitting(s.id, s.request),
    c.WatchTicket: lambda s: c.WatchTicket(seen=s.seen),
    c.UnwatchTicket: lambda s: c.UnwatchTicket(seen=s.seen, person=ANNA.id),
    c.AskSecondLevel: lambda s: c.AskSecondLevel(
        seen=s.seen, title="Account", text="È attivo?", queue="accounts", about=s.house.about(s.id)
    ),
    c.WithdrawQuestion: lambda s: c.WithdrawQuestion(seen=s.seen, child=s.question, found=s.question),
    c.AnswerQuestion: lambda s: c.AnswerQuestion(seen=s.seen, text="Sì."),
    c.ReturnQuestion: lambda s: c.ReturnQuestion(seen=s.seen, reason="Non è nostro."),
    c.ReplyTicket: lambda s: c.ReplyTicket(text="Ci sono novità?"),
    c.ThankTicket: lambda s: c.ThankTicket(),
    c.RateTicket: lambda s: c.RateTicket(helpful=True),
    c.EndFollowLinks: lambda s: c.EndFollowLinks(),
    c.MailFollowLink: lambda s: c.MailFollowLink(),
}
# What only the requester wishes, who has no page with a `seen`.
THEIRS: Final = frozenset(get_args(c.OfRequester))


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_each_verb_is_done_repeated_or_refused_as_the_table_says(verb: type[object], name: str) -> None:
    asked = verb is c.WithdrawQuestion and name in ("new", "open", "pending")
    scene = Scene(name, with_a_held_mail=verb in (c.UndoMail, c.SendMail), with_a_question=asked)
    said, before = VERBS[verb][name], scene.house[scene.id]
    by = LUCA if verb in THEIRS else MARCO
    wish = DOES[verb](scene)
    if said == "same":
        _same(scene, verb, name)
    elif said == "yes":
        assert scene.do(wish, by)
        assert scene.house[scene.id].seq > before.seq
    elif said == "repeat":
        assert scene.do(wish, by) == []
    else:
        with pytest.raises(Clash) as refusal:
            scene.do(wish, by)
        assert refusal.value.extra["code"] == said
        assert before.number in refusal.value.detail or "{number}" not in SENTENCES[said]
        assert scene.house[scene.id] is before


def _same(scene: Scene, verb: type[object], name: str) -> None:
    """What is so already is repeated; anything else is refused."""
    same: Any
    other: Any
    if verb is c.CloseTicket:
        found = sorted(OUTCOMES.values(), key=lambda outcome: outcome != name)
        same, other = (c.CloseTicket(seen=scene.seen, outcome=outcome, silent=True) for outcome in found)
    else:
        same, other = (scene.house.merging(scene.id, target) for target in (scene.target, scene.third))
    assert scene.do(same) == []
    with pytest.raises(Clash) as refusal:
        scene.do(other)
    assert refusal.value.extra["code"] == verbs.OTHER_THAN_SAME[verb][name]


def test_the_page_is_the_codes() -> None:
    """When this fails on purpose: `python -m tests.verbs`, and read the difference before you commit it."""
    assert verbs.FILE.read_text(encoding="utf-8") == verbs.document()


def test_no_verb_is_forgotten() -> None:
    wished = set(c.Seen.__subclasses__())
    assert wished == set(WISHES.values()) == set(CONFLICTS)
    assert wished | THEIRS == set(VERBS) == set(DOES)


def test_every_row_speaks_of_every_state() -> None:
    assert set(COLUMNS) == {*State, "merging"}
    assert all(tuple(row) == COLUMNS for row in VERBS.values())


def _raised() -> Iterator[tuple[str, set[str]]]:
    """Every code in the domain with the names that its sentence is given."""
    for file in Path(domain.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Clash", "Refused"):
                code, *more = node.args
                # `changed` brings a sentence of its own.
                if isinstance(code, ast.Constant) and not more:
                    yield str(code.value), {keyword.arg or "" for keyword in node.keywords}


def test_every_code_has_a_sentence_and_what_it_needs() -> None:
    raised = list(_raised())
    assert len(raised) > 20
    for code, given in raised:
        needed = {field for _, field, _, _ in string.Formatter().parse(SENTENCES[code]) if field}
        assert needed <= given, code


def test_every_sentence_is_said_somewhere() -> None:
    by_state = {code for table in (VERBS, CHILD_VERBS) for row in table.values() for code in row.values()}
    by_state |= {"is_question"}
    refined = {code for cells in verbs.OTHER_THAN_SAME.values() for code in cells.values()}
    assert set(SENTENCES) <= {code for code, _ in _raised()} | by_state | refined


def test_a_state_is_said_in_words() -> None:
    assert sentence("already", number="1", state=SUCCESS) == "Ticket 1 is already closed successful: reopen it first."


def test_every_fact_that_stands_against_a_wish_or_a_mail_can_be_told() -> None:
    keys = set(itertools.chain(*CONFLICTS.values(), *STALE.values()))
    assert {key.partition(":")[0] for key in keys} <= set(DID)
