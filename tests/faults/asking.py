"""Questions to the second level at random: asked, answered, sent back, taken back, opened again, three deep."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from shared.ids import random_id
from shared.policy import Person
from tests.conftest import eventually
from tests.faults.wishing import SECRET, Life
from tests.system import EMMA, GIULIA, LUCA, MARCO

OPERATORS = (GIULIA, MARCO, EMMA)
SECOND_LEVEL = (
    "credentials-identity",
    "credentials-mail",
    "online-services-developers",
    "online-services-network",
    "fees-accounting",
)
# Questions of questions of questions, and no deeper here.
DEEPEST = 3
CLOSED = ("closed_successful", "closed_unsuccessful")

# What is wished how often of a root, by how it stands.
_EVERYBODY = {"notes": 2, "watch": 1, "unwatch": 1}
_OF_TICKETS = {
    "live": {"questions": 8, "close": 2, "answers": 3, "replies": 1, "merge": 1, "take": 1},
    "asking": {"questions": 4, "questions/withdraw": 1, "close": 4, "answers": 4, "replies": 1, "take": 1},
    "waiting": {"questions": 1, "questions/withdraw": 1, "close": 1, "replies": 1},
    "closed": {"reopen": 5, "replies": 3, "merge": 1, "questions": 1},
    "merging": {"replies": 1, "questions": 1},
    "merged": {"unmerge": 4, "replies": 1},
}
_LIVE = {"question/answer": 8, "question/return": 3, "questions": 3, "move": 2, "take": 2}
_OF_CHILDREN = {
    "live": _LIVE,
    "asking": {**_LIVE, "questions/withdraw": 2},
    "waiting": {"questions": 1, "questions/withdraw": 1, "question/answer": 1, "move": 1},
    "closed": {"reopen": 4, "question/answer": 1},
    "withdrawn": {"reopen": 1, "question/answer": 1},
}


class QuestionLife(Life):
    """Tickets with questions, which have questions of their own."""

    async def go_on(self) -> None:
        """One wish of a ticket or of a question below it; asking sometimes asks several at once."""
        seen = await self.patiently(partial(self.system.view, self.chance.choice(self.tickets)))
        while self.chance.random() < 0.7:
            below = [each for each in seen["questions"] if each["child"]["number"]]
            if not below:
                break
            # Most of the work is with what somebody waits for.
            below = [each for each in below if each["open"] or self.chance.random() < 0.3] or below
            seen = await self.patiently(partial(self.system.view, self.chance.choice(below)["child"]))
        for article in seen["articles"]:
            # A mail that was overtaken waits for somebody's decision.
            if article["delivery"] == "stopped" and self.chance.random() < 0.5:
                verb = self.chance.choice(["mails/undo", "mails/send"])
                await self.wish(seen, verb, self.someone(), {"article": article["id"]})
                return
        weights = {**_EVERYBODY, **(_OF_CHILDREN if seen["depth"] else _OF_TICKETS)[standing(seen)]}
        (verb,) = self.chance.choices(list(weights), list(weights.values()))
        at_once = self.chance.choice((1, 1, 2, 3)) if verb == "questions" else 1
        await asyncio.gather(*(self.say(seen, verb) for _ in range(at_once)))

    async def say(self, seen: dict[str, Any], verb: str) -> None:
        """This wish, with whatever it needs."""
        if verb == "questions" and seen["depth"] >= DEEPEST:
            verb = "question/answer"
        person = LUCA if verb == "replies" else self.someone()
        await self.wish(seen, verb, person, self.body(seen, verb))

    async def answer_the_rest(self) -> None:
        """Every question that is open, from the bottom up; what waited for the answers closes by itself."""

        async def all_over() -> bool:
            still = [each for each in await self.system.all_tickets(level=2) if each["state"] not in CLOSED]
            free = [each for each in still if not (each["open_questions"] or waits_to_close(each))]
            await asyncio.gather(*(self.say(each, "question/answer") for each in free))
            return not still

        await eventually(all_over, timeout=120, every=0.5)

    def someone(self) -> Person:
        """An operator."""
        return self.chance.choice(OPERATORS)

    def body(self, seen: dict[str, Any], verb: str) -> dict[str, Any]:
        """What the wish says: secret words, unless the user is meant."""
        chance, mark = self.chance, random_id()[:8]
        if verb == "questions":
            return self.question(seen, mark)
        decided = {"questions": chance.choice([None, "withdraw", "wait", "wait", "wait"])}
        outcome = chance.choice(CLOSED)
        waited_for = [each["child"]["id"] for each in seen.get("questions", ()) if each["open"]]
        person = {"person": chance.choice(["", self.someone().id])}
        bodies: dict[str, dict[str, Any]] = {
            "notes": {"text": f"{SECRET} {mark} per @{self.someone().id} e @{self.someone().id}"},
            "watch": person,
            "unwatch": person,
            "questions/withdraw": {"child": chance.choice(waited_for or [random_id()]), "reason": SECRET},
            "close": {"outcome": outcome, "reason": f"motivo {mark}", **decided},
            "answers": {"text": f"risposta {mark}", "outcome": chance.choice([None, outcome, outcome]), **decided},
            "replies": {"text": f"replica {mark}"},
            "merge": {"target": chance.choice(self.tickets)["number"]},
            "move": {"queue": chance.choice(SECOND_LEVEL), "reason": SECRET},
            "question/answer": {"text": f"{SECRET} risposta {mark}", **decided},
            "question/return": {"reason": f"{SECRET} motivo {mark}", **decided},
            "reopen": {"reason": f"{SECRET} di nuovo" if seen["depth"] else "di nuovo"},
        }
        return bodies.get(verb, {})

    def question(self, seen: dict[str, Any], mark: str) -> dict[str, Any]:
        """With an excerpt of whatever the root has; the rules choose the queue, or the one who asks does."""
        chance = self.chance
        articles = [each["id"] for each in seen["articles"] if each["text"]]
        due = datetime.now(UTC) + timedelta(seconds=chance.randint(2, 6))
        return {
            "title": f"{SECRET} titolo {mark}",
            "text": f"{SECRET} domanda {mark}",
            "queue": chance.choice(["", chance.choice(SECOND_LEVEL)]),
            "due_at": due.isoformat() if chance.random() < 0.4 else None,
            "fields": chance.sample(["kind", "role", "description"], chance.randint(0, 3)),
            "articles": chance.sample(articles, min(len(articles), chance.randint(0, 3))),
        }


def standing(view: dict[str, Any]) -> str:
    """How a root stands: its key in the tables above."""
    if view["merging"] or view["merged_into"]:
        return "merging" if view["merging"] else "merged"
    if view["state"] in CLOSED:
        return "withdrawn" if view["ending"] == "withdrawn" else "closed"
    if waits_to_close(view):
        return "waiting"
    return "asking" if view["open_questions"] else "live"


def waits_to_close(view: dict[str, Any]) -> bool:
    """Whether a root closes by itself when its questions are answered."""
    return bool(view["waiting"] and view["waiting"]["closing"])
