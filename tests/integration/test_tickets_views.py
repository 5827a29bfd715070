"""What each person is shown of a ticket, page by page, out of the real store."""

from datetime import timedelta
from typing import Any

import pytest

from services.tickets import commands as c
from services.tickets.domain import Ticket
from services.tickets.reading import MOST_FACTS
from services.tickets.shapes import Article, View
from shared.events import PersonRef, Requester, State
from shared.mongo import Database
from shared.policy import SEEN_BY_HOLDER, SEEN_BY_REQUESTER, Visibility
from tests.integration.ticketing import HOLDING, RULES, Desk, a_holder, last_article, now
from tests.unit.samples import GIULIA, LUCA, MARCO

pytestmark = pytest.mark.integration

STRANGER = Requester(name="Ada Rossi", email="ada@example.org")


@pytest.fixture
async def desk(database: Database) -> Desk:
    found = Desk(database)
    await found.tickets.prepare()
    return found


def of(view: View, kind: str) -> Article:
    """The newest article of a kind."""
    return [article for article in view.articles if article.kind == kind][-1]


def kinds(view: View) -> list[str]:
    return [article.kind for article in view.articles]


async def merged(desk: Desk, source: Ticket, target: Ticket) -> None:
    """One ticket becomes part of another, as consumers would carry it between them."""
    wish = c.MergeTicket(seen=99, target=target.number, found=target.ref, requester=target.requester)
    started = await desk.do(source, wish)
    attempt = started.facts[0].event_id
    await desk.do(target, c.AcceptMerge(source=source.ref, attempt=attempt, requester=source.requester))
    await desk.do(source, c.SettleMerge(target=target.ref, attempt=attempt))
    for ticket in (source, target):
        await desk.publish(ticket)


async def test_a_long_ticket_is_read_page_by_page_without_gap_or_overlap(desk: Desk) -> None:
    ticket = await desk.notes(await desk.open(), 25)
    view = await desk.view(ticket, limit=10)
    assert kinds(view) == ["request", *["note"] * 10]
    assert view.articles[-1].text == "Nota 24."
    seqs, texts, pages = [row.seq for row in view.journal], {each.text for each in view.articles}, 1
    while view.earlier:
        view = await desk.view(ticket, before=view.earlier, limit=10)
        seqs, texts, pages = (
            [*(row.seq for row in view.journal), *seqs],
            texts | {a.text for a in view.articles},
            pages + 1,
        )
    assert seqs == list(range(1, 27))
    assert pages == 3
    assert {f"Nota {number}." for number in range(25)} <= texts
    # On the last page the request comes where it lies, once.
    assert kinds(view)[:3] == ["request", "mail_receipt", "note"]


async def test_a_requesters_page_is_filled_although_most_facts_are_internal(desk: Desk) -> None:
    ticket = await desk.open()
    for number in range(22):
        await desk.do(ticket, c.AnswerTicket(seen=999, text=f"Risposta {number}."))
        await desk.notes(ticket, 4)
    view = await desk.view(ticket, LUCA, limit=10)
    assert len(view.articles) >= 20
    assert set(kinds(view)) <= SEEN_BY_REQUESTER
    assert view.articles[0].kind == "request"
    assert view.articles[-1].text == "Risposta 21."
    while view.earlier:
        view = await desk.view(ticket, LUCA, before=view.earlier, limit=10)
    assert kinds(view)[:3] == ["request", "mail_receipt", "mail_taken"]
    assert view.articles[3].text == "Risposta 0."
    assert view.journal == []


async def test_a_page_never_reads_a_whole_endless_ticket(desk: Desk, database: Database) -> None:
    """Thousands of internal facts after the last one that the requester may see."""
    ticket = await desk.notes(await desk.open(), 1)
    row = await database.collection("journal").find_one({"place": f"{ticket.id}:{2:09d}"})
    last = MOST_FACTS + 800
    copies = [
        {**row, "_id": f"{row['_id']}-{seq}", "seq": seq, "place": f"{ticket.id}:{seq:09d}"}
        for seq in range(3, last + 1)
    ]
    await database.collection("journal").insert_many(copies)
    await desk.tickets.roots.update_one({"_id": ticket.id}, {"$set": {"seq": last}})
    view = await desk.view(ticket, LUCA)
    assert kinds(view) == ["request"]
    assert view.earlier
    assert 1 < view.earlier <= last - MOST_FACTS
    assert kinds(await desk.view(ticket, LUCA, before=view.earlier)) == ["request", "mail_receipt"]


