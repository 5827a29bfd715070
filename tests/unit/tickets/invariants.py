"""What is true of every ticket after every step, and of all of them together once no message is on its way."""

import json
from collections.abc import Sequence

from services.tickets.articles import MAILS, named_by
from services.tickets.domain import CLOSED, Child, Root, Ticket, apply_all
from services.tickets.domain.child import DUE_TIMER
from services.tickets.domain.ticket import PENDING_TIMER, timer_of_mail
from services.tickets.repository import from_document, to_document
from shared import events as e
from shared.events import ActorKind, ArticleKind, RootEvent, State, from_wire, to_wire
from shared.policy import may_see_article
from tests.unit.samples import LUCA
from tests.unit.tickets.house import House

FOR_OPERATORS = frozenset(
    {ArticleKind.NOTE, ArticleKind.MAIL_FORWARD, ArticleKind.CHILD_OPENED, ArticleKind.CHILD_ANSWER, ArticleKind.SYSTEM}
)
# Facts after which somebody, or nobody, holds the ticket.
_HANDS = (e.TicketTaken, e.TicketHandedOver, e.TicketReleased)


def after_each_step(house: House, root: Root, facts: Sequence[RootEvent]) -> None:
    """Everything that one stored change must keep."""
    _is_numbered(house, root)
    _survives_the_wire(root, facts)
    assert (root.waiting is not None) == (root.state is State.PENDING)
    if isinstance(root, Child):
        _question_agrees(house, root)
        return
    assert isinstance(root, Ticket)
    ticket = root
    _states_agree(ticket)
    _timers_are_of_something(ticket)
    _somebody_holds_it(house, ticket)
    fates = fates_of(house.history(ticket.id))
    _mails_agree(ticket, fates)
    _nothing_internal_leaks(house, ticket, fates)


def _question_agrees(house: House, child: Child) -> None:
    """It says `child.*` and what a root that asks says, and nothing it says or shows could meet a user."""
    assert (child.ending is not None) == (child.state in CLOSED)
    assert not (child.open_questions and child.ending)
    for fact in house.history(child.id):
        assert fact.name.startswith(("child.", "second_level.")), fact.name
        assert not {"requester", "mail"} & set(type(fact).model_fields)
        assert LUCA.email not in fact.model_dump_json()
        assert all(each.ref.kind in FOR_OPERATORS for each in named_by(fact))
    due = {} if child.ending or child.overdue or not child.due_at else {DUE_TIMER: child.due_at}
    if child.waiting and child.waiting.until:
        due[PENDING_TIMER] = child.waiting.until
    assert child.timers == due


def _is_numbered(house: House, ticket: Root) -> None:
    history = house.history(ticket.id)
    assert [fact.seq for fact in history] == list(range(1, ticket.seq + 1))
    ids = [fact.event_id for each in house.store.histories.values() for fact in each]
    assert len(ids) == len(set(ids))
    assert all(fact.ticket_id == ticket.id and fact.number == ticket.number for fact in history)


def _survives_the_wire(ticket: Root, facts: Sequence[RootEvent]) -> None:
    assert [from_wire(json.loads(json.dumps(to_wire(fact)))) for fact in facts] == list(facts)
    assert from_document(json.loads(json.dumps(to_document(ticket, 0.0)))) == ticket


def _states_agree(ticket: Ticket) -> None:
    assert (ticket.merged is not None) == (ticket.state is State.MERGED) == (ticket.before_merge is not None)
    assert ticket.before_merge not in (State.PENDING, State.MERGED)
    assert not (ticket.merging and ticket.merged)
    # A merge waits until nothing is held, and nothing can be written while it lasts.
    assert not (ticket.held and (ticket.merging or ticket.merged))
    assert not (ticket.information and ticket.state in CLOSED)
    # Nobody closes it, or makes it part of another one, while an answer is waited for.
    assert not (ticket.open_questions and (ticket.merging or ticket.state in {*CLOSED, State.MERGED}))
    if ticket.waiting and ticket.waiting.closing:
        assert bool(ticket.waiting.until) == (not ticket.open_questions)


def _timers_are_of_something(ticket: Ticket) -> None:
    """Exactly: a held mail that hasn't stopped, and a pending ticket's date. So a closed one has no pending timer."""
    due = {timer_of_mail(article): held.release_at for article, held in ticket.held.items() if not held.stopped}
    if ticket.waiting and ticket.waiting.until:
        due[PENDING_TIMER] = ticket.waiting.until
    assert ticket.timers == due


def _somebody_holds_it(house: House, ticket: Ticket) -> None:
    """Nobody holds a ticket only when it was never taken (then nobody has acted on it either: it is new), or when its
    owner gave it back. It may be answered or closed after that by a mail that was written before, or by the clock."""
    hands = [fact for fact in house.history(ticket.id) if isinstance(fact, _HANDS)]
    assert (ticket.owner is None) == (not hands or isinstance(hands[-1], e.TicketReleased))
    if not hands:
        assert (ticket.before_merge or ticket.state) is State.NEW
    for fact in house.history(ticket.id)[-1:]:
        assert (fact.owner, fact.responsible, fact.queue) == (ticket.owner, ticket.responsible, ticket.queue)


