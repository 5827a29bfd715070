"""The columns of the list: what each is called and how it sorts. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from services.portal.i18n import marked as _
from services.portal.tickets import Order


class Column(NamedTuple):
    """`orders`: those that its head asks for, in turn; none: the list can't be sorted by it."""

    id: str
    words: str
    orders: tuple[Order, ...] = ()

    def next_order(self, order: Order) -> Order:
        """What a click on its head asks for, when the list has this order now."""
        if order in self.orders:
            return self.orders[(self.orders.index(order) + 1) % len(self.orders)]
        return self.orders[0]

    def sort(self, order: Order) -> str:
        """`aria-sort` of its head."""
        return SORTS[order] if order in self.orders else "none"


SORTS: dict[Order, str] = {
    "newest": "descending",
    "oldest": "ascending",
    "changed": "descending",
    "unchanged": "ascending",
    "priority": "descending",
    "due": "ascending",
}
# The subject always comes first: it leads to the ticket.
COLUMNS: dict[str, Column] = {
    column.id: column
    for column in (
        Column("number", _("Number")),
        Column("state", _("State")),
        Column("queue", _("Queue")),
        Column("owner", _("Owner")),
        Column("responsible", _("Responsible")),
        Column("requester", _("Requester")),
        Column("priority", _("Priority"), ("priority",)),
        Column("tags", _("Tags")),
        Column("questions", _("Open questions")),
        Column("opened", _("Opened"), ("newest", "oldest")),
        Column("changed", _("Changed"), ("changed", "unchanged")),
        Column("due", _("Due"), ("due",)),
    )
}
DEFAULT = ("number", "state", "queue", "owner", "requester", "opened")


def chosen(wanted: Iterable[str]) -> tuple[str, ...]:
    """Those of `wanted` that exist, in the columns' own order."""
    these = set(wanted)
    return tuple(name for name in COLUMNS if name in these)
