"""Who holds a ticket, where it lies, its priority, tags and notes."""

import pytest

from services.tickets import commands as c
from shared.errors import BadInput
from shared.events import ArticleKind, State, TicketHandedOver, TicketReleased, TicketTagged, TicketTaken
from tests.unit.samples import ANNA, GIULIA, MARCO
from tests.unit.tickets.house import House, names, refused


def handed(house: House, ticket: str, to: str = MARCO.id) -> list[str]:
    return names(house.do(ticket, c.HandOver(seen=house.seen(ticket), to=to, reason="Ne sai di più tu.")))


def test_taking_a_new_ticket_sets_owner_and_responsible_opens_it_and_owes_a_mail(house: House, ticket: str) -> None:
    (fact,) = house.do(ticket, c.TakeTicket(seen=1))
    assert isinstance(fact, TicketTaken)
    assert fact.mail
    assert fact.mail.kind is ArticleKind.MAIL_TAKEN
    root = house[ticket]
    assert (root.owner, root.responsible, root.state) == (GIULIA.ref, GIULIA.ref, State.OPEN)
    assert fact.mail.id in root.waiting_mails


def test_taking_my_own_ticket_changes_nothing(house: House, ticket: str) -> None:
    house.do(ticket, c.TakeTicket(seen=1))
    assert house.do(ticket, c.TakeTicket(seen=2)) == []


def test_a_wish_repeated_with_its_key_says_the_same_again_and_does_nothing(house: House, ticket: str) -> None:
    first = house.do(ticket, c.TakeTicket(seen=1), key="k")
    assert house.do(ticket, c.TakeTicket(seen=1), key="k") == first
    with pytest.raises(BadInput):
        house.do(ticket, c.TakeTicket(seen=2), key="k")
    assert house.seen(ticket) == 2


def test_whoever_saw_the_owner_may_take_over_and_the_responsible_stays(house: House, ticket: str) -> None:
    house.do(ticket, c.TakeTicket(seen=1))
    (fact,) = house.do(ticket, c.TakeTicket(seen=2), MARCO)
    assert isinstance(fact, TicketTaken)
    assert (house[ticket].owner, house[ticket].responsible) == (MARCO.ref, GIULIA.ref)
    # A change of hands among colleagues is no news to the user.
    assert (fact.mail, fact.former_owner) == (None, GIULIA.ref)


def test_handing_over_names_the_new_owner_and_the_reason_and_changes_no_state(house: House, ticket: str) -> None:
    (fact,) = house.do(ticket, c.HandOver(seen=1, to=MARCO.id, reason="Ne sai di più tu."))
    assert isinstance(fact, TicketHandedOver)
    assert (fact.owner, fact.former_owner, fact.reason) == (MARCO.ref, None, "Ne sai di più tu.")
    assert (house[ticket].state, house[ticket].responsible) == (State.NEW, MARCO.ref)


def test_whoever_takes_what_they_were_given_new_tells_the_user(house: House, ticket: str) -> None:
    handed(house, ticket)
    (fact,) = house.do(ticket, c.TakeTicket(seen=2), MARCO)
    assert isinstance(fact, TicketTaken)
    assert fact.mail
    assert fact.former_owner is None
    assert house[ticket].state is State.OPEN


def test_handing_over_to_the_owner_says_nothing_and_to_a_stranger_is_refused(house: House, ticket: str) -> None:
    handed(house, ticket)
    assert handed(house, ticket) == []
    with refused("unknown_person") as refusal:
        handed(house, ticket, "luca")
    assert refusal.value.extra["errors"] == [
        {"field": "to", "message": "There is no operator 'luca': choose one of the list."}
    ]


def test_a_ticket_given_back_is_nobodys_and_keeps_its_state_and_responsible(house: House, ticket: str) -> None:
    assert house.do(ticket, c.ReleaseTicket(seen=1)) == [], "it was nobody's"
    house.do(ticket, c.TakeTicket(seen=1))
    (fact,) = house.do(ticket, c.ReleaseTicket(seen=2, reason="Sono in ferie."), MARCO)
    assert isinstance(fact, TicketReleased)
    assert fact.former_owner == GIULIA.ref
    root = house[ticket]
    assert (root.owner, root.responsible, root.state) == (None, GIULIA.ref, State.OPEN)


def test_whoever_takes_what_was_given_back_sends_no_second_mail(house: House, ticket: str) -> None:
    house.do(ticket, c.TakeTicket(seen=1))
    house.do(ticket, c.ReleaseTicket(seen=2))
    (fact,) = house.do(ticket, c.TakeTicket(seen=3), MARCO)
    assert isinstance(fact, TicketTaken)
    assert fact.mail is None