# What may come after what in the life of a mail; None: it isn't there yet.
_STEPS: dict[type[RootEvent], tuple[tuple[str | None, ...], str]] = {
    e.ArticlePrepared: ((None,), "held"),
    e.ArticleStopped: (("held",), "stopped"),
    e.ArticleWithdrawn: (("held", "stopped"), "withdrawn"),
    e.ArticleDelivered: (("waiting",), "sent"),
    e.ArticleRefused: (("waiting",), "refused"),
    e.ArticleRetried: (("refused",), "waiting"),
}
_BY_ITSELF: tuple[tuple[str | None, ...], str] = ((None,), "waiting")
_BY_HAND: tuple[tuple[str | None, ...], str] = (("held", "stopped"), "waiting")


def fates_of(history: Sequence[RootEvent]) -> dict[str, str]:
    """What became of each mail, told only by the facts; a step that can't follow the one before is an error: so a mail
    leaves once, and again only after it was refused."""
    fates: dict[str, str] = {}
    for fact in history:
        if step := _STEPS.get(type(fact)):
            article = getattr(fact, "article").id  # noqa: B009  # each of these names one
        elif mail := getattr(fact, "mail", None):
            article, step = mail.id, _BY_HAND if _was_written(fact) else _BY_ITSELF
        else:
            continue
        before, after = step
        assert fates.get(article) in before, (fact.name, fates.get(article))
        fates[article] = after
    return fates


def _was_written(fact: RootEvent) -> bool:
    if isinstance(fact, e.TicketClosed):
        return fact.actor.kind is not ActorKind.SYSTEM and not fact.waited
    return isinstance(fact, (e.TicketAnswered, e.InformationRequested, e.TicketForwarded))


def _mails_agree(ticket: Ticket, fates: dict[str, str]) -> None:
    def those(*wanted: str) -> set[str]:
        return {article for article, fate in fates.items() if fate in wanted}

    assert set(ticket.held) == those("held", "stopped")
    assert {article for article, held in ticket.held.items() if held.stopped} == those("stopped")
    assert set(ticket.waiting_mails) == those("waiting")
    assert set(ticket.refused_mails) == those("refused")


def _nothing_internal_leaks(house: House, ticket: Ticket, fates: dict[str, str]) -> None:
    named = [each.ref for fact in house.history(ticket.id) for each in named_by(fact)]
    assert len({each.id for each in named}) == len(named)
    assert set(fates) == {each.id for each in named if each.kind in MAILS}
    for each in named:
        left = fates.get(each.id) not in ("held", "stopped", "withdrawn")
        if may_see_article(LUCA, each.kind, left=left):
            assert left
            assert each.kind not in FOR_OPERATORS


def when_all_is_said(house: House) -> None:
    """Everything that holds once every message was heard."""
    roots = {each.id: each for each in house.tickets()}
    for root in house.store.roots.values():
        # What the facts tell is what the root says.
        told: Root = apply_all(None, house.history(root.id))
        assert told == root
    _no_question_is_left_alone(house)
    for ticket in roots.values():
        assert ticket.merging is None
        way, at = {ticket.id}, ticket
        while at.merged:
            at = roots[at.merged.target.id]
            assert at.id not in way
            way.add(at.id)
    merged = {(each.id, each.merged.target.id, each.merged.attempt) for each in roots.values() if each.merged}
    absorbed = [(part.source.id, each.id, part.attempt) for each in roots.values() for part in each.absorbed]
    assert sorted(absorbed) == sorted(merged)
    links = {(each.id, link.ticket.id) for each in roots.values() for link in each.links}
    assert links == {(other, one) for one, other in links}
    _no_reply_is_lost(house)


def _no_question_is_left_alone(house: House) -> None:
    """A question is open exactly when the root that asked it waits for it, in this very round; every end that has words
    is an article of that root, once."""
    waited = {(child, turn) for root in house.store.roots.values() for child, turn in root.open_questions.items()}
    assert waited == {(child.id, child.round) for child in house.children() if child.ending is None}
    for child in house.children():
        parent = house.root(child.parent.id)
        if parent.state in CLOSED or (isinstance(parent, Ticket) and parent.merged):
            assert child.ending, "a question open under a closed ticket"
        ends = [fact for fact in house.history(child.id) if isinstance(fact, e.ChildClosed) and fact.article]
        heard = [
            fact
            for fact in house.history(child.parent.id)
            if isinstance(fact, e.SecondLevelAnswered) and fact.child.id == child.id
        ]
        assert sorted((end.round, end.ending) for end in ends) == sorted((fact.round, fact.ending) for fact in heard)


def _no_reply_is_lost(house: House) -> None:
    """What the user wrote to a ticket that is part of another one was heard by that other."""
    for history in house.store.histories.values():
        for fact in history:
            if isinstance(fact, (e.TicketReplied, e.ReplyFollowed)) and fact.follows_to:
                heard = house.history(fact.follows_to.id)
                assert any(isinstance(each, e.ReplyFollowed) and each.article == fact.article for each in heard)
