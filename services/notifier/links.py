"""The addresses that mails lead to: pages of the portal, and signed links for who has no sign-in."""

from shared.config import Settings
from shared.events import TicketEvent
from shared.identity import follow_token, information_token


class SignedLinks:
    """`services.notifier.mails.Links`, with the addresses and the key of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._portal = settings.portal_url.rstrip("/")
        self._intake = settings.intake_url.rstrip("/")
        self._key = settings.signing_key

    def request(self, event: TicketEvent) -> str:
        """Their request's own page, or for an unverified address a signed link that follows it."""
        if event.requester.verified:
            return f"{self._portal}/my/{event.number}"
        return self.follow(event)

    def follow(self, event: TicketEvent) -> str:
        """The signed link to this one request, good until its links are ended."""
        return f"{self._intake}/requests/{follow_token(event.ticket_id, event.follow_epoch, self._key)}"

    def information(self, event: TicketEvent, article_id: str) -> str:
        """The small form that asks just what the article asked; it ends with all other links."""
        token = information_token(event.ticket_id, article_id, self._key, event.follow_epoch)
        return f"{self._intake}/information/{token}"

    def desk(self, number: str) -> str:
        """The operators' page of the ticket."""
        return f"{self._portal}/tickets/{number}"

    def inbox(self) -> str:
        """An operator's own notices."""
        return f"{self._portal}/notices"

    def preferences(self) -> str:
        """Where an operator chooses what they hear."""
        return f"{self._portal}/preferences"
