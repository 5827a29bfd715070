"""No path leads to an inconsistent ticket: several tickets of two people, all verbs, timers, mail servers, and messages
between the tickets that come late, twice, and in any order."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.tickets import commands as c
from services.tickets.articles import named_by
from services.tickets.commands import Command
from services.tickets.domain import Root, Ticket
from services.tickets.domain.refusals import SENTENCES
from shared.errors import BadInput, Conflict
from shared.events import RootEvent, State
from shared.ids import derived
from shared.policy import Person
from tests.unit.samples import ANNA, CHIARA, GIULIA, LUCA, MARCO, a_requester
from tests.unit.tickets import invariants
from tests.unit.tickets.house import WINDOW, House

OUTCOMES = st.sampled_from([State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL])
OPERATORS = st.sampled_from([GIULIA, MARCO, ANNA])
PEOPLE = st.sampled_from(["giulia", "marco", "anna", "nobody"])
# Days from now.
DATES = st.none() | st.integers(0, 20)
PLACES = st.integers(0, 11)
REASONS = st.sampled_from(["", "Fatto."])
# What becomes of open questions.
FATES = st.sampled_from([None, "withdraw", "wait"])
# How many of the last facts somebody hasn't seen.
UNSEEN = st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, 5])


class Watched(House):
    """A house in which every step is looked at."""

    def saved(self, ticket: Root, facts: Sequence[RootEvent]) -> None:
        invariants.after_each_step(self, ticket, facts)


class Joining(RuleBasedStateMachine):
    """Tickets join and part, close and open again while messages are late."""

    window = timedelta(0)

    def __init__(self) -> None:
        super().__init__()
        self.house = Watched(self.window)
        chiara = a_requester(name=CHIARA.name, email=CHIARA.email, subject=CHIARA.id)
        for requester in (None, None, None, chiara):
            self.house.open(requester)
        self.done: list[tuple[Command, list[RootEvent]]] = []

    def ticket(self, place: int) -> Ticket:
        roots = self.house.tickets()
        return roots[place % len(roots)]

    def wish(self, place: int, wish: Any, by: Person) -> None:
        """Somebody wishes it of a ticket."""
        self.wish_of(self.ticket(place), wish, by)

    def wish_of(self, ticket: Root, wish: Any, by: Person) -> None:
        """Somebody wishes it: done, or refused with a code that has a sentence."""
        self.house.count += 1
        identity = derived("command", ticket.id, by.id, self.house.count)
        command = Command(id=identity, ticket_id=ticket.id, actor=by.actor, wish=wish)
        try:
            self.done.append((command, self.house.command(command)))
        except (Conflict, BadInput) as refusal:
            code = refusal.extra["code"]
            assert code in SENTENCES or code == "changed"
            assert self.house.root(ticket.id) is ticket

    def seen(self, place: int, unseen: int) -> int:
        return max(0, self.ticket(place).seq - unseen)

    @rule(place=PLACES, by=OPERATORS, unseen=UNSEEN, outcome=OUTCOMES, reason=REASONS, questions=FATES)
    def closes(self, place: int, by: Person, unseen: int, outcome: Any, reason: str, questions: Any) -> None:
        wish = c.CloseTicket(
            seen=self.seen(place, unseen), outcome=outcome, reason=reason, silent=not reason, questions=questions
        )
        self.wish(place, wish, by)

    @rule(place=PLACES, by=OPERATORS, unseen=UNSEEN, verb=st.booleans())
    def comes_back(self, place: int, by: Person, unseen: int, verb: bool) -> None:
        seen = self.seen(place, unseen)
        self.wish(place, c.ReopenTicket(seen=seen) if verb else c.ResumeTicket(seen=seen), by)

    @rule(place=PLACES, other=PLACES, by=OPERATORS, linked=st.booleans())
    def links(self, place: int, other: int, by: Person, linked: bool) -> None:
        found, seen = self.ticket(other).ref, self.seen(place, 0)
        if not linked and (known := self.ticket(place).links):
            # What was split off may not be there yet: then the door finds no such ticket.
            other_id = known[other % len(known)].ticket.id
            found = self.house[other_id].ref if other_id in self.house.store.roots else found
        wish = c.LinkTicket if linked else c.UnlinkTicket
        self.wish(place, wish(seen=seen, other=found.id, found=found), by)

    @rule(place=PLACES, other=PLACES, by=OPERATORS, unseen=UNSEEN)
    def merges(self, place: int, other: int, by: Person, unseen: int) -> None:
        source = self.ticket(place)
        # Mostly one that may: others are refused at once.
        others = [each for each in self.house.tickets() if each.requester == source.requester and each != source]
        target = others[other % len(others)] if others and other else self.ticket(other)
        wish = self.house.merging(source.id, target.id)
        self.wish(place, wish.model_copy(update={"seen": self.seen(place, unseen)}), by)

    @rule(place=PLACES, by=OPERATORS)
    def unmerges(self, place: int, by: Person) -> None:
        merged = [at for at, ticket in enumerate(self.house.tickets()) if ticket.merged]
        place = merged[place % len(merged)] if merged else place
        self.wish(place, c.UnmergeTicket(seen=self.seen(place, 0)), by)

    @precondition(lambda self: len(self.house.tickets()) < 12)
    @rule(place=PLACES, which=PLACES, by=OPERATORS)
    def splits(self, place: int, which: int, by: Person) -> None:
        ticket = self.ticket(place).id
        named = [each.ref.id for fact in self.house.history(ticket) for each in named_by(fact)]
        self.wish(place, self.house.splitting(ticket, [*named, "none"][which % (len(named) + 1)]), by)

    @rule(place=PLACES, answers=st.booleans(), field=st.sampled_from(["kind", "kind", "account", "other"]))
    def the_user_writes(self, place: int, answers: bool, field: str) -> None:
        ticket = self.ticket(place)
        user = LUCA if ticket.requester.subject == LUCA.id else CHIARA
        wish = c.ReplyTicket(text="Ci sono novità?")
        if answers and (asked := ticket.information):
            wish = c.ReplyTicket(values={field: "x"}, information=asked.article)
        self.wish(place, wish, user)

    @rule(place=PLACES, verb=st.integers(0, 3), helpful=st.booleans())
    def the_user_says(self, place: int, verb: int, helpful: bool) -> None:
        """Something, without writing."""
        user = LUCA if self.ticket(place).requester.subject == LUCA.id else CHIARA
        wishes = [c.ThankTicket(), c.RateTicket(helpful=helpful), c.EndFollowLinks(), c.MailFollowLink()]
        self.wish(place, wishes[verb], user)

    @rule(seconds=st.sampled_from([1, 20, 25, 3600, 86_400, 864_000, 4_000_000]))
    def time_passes(self, seconds: int) -> None:
        self.house.wait(timedelta(seconds=seconds))

    @precondition(lambda self: self.house.messages)
    @rule(which=PLACES, twice=st.booleans())
    def a_message_comes(self, which: int, twice: bool) -> None:
        place = which % len(self.house.messages)
        if twice:
            # It comes again later: what is delivered now stays on its way.
            self.house.hear(self.house.messages[place])
        else:
            self.house.deliver(place)

    @precondition(lambda self: self.done)
    @rule(which=PLACES)
    def a_wish_comes_twice(self, which: int) -> None:
        command, facts = self.done[which % len(self.done)]
        if facts:
            before = self.house.root(command.ticket_id)
            assert self.house.command(command) == facts
            assert self.house.root(command.ticket_id) is before

    @invariant()
    def nothing_waits_for_no_one(self) -> None:
        """A merge under way is always answered: its question, its answer, or what tells of it is on its way."""
        for ticket in self.house.tickets():
            if ticket.merging:
                attempt = ticket.merging.attempt
                about = [m for m in self.house.messages if attempt in (m.event_id, getattr(m, "attempt", None))]
                assert about, ticket.number

    def teardown(self) -> None:
        self.house.drain()
        invariants.when_all_is_said(self.house)


class Life(Joining):
    """Everything that can happen to tickets; written mails are held."""

    window = WINDOW

    @rule(place=PLACES, by=OPERATORS, unseen=UNSEEN, to=PEOPLE, verb=st.integers(0, 7), data=st.data())
    def hands(self, place: int, by: Person, unseen: int, to: str, verb: int, data: st.DataObject) -> None:
        seen = self.seen(place, unseen)
        queue = data.draw(st.sampled_from(["credentials", "careers", "accounts", "none"]))
        tags = data.draw(st.sets(st.sampled_from(["vpn", "wifi", "spid"])))
        wishes: list[c.Seen] = [
            c.TakeTicket(seen=seen),
            c.ReleaseTicket(seen=seen),
            c.HandOver(seen=seen, to=to, reason="Ne sai di più tu."),
            c.ChangeResponsible(seen=seen, to=to),
            c.MoveTicket(seen=seen, queue=queue),
            c.SetPriority(seen=seen, priority=data.draw(st.integers(1, 5))),
            c.TagTicket(seen=seen, add=tuple(tags), remove=("vpn",)),
            c.AddNote(seen=seen, text="Solo per noi."),
        ]
        self.wish(place, wishes[verb], by)

    @rule(
        place=PLACES,
        by=OPERATORS,
        unseen=UNSEEN,
        outcome=st.none() | OUTCOMES,
        days=DATES,
        verb=st.integers(0, 3),
        questions=FATES,
    )
    def writes(
        self, place: int, by: Person, unseen: int, outcome: Any, days: int | None, verb: int, questions: Any
    ) -> None:
        seen = self.seen(place, unseen)
        until = None if days is None else self.house.now + timedelta(days=days, seconds=5)
        wishes: list[c.Seen] = [
            c.AnswerTicket(seen=seen, text="Ecco.", outcome=outcome, questions=questions),
            c.AskInformation(seen=seen, text="Quale?", fields=("kind", "account"), until=until),
            c.AskInformation(seen=seen, text="Quale?", fields=("kind",), until=until, then="close"),
            c.ForwardTicket(seen=seen, to="posta@altrove.example", subject="Per voi", text="Da guardare."),
        ]
        self.wish(place, wishes[verb], by)

    @rule(place=PLACES, by=OPERATORS, unseen=UNSEEN, for_user=st.booleans(), days=DATES, then=st.booleans())
    def waits(self, place: int, by: Person, unseen: int, for_user: bool, days: int | None, then: bool) -> None:
        until = None if days is None else self.house.now + timedelta(days=days, seconds=5)
        wish = c.DeferTicket(
            seen=self.seen(place, unseen), for_user=for_user, until=until, then="close" if then else "remind"
        )
        self.wish(place, wish, by)

    @rule(place=PLACES, by=OPERATORS, unseen=UNSEEN, which=PLACES, verb=st.integers(0, 2), right=st.booleans())
    def decides_on_a_mail(self, place: int, by: Person, unseen: int, which: int, verb: int, right: bool) -> None:
        ticket, seen = self.ticket(place), self.seen(place, unseen)
        mails = [*(ticket.refused_mails if verb == 2 else ticket.held), "none"]
        article = mails[which % len(mails)]
        wishes: list[c.Seen] = [
            c.UndoMail(seen=seen, article=article),
            c.SendMail(seen=seen, article=article, text="Ecco."),
            c.RetryMail(seen=seen, article=article, to="giusto@studenti.example" if right else None),
        ]
        self.wish(place, wishes[verb], by)

    @rule(place=PLACES, which=PLACES, reason=st.none() | st.just("550 no such user"))
    def a_mail_server_speaks(self, place: int, which: int, reason: str | None) -> None:
        ticket = self.ticket(place)
        if not ticket.waiting_mails:
            return
        article = sorted(ticket.waiting_mails)[which % len(ticket.waiting_mails)]
        retries = sum(1 for fact in self.house.history(ticket.id) if fact.name == "article.retried.v1")
        fact = self.house.mail_server(article, reason, message=f"{retries}")
        # It comes again later.
        self.house.messages.append(fact)


class Asking(Joining):
    """Tickets ask the second level, and questions ask further; each end, and each message, comes when it will."""

    def __init__(self) -> None:
        super().__init__()
        # Something to answer from the first step on.
        for ticket in [each.id for each in self.house.tickets()][:2]:
            self.house.asked(self.house.asked(ticket), queue="network")
            self.house.ask(ticket)

    @precondition(lambda self: len(self.house.messages) > 1)
    @rule(which=st.lists(PLACES, min_size=2, max_size=6))
    def messages_come(self, which: list[int]) -> None:
        """Several, in an order of their own."""
        for each in which:
            if self.house.messages:
                self.house.deliver(each % len(self.house.messages))

    def root(self, place: int, which: int) -> Root:
        """A ticket or a question; mostly a question, if there is one."""
        children = self.house.children()
        return children[which % len(children)] if children and which % 4 else self.ticket(place)

    @precondition(lambda self: len(self.house.children()) < 10)
    @rule(place=PLACES, which=PLACES, by=OPERATORS, queue=st.sampled_from(["accounts", "network", "", "credentials"]))
    def asks(self, place: int, which: int, by: Person, queue: str) -> None:
        root = self.root(place, which)
        due = self.house.now + timedelta(days=which - 1)
        fields: Any = {"seen": root.seq, "title": "Account", "text": "È attivo?", "queue": queue, "due_at": due}
        self.wish_of(root, c.AskSecondLevel(**fields, about=self.house.about(root.id)), by)

    @rule(place=PLACES, which=PLACES, by=OPERATORS, child=PLACES)
    def takes_back(self, place: int, which: int, by: Person, child: int) -> None:
        root = self.root(place, which)
        known = [*root.open_questions, "none"]
        found = known[child % len(known)]
        self.wish_of(root, c.WithdrawQuestion(seen=root.seq, child=found, found=found), by)

    @precondition(lambda self: any(each.ending for each in self.house.children()))
    @rule(which=PLACES, by=OPERATORS)
    def reopens(self, which: int, by: Person) -> None:
        ended = [each for each in self.house.children() if each.ending]
        child = ended[which % len(ended)]
        self.wish_of(child, c.ReopenTicket(seen=child.seq), by)

    @precondition(lambda self: any(each.open_questions for each in self.house.tickets()))
    @rule(which=PLACES, by=OPERATORS, questions=st.sampled_from(["withdraw", "wait", "wait"]), reason=REASONS)
    def closes_what_asks(self, which: int, by: Person, questions: Any, reason: str) -> None:
        asking = [each for each in self.house.tickets() if each.open_questions]
        ticket = asking[which % len(asking)]
        wish = c.CloseTicket(
            seen=ticket.seq,
            outcome=State.CLOSED_SUCCESSFUL,
            reason=reason,
            silent=not reason,
            questions=questions,
        )
        self.wish_of(ticket, wish, by)

    @precondition(lambda self: any(each.open_questions for each in self.house.store.roots.values()))
    @rule(which=PLACES, by=OPERATORS)
    def all_are_answered(self, which: int, by: Person) -> None:
        asking = [each for each in self.house.store.roots.values() if each.open_questions]
        for child in asking[which % len(asking)].open_questions:
            if child in self.house.store.roots:
                self.wish_of(self.house.root(child), c.AnswerQuestion(seen=999, text="Sì.", questions="withdraw"), by)

    @precondition(lambda self: self.house.children())
    @rule(which=PLACES, by=OPERATORS, unseen=UNSEEN, verb=st.integers(0, 7), questions=FATES)
    def the_second_level_acts(self, which: int, by: Person, unseen: int, verb: int, questions: Any) -> None:
        children = self.house.children()
        child = children[which % len(children)]
        seen = max(0, child.seq - unseen)
        wishes: list[c.Seen] = [
            c.TakeTicket(seen=seen),
            c.MoveTicket(seen=seen, queue="network"),
            c.ReopenTicket(seen=seen),
            c.DeferTicket(seen=seen, until=self.house.now + timedelta(days=which, seconds=1)),
            c.ResumeTicket(seen=seen),
            c.AnswerQuestion(seen=seen, text="Sì.", questions=questions),
            c.AnswerQuestion(seen=seen, text="Sì, tutto.", questions=questions),
            c.ReturnQuestion(seen=seen, reason="Non è nostro.", questions=questions),
        ]
        self.wish_of(child, wishes[verb], by)


QUICKLY = settings(
    max_examples=60, stateful_step_count=50, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
TestJoining = Joining.TestCase
TestJoining.settings = QUICKLY
TestAsking = Asking.TestCase
TestAsking.settings = QUICKLY
TestLife = Life.TestCase
TestLife.settings = QUICKLY
