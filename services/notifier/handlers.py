"""The verbs of notifier: owe a mail, and send one again."""

from services.notifier import domain
from services.notifier.letters import Mail
from services.notifier.repository import OutgoingMails
from shared.events import ArticleRetried


class NotOwedYet(Exception):
    """The fact that causes the mail wasn't heard yet: facts of two queues come in any order. A retry helps."""


async def owe(mail: Mail | None, outgoing: OutgoingMails) -> None:
    """Store the mail to be sent, when there is one; a repeat changes nothing."""
    if mail is not None:
        await outgoing.add(mail)


async def send_again(event: ArticleRetried, outgoing: OutgoingMails) -> None:
    """Owe the article's mail once more, as a mail of its own. `NotOwedYet` when there is none to repeat."""
    copies = await outgoing.of_article(event.article.id)
    if not copies:
        raise NotOwedYet(event.article.id)
    await owe(domain.again(copies, event), outgoing)
