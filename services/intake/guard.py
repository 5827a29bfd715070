"""Who may send: proof of work, honeypot and limits, for one submission at a time. `docs/guard.md` tells it in words.

No repeat of an accepted submission is refused here, or counted twice: before anybody is refused, it is asked whether
this very submission is known.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import Request

from services.intake.addresses import Address, is_within, name_of, networks, sender_of
from services.intake.followed import LINK_ENDED, Requests
from services.intake.known import Known, Opened
from services.intake.proofs import Proofs, Purpose, Stands
from services.intake.texts import say
from shared.buckets import Buckets
from shared.config import Settings
from shared.errors import BadInput, DependencyDown, NotFound, SportelloError, TooMany
from shared.events import Language, Requester
from shared.forms.data import TRAP_FIELD
from shared.forms.guarding import Guarding, Rate
from shared.forms.model import Form
from shared.identity import read_submission_token, submission_token
from shared.log import get_logger
from shared.reload import Kept

# Questions to tickets at once.
MOST_QUESTIONS = 16
log = get_logger()
Sender = tuple[str, ...]


class Attempt(NamedTuple):
    """What is known of one try to send. `trap`: what stands in the control that people don't see."""

    form: Form
    site: str
    language: Language
    address: Address | None
    person: Requester | None
    key: str | None
    content: str
    proof: str | None = None
    trap: str = ""


class Guard:
    """Built by `app`; `requests`: asked whether a submission has become a ticket."""

    def __init__(
        self,
        settings: Settings,
        rules: Kept[Guarding],
        known: Known,
        requests: Requests,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rules, self.known, self._requests, self._clock = rules, known, requests, clock
        self._signing_key = settings.signing_key
        self._trusted = networks(settings.trusted_proxies)
        self._proofs = Proofs(settings.signing_key)
        self._buckets = Buckets()
        # Replies that were let in: none is counted twice, whatever became of it.
        self._replies = Known()
        self._asking = 0

    def address_of(self, request: Request) -> Address | None:
        """Where the request comes from."""
        return sender_of(request.client.host if request.client else None, request.headers, self._trusted)

    async def challenge(self, attempt: Attempt) -> dict[str, Any] | None:
        """The work for this submission; None: none is needed. It counts here, so that a proof is never refused."""
        rules = self._rules.current
        protection = rules.of(attempt.form.id)
        if not protection.proof_of_work:
            return None
        self._count(attempt, [(self._sender("proven", attempt), protection.rates.proven), self._site(attempt)])
        return await self._proofs.challenge(_purpose(attempt), rules.proof, self._clock())

    async def admit(self, attempt: Attempt, ticket: str) -> None:
        """Returns when it may be sent; `ticket`: what it becomes.

        `TooMany` (429) over a limit, `BadInput` (422) when the control that nobody sees was filled in.
        """
        if ticket in self.known:
            return
        stands = self._proofs.judge(attempt.proof, _purpose(attempt)) if attempt.key else Stands.NONE
        try:
            if stands is not Stands.GOOD or attempt.person:
                self._by_other_means(attempt)
        except SportelloError as refused:
            if attempt.key and await self._became(ticket):
                return
            log.info("refused by the guard", form=attempt.form.id, status=refused.status, proof=stands)
            raise

    def look_up(self, request: Request, language: Language, what: str = "lookups") -> None:
        """Somebody asks what became of a request, or `what` else: each counted by itself. `TooMany` when too often."""
        self._look_up(self.address_of(request), language, what)

    def reply(self, request: Request, language: Language, ticket: str | None, reply: str | None = None) -> None:
        """Something is written through a link to `ticket`, or a new link is asked for (None). `reply`: names this very
        one, so that a repeat isn't counted. `TooMany` when too often."""
        rules, address = self._rules.current, self.address_of(request)
        if not rules.replies.counted or is_within(address, rules.open_networks) or (reply and reply in self._replies):
            return
        counted: list[tuple[Sender, Rate]] = [(("replies", name_of(address)), rules.replies.address)]
        if ticket:
            counted.append((("link", ticket), rules.replies.link))
        self._take(counted, language, "too_many_replies")
        if reply:
            self._replies.add(reply)

    async def accepted(self, ticket: str, address: Address | None, language: Language) -> bool:
        """Whether what would become this ticket was accepted already; then `known` has its number, if it has one.

        `DependencyDown` when nobody can say just now, `TooMany` when this address asks too often.
        """
        if ticket not in self.known:
            self._look_up(address, language, "repeats")
        return await self._is_known(ticket)

    def _look_up(self, address: Address | None, language: Language, what: str) -> None:
        if not is_within(address, self._rules.current.open_networks):
            self._take([((what, name_of(address)), self._rules.current.lookups)], language)

    def _by_other_means(self, attempt: Attempt) -> None:
        protection = self._rules.current.of(attempt.form.id)
        if protection.honeypot and attempt.trap.strip():
            fault = {"field": TRAP_FIELD, "message": say(attempt.language, "trap")}
            raise BadInput(say(attempt.language, "trap"), errors=[fault], code="trap")
        rates = protection.rates
        if attempt.person:
            who = ("person", attempt.form.id, attempt.site, attempt.person.subject or "")
            self._count(attempt, [(who, rates.person)])
        else:
            self._count(attempt, [(self._sender("plain", attempt), rates.plain), self._site(attempt)])

    def _count(self, attempt: Attempt, counted: list[tuple[Sender, Rate]]) -> None:
        if not is_within(attempt.address, self._rules.current.open_networks):
            self._take(counted, attempt.language)

    def _take(self, counted: list[tuple[Sender, Rate]], language: Language, words: str = "too_many") -> None:
        """All or none: who is refused by one limit is not counted by another."""
        now, copies = self._clock(), self._rules.current.copies
        seconds = max(self._buckets.wait(sender, rate, copies, now) for sender, rate in counted)
        if seconds:
            raise TooMany(say(language, words, wait=_wait(seconds, language)), seconds)
        for sender, rate in counted:
            self._buckets.take(sender, rate, copies, now)

    def _sender(self, kind: str, attempt: Attempt) -> Sender:
        return (kind, attempt.form.id, name_of(attempt.address))

    def _site(self, attempt: Attempt) -> tuple[Sender, Rate]:
        return ("site", attempt.form.id, attempt.site), self._rules.current.of(attempt.form.id).rates.site

    async def _became(self, ticket: str) -> bool:
        """Whether it is a ticket already: accepted by another copy, or before this one was started."""
        try:
            return await self._is_known(ticket)
        except SportelloError:
            # Nobody can say; it may come again, and nothing is lost.
            return False

    async def _is_known(self, ticket: str) -> bool:
        if ticket in self.known:
            return True
        # A flood of what is refused must not become one of questions.
        if self._asking >= MOST_QUESTIONS:
            raise DependencyDown
        self._asking += 1
        holder = read_submission_token(submission_token(ticket, self._signing_key), self._signing_key)
        try:
            found = await self._requests.read(holder)
            self.known.add(ticket, Opened(found.number, found.queue))
        except NotFound as error:
            if error.extra.get("code") != LINK_ENDED:
                return False
            # Its links were ended: then it is a ticket.
            self.known.add(ticket)
        finally:
            self._asking -= 1
        return True


def _purpose(attempt: Attempt) -> Purpose:
    return Purpose(attempt.form.id, attempt.site, attempt.key or "", attempt.content)


def _wait(seconds: int, language: Language) -> str:
    if seconds < 90:
        return say(language, "wait_seconds", count=seconds)
    return say(language, "wait_minutes", count=-(-seconds // 60))