async def test_a_mail_on_an_earlier_page_knows_what_became_of_it_later(desk: Desk) -> None:
    desk.rules = HOLDING
    ticket = await desk.open()
    texts = ("undone", "stopped", "refused", "sent", "held")
    mails = {}
    for text in texts:
        mails[text] = last_article(
            await desk.do(ticket, c.ForwardTicket(seen=99, to="a@example.org", subject=text, text=text))
        )
    answer = last_article(await desk.do(ticket, c.AnswerTicket(seen=99, text="Ecco.", outcome=State.CLOSED_SUCCESSFUL)))
    written = (await desk.now(ticket)).seq
    await desk.notes(ticket, 12)
    await desk.do(ticket, c.UndoMail(seen=0, article=mails["undone"]))
    for text in ("refused", "sent"):
        await desk.do(ticket, c.SendMail(seen=0, article=mails[text], text=text))
    await desk.deliver(ticket, mails["refused"], reason="550 mailbox unknown")
    await desk.deliver(ticket, mails["sent"])
    await desk.do(ticket, c.ReplyTicket(text="Aspettate!"), LUCA)
    due = (await desk.now(ticket)).held[answer].release_at
    await desk.do(ticket, c.Wake(timer=f"send:{answer}", due=due, text="Ecco."), at=due)
    await desk.notes(ticket, 12)

    view = await desk.view(ticket, before=written + 1, limit=12)
    found = {article.text: article for article in view.articles if article.kind == "mail_forward"}
    assert {text: found[text].delivery for text in texts if text != "stopped"} == {
        "undone": "withdrawn",
        "refused": "refused",
        "sent": "sent",
        "held": "held",
    }
    assert found["refused"].delivery_detail == "550 mailbox unknown"
    assert {article.to for article in found.values()} == {"a@example.org"}
    assert found["held"].due_at
    stopped = of(view, "mail_answer")
    assert (stopped.delivery, stopped.outcome, stopped.due_at) == ("stopped", "closed_successful", None)
    assert stopped.stopped
    assert (stopped.stopped.what, stopped.stopped.by) == ("ticket.replied.v1", LUCA.name)
    # The newest page says no less.
    assert of(await desk.view(ticket), "mail_answer").stopped == stopped.stopped
    seen = await desk.view(ticket, LUCA)
    assert "mail_answer" not in kinds(seen)
    assert "Ecco." not in seen.model_dump_json()


async def test_a_held_mail_is_nobodys_but_the_operators_until_it_leaves(desk: Desk) -> None:
    desk.rules = HOLDING
    ticket = await desk.open()
    article = last_article(await desk.do(ticket, c.AskInformation(seen=9, fields=("description",), text="Quale?")))
    held = of(await desk.view(ticket), "mail_information_request")
    assert (held.delivery, held.asked, held.to) == ("held", ("description",), LUCA.email)
    assert held.due_at
    for person in (LUCA, a_holder(ticket)):
        assert "Quale?" not in (await desk.view(ticket, person)).model_dump_json()
    await desk.do(ticket, c.AddNote(seen=0, text="Intanto."))
    await desk.do(ticket, c.SendMail(seen=9, article=article, text="Quale?"))
    for person in (LUCA, a_holder(ticket)):
        view = await desk.view(ticket, person)
        question = of(view, "mail_information_request")
        assert (question.text, question.delivery, question.asked) == ("Quale?", "waiting", ("description",))
        assert (question.author, question.to, question.due_at, question.stopped) == (None, None, None, None)
        assert view.information
        assert view.information.article == article
        assert view.waiting
        # It is told when it left, not when it was written.
        assert question.at > held.at


async def test_a_refused_mail_shows_the_servers_words_to_operators_only_and_forgets_them_when_sent(desk: Desk) -> None:
    ticket = await desk.open()
    article = last_article(await desk.do(ticket, c.AnswerTicket(seen=9, text="Ecco.")))
    await desk.deliver(ticket, article, reason="550 mx7.example says no")
    view = await desk.view(ticket)
    assert (of(view, "mail_answer").delivery, of(view, "mail_answer").delivery_detail) == (
        "refused",
        "550 mx7.example says no",
    )
    seen = await desk.view(ticket, LUCA)
    assert (of(seen, "mail_answer").delivery, of(seen, "mail_answer").delivery_detail) == ("refused", None)
    await desk.do(ticket, c.RetryMail(seen=9, article=article, to="luca.nuovo@example.org"))
    again = of(await desk.view(ticket), "mail_answer")
    assert (again.delivery, again.delivery_detail, again.to) == ("waiting", None, "luca.nuovo@example.org")
    await desk.deliver(ticket, article)
    assert of(await desk.view(ticket), "mail_answer").delivery == "sent"


