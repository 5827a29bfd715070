"""What the requester wishes of a ticket, beside writing to it; they follow it without `seen`."""

from shared.events import Frozen


class ThankTicket(Frozen):
    """Say thanks for a closed ticket, and leave it closed."""


class RateTicket(Frozen):
    """Say whether it was helpful, once it is closed; it can be changed for as long as a reply would reopen it."""

    helpful: bool


class EndFollowLinks(Frozen):
    """No link that was mailed until now shall lead to it any more. Operators may wish it too."""


class MailFollowLink(Frozen):
    """Send a new link to the request's own address. Not again within ten minutes."""
