"""What a root shows of the questions that it asks the second level."""

from services.tickets.domain import Child, Root
from services.tickets.shapes import Question
from shared.events import ActorKind, PersonRef, SecondLevelRequested, TicketRef


def question_of(asked: SecondLevelRequested, child: Root | None, root: Root) -> Question:
    """A question of `root` as it stands now; `child` None: it isn't open yet."""
    found = child if isinstance(child, Child) else None
    by = PersonRef(id=asked.actor.id, name=asked.actor.name)
    return Question(
        child=found.ref if found else TicketRef(id=asked.child_id, number=""),
        article=asked.article.id,
        title=asked.title,
        queue=found.queue if found else asked.child_queue,
        owner=found.owner if found else None,
        state=found.state if found else None,
        ending=found.ending if found else None,
        asked_by=by,
        asked_at=asked.occurred_at,
        due_at=found.due_at if found else asked.due_at,
        overdue=found.overdue if found else False,
        rule=asked.rule,
        open=asked.child_id in root.open_questions,
    )


def question_open(child: Root, root: Root) -> Question:
    """An open question of `root` that was asked on another page: what it says of itself is enough."""
    assert isinstance(child, Child)  # noqa: S101  # only questions are in `open_questions`
    # A form's rule asks by itself; whatever else a question's rule is, it only chose the queue.
    rule = child.rule if child.asked_by.kind is ActorKind.SYSTEM else ""
    return Question(
        child=child.ref,
        article="",
        title=child.subject,
        queue=child.queue,
        owner=child.owner,
        state=child.state,
        ending=child.ending,
        asked_by=PersonRef(id=child.asked_by.id, name=child.asked_by.name),
        asked_at=child.opened_at,
        due_at=child.due_at,
        overdue=child.overdue,
        rule=rule,
        open=True,
    )