async def everything(desk: Desk, requester: Requester | None = None) -> Ticket:
    """A ticket with an article of most kinds, and with inner life."""
    ticket = await desk.open(**({"requester": requester} if requester else {}))
    wishes: list[Any] = [
        c.TakeTicket(seen=1),
        c.AddNote(seen=9, text="SEGRETO nota"),
        c.TagTicket(seen=9, add=("segreto",)),
        c.SetPriority(seen=9, priority=5),
        c.ForwardTicket(seen=9, to="terzi@example.org", subject="SEGRETO", text="SEGRETO inoltro"),
        c.HandOver(seen=9, to="marco.ferri", reason="SEGRETO passaggio"),
        c.MoveTicket(seen=9, queue="fees", reason="SEGRETO spostata"),
        c.AnswerTicket(seen=99, text="Risposta"),
        c.DeferTicket(seen=99, until=now() + timedelta(days=2)),
    ]
    for wish in wishes:
        await desk.do(ticket, wish)
    return await desk.now(ticket)


async def test_nothing_internal_is_in_what_a_user_or_a_holder_gets(desk: Desk) -> None:
    for requester in (None, STRANGER):
        ticket = await everything(desk, requester)
        other = await everything(desk)
        await desk.do(ticket, c.LinkTicket(seen=99, other=other.number, found=other.ref))
        operators = await desk.view(ticket)
        for person in (LUCA, a_holder(ticket)):
            seen = await desk.view(ticket, person)
            raw = seen.model_dump_json()
            assert "SEGRETO" not in raw
            assert "segreto" not in raw
            for name in (GIULIA.name, "Marco Ferri", "giulia", other.number):
                assert name not in raw
            assert {article.visibility for article in seen.articles} == {Visibility.REQUESTER}
            assert (seen.journal, seen.links, seen.tags, seen.priority) == ([], [], (), 3)
            # That colleagues put it aside is theirs; only that it waits for the user would be told.
            assert (seen.waiting, seen.state, seen.may_close_silently) == (None, State.OPEN, False)
        assert operators.waiting
        assert operators.links[0].ticket == other.ref
        assert operators.links[0].subject == other.subject
        assert (operators.priority, operators.tags) == (5, ("segreto",))


async def test_a_holder_gets_nothing_that_was_typed(desk: Desk) -> None:
    ticket = await desk.open(requester=STRANGER, values={"description": "DIGITATO"}, subject="DIGITATO oggetto")
    await desk.do(ticket, c.AnswerTicket(seen=9, text="Risposta"))
    await desk.do(ticket, c.ReplyTicket(text="DIGITATO ancora"), a_holder(ticket))
    view = await desk.view(ticket, a_holder(ticket))
    assert set(kinds(view)) <= SEEN_BY_HOLDER
    assert of(view, "mail_answer").text == "Risposta"
    raw = view.model_dump_json()
    for typed in ("DIGITATO", STRANGER.name, STRANGER.email):
        assert typed not in raw
    assert (view.values, view.requester) == ({}, None)
    assert "DIGITATO ancora" in (await desk.view(ticket)).model_dump_json()


async def test_the_answers_of_the_form_are_those_given_last(desk: Desk) -> None:
    ticket = await desk.open()
    for answer in ("Appare: utente sospeso.", "Anzi: password scaduta."):
        asked = last_article(await desk.do(ticket, c.AskInformation(seen=999, fields=("description",), text="Quale?")))
        await desk.do(ticket, c.ReplyTicket(values={"description": answer}, information=asked), LUCA)
    # The replies lie far from the newest page.
    ticket = await desk.notes(ticket, 12)
    for person in (GIULIA, LUCA):
        for page in ({"limit": 5}, {"limit": 5, "before": 8}):
            view = await desk.view(ticket, person, **page)
            assert view.values == {"kind": "password", "description": "Anzi: password scaduta."}
    view = await desk.view(ticket)
    assert view.articles[0].fields == {"kind": "password", "description": "Non riesco a entrare."}
    assert view.information is None


async def test_absorbed_tickets_bring_their_articles_sorted_by_time(desk: Desk) -> None:
    innermost, source, target = [await desk.open(subject=name) for name in ("a", "b", "c")]
    await desk.note(innermost, "Nota nella prima.")
    await merged(desk, innermost, source)
    await desk.note(source, "Nota nella seconda.")
    await merged(desk, source, target)
    await desk.note(target, "Nota nella terza.")
    view = await desk.view(target)
    assert [each.number for each in view.absorbed] == [source.number]
    origins = {article.origin.number if article.origin else None for article in view.articles}
    assert origins == {None, source.number, innermost.number}
    assert [article.at for article in view.articles] == sorted(article.at for article in view.articles)
    assert {row.name for row in view.journal} == {"ticket.opened.v1", "ticket.merge_accepted.v1", "ticket.noted.v1"}
    seen = await desk.view(target, LUCA)
    assert sum(article.kind == "request" for article in seen.articles) == 3
    assert "Nota" not in seen.model_dump_json()
    merged_view = await desk.view(source)
    assert (merged_view.state, merged_view.merged_into) == (State.MERGED, target.ref)
    # An earlier page is the ticket's own.
    assert all(article.origin is None for article in (await desk.view(target, before=2)).articles)


