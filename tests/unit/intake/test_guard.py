"""Who may send: a proof is for one submission, the rest is counted, and no repeat of what was accepted is refused."""

import base64
import ipaddress
import json
import time
from typing import Any

import altcha
import pytest

from services.intake.followed import Requests
from services.intake.guard import Attempt, Guard
from services.intake.known import Known
from services.intake.proofs import Proofs, Purpose, Stands
from shared.blobs import Blobs
from shared.config import Settings
from shared.errors import BadInput, TooMany
from shared.events import Requester
from shared.forms.guarding import Guarding, Proof
from shared.ids import ticket_id
from shared.reload import Kept
from tests.unit.intake.fakes import FORMS, KEY, TICKET, FakeTickets
from tests.unit.notifier.samples import opened

PURPOSE = Purpose("credentials", "portal", "key-1", "c" * 64)
LIGHT = Proof(cost=10, tries=5, minutes=30)
FORM = FORMS.current("credentials")
LUCA = Requester(name="Luca", email="luca@x.example", verified=True, subject="luca.bianchi")
NEVER = "00000000-0000-5000-8000-000000000000"


class Clock:
    """Seconds, as a test says."""

    def __init__(self) -> None:
        # The library that judges proofs looks at the real one.
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def a_guard(clock: Clock | None = None, tickets: FakeTickets | None = None, **rules: Any) -> Guard:
    told = Guarding.model_validate({"proof": LIGHT.model_dump(), **rules})
    settings = Settings(signing_key=KEY, internal_key=KEY)
    requests = Requests(tickets or FakeTickets(), Blobs("memory:///"))
    return Guard(settings, Kept([], lambda: told), Known(), requests, clock or Clock())


def an_attempt(**changes: Any) -> Attempt:
    address = ipaddress.ip_address("203.0.113.9")
    return Attempt(FORM, "portal", "it", address, None, "key-1", "c" * 64)._replace(**changes)


def rates(**given: tuple[int, int]) -> dict[str, Any]:
    return {"all_forms": {"rates": {name: {"burst": b, "per_hour": h} for name, (b, h) in given.items()}}}


def solved(challenge: dict[str, Any]) -> str:
    found = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(found)
    assert solution
    return str(altcha.Payload(found, solution).to_base64())


async def proof_for(guard: Guard, attempt: Attempt) -> str:
    challenge = await guard.challenge(attempt)
    assert challenge
    return solved(challenge)


async def a_solution(purpose: Purpose = PURPOSE, now: float = 4e9) -> str:
    return solved(await Proofs(KEY).challenge(purpose, LIGHT, now))


async def test_a_proof_is_good_for_its_submission_as_often_as_it_comes_and_for_no_other() -> None:
    proofs, solution = Proofs(KEY), await a_solution()
    assert [proofs.judge(solution, PURPOSE) for _ in range(3)] == [Stands.GOOD] * 3
    for changed in ({"form": "fees"}, {"site": "faq"}, {"key": "key-2"}, {"content": "d" * 64}):
        assert proofs.judge(solution, PURPOSE._replace(**changed)) is Stands.FOREIGN
    assert Proofs("o" * 40).judge(solution, PURPOSE) is Stands.WRONG
    assert proofs.judge(await a_solution(now=1_000_000), PURPOSE) is Stands.EXPIRED
    assert proofs.judge(None, PURPOSE) is Stands.NONE


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["challenge"]["parameters"].update(cost=1),
        lambda told: told["challenge"]["parameters"].update(expiresAt=9e9),
        lambda told: told["challenge"]["parameters"].update(data={"for": "x"}),
        lambda told: told["challenge"]["parameters"].update(algorithm="SCRYPT", cost=2**20, memoryCost=2**30),
        lambda told: told["challenge"]["parameters"].pop("keySignature"),
        lambda told: told["challenge"].update(signature=None),
        lambda told: told["challenge"].update(parameters=[]),
        lambda told: told["solution"].update(derivedKey="00" * 32),
        lambda told: told["solution"].update(derivedKey=7),
        lambda told: told.update(solution=None),
        lambda told: told.update(challenge={"deep": "x" * 5000}),
    ],
)
async def test_a_forged_solution_proves_nothing(change: Any) -> None:
    told = json.loads(base64.b64decode(await a_solution()))
    change(told)
    forged = base64.b64encode(json.dumps(told).encode()).decode()
    assert Proofs(KEY).judge(forged, PURPOSE) is Stands.WRONG


@pytest.mark.parametrize("nonsense", ["x", "è", "e30=", "W10=", "[" * 3000, base64.b64encode(b"[" * 2000).decode()])
def test_nonsense_proves_nothing(nonsense: str) -> None:
    assert Proofs(KEY).judge(nonsense, PURPOSE) is Stands.WRONG


async def test_without_a_proof_the_stricter_limit_holds_and_says_when_to_come_back() -> None:
    clock = Clock()
    guard = a_guard(clock, **rates(plain=(2, 60)))
    for key in ("a", "b"):
        await guard.admit(an_attempt(key=key), NEVER)
    with pytest.raises(TooMany) as refused:
        await guard.admit(an_attempt(key="c"), NEVER)
    assert (refused.value.status, refused.value.retry_after) == (429, 60)
    assert refused.value.detail.endswith("Non hai perso nulla: riprova tra 60 secondi.")
    with pytest.raises(TooMany, match="try again in"):
        await guard.admit(an_attempt(language="en"), NEVER)
    await guard.admit(an_attempt(address=ipaddress.ip_address("203.0.113.10")), NEVER)
    await guard.admit(an_attempt(form=FORMS.current("fees")), NEVER)
    clock.now += 60
    await guard.admit(an_attempt(key="c"), NEVER)


