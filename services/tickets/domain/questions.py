"""Questions to the second level: asked by a ticket or by a question, answered, sent back, taken back, opened again.

Two roots, and messages between them that come late, twice and in any order. The child says how it stands and in which
round; the root that asked keeps which rounds are open. When it has closed or was merged meanwhile, it takes back what
opens late: no question is left alone.
"""

from datetime import datetime, timedelta
from typing import Final

from services.tickets.commands import (
    AnswerQuestion,
    AskSecondLevel,
    Command,
    HearAnswer,
    HearOpened,
    HearOverdue,
    HearReopened,
    OpenChild,
    ReopenTicket,
    ReturnQuestion,
    WithdrawChild,
    WithdrawQuestion,
)
from services.tickets.domain.child import DEEPEST, Child
from services.tickets.domain.hands import act, second_level
from services.tickets.domain.refusals import Clash, Refused
from services.tickets.domain.root import CLOSED, Root
from services.tickets.domain.saying import Saying, article_of
from services.tickets.domain.ticket import Ticket
from services.tickets.rules import Rules
from shared.events import (
    SYSTEM,
    Actor,
    ArticleKind,
    ArticleRef,
    Because,
    ChildClosed,
    ChildOpened,
    ChildReopened,
    Closing,
    OpenQuestions,
    Outcome,
    RootEvent,
    SecondLevelAnswered,
    SecondLevelOverdue,
    SecondLevelReopened,
    SecondLevelRequested,
    SecondLevelWithdrawn,
    State,
    TicketDeferred,
    TicketRef,
    TicketResumed,
    Waiting,
)
from shared.ids import derived, fact_id

# Open questions of one root: enough for any ticket, few enough for one document.
MOST_OPEN: Final = 1_000


def ask(saying: Saying[Root], wish: AskSecondLevel) -> None:
    """A child opens as soon as it is routed; until then the question stands in the root that asks."""
    root = saying.ticket
    if wish.queue:
        second_level(saying, wish.queue)
        if wish.queue == root.queue:
            raise Refused("same_queue", field="queue", queue=wish.queue)
    if wish.due_at is not None and wish.due_at <= saying.now:
        raise Refused("date_past", field="due_at")
    if root.depth >= DEEPEST:
        raise Clash("too_deep", limit=DEEPEST)
    if len(root.open_questions) >= MOST_OPEN:
        raise Clash("too_many_questions", limit=MOST_OPEN)
    act(saying)
    saying.say(
        SecondLevelRequested,
        child_id=derived("child", saying.next_id),
        article=saying.article(ArticleKind.CHILD_OPENED),
        title=wish.title,
        child_queue=wish.queue,
        due_at=wish.due_at,
        depth=saying.ticket.depth + 1,
        asks_about=wish.about,
    )


def withdraw(saying: Saying[Root], wish: WithdrawQuestion) -> None:
    """Whether or not it is open yet.

    What was to close once all is answered waits no more when the last one is taken back: a person decides.
    """
    root = saying.ticket
    if wish.found not in root.open_questions:
        raise Clash("not_asked", number=root.number)
    turns = {wish.found: root.open_questions[wish.found]}
    saying.say(SecondLevelWithdrawn, children=turns, because="operator", reason=wish.reason)
    if root.waiting and root.waiting.closing and not saying.ticket.open_questions:
        saying.say(TicketResumed, because="withdrawn")


def withdraw_all(saying: Saying[Root], because: Because = "closed") -> None:
    """Nobody waits for any of them any more."""
    if saying.ticket.open_questions:
        saying.say(SecondLevelWithdrawn, children=saying.ticket.open_questions, because=because)


def decided(root: Root, questions: OpenQuestions | None) -> OpenQuestions | None:
    """What becomes of the open questions of a root that is to be closed; None: there are none."""
    if not root.open_questions:
        return None
    if questions is None:
        raise Clash("questions_open", number=root.number, count=len(root.open_questions))
    return questions


def wait_for_answers(
    saying: Saying[Root], outcome: Outcome, article: ArticleRef | None, text: str, by: Actor, answered: bool = False
) -> None:
    """Pending until the last question is answered; then it closes by itself."""
    closing = Closing(outcome=outcome, by=by, article=article, answered=answered)
    waiting = Waiting(for_user=False, since=saying.now, then="close", outcome=outcome, closing=closing)
    before = saying.ticket.waits_for_user
    saying.say(TicketDeferred, actor=by, waiting=waiting, text=text, waited_for_user=before)


def answer(saying: Saying[Child], wish: AnswerQuestion) -> None:
    """The answer goes to the root that asked; the first level decides what the user is told."""
    _end(saying, State.CLOSED_SUCCESSFUL, wish.questions, wish.text)


def give_back(saying: Saying[Child], wish: ReturnQuestion) -> None:
    """Without an answer, with a reason."""
    _end(saying, State.CLOSED_UNSUCCESSFUL, wish.questions, wish.reason)


