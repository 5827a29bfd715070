"""The user writes: always taken in, whatever the state; what it wakes depends on it."""

from datetime import timedelta

import pytest

from services.tickets import commands as c
from shared.events import (
    ActorKind,
    ArticleKind,
    Attachment,
    ReplyFollowed,
    State,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketSplit,
)
from shared.ids import derived
from shared.policy import Person, Role
from tests.unit.samples import LUCA
from tests.unit.tickets.house import MONTH, House, names, refused


def close(house: House, ticket: str) -> None:
    house.do(ticket, c.CloseTicket(seen=house.seen(ticket), outcome=State.CLOSED_SUCCESSFUL, silent=True))


def ask(house: House, ticket: str, *fields: str) -> str:
    house.do(ticket, c.AskInformation(seen=house.seen(ticket), text="Quale?", fields=fields))
    asked = house[ticket].information
    assert asked
    return asked.article


def file(field: str) -> Attachment:
    return Attachment(
        key=derived("file") + "/" + "a" * 64, name="foto.png", media_type="image/png", size=9, field=field
    )


def test_a_reply_to_a_new_or_open_ticket_is_an_article_and_changes_no_state(house: House, ticket: str) -> None:
    (fact,) = house.reply(ticket)
    assert isinstance(fact, TicketReplied)
    assert (fact.article.kind, fact.actor.kind) == (ArticleKind.REQUESTER_REPLY, ActorKind.REQUESTER)
    assert house[ticket].state is State.NEW
    house.do(ticket, c.TakeTicket(seen=0))
    assert names(house.reply(ticket)) == ["replied"]
    assert house[ticket].state is State.OPEN


def test_whoever_replies_by_a_link_writes_under_the_requesters_name(house: House, ticket: str) -> None:
    holder = Person(id=f"holder:{ticket}", name="", roles=frozenset({Role.HOLDER}), ticket=ticket)
    (fact,) = house.do(ticket, c.ReplyTicket(text="Eccomi."), holder)
    assert (fact.actor.name, fact.actor.id) == (LUCA.name, holder.id)


def test_an_empty_reply_is_refused(house: House, ticket: str) -> None:
    with refused("empty"):
        house.reply(ticket, "  ")
    assert names(house.reply(ticket, "", attachments=(file(""),))) == ["replied"]


def test_a_reply_reopens_a_ticket_that_was_closed_within_the_window(house: House, ticket: str) -> None:
    close(house, ticket)
    house.wait(MONTH)
    replied, reopened = house.reply(ticket)
    assert isinstance(reopened, TicketReopened)
    assert reopened.mail
    assert (reopened.by_reply, reopened.actor) == (True, replied.actor)
    assert house[ticket].state is State.OPEN


def test_a_reply_after_the_window_becomes_a_new_ticket_linked_with_the_old_one(house: House, ticket: str) -> None:
    close(house, ticket)
    house.wait(MONTH + timedelta(seconds=1))
    replied, split = house.reply(ticket, "Di nuovo!")
    assert isinstance(split, TicketSplit)
    assert (split.actor, split.child_queue) == (replied.actor, "credentials")
    house.drain()
    child = house[split.child_id]
    assert (child.state, child.subject, child.requester) == (State.NEW, house[ticket].subject, house[ticket].requester)
    opened = house.history(child.id)[0]
    assert isinstance(opened, TicketOpened)
    assert house.store.articles[opened.request.id].text == "Di nuovo!"
    assert house[ticket].state is State.CLOSED_SUCCESSFUL
    assert {link.ticket.id for link in house[ticket].links} == {child.id}


def test_the_window_counts_from_the_last_closing(house: House, ticket: str) -> None:
    close(house, ticket)
    house.wait(MONTH)
    house.reply(ticket)
    house.wait(MONTH)
    close(house, ticket)
    house.wait(timedelta(days=1))
    assert names(house.reply(ticket)) == ["replied", "reopened"]


def test_the_answer_to_a_question_fills_its_fields_and_wakes_the_ticket(house: House, ticket: str) -> None:
    article = ask(house, ticket, "kind", "photo")
    (fact,) = house.reply(ticket, "", values={"kind": "vpn"}, attachments=(file("photo"),), information=article)
    assert isinstance(fact, TicketReplied)
    assert (fact.fields, fact.information) == (("kind", "photo"), article)
    root = house[ticket]
    assert (root.state, root.information, root.answers) == (State.OPEN, None, (fact.article.id,))