async def test_a_computer_room_with_proofs_is_not_held_up_and_proofs_are_counted_when_they_are_asked_for() -> None:
    guard = a_guard(**rates(proven=(30, 60), plain=(0, 0)))
    proofs = [(f"k{number}", await proof_for(guard, an_attempt(key=f"k{number}"))) for number in range(30)]
    with pytest.raises(TooMany):
        await guard.challenge(an_attempt(key="k30"))
    for key, proof in proofs * 2:
        await guard.admit(an_attempt(key=key, proof=proof), NEVER)
    with pytest.raises(TooMany):
        await guard.admit(an_attempt(key="k30", proof=proofs[0][1]), NEVER)


async def test_who_a_site_vouches_for_is_counted_alone_wherever_they_are() -> None:
    guard = a_guard(**rates(person=(1, 1), plain=(0, 0), site=(0, 0)))
    await guard.admit(an_attempt(person=LUCA), NEVER)
    with pytest.raises(TooMany):
        await guard.admit(an_attempt(person=LUCA, key="k2", address=None), NEVER)
    await guard.admit(an_attempt(person=LUCA.model_copy(update={"subject": "chiara"})), NEVER)


async def test_a_site_as_a_whole_has_a_limit_and_nobody_is_counted_by_one_when_another_refuses() -> None:
    guard = a_guard(**rates(plain=(2, 0), site=(3, 0)))

    async def sends(address: str) -> bool:
        try:
            await guard.admit(an_attempt(address=ipaddress.ip_address(address)), NEVER)
        except TooMany:
            return False
        return True

    assert [await sends("192.0.2.1") for _ in range(4)] == [True, True, False, False]
    assert [await sends(f"192.0.2.{n}") for n in (2, 3)] == [True, False]


async def test_networks_of_our_own_are_not_counted() -> None:
    guard = a_guard(unlimited=["203.0.113.0/24"], **rates(plain=(0, 0), proven=(0, 0), person=(0, 0)))
    await guard.admit(an_attempt(), NEVER)
    await guard.admit(an_attempt(person=LUCA), NEVER)
    assert await guard.challenge(an_attempt())


async def test_the_field_that_nobody_sees_is_told_in_words_unless_work_was_done() -> None:
    guard = a_guard()
    with pytest.raises(BadInput) as refused:
        await guard.admit(an_attempt(trap="buy now"), NEVER)
    assert "premi di nuovo Invia" in refused.value.detail
    with pytest.raises(BadInput):
        await guard.admit(an_attempt(trap="buy now", person=LUCA), NEVER)
    await guard.admit(an_attempt(trap="Ada", proof=await proof_for(guard, an_attempt())), NEVER)
    await guard.admit(an_attempt(trap=" "), NEVER)


async def test_each_guard_can_be_switched_off_for_a_form() -> None:
    guard = a_guard(forms={"credentials": {"proof_of_work": False, "honeypot": False}})
    assert await guard.challenge(an_attempt()) is None
    await guard.admit(an_attempt(trap="x"), NEVER)
    assert await guard.challenge(an_attempt(form=FORMS.current("fees")))


async def test_no_repeat_of_an_accepted_submission_is_refused_or_counted() -> None:
    """With and without a proof, after the limit is used up, after the challenge expired, at any copy."""
    tickets = FakeTickets()
    closed = {**rates(plain=(0, 0), person=(0, 0)), "all_forms": {"rates": {"plain": {"burst": 0, "per_hour": 0}}}}
    guard = a_guard(tickets=tickets, **closed)
    old = await a_solution(now=1_000_000)
    for changes in ({}, {"proof": old}, {"proof": "x"}, {"trap": "x"}):
        await guard.admit(an_attempt(**changes), TICKET)
        with pytest.raises((TooMany, BadInput)):
            await guard.admit(an_attempt(**changes), NEVER)
    # Known now: it isn't asked for again, not even when nobody can answer.
    tickets.down = True
    await guard.admit(an_attempt(), TICKET)


async def test_what_another_copy_accepted_is_known_when_its_ticket_is_opened() -> None:
    tickets = FakeTickets()
    tickets.down = True
    guard, ticket = a_guard(tickets=tickets, **rates(plain=(0, 0))), ticket_id("a submission")
    with pytest.raises(TooMany):
        await guard.admit(an_attempt(), ticket)
    await guard.known.on_event(opened(ticket_id=ticket, number="20261123000013"))
    await guard.admit(an_attempt(), ticket)
    assert guard.known.opened(ticket) == ("20261123000013", "credentials")


def test_only_so_many_are_remembered() -> None:
    known = Known(most=2)
    for ticket in ("a", "b", "a", "c"):
        known.add(ticket)
    assert [ticket in known for ticket in "abc"] == [True, False, True]


async def test_no_address_is_ever_logged(capsys: pytest.CaptureFixture[str]) -> None:
    guard = a_guard(**rates(plain=(0, 0), proven=(0, 0)))
    for refused in (guard.admit(an_attempt(), NEVER), guard.challenge(an_attempt())):
        with pytest.raises(TooMany):
            await refused
    said = "".join(capsys.readouterr())
    assert "refused by the guard" in said
    assert "203.0.113" not in said
