"""The reckoning of questions: each is one child, each answer one article, nobody waits in vain, no word leaks."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from tests.faults.asking import CLOSED, QuestionLife, waits_to_close
from tests.faults.wishing import is_on_its_way

Row = dict[str, Any]
REQUESTED, ANSWERED = "second_level.requested.v1", "second_level.answered.v1"


@dataclass
class Picture:
    """Every ticket and question with its whole history, and every mail, as they are at one moment."""

    tickets: dict[str, Row]
    children: dict[str, Row]
    mails: list[Row]
    inboxes: dict[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def roots(self) -> dict[str, Row]:
        """All of them, by id."""
        return {**self.tickets, **self.children}

    def rows(self, name: str) -> Iterator[tuple[str, Row]]:
        """All facts of one name, with the root that says them."""
        for root, view in self.roots.items():
            yield from ((root, row) for row in view["journal"] if row["name"] == name)

    def words(self, root: str, article: str) -> str:
        """What an article of a root says."""
        (found,) = (each["text"] for each in self.roots[root]["articles"] if each["id"] == article)
        return str(found)

    def ends(self) -> Iterator[tuple[tuple[str, int], Row]]:
        """Every end with an article: of which child, in which round."""
        for child, row in self.rows("child.closed.v1"):
            if row["data"]["article"]:
                yield (child, row["data"]["round"]), row

    def answers(self) -> Iterator[tuple[tuple[str, int], str, Row]]:
        """Every answer that came to a root: of which child, of which round."""
        for root, row in self.rows(ANSWERED):
            yield (row["data"]["child"]["id"], row["data"]["round"]), root, row

    def waited(self) -> int:
        """How many roots have closed by themselves."""
        put_off = (row["data"]["waiting"]["closing"] for _, row in self.rows("child.deferred.v1"))
        articles = {closing["article"]["id"] for closing in put_off if closing}
        children = sum(row["data"]["article"]["id"] in articles for _, row in self.ends())
        return children + sum(bool(row["data"]["waited"]) for _, row in self.rows("ticket.closed.v1"))

    def below(self, root: str) -> list[Row]:
        """The questions of a root."""
        return [child for child in self.children.values() if child["parent"]["id"] == root]


async def look(life: QuestionLife) -> Picture:
    """Everything there is."""
    system, gate = life.system, asyncio.Semaphore(8)

    async def whole(summary: Row) -> Row:
        async with gate:
            return await life.whole(summary["id"])

    life.tickets = await system.all_tickets()
    tickets = await asyncio.gather(*map(whole, life.tickets))
    children = await asyncio.gather(*map(whole, await system.all_tickets(level=2)))
    mails = await asyncio.to_thread(system.stack.mails.all)
    return Picture({each["id"]: each for each in tickets}, {each["id"]: each for each in children}, mails)


def is_open(view: Row) -> bool:
    """Whether a question has no end yet."""
    return view["state"] not in CLOSED


def unsettled(picture: Picture) -> list[str]:
    """What is still to come by itself."""
    found = []
    for root, view in picture.roots.items():
        if is_on_its_way(view) or (waits_to_close(view) and not view["open_questions"]):
            found.append(f"{view['number']} is at work")
        waited_for = {each["child"]["id"] for each in view["questions"] if each["open"]}
        if waited_for != {child["id"] for child in picture.below(root) if is_open(child)}:
            found.append(f"{view['number']} waits for other questions than are open")
        due = view["due_at"] and datetime.fromisoformat(view["due_at"]) < datetime.now(UTC)
        if due and is_open(view) and not view["overdue"]:
            found.append(f"{view['number']} is not overdue yet")
    asked = {row["data"]["child_id"] for _, row in picture.rows(REQUESTED)}
    if asked != set(picture.children):
        found.append(f"{len(asked)} questions asked, {len(picture.children)} opened")
    if {key for key, _ in picture.ends()} != {key for key, _, _ in picture.answers()}:
        found.append("an answer is on its way")
    for ticket, view in picture.tickets.items():
        into = view["merged_into"]
        if into and ticket not in {each["id"] for each in picture.tickets[into["id"]]["absorbed"]}:
            found.append(f"{view['number']} is part of a ticket that doesn't know")
    return found


def check_questions(picture: Picture, life: QuestionLife) -> None:
    """Every question that was asked became one child, which opened once and begins with what was asked."""
    wished = {fact["event_id"]: done for done in life.done for fact in done.facts if done.verb == "questions"}
    asked: Counter[str] = Counter()
    for root, row in picture.rows(REQUESTED):
        data = row["data"]
        child = picture.children[data["child_id"]]
        asked[child["id"]] += 1
        opened = [each for each in child["journal"] if each["name"] == "child.opened.v1"]
        assert [each["seq"] for each in opened] == [1], f"{child['number']} opened {len(opened)} times"
        assert (child["parent"]["id"], child["depth"]) == (root, picture.roots[root]["depth"] + 1)
        body, first = wished[row["event_id"]].body, child["articles"][0]
        assert first["id"] == opened[0]["data"]["question"]["id"]
        assert (first["kind"], first["subject"], first["text"]) == ("child_opened", body["title"], body["text"])
        assert picture.words(root, data["article"]["id"]) == body["text"]
        assert len(first["quotes"]) == len(body["articles"])
    assert asked == Counter(picture.children.keys()), "a child nobody asked for, or one that was asked for twice"


def check_answers(picture: Picture, life: QuestionLife) -> None:
    """Every end with an article is one article of the root that asked, with the same words."""
    wished = {fact["event_id"]: done.body for done in life.done for fact in done.facts}
    ends = dict(picture.ends())
    assert len(ends) == len(list(picture.ends())), "a question ended twice in one round"
    answers = list(picture.answers())
    assert Counter(key for key, _, _ in answers) == Counter(ends.keys()), "an answer is lost, or came twice"
    for (child, turn), root, row in answers:
        end, came = ends[child, turn]["data"], row["data"]
        assert (picture.children[child]["parent"]["id"], came["ending"]) == (root, end["ending"])
        words = picture.words(child, end["article"]["id"])
        assert picture.words(root, came["article"]["id"]) == words
        if body := wished.get(ends[child, turn]["event_id"]):
            assert words == body.get("text", body.get("reason"))


def check_waiting(picture: Picture) -> None:
    """A child is open exactly while somebody waits for it, and nothing closes over an open question."""
    for root, view in picture.roots.items():
        listed = {child["id"] for child in picture.below(root) if is_open(child)}
        waited_for = {each["child"]["id"] for each in view["questions"] if each["open"]}
        assert (listed, len(listed)) == (waited_for, view["open_questions"])
        assert not (listed and view["state"] in (*CLOSED, "merged")), f"{view['number']} is over, its questions aren't"
        _replay(view)


def _replay(view: Row) -> None:
    waits: dict[str, int] = {}
    for row in view["journal"]:
        data = row["data"]
        match row["name"].removesuffix(".v1"):
            case "second_level.requested":
                waits[data["child_id"]] = 1
            case "second_level.reopened":
                waits[data["child"]["id"]] = data["round"]
            case "second_level.answered" if waits.get(data["child"]["id"], 0) <= data["round"]:
                waits.pop(data["child"]["id"], None)
            case "second_level.withdrawn":
                waits = {child: turn for child, turn in waits.items() if child not in data["children"]}
            case "ticket.closed" | "child.closed" | "ticket.merged" as over:
                assert not waits, f"{view['number']}: {over} while {len(waits)} questions were open"


def check_overdue(picture: Picture) -> None:
    """Told once by the child; once to who asked, unless the answer came or the question was taken back first."""
    late = Counter(child for child, _ in picture.rows("child.overdue.v1"))
    told = Counter(row["data"]["child"]["id"] for _, row in picture.rows("second_level.overdue.v1"))
    assert set(late.values()) <= {1}, "a question was overdue twice"
    assert set(told.values()) <= {1}, "who asked was told twice of one question"
    assert set(told) <= set(late)
    answered = {child for (child, _), _, _ in picture.answers()}
    taken_back = {child for _, row in picture.rows("second_level.withdrawn.v1") for child in row["data"]["children"]}
    assert set(late) - set(told) <= answered | taken_back, "who asked was never told that nobody answered in time"