def _end(saying: Saying[Child], outcome: Outcome, questions: OpenQuestions | None, text: str) -> None:
    article = saying.article(ArticleKind.CHILD_ANSWER)
    match decided(saying.ticket, questions):
        case "wait":
            act(saying)
            wait_for_answers(saying, outcome, article, text, saying.command.actor)
            return
        case "withdraw":
            withdraw_all(saying)
    act(saying)
    close_child(saying, outcome, article, saying.command.actor)


def close_child(saying: Saying[Child], outcome: Outcome, article: ArticleRef | None, by: Actor) -> None:
    """It ends with an article."""
    ending = "answered" if outcome is State.CLOSED_SUCCESSFUL else "returned"
    saying.say(ChildClosed, actor=by, outcome=outcome, ending=ending, article=article, round=saying.ticket.round)


def reopen_child(saying: Saying[Child], wish: ReopenTicket) -> None:
    """To be answered again: the root that asked hears of it, and waits anew or takes it back."""
    saying.say(ChildReopened, reason=wish.reason, round=saying.ticket.round + 1)


def withdraw_child(saying: Saying[Child], wish: WithdrawChild) -> None:
    """The root that asked took it back, and with it what it asked itself."""
    child = saying.ticket
    if child.state in CLOSED or child.round > wish.round:
        return
    withdraw_all(saying)
    saying.say(
        ChildClosed,
        outcome=State.CLOSED_UNSUCCESSFUL,
        ending="withdrawn",
        because=wish.because,
        reason=wish.reason,
        round=child.round,
    )


def hear_opened(saying: Saying[Root], wish: HearOpened) -> None:
    """What was taken back before it was open is taken back again."""
    if wish.live and wish.child.id not in saying.ticket.open_questions:
        because = _gone(saying.ticket) or "operator"
        # Nobody's act: whoever asked, or opened it again, is told that it is gone.
        saying.say(SecondLevelWithdrawn, actor=SYSTEM, children={wish.child.id: 1}, because=because)


def hear_answer(saying: Saying[Root], wish: HearAnswer) -> None:
    """An internal article of this root, whatever its state: an answer is never lost."""
    root = saying.ticket
    # A later round that is open is still waited for, whatever became of this one.
    waits_for_it = root.open_questions.get(wish.child.id, wish.round + 1) <= wish.round
    closing = root.waiting is not None and root.waiting.closing is not None and waits_for_it
    saying.say(
        SecondLevelAnswered,
        child=wish.child,
        child_queue=wish.child_queue,
        article=saying.article(ArticleKind.CHILD_ANSWER),
        ending=wish.ending,
        by=wish.by,
        round=wish.round,
    )
    if closing and wish.ending == "returned":
        # It was to close once all is answered, and this is not.
        saying.say(TicketResumed, because="returned")


def hear_reopened(saying: Saying[Root], wish: HearReopened) -> None:
    """It is waited for again, unless there is nobody left to wait, or this round was answered already."""
    root = saying.ticket
    if wish.round <= max(root.answered_rounds.get(wish.child.id, 1), root.open_questions.get(wish.child.id, 1)):
        return
    if because := _gone(root):
        saying.say(SecondLevelWithdrawn, actor=SYSTEM, children={wish.child.id: wish.round}, because=because)
    else:
        saying.say(SecondLevelReopened, child=wish.child, child_queue=wish.child_queue, round=wish.round)


def hear_overdue(saying: Saying[Root], wish: HearOverdue) -> None:
    """Whoever waits for the answer is told."""
    if wish.child.id in saying.ticket.open_questions:
        saying.say(SecondLevelOverdue, child=wish.child, child_queue=wish.child_queue, due_at=wish.due_at)


def open_child(command: Command, wish: OpenChild, now: datetime, rules: Rules) -> list[RootEvent]:
    """A routed question becomes a root of its own, with its words as first article."""
    asked = wish.request
    return [
        ChildOpened(
            event_id=fact_id(command.id, 0),
            occurred_at=now,
            correlation_id=asked.correlation_id,
            cause_id=command.id,
            cause_digest=command.digest,
            actor=asked.actor,
            ticket_id=command.ticket_id,
            number=wish.number,
            seq=1,
            queue=wish.queue,
            ticket_subject=asked.title,
            parent=TicketRef(id=asked.ticket_id, number=asked.number),
            question=article_of(command, ArticleKind.CHILD_OPENED),
            due_at=_due(asked, rules.queue(wish.queue).due),
            depth=asked.depth,
            rule=asked.rule or wish.rule,
            form=asked.asks_about.form,
            version=asked.asks_about.version,
            site=asked.asks_about.site,
            language=asked.asks_about.language,
            asked_at=asked.occurred_at,
        )
    ]


def _due(asked: SecondLevelRequested, usual: timedelta | None) -> datetime | None:
    return asked.due_at or (asked.occurred_at + usual if usual else None)


def _gone(root: Root) -> Because | None:
    """Why nobody waits here for an answer any more."""
    if isinstance(root, Ticket) and (root.merged or root.merging):
        return "merged"
    return "closed" if root.state in CLOSED else None
