"""The reckoning after a run with accidents: each accepted submission is one ticket, one number, one mail."""

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.conftest import eventually
from tests.system import Sent, System


@dataclass
class Accident:
    """Something that was killed, and when it was whole again (epoch seconds)."""

    what: str
    at: float
    over: float = 0.0


@dataclass
class Run:
    """What was sent and what happened meanwhile."""

    system: System
    sent: list[Sent] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    accidents: list[Accident] = field(default_factory=list)

    async def accident(self, what: str, *steps: object) -> None:
        """Do the steps (blocking calls) in a thread, and note when."""
        happened = Accident(what, time.time())
        self.accidents.append(happened)
        for step in steps:
            await asyncio.to_thread(step)  # type: ignore[arg-type]
        happened.over = time.time()

    def progress(self) -> int:
        """How many senders were told that their submission is stored."""
        return sum(each.accepted for each in self.sent)

    async def settle(self, seconds: float = 90) -> None:
        """Wait until every accepted submission is a ticket whose receipt has left."""

        async def done() -> bool:
            tickets = await self.system.all_tickets()
            mails = await asyncio.to_thread(self.system.stack.mails.all)
            addressed = {mail["to"][0] if isinstance(mail["to"], list) else mail["to"] for mail in mails}
            accepted = {each.email for each in self.sent if each.accepted}
            return accepted <= {each["requester"]["email"] for each in tickets} and accepted <= addressed

        await eventually(done, timeout=seconds, every=0.5)

    async def reckon(self) -> dict[str, int]:
        """Count, and fail on anything lost, doubled or made up. The counts, to be printed."""
        tickets = await self.system.all_tickets()
        mails = await asyncio.to_thread(self.system.stack.mails.all)
        per_address = Counter(each["requester"]["email"] for each in tickets)
        numbers = Counter(each["number"] for each in tickets)
        for each in self.sent:
            assert per_address[each.email] <= 1, f"{each.email} has {per_address[each.email]} tickets: {each.answers}"
            if each.accepted:
                assert per_address[each.email] == 1, f"lost: {each.answers}"
            if each.number:
                assert numbers[each.number] == 1, f"told number {each.number} is no ticket"
        assert not [address for address in self.refused if per_address[address]], "a refused form became a ticket"
        assert set(numbers.values()) <= {1}, "two tickets share a number"
        self._one_receipt_each(mails)
        return {
            "accepted": self.progress(),
            "tickets": len(tickets),
            "answered 503 or cut, then repeated": sum(len(each.answers) > 1 for each in self.sent),
            "mails": len(mails),
            "further copies of a mail": self.further_copies(mails),
        }

    def _one_receipt_each(self, mails: list[dict[str, Any]]) -> None:
        """Nobody gets a second receipt."""
        per_address: dict[str, set[str]] = defaultdict(set)
        for mail in mails:
            per_address[str(mail["to"])].add(str(mail["message_id"]))
        for address, identities in per_address.items():
            assert len(identities) == 1, f"{address} got {len(identities)} different receipts"

    def further_copies(self, mails: list[dict[str, Any]]) -> int:
        """Further copies: same Message-ID, and only of mails that were in hand at a kill of notifier or store."""
        received: dict[str, list[float]] = defaultdict(list)
        for mail in mails:
            moment = datetime.fromisoformat(str(mail["received_at"])).timestamp()
            received[str(mail["message_id"])].append(moment)
        doubled = {identity: sorted(times) for identity, times in received.items() if len(times) > 1}
        culprits = [each for each in self.accidents if each.what in ("notifier", "store")]
        for identity, times in doubled.items():
            in_hand = [each for each in culprits if each.at - 5 <= times[0] <= each.over + 5]
            assert in_hand, f"{identity} came {len(times)} times without an accident of notifier or store"
        return sum(len(times) - 1 for times in doubled.values())
