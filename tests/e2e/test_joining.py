"""Merge, unmerge, split and link: never in limbo, nothing lost, nothing shown to whom it isn't for."""

import asyncio

import pytest

from shared.errors import BadInput, Conflict
from tests.system import CHIARA, GIULIA, LUCA, MARCO, System

pytestmark = pytest.mark.e2e


async def test_a_merge_settles_shows_all_articles_and_can_be_undone(system: System) -> None:
    source, target = await system.opened(LUCA), await system.opened(LUCA)
    await system.wish(source, "notes", text="Nota nella prima.")
    await system.wish(await system.view(source), "merge", target=target["number"])
    source = await system.until(source, lambda view: view["state"] == "merged")
    assert source["merged_into"]["number"] == target["number"]
    target = await system.view(target)
    assert [each["number"] for each in target["absorbed"]] == [source["number"]]
    borrowed = [article for article in target["articles"] if article["origin"]]
    assert {"request", "note"} <= {article["kind"] for article in borrowed}
    assert {article["origin"]["number"] for article in borrowed} == {source["number"]}
    # The user sees theirs too, but never the note.
    seen = await system.view(target, LUCA)
    assert "Nota nella prima." not in str(seen)
    assert {"request"} <= {article["kind"] for article in seen["articles"] if article["origin"]}

    # What is written to the merged one wakes the target.
    await system.wish(await system.view(target), "pending", for_user=True)
    await system.wish(source, "replies", LUCA, text="Scrivo a quella vecchia.")
    target = await system.until(target, lambda view: view["state"] == "open")
    assert "Scrivo a quella vecchia." in str(target["articles"])
    with pytest.raises(Conflict) as refused:
        await system.wish(await system.view(source), "answers", text="No.")
    assert refused.value.extra["code"] == "merged"

    await system.wish(await system.view(source), "unmerge")
    source = await system.view(source)
    assert (source["state"], source["merged_into"]) == ("new", None)
    target = await system.until(target, lambda view: not view["absorbed"])
    assert not [article for article in target["articles"] if article["origin"]]


async def test_crossing_merges_end_in_one(system: System) -> None:
    for _ in range(5):
        one, two = await system.opened(LUCA), await system.opened(LUCA)
        await asyncio.gather(
            system.wish(one, "merge", GIULIA, target=two["number"]),
            system.wish(two, "merge", MARCO, target=one["number"]),
            return_exceptions=True,
        )
        one = await system.until(one, lambda view: not view["merging"])
        two = await system.until(two, lambda view: not view["merging"])
        merged = [ticket for ticket in (one, two) if ticket["state"] == "merged"]
        assert len(merged) == 1


async def test_only_tickets_of_the_same_requester_are_merged_others_are_linked(system: System) -> None:
    lucas, chiaras, strangers = await system.opened(LUCA), await system.opened(CHIARA), await system.opened()
    for other in (chiaras, strangers):
        with pytest.raises(BadInput) as refused:
            await system.wish(lucas, "merge", target=other["number"])
        assert refused.value.extra["code"] == "other_requester"
    await system.wish(lucas, "links", other=chiaras["number"])
    chiaras = await system.until(chiaras, lambda view: view["links"])
    assert chiaras["links"][0]["ticket"]["number"] == lucas["number"]
    # A link shows a user nothing.
    for ticket, person in ((lucas, LUCA), (chiaras, CHIARA)):
        assert (await system.view(ticket, person))["links"] == []
    await system.wish(chiaras, "links/remove", other=lucas["number"])
    await system.until(lucas, lambda view: not view["links"])


async def test_a_split_article_becomes_a_ticket_of_its_own(system: System) -> None:
    ticket = await system.opened(LUCA)
    await system.wish(ticket, "replies", LUCA, text="E poi: le tasse non tornano.")
    await system.wish(await system.view(ticket), "notes", text="Due cose in una.")
    ticket = await system.view(ticket)
    by_kind = {article["kind"]: article for article in ticket["articles"]}
    with pytest.raises(BadInput) as refused:
        await system.wish(ticket, "split", article=by_kind["note"]["id"], subject="Tasse", queue="fees")
    assert refused.value.extra["code"] == "not_the_users_words"
    await system.wish(ticket, "split", article=by_kind["requester_reply"]["id"], subject="Tasse", queue="fees")
    ticket = await system.view(ticket)
    (link,) = ticket["links"]
    assert link["relation"] == "split_to"

    ticket = await system.until(ticket, lambda view: view["links"][0]["ticket"]["number"])
    number = ticket["links"][0]["ticket"]["number"]
    split = await system.view(number)
    assert (split["queue"], split["subject"], split["state"]) == ("fees", "Tasse", "new")
    assert split["articles"][0]["text"] == "E poi: le tasse non tornano."
    assert split["links"][0]["relation"] == "split_from"
    assert split["requester"] == ticket["requester"]
    assert "Due cose in una." not in str(split)
    await system.mail(LUCA.email, number)
