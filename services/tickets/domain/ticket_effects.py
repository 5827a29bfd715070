"""What the facts of a user's ticket change on its root, beside what every root has: mails, replies, links, merges."""

from typing import Any

from services.tickets.domain.changes import Changes, acted, people, waits, waits_no_more, without
from services.tickets.domain.ticket import (
    Absorbed,
    Asked,
    FirstAnswer,
    Held,
    Link,
    Merging,
    Ticket,
    Wrote,
    timer_of_mail,
)
from shared import events as e
from shared.events import ArticleRef, RootEvent, State, TicketRef


def opened(fact: e.TicketOpened) -> Ticket:
    """The ticket, as its first fact tells of it."""
    return Ticket(
        id=fact.ticket_id,
        number=fact.number,
        state=State.NEW,
        queue=fact.queue,
        requester=fact.requester,
        language=fact.language,
        subject=fact.subject,
        form=fact.form,
        form_version=fact.version,
        site=fact.site,
        page=fact.page,
        correlation_id=fact.correlation_id,
        opened_at=fact.submitted_at,
        changed_at=fact.occurred_at,
        seq=fact.seq,
        links=(Link(ticket=fact.split_from, relation="split_from"),) if fact.split_from else (),
    )


def _owes(ticket: Ticket, mail: ArticleRef | None) -> Changes:
    """A mail leaves: nobody holds it any more, its fate is open."""
    if mail is None:
        return {}
    return {
        "held": {key: held for key, held in ticket.held.items() if key != mail.id},
        "timers": without(ticket, timer_of_mail(mail.id)),
        "waiting_mails": {**ticket.waiting_mails, mail.id: mail.kind},
        "refused_mails": {key: kind for key, kind in ticket.refused_mails.items() if key != mail.id},
    }


def _on_opened(ticket: Ticket, fact: e.TicketOpened) -> Changes:
    return _owes(ticket, fact.mail)


def _on_taken(ticket: Ticket, fact: e.TicketTaken) -> Changes:
    return {**people(ticket, fact), **acted(ticket), **_owes(ticket, fact.mail)}


def _on_prepared(ticket: Ticket, fact: e.ArticlePrepared) -> Changes:
    article = fact.article
    held = Held(kind=article.kind, plan=fact.plan, by=fact.actor, seq=fact.seq, release_at=fact.release_at)
    return {
        **acted(ticket),
        "held": {**ticket.held, article.id: held},
        "timers": {**ticket.timers, timer_of_mail(article.id): fact.release_at},
    }


def _on_stopped(ticket: Ticket, fact: e.ArticleStopped) -> Changes:
    held = ticket.held[fact.article.id].model_copy(update={"stopped": True})
    return {
        "held": {**ticket.held, fact.article.id: held},
        "timers": without(ticket, timer_of_mail(fact.article.id)),
    }


def _on_withdrawn(ticket: Ticket, fact: e.ArticleWithdrawn) -> Changes:
    return {
        "held": {key: held for key, held in ticket.held.items() if key != fact.article.id},
        "timers": without(ticket, timer_of_mail(fact.article.id)),
    }


def _on_mail(ticket: Ticket, fact: Any) -> Changes:
    return _owes(ticket, fact.mail)


def _on_delivered(ticket: Ticket, fact: e.ArticleDelivered) -> Changes:
    return {"waiting_mails": {key: kind for key, kind in ticket.waiting_mails.items() if key != fact.article.id}}


def _on_refused(ticket: Ticket, fact: e.ArticleRefused) -> Changes:
    refused = {**ticket.refused_mails, fact.article.id: fact.article.kind}
    return {
        "waiting_mails": {key: kind for key, kind in ticket.waiting_mails.items() if key != fact.article.id},
        "refused_mails": refused,
    }


def _on_retried(ticket: Ticket, fact: e.ArticleRetried) -> Changes:
    return {**_owes(ticket, fact.article), "requester": fact.requester}


def _on_reminded(ticket: Ticket, fact: e.TicketReminded) -> Changes:
    sent = ticket.model_copy(update=_owes(ticket, fact.mail))
    return {**_owes(ticket, fact.mail), **waits(sent, fact.waiting)}


def _on_asked(ticket: Ticket, fact: e.InformationRequested) -> Changes:
    sent = ticket.model_copy(update=_owes(ticket, fact.mail))
    asked = Asked(article=fact.mail.id, fields=fact.fields, at=fact.occurred_at)
    return {**_owes(ticket, fact.mail), **waits(sent, fact.waiting), "information": asked}


def _on_replied(ticket: Ticket, fact: e.TicketReplied) -> Changes:
    changes: Changes = {}
    if fact.fields:
        changes["answers"] = (*ticket.answers, fact.article.id)
    if ticket.information and fact.information == ticket.information.article:
        changes["information"] = None
    return changes | _woken(ticket, Wrote(source=ticket.ref, article=fact.article, author=fact.actor))


def _on_followed(ticket: Ticket, fact: e.ReplyFollowed) -> Changes:
    return _woken(ticket, Wrote(source=fact.source, article=fact.article, author=fact.actor))


