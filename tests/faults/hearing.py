"""The reckoning of notices: who must hear of which fact, counted from the histories alone."""

from collections.abc import Iterable
from typing import Any

from services.notifier.preferences import BY_MAIL
from shared.ids import derived
from shared.people import People
from shared.policy import Person
from shared.queues import Queues
from tests.faults.answers import Picture
from tests.faults.asking import QuestionLife
from tests.system import MARCO

Row = dict[str, Any]


def everybody(life: QuestionLife) -> list[Person]:
    """All operators there are."""
    config = life.system.stack.config
    return [person for person in People.load(config, Queues.load(config)).all() if person.is_operator]


async def hear(life: QuestionLife, picture: Picture) -> None:
    """Look into everybody's inbox."""
    picture.inboxes = {person.id: await life.system.inbox(person) for person in everybody(life)}


def must_hear(rows: Iterable[Row]) -> dict[str, set[str]]:
    """Who must hear of each fact of one root, by its id, and why isn't asked; who follows a queue isn't among them."""
    found: dict[str, set[str]] = {}
    responsible, watchers = "", set[str]()
    for row in rows:
        data, hear = row["data"], set[str]()
        match row["name"].split(".")[1]:
            case "responsible_changed":
                hear.add(responsible)
                responsible = data["responsible"]["id"]
            case "taken":
                # Whoever takes what nobody is responsible for, is.
                responsible = responsible or row["owner"]["id"]
            case "watched":
                watchers.add(data["person"]["id"])
            case "unwatched":
                watchers.discard(data["person"]["id"])
                hear.add(data["person"]["id"])
        hear |= {responsible, *watchers, *(each["id"] for each in data.get("mentions", ()))}
        hear |= {each["id"] for each in (row["owner"], row["former_owner"]) if each}
        found[row["event_id"]] = hear - doers(row) - {""}
    return found


def doers(row: Row) -> set[str]:
    """Whose act it was: who answered a question did also what the root that asked tells of it."""
    by = row["data"]["by"] if row["name"] == "second_level.answered.v1" else row["actor"]
    return {row["actor"]["id"], by["id"]}


def notices_due(picture: Picture, person: str) -> set[str]:
    """The ids of the notices that this person must have."""
    heard = (must_hear(view["journal"]) for view in picture.roots.values())
    return {derived("notice", fact, person) for each in heard for fact, who in each.items() if person in who}


def mails_due(picture: Picture, person: str) -> set[str]:
    """The ids of the mails that this person's notices owe, with the preferences that everybody has at first."""
    return {derived("notice mail", each["id"]) for each in picture.inboxes[person] if each["kind"] in BY_MAIL}


def mails_come(picture: Picture, person: Person) -> set[str]:
    """The ids of the mails that have come to this person."""
    theirs = (mail["message_id"] for mail in picture.mails if person.email in mail["to"])
    return {identity.strip("<>").partition("@")[0] for identity in theirs}


def unheard(picture: Picture, people: list[Person]) -> list[str]:
    """Whose notices, or whose mails, are still on their way."""
    found = []
    for person in people:
        missing = notices_due(picture, person.id) - {each["id"] for each in picture.inboxes[person.id]}
        unsent = mails_due(picture, person.id) - mails_come(picture, person)
        if missing or unsent:
            found.append(f"{person.id}: {len(missing)} notices and {len(unsent)} mails are missing")
    return found


def check_notices(picture: Picture, people: list[Person]) -> None:
    """One notice of each fact for everybody it concerns, none for anybody else but who follows the queue."""
    known = {row["event_id"]: row for view in picture.roots.values() for row in view["journal"]}
    for person in people:
        inbox = picture.inboxes[person.id]
        due = notices_due(picture, person.id)
        facts = {derived("notice", fact, person.id): fact for fact in known}
        theirs = [notice["id"] for notice in inbox]
        assert len(theirs) == len(set(theirs)), f"{person.id} has a notice twice"
        assert due <= set(theirs), f"{person.id} lacks notices"
        for notice in inbox:
            # Its id is made of the fact and the person: so there is one at most of each.
            assert notice["id"] in facts, f"{person.id} was told of {notice['fact']}, which never happened"
            assert person.id not in doers(known[facts[notice["id"]]]), f"{person.id} was told of their own act"
            assert notice["id"] in due or notice["why"] == ["follower"], f"{person.id} hears what isn't theirs"
        assert mails_come(picture, person) == mails_due(picture, person.id), f"{person.id} got other mails"


def check_responsible(picture: Picture) -> int:
    """Since Marco became responsible, each fact of the ticket that isn't his own act is one notice of his; how many."""
    theirs, heard = [each["id"] for each in picture.inboxes[MARCO.id]], 0
    for view in picture.tickets.values():
        rows = view["journal"]
        since = next(row["seq"] for row in rows if row["name"] == "ticket.responsible_changed.v1")
        for row in rows[since - 1 :]:
            count = theirs.count(derived("notice", row["event_id"], MARCO.id))
            assert count == (MARCO.id not in doers(row)), f"{view['number']}: {count} notices of {row['name']}"
            heard += count
    return heard