def test_words_alone_are_an_answer_too(house: House, ticket: str) -> None:
    article = ask(house, ticket, "kind")
    house.reply(ticket, "Non lo so.", information=article)
    assert (house[ticket].information, house[ticket].answers) == (None, ())


def test_a_question_is_answered_once_but_a_repeat_of_the_answer_is_one(house: House, ticket: str) -> None:
    wish = c.ReplyTicket(values={"kind": "vpn"}, information=ask(house, ticket, "kind"))
    first = house.do(ticket, wish, LUCA, key="k")
    assert house.do(ticket, wish, LUCA, key="k") == first
    with refused("information_over"):
        house.do(ticket, wish, LUCA)


def test_an_answer_to_a_question_asked_anew_or_of_a_closed_ticket_is_over(house: House, ticket: str) -> None:
    old = ask(house, ticket, "kind")
    new = ask(house, ticket, "account")
    with refused("information_over"):
        house.reply(ticket, information=old)
    close(house, ticket)
    with refused("information_over"):
        house.reply(ticket, information=new)


def test_only_what_was_asked_is_answered(house: House, ticket: str) -> None:
    article = ask(house, ticket, "kind")
    with refused("unknown_field"):
        house.reply(ticket, values={"account": "x"}, information=article)
    with refused("unknown_field"):
        house.reply(ticket, attachments=(file("photo"),), information=article)
    with refused("unknown_field"):
        house.reply(ticket, values={"kind": "x"})
    assert house[ticket].information


def test_other_words_of_the_user_wake_the_ticket_and_leave_the_question_open(house: House, ticket: str) -> None:
    ask(house, ticket, "kind")
    house.reply(ticket, "Una domanda...")
    assert house[ticket].state is State.OPEN
    assert house[ticket].information


@pytest.fixture
def chain(house: House) -> tuple[str, str, str]:
    """The first is part of the second, which is part of the third."""
    first, second, third = house.open(), house.open(), house.open()
    house.merge(first, second)
    house.drain()
    house.merge(second, third)
    house.drain()
    return first, second, third


def test_a_reply_to_a_merged_ticket_follows_to_the_last_of_the_chain(house: House, chain: tuple[str, str, str]) -> None:
    first, second, third = chain
    house.do(third, c.DeferTicket(seen=house.seen(third), for_user=True))
    (fact,) = house.reply(first)
    assert isinstance(fact, TicketReplied)
    assert fact.follows_to == house[second].ref
    house.hear(house.messages[0])
    house.drain()
    assert (house[first].state, house[second].state, house[third].state) == (State.MERGED, State.MERGED, State.OPEN)
    followed = house.history(third)[-1]
    assert isinstance(followed, ReplyFollowed)
    assert (followed.source, followed.article, followed.actor) == (house[first].ref, fact.article, fact.actor)
    assert names(house.history(third)).count("reply_followed") == 1


def test_a_followed_reply_reopens_the_target_within_the_window_else_becomes_a_new_ticket(
    house: House, chain: tuple[str, str, str]
) -> None:
    first, _, third = chain
    close(house, third)
    house.reply(first)
    house.drain()
    assert house[third].state is State.OPEN
    close(house, third)
    house.wait(MONTH + timedelta(seconds=1))
    house.reply(first, "Di nuovo!")
    house.drain()
    assert house[third].state is State.CLOSED_SUCCESSFUL
    opened = house.history(list(house.store.roots)[-1])[0]
    assert isinstance(opened, TicketOpened)
    assert opened.split_from == house[third].ref
    assert house.store.articles[opened.request.id].text == "Di nuovo!"


def test_what_is_written_while_a_ticket_merges_wakes_the_target(house: House, ticket: str) -> None:
    target = house.open()
    house.do(target, c.DeferTicket(seen=1, for_user=True))
    house.merge(ticket, target)
    (fact,) = house.reply(ticket)
    assert isinstance(fact, TicketReplied)
    house.drain()
    assert house[target].state is State.OPEN
    followed = house.history(target)[-1]
    assert isinstance(followed, ReplyFollowed)
    assert (followed.article, followed.source) == (fact.article, house[ticket].ref)


def test_what_is_written_while_a_merge_is_refused_reopens_the_ticket(house: House, ticket: str) -> None:
    target, other = house.open(), house.open()
    close(house, ticket)
    house.merge(target, other)
    house.merge(ticket, target)
    house.reply(ticket)
    assert house[ticket].state is State.CLOSED_SUCCESSFUL
    house.deliver(1)
    house.drain()
    assert names(house.history(ticket))[-2:] == ["merge_taken_back", "reopened"]
    assert house[ticket].state is State.OPEN
