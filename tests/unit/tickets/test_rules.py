"""What the house decides changes while tickets runs; who decides by it has the newest."""

from datetime import timedelta

from services.tickets.rules import QueueRule, Rules
from tests.unit.tickets.house import rules_of


def test_who_holds_the_rules_decides_by_the_newest() -> None:
    held = rules_of()
    newer = Rules(send_window=timedelta(0), queues={"new": QueueRule(may_close_silently=True)}, operators={})
    held.take(newer)
    assert held == newer
    assert held.queue("new").may_close_silently
    assert not held.queue("credentials").may_close_silently