async def test_who_may_not_see_an_absorbed_ticket_gets_nothing_of_it(desk: Desk) -> None:
    source, target = await desk.open(requester=STRANGER), await desk.open(requester=STRANGER)
    await merged(desk, source, target)
    view = await desk.view(target, a_holder(target))
    assert view.absorbed == []
    assert all(article.origin is None for article in view.articles)
    assert (await desk.view(source, a_holder(source))).merged_into == target.ref
    assert len((await desk.view(target)).absorbed) == 1


async def test_twenty_absorbed_tickets_are_shown_and_no_more(desk: Desk) -> None:
    target = await desk.open()
    for _ in range(21):
        await merged(desk, await desk.open(), target)
    view = await desk.view(target)
    assert len(view.absorbed) == 21
    assert len({article.origin.id for article in view.articles if article.origin}) == 20


async def test_the_journal_says_what_each_fact_changed_without_its_texts(desk: Desk) -> None:
    ticket = await everything(desk)
    rows = {row.name: row for row in (await desk.view(ticket)).journal}
    assert rows["ticket.moved.v1"].data == {"former_queue": "credentials", "reason": "SEGRETO spostata"}
    assert rows["ticket.prioritized.v1"].data == {"priority": 5, "former_priority": 3}
    assert rows["ticket.tagged.v1"].data["tags"] == ["segreto"]
    assert rows["ticket.handed_over.v1"].former_owner == PersonRef(id=GIULIA.id, name=GIULIA.name)
    assert rows["ticket.handed_over.v1"].owner == PersonRef(id="marco.ferri", name="Marco Ferri")
    assert rows["ticket.deferred.v1"].data["waiting"]
    assert rows["ticket.forwarded.v1"].data["to"] == "terzi@example.org"
    assert "subject" not in rows["article.prepared.v1"].data["plan"]  # type: ignore[operator]
    for row in rows.values():
        assert not {"text", "subject", "attachments", "requester"} & set(row.data)


async def test_why_a_ticket_was_closed_silently_is_kept_for_operators(desk: Desk) -> None:
    ticket = await desk.open()
    rule = RULES.queue(ticket.queue).model_copy(update={"may_close_silently": True})
    desk.rules = RULES.model_copy(update={"queues": {ticket.queue: rule}})
    wish = c.CloseTicket(seen=99, outcome=State.CLOSED_UNSUCCESSFUL, reason="SEGRETO: doppione.", silent=True)
    await desk.do(ticket, wish)
    assert (await desk.view(ticket)).journal[-1].data["reason"] == "SEGRETO: doppione."
    for person in (LUCA, a_holder(ticket)):
        assert "SEGRETO" not in (await desk.view(ticket, person)).model_dump_json()


async def test_links_show_the_other_ticket_as_it_is_now(desk: Desk) -> None:
    ticket, other = await desk.open(), await desk.open(subject="Altra cosa")
    await desk.do(ticket, c.LinkTicket(seen=1, other=other.number, found=other.ref))
    await desk.do(other, c.TakeTicket(seen=9), MARCO)
    (link,) = (await desk.view(ticket)).links
    assert (link.ticket, link.relation, link.subject, link.state) == (other.ref, "related", "Altra cosa", State.OPEN)
    # Split off a moment ago, and not yet opened.
    request = (await desk.view(ticket)).articles[0]
    named = await desk.tickets.named(ticket, request.id)
    assert named
    await desk.do(ticket, c.SplitArticle(seen=9, article=request.id, subject="Due", found=named.ref))
    split = (await desk.view(ticket)).links[-1]
    assert (split.relation, split.ticket.number, split.state) == ("split_to", "", None)


async def test_silent_closing_is_offered_where_the_queue_allows_it(desk: Desk) -> None:
    ticket = await desk.open()
    assert not (await desk.view(ticket)).may_close_silently
    rule = RULES.queue(ticket.queue).model_copy(update={"may_close_silently": True})
    desk.rules = RULES.model_copy(update={"queues": {**RULES.queues, ticket.queue: rule}})
    assert (await desk.view(ticket)).may_close_silently
    assert not (await desk.view(ticket, LUCA)).may_close_silently


async def test_a_reply_to_a_merged_ticket_is_shown_on_the_target(desk: Desk) -> None:
    source, target = await desk.open(), await desk.open()
    await merged(desk, source, target)
    await desk.do(source, c.ReplyTicket(text="Scrivo a quella vecchia."), LUCA)
    reply = of(await desk.view(target, LUCA), "requester_reply")
    assert (reply.text, reply.origin) == ("Scrivo a quella vecchia.", source.ref)
