"""What is in the system already, looked at by rules: those in force, or edited ones that are not live yet."""

from typing import Any

from pydantic import JsonValue

from services.routing.explain import Explanation
from services.routing.laws import Laws
from shared.errors import Hopeless, NotFound
from shared.events import About, Frozen, Requester, Submission
from shared.forms import Forms
from shared.internal import InternalClient
from shared.policy import Person


class PastExplained(Frozen):
    """`number` and where it is now. `then`: the rule that decided when it came.

    `request`: where a user's ticket would go today; none for a question.
    `question`: for a question where it would go today, for a ticket where a question from it would; none without a
    second level. Answers are looked at as they are now, so a corrected one counts.
    """

    number: str
    queue: str
    then: str | None
    request: Explanation | None
    question: Explanation | None


class Past:
    """Reads tickets over HTTP as `person` may see them."""

    def __init__(self, tickets: InternalClient, person: Person) -> None:
        self._tickets = tickets
        self._person = person

    async def explain(self, number: str, laws: Laws) -> PastExplained:
        """Raises `NotFound`."""
        view = await self._view(number)
        asking = root = await self._view(view["parent"]["id"]) if view.get("parent") else view
        while root.get("parent"):
            root = await self._view(root["parent"]["id"])
        table, submission = laws.table, _submission(root)
        return PastExplained(
            number=view["number"],
            queue=view["queue"],
            then=await self._then(view["id"]),
            request=table.explain(submission) if view is root else None,
            question=_question(laws, _about(submission, asking["queue"], laws.forms)),
        )

    async def _view(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._tickets.get(f"/tickets/{name}", self._person)
        return found

    async def _then(self, root: str) -> str | None:
        """What the first fact says: it opened the ticket or the question."""
        first = await self._tickets.get(f"/tickets/{root}", self._person, before=2, limit=1)
        return next((row["data"].get("rule") for row in first["journal"] if row["seq"] == 1), None)


def _question(laws: Laws, about: About) -> Explanation | None:
    try:
        return laws.table.explain_question(about)
    except Hopeless:
        return None


def _submission(view: dict[str, Any]) -> Submission:
    return Submission(
        id=view["id"],
        form=view["form"],
        version=view["version"],
        site=view["site"],
        language=view["language"],
        subject=view["subject"],
        values=view["values"],
        requester=Requester.model_validate(view["requester"]),
        submitted_at=view["opened_at"],
    )


def _about(submission: Submission, queue: str, forms: Forms) -> About:
    asker = submission.requester
    return About(
        queue=queue,
        form=submission.form,
        version=submission.version,
        site=submission.site,
        language=submission.language,
        verified=asker.verified,
        role=asker.role,
        course=asker.course,
        values=_not_personal(submission, forms),
        submitted_at=submission.submitted_at,
    )


def _not_personal(submission: Submission, forms: Forms) -> dict[str, JsonValue]:
    try:
        personal = forms.get(submission.form, submission.version).personal_fields
    except NotFound:
        # Of a form that we no longer know, we don't know what is personal.
        return {}
    return {field: value for field, value in submission.values.items() if field not in personal}