def _woken(ticket: Ticket, wrote: Wrote) -> Changes:
    """The user wrote: what waits, waits no more. A closed ticket is opened by a fact of its own."""
    changes: Changes = {}
    if ticket.state is State.PENDING:
        changes = {"state": State.OPEN, **waits_no_more(ticket)}
    if merging := ticket.merging:
        changes["merging"] = merging.model_copy(update={"wrote": (*merging.wrote, wrote)})
    return changes


def _on_answered(ticket: Ticket, fact: e.TicketAnswered) -> Changes:
    return {**_owes(ticket, fact.mail), **_answered(ticket, fact)}


def _answered(ticket: Ticket, fact: e.TicketAnswered | e.TicketClosed) -> Changes:
    return {"first_answer": ticket.first_answer or FirstAnswer(queue=ticket.queue, at=fact.occurred_at)}


def _on_closed(ticket: Ticket, fact: e.TicketClosed) -> Changes:
    sent = ticket.model_copy(update=_owes(ticket, fact.mail))
    answered = _answered(ticket, fact) if fact.mail else {}
    return {**_owes(ticket, fact.mail), **waits_no_more(sent), **answered, **_ended(fact)}


def _ended(fact: e.TicketClosed) -> Changes:
    return {"state": fact.outcome, "information": None, "thanked": False, "helpful": None}


def _on_reopened(ticket: Ticket, fact: e.TicketReopened) -> Changes:
    return {"state": State.OPEN, **_owes(ticket, fact.mail)}


def _on_linked(ticket: Ticket, fact: e.TicketLinked) -> Changes:
    known = any(link.ticket.id == fact.other.id for link in ticket.links)
    added = () if known else (Link(ticket=fact.other, relation=fact.relation),)
    return {"links": (*ticket.links, *added), **_turned(ticket, fact)}


def _on_unlinked(ticket: Ticket, fact: e.TicketUnlinked) -> Changes:
    others = tuple(link for link in ticket.links if link.ticket.id != fact.other.id)
    return {"links": others, **_turned(ticket, fact)}


def _turned(ticket: Ticket, fact: e.TicketLinked | e.TicketUnlinked) -> Changes:
    return {"link_turns": {**ticket.link_turns, fact.other.id: fact.turn}}


def _on_split(ticket: Ticket, fact: e.TicketSplit) -> Changes:
    # The number is drawn when the new ticket opens; whoever shows the link looks it up by id.
    return {"links": (*ticket.links, Link(ticket=TicketRef(id=fact.child_id, number=""), relation="split_to"))}


def _on_merge_started(ticket: Ticket, fact: e.MergeStarted) -> Changes:
    return {"merging": Merging(target=fact.target, attempt=fact.event_id)}


def _on_merged(ticket: Ticket, fact: e.TicketMerged) -> Changes:
    before = State.OPEN if ticket.state is State.PENDING else ticket.state
    return {
        **waits_no_more(ticket),
        "state": State.MERGED,
        "before_merge": before,
        "merging": None,
        "merged": Merging(target=fact.target, attempt=fact.attempt),
    }


def _on_unmerged(ticket: Ticket, fact: e.TicketUnmerged) -> Changes:
    if ticket.merged is None or ticket.merged.attempt != fact.attempt:
        # It only tells the target that this attempt was given up before the answer came.
        return {}
    return {"state": ticket.before_merge or State.OPEN, "before_merge": None, "merged": None}


def _on_accepted(ticket: Ticket, fact: e.MergeAccepted) -> Changes:
    # An older attempt of the same source stays until its own release comes, in whatever order.
    return {"absorbed": (*ticket.absorbed, Absorbed(source=fact.source, attempt=fact.attempt))}


def _on_merge_released(ticket: Ticket, fact: e.MergeReleased) -> Changes:
    return {"absorbed": tuple(each for each in ticket.absorbed if each.attempt != fact.attempt)}


OF_TICKETS: dict[type[RootEvent], Any] = {
    e.TicketOpened: _on_opened,
    e.TicketTaken: _on_taken,
    e.ArticlePrepared: _on_prepared,
    e.ArticleStopped: _on_stopped,
    e.ArticleWithdrawn: _on_withdrawn,
    e.ArticleDelivered: _on_delivered,
    e.ArticleRefused: _on_refused,
    e.ArticleRetried: _on_retried,
    e.TicketAnswered: _on_answered,
    e.TicketForwarded: _on_mail,
    e.InformationRequested: _on_asked,
    e.TicketReminded: _on_reminded,
    e.TicketClosed: _on_closed,
    e.TicketReopened: _on_reopened,
    e.TicketReplied: _on_replied,
    e.ReplyFollowed: _on_followed,
    e.TicketThanked: lambda *_: {"thanked": True},
    e.TicketRated: lambda _, fact: {"helpful": fact.helpful},
    e.FollowLinksEnded: lambda _, fact: {"follow_epoch": fact.follow_epoch},
    e.FollowLinkRequested: _on_mail,
    e.TicketLinked: _on_linked,
    e.TicketUnlinked: _on_unlinked,
    e.TicketSplit: _on_split,
    e.MergeStarted: _on_merge_started,
    e.TicketMerged: _on_merged,
    e.MergeTakenBack: lambda *_: {"merging": None},
    e.TicketUnmerged: _on_unmerged,
    e.MergeAccepted: _on_accepted,
    e.MergeReleased: _on_merge_released,
}
