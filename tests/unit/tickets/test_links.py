"""Links, and articles that become tickets of their own."""

import pytest

from services.tickets import commands as c
from services.tickets.domain.joining import MOST_LINKS
from services.tickets.domain.ticket import Link
from shared.events import ArticleKind, ArticleRef, State, TicketOpened, TicketRef, TicketSplit
from tests.unit.samples import CHIARA, GIULIA, MARCO, a_requester
from tests.unit.tickets import invariants
from tests.unit.tickets.house import House, names, refused
from tests.unit.tickets.test_crossing import Wish, endings, tickets


def request_of(house: House, ticket: str) -> str:
    opened = house.history(ticket)[0]
    assert isinstance(opened, TicketOpened)
    return opened.request.id


def linked(house: House, one: str, other: str) -> tuple[bool, bool]:
    """As either side sees it."""
    return tuple(  # type: ignore[return-value]
        any(link.ticket.id == there for link in house[here].links) for here, there in ((one, other), (other, one))
    )


def linking(ticket: str, other: str) -> Wish:
    return lambda house, name: house.do(
        ticket, c.LinkTicket(seen=house.seen(ticket), other=other, found=house[other].ref), key=name
    )


def unlinking(ticket: str, other: str) -> Wish:
    return lambda house, name: house.do(
        ticket, c.UnlinkTicket(seen=house.seen(ticket), other=other, found=house[other].ref), key=name
    )


def test_a_link_shows_on_both_sides_and_goes_on_both() -> None:
    house = House()
    one, other = house.open(), house.open(a_requester(subject=CHIARA.id))
    house.link(one, other)
    house.drain()
    assert linked(house, one, other) == (True, True)
    house.unlink(other, one)
    house.drain()
    assert linked(house, one, other) == (False, False)


def test_linking_what_is_linked_and_parting_what_is_not_says_nothing() -> None:
    house = House()
    one, other = house.open(), house.open()
    assert house.unlink(one, other) == []
    house.link(one, other)
    assert house.link(one, other) == []
    house.drain()
    assert house.link(other, one) == []


def test_however_the_messages_come_both_sides_end_the_same() -> None:
    start = House()
    one, other = tickets(start).values()
    wishes = {"link": linking(one, other), "unlink": unlinking(one, other), "again": linking(one, other)}
    for house in endings(start, wishes, doubles=1):
        invariants.when_all_is_said(house)
    wishes = {"link": linking(one, other), "unlink": unlinking(other, one), "again": linking(other, one)}
    for house in endings(start, wishes):
        invariants.when_all_is_said(house)


def test_a_link_and_its_end_may_overtake_each_other() -> None:
    house = House()
    one, other = house.open(), house.open()
    house.link(one, other)
    house.unlink(one, other)
    house.messages.reverse()
    house.drain()
    assert linked(house, one, other) == (False, False)


def test_a_ticket_is_not_linked_with_itself_nor_with_hundreds() -> None:
    house = House()
    one, other = house.open(), house.open()
    with refused("same_ticket"):
        house.link(one, one)
    with refused("same_ticket"):
        house.do(one, c.LinkTicket(seen=1, other="unknown"))
    many = tuple(Link(ticket=TicketRef(id=f"t{n}", number=f"{n}"), relation="related") for n in range(MOST_LINKS))
    house.store.roots[one] = house[one].model_copy(update={"links": many})
    with refused("too_many_links"):
        house.link(one, other)


def test_what_the_user_wrote_becomes_a_ticket_of_its_own_and_both_know() -> None:
    house = House()
    ticket = house.open()
    house.reply(ticket, "E poi non va il wifi.")
    article = next(each.id for each in house.store.articles.values() if each.text == "E poi non va il wifi.")
    (fact,) = house.do(ticket, house.splitting(ticket, article, subject="Il wifi", queue="careers"))
    assert isinstance(fact, TicketSplit)
    house.drain()
    child = house[fact.child_id]
    assert (child.subject, child.queue, child.state) == ("Il wifi", "careers", State.NEW)
    assert child.requester == house[ticket].requester
    (opened,) = house.history(child.id)
    assert isinstance(opened, TicketOpened)
    assert house.store.articles[opened.request.id].text == "E poi non va il wifi."
    assert opened.split_from == house[ticket].ref
    assert linked(house, ticket, child.id) == (True, True)
    assert house[ticket].state is State.NEW, "the ticket it came from stays as it is"


def test_a_split_that_comes_twice_opens_one_ticket() -> None:
    house = House()
    ticket = house.open()
    wish = house.splitting(ticket, request_of(house, ticket))
    assert house.do(ticket, wish, key="one") == house.do(ticket, wish, key="one")
    house.hear(house.messages[-1])
    house.drain()
    assert len(house.store.roots) == 2


@pytest.mark.parametrize("kind", [kind for kind in ArticleKind if kind not in ("request", "requester_reply")])
def test_nothing_but_the_users_own_words_is_split(kind: ArticleKind) -> None:
    house = House()
    ticket = house.open()
    wish = house.splitting(ticket, "none")
    with refused("unknown_article"):
        house.do(ticket, wish)
    with refused("not_the_users_words"):
        house.do(ticket, wish.model_copy(update={"found": ArticleRef(id="a", kind=kind)}))


def test_a_split_goes_into_a_queue_that_meets_users() -> None:
    house = House()
    ticket = house.open()
    with refused("unknown_queue"):
        house.do(ticket, house.splitting(ticket, request_of(house, ticket), queue="nowhere"))
    with refused("second_level"):
        house.do(ticket, house.splitting(ticket, request_of(house, ticket), queue="accounts"))


def test_two_who_split_at_once_make_one_ticket() -> None:
    house = House()
    ticket = house.open()
    wish = house.splitting(ticket, request_of(house, ticket))
    house.do(ticket, wish, GIULIA)
    with refused("changed"):
        house.do(ticket, wish, MARCO)


def test_a_split_off_ticket_can_be_unlinked_from_either_side() -> None:
    house = House()
    ticket = house.open()
    (fact,) = house.do(ticket, house.splitting(ticket, request_of(house, ticket)))
    assert isinstance(fact, TicketSplit)
    house.drain()
    assert names(house.unlink(fact.child_id, ticket)) == ["unlinked"]
    house.drain()
    assert linked(house, ticket, fact.child_id) == (False, False)
