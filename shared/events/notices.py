"""What notifier says of an inbox: heard live only, so that an open page counts at once. A notice is no fact of a root,
and causes none: notices don't echo."""

from typing import ClassVar

from shared.events.base import Event, Id


class NoticeAdded(Event):
    """`person` has one notice more; which and why is in their inbox."""

    name: ClassVar[str] = "notice.added.v1"
    person: Id
    ticket_id: Id