@pytest.mark.parametrize(
    "wish",
    [
        c.AnswerTicket(seen=1, text="Ecco."),
        c.AskInformation(seen=1, text="Quale?", fields=("kind",)),
        c.ForwardTicket(seen=1, to="posta@altrove.example", subject="Per voi", text="Ecco."),
        c.CloseTicket(seen=1, outcome=State.CLOSED_SUCCESSFUL, reason="Fatto."),
        c.DeferTicket(seen=1, for_user=True),
    ],
    ids=lambda wish: type(wish).__name__,
)
def test_whoever_acts_on_a_ticket_nobody_holds_becomes_its_owner(house: House, ticket: str, wish: c.Seen) -> None:
    first, *_ = house.do(ticket, wish)
    assert isinstance(first, TicketTaken)
    assert first.mail, "the user is told, as when it is taken"
    assert house[ticket].owner == GIULIA.ref


def test_acting_on_a_colleagues_ticket_leaves_it_the_colleagues(house: House, ticket: str) -> None:
    house.do(ticket, c.TakeTicket(seen=1))
    assert names(house.do(ticket, c.AnswerTicket(seen=2, text="Ecco."), MARCO)) == ["prepared", "answered"]
    assert house[ticket].owner == GIULIA.ref


def test_acting_on_what_a_colleague_was_given_new_opens_it(house: House, ticket: str) -> None:
    handed(house, ticket)
    house.do(ticket, c.AnswerTicket(seen=2, text="Ecco."))
    assert (house[ticket].owner, house[ticket].state) == (MARCO.ref, State.OPEN)


def test_another_person_becomes_responsible_once(house: House, ticket: str) -> None:
    wish = c.ChangeResponsible(seen=1, to=ANNA.id)
    assert names(house.do(ticket, wish)) == ["responsible_changed"]
    assert house.do(ticket, wish.model_copy(update={"seen": 2})) == []
    assert (house[ticket].owner, house[ticket].responsible) == (None, ANNA.ref)


def test_a_ticket_moves_among_first_level_queues_and_keeps_its_owner(house: House, ticket: str) -> None:
    house.do(ticket, c.TakeTicket(seen=1))
    house.do(ticket, c.MoveTicket(seen=2, queue="careers", reason="È una carriera."))
    assert (house[ticket].queue, house[ticket].owner) == ("careers", GIULIA.ref)
    assert house.do(ticket, c.MoveTicket(seen=3, queue="careers")) == []
    with refused("unknown_queue"):
        house.do(ticket, c.MoveTicket(seen=3, queue="nowhere"))
    with refused("second_level"):
        house.do(ticket, c.MoveTicket(seen=3, queue="accounts"))


def test_a_priority_is_set_once(house: House, ticket: str) -> None:
    assert names(house.do(ticket, c.SetPriority(seen=1, priority=5))) == ["prioritized"]
    assert house.do(ticket, c.SetPriority(seen=2, priority=5)) == []
    assert house[ticket].priority == 5


def test_tags_are_a_set_in_the_order_they_came(house: House, ticket: str) -> None:
    (fact,) = house.do(ticket, c.TagTicket(seen=1, add=("vpn", "wifi", "vpn")))
    assert isinstance(fact, TicketTagged)
    assert fact.tags == ("vpn", "wifi")
    (fact,) = house.do(ticket, c.TagTicket(seen=2, add=("wifi", "spid"), remove=("vpn", "none")))
    assert isinstance(fact, TicketTagged)
    assert (fact.tags, fact.added, fact.removed) == (("wifi", "spid"), ("spid",), ("vpn",))
    assert house.do(ticket, c.TagTicket(seen=3, remove=("vpn",))) == []
    assert house.do(ticket, c.TagTicket(seen=3, add=("wifi",), remove=("wifi",))) == [], "taken off and put on again"


def test_a_ticket_has_twenty_tags_at_most(house: House, ticket: str) -> None:
    house.do(ticket, c.TagTicket(seen=1, add=tuple(f"tag {n}" for n in range(20))))
    with refused("too_many_tags") as refusal:
        house.do(ticket, c.TagTicket(seen=2, add=("one more",)))
    assert refusal.value.detail == "A ticket can have 20 tags at most."
    with refused("nothing_to_tag"):
        house.do(ticket, c.TagTicket(seen=2))


def test_a_note_changes_no_state_and_names_an_internal_article(house: House, ticket: str) -> None:
    before = house[ticket]
    assert names(house.do(ticket, c.AddNote(seen=1, text="Attenzione."))) == ["noted"]
    after = house[ticket]
    kept = {"state", "owner", "responsible", "timers", "waiting_mails", "held"}
    assert after.model_dump(include=kept) == before.model_dump(include=kept)
