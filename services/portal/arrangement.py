"""How one person has the Cruscotto: which widgets, in which column and order, and what each is narrowed to. Pure.

Every change is a small wish upon the arrangement as it is now ("one up", "hide this"), never a whole arrangement:
so two devices that arrange at once add to each other, and neither takes back what the other did.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, NamedTuple, get_args

from shared.errors import BadInput, NotFound
from shared.events import Frozen

Column = Literal["main", "side"]
Patience = Literal["newest", "longest"]
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
# How many rows a widget may show: ten full widgets, with rows as long as they come, are less than 150 kB of HTML.
ROWS: Final = (3, 5, 8)
MINE: Final = "mine"
# The opposite, of a list's filter: every queue that is not mine.
OTHERS: Final = "others"


class Placed(Frozen):
    """A widget where it stands. `queue`: one queue's id, `mine`, or empty for all. A hidden one keeps its place."""

    id: str
    column: Column
    hidden: bool = False
    queue: str = ""
    order: Patience = "newest"
    rows: int = 5


Layout = tuple[Placed, ...]
Change = Callable[[Layout], Layout]


class Narrowing(NamedTuple):
    """What a widget is narrowed to."""

    queue: str
    order: Patience
    rows: int


def shown(layout: Layout, column: Column) -> list[Placed]:
    """The widgets of a column from its top, without the hidden ones."""
    return [each for each in layout if each.column == column and not each.hidden]


def hidden(layout: Layout) -> list[Placed]:
    """What this person has put away."""
    return [each for each in layout if each.hidden]


def find(layout: Layout, widget: str) -> Placed:
    """The widget, hidden or not. `NotFound` when there is none of this name."""
    for each in layout:
        if each.id == widget:
            return each
    raise NotFound("There is no such widget.")


def up(layout: Layout, widget: str) -> Layout:
    """Before the one above it; the first stays the first."""
    return _along(layout, widget, -1)


def down(layout: Layout, widget: str) -> Layout:
    """After the one below it; the last stays the last."""
    return _along(layout, widget, 1)


def across(layout: Layout, widget: str) -> Layout:
    """To the other column, at the same height, or to its end when it is shorter."""
    one = find(layout, widget)
    other: Column = "side" if one.column == "main" else "main"
    there = shown(layout, other)
    height = _height(layout, one)
    return place(layout, widget, other, there[height].id if height < len(there) else "")


def place(layout: Layout, widget: str, column: Column, before: str = "") -> Layout:
    """Into `column` before the widget `before`; to its end when that one is elsewhere by now."""
    one = find(layout, widget).model_copy(update={"column": column, "hidden": False})
    rest = [each for each in layout if each.id != widget]
    at = next((n for n, each in enumerate(rest) if each.id == before and each.column == column), len(rest))
    return (*rest[:at], one, *rest[at:])


def hide(layout: Layout, widget: str) -> Layout:
    """Put away; it keeps its place."""
    return _changed(layout, widget, hidden=True)


def show(layout: Layout, widget: str) -> Layout:
    """Back where it stood."""
    return _changed(layout, widget, hidden=False)


def narrow(layout: Layout, widget: str, to: Narrowing) -> Layout:
    """Show only some queues, in this order, and so many rows."""
    if to.rows not in ROWS:
        raise BadInput("A widget doesn't show that many rows.")
    return _changed(layout, widget, queue=to.queue, order=to.order, rows=to.rows)


def settled(stored: Iterable[object], usual: Layout, queues: Sequence[str]) -> Layout:
    """What was stored, as it can be shown today: widgets that are gone are left out, new ones stand at the end of
    their usual column, and what was narrowed to a queue that is gone shows all queues again."""
    known = {each.id: each for each in usual}
    found: dict[str, Placed] = {}
    for each in stored:
        placed = _read(each, known, queues)
        if placed is not None:
            found.setdefault(placed.id, placed)
    return (*found.values(), *(each for each in usual if each.id not in found))


def _read(stored: object, known: dict[str, Placed], queues: Sequence[str]) -> Placed | None:
    if not isinstance(stored, dict) or stored.get("id") not in known:
        return None
    usual = known[stored["id"]]
    queue, rows = stored.get("queue"), stored.get("rows")
    return Placed(
        id=usual.id,
        column=stored["column"] if stored.get("column") in COLUMNS else usual.column,
        hidden=stored.get("hidden") is True,
        queue=queue if queue in ("", MINE, *queues) else "",
        order=stored["order"] if stored.get("order") in get_args(Patience) else usual.order,
        rows=rows if rows in ROWS else usual.rows,
    )


def _along(layout: Layout, widget: str, step: int) -> Layout:
    one = find(layout, widget)
    neighbours = [each for each in layout if each.column == one.column and (not each.hidden or each.id == widget)]
    at = neighbours.index(one) + step
    if not 0 <= at < len(neighbours):
        return layout
    rest = [each for each in layout if each.id != widget]
    there = rest.index(neighbours[at]) + (1 if step > 0 else 0)
    return (*rest[:there], one, *rest[there:])


def _height(layout: Layout, one: Placed) -> int:
    column = [each for each in layout if each.column == one.column and (not each.hidden or each.id == one.id)]
    return column.index(one)


def _changed(layout: Layout, widget: str, **values: object) -> Layout:
    one = find(layout, widget)
    return tuple(each.model_copy(update=values) if each is one else each for each in layout)
