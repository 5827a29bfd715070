"""A request as its requester may follow it by a link, and what they write to it: asked of `tickets` as the holder."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from pydantic import AwareDatetime, JsonValue

from shared.blobs import Blobs
from shared.errors import BadInput, Conflict
from shared.events import ArticleKind, Attachment, Frozen, Language, State, TicketRef, TicketReopened, TicketSplit
from shared.forms.reply import Reply, wish, wish_key
from shared.ids import random_id
from shared.internal import InternalClient
from shared.policy import Person, Role, may_see_article

# A mail in one of these has not left the house.
NOT_LEFT = frozenset({"held", "stopped", "withdrawn"})
OVER = "information_over"
# The link was good, and its request's links were ended since.
LINK_ENDED = "link_ended"
# What is said with one tap: the path of the wish.
SAID: Final = {"thanks": "thanks", "rating": "rating", "end": "follow-links/end"}


class Letter(Frozen):
    """A mail of ours, or what the sender sent: then with its `fields`."""

    id: str
    kind: ArticleKind
    at: AwareDatetime
    text: str = ""
    delivery: str | None = None
    fields: dict[str, JsonValue] | None = None
    attachments: tuple[Attachment, ...] = ()


class Asked(Frozen):
    """What is being asked now: the mail's article and the fields of the form."""

    article: str
    fields: tuple[str, ...] = ()
    at: AwareDatetime


class Step(Frozen):
    """How it went on: `queue` has it from then on; `article`: the mail that said so."""

    what: str
    at: AwareDatetime
    queue: str
    article: str | None = None
    helpful: bool | None = None


class Followed(Frozen):
    """The ticket, as the holder of a link is shown it. `earlier`: pass as `before` to read what came before."""

    number: str
    state: State
    form: str
    version: int
    language: Language
    articles: tuple[Letter, ...] = ()
    earlier: int | None = None
    information: Asked | None = None
    merged_into: TicketRef | None = None
    queue: str = ""
    steps: tuple[Step, ...] = ()
    thanked: bool = False
    helpful: bool | None = None

    @property
    def closed(self) -> bool:
        """Whether writing opens it again."""
        return self.state in (State.CLOSED_SUCCESSFUL, State.CLOSED_UNSUCCESSFUL)

    @property
    def stage(self) -> str:
        """The state, or `answered`: open still, and the last word is ours."""
        said = {letter.id for letter in self.articles}
        told = [one for one in self.steps if one.what == "reopened" or (one.what == "answered" and one.article in said)]
        return "answered" if self.state is State.OPEN and told and told[-1].what == "answered" else self.state

    @property
    def unanswered(self) -> bool:
        """Whether the person still waits for our first answer."""
        said = any(letter.kind is ArticleKind.MAIL_ANSWER for letter in self.articles)
        return self.state in (State.NEW, State.OPEN) and not said and self.earlier is None


class Sent(NamedTuple):
    """A reply that was accepted. `renewed`: the request was closed for too long, so it became a new one."""

    number: str
    reopened: bool
    renewed: bool


class Requests:
    """What the pages need, built by `app`."""

    def __init__(self, tickets: InternalClient, blobs: Blobs) -> None:
        self._tickets = tickets
        self._blobs = blobs

    async def read(self, holder: Person, before: int | None = None) -> Followed:
        """The holder's request. `NotFound` while it is on its way, `DependencyDown` when nobody can say."""
        found = Followed.model_validate(await self._tickets.get(f"/tickets/{holder.ticket}", holder, before=before))
        # tickets has filtered already; once more, because a leak here is public.
        seen = [
            each for each in found.articles if may_see_article(holder, each.kind, left=each.delivery not in NOT_LEFT)
        ]
        return found.model_copy(update={"articles": tuple(seen)})

    async def say(self, holder: Person, what: str, helpful: bool, key: str) -> None:
        """Thanks, a rating, or that all links shall end: what is in `SAID`."""
        body = {"helpful": helpful} if what == "rating" else {}
        await self._tickets.post(f"/tickets/{holder.ticket}/{SAID[what]}", holder, body, key)

    async def mail_link(self, number: str, email: str) -> None:
        """A new link to the request's own address, if it is this one. Nobody is told whether it is."""
        asker = Person(id="intake", name="", roles=frozenset({Role.SERVICE}))
        await self._tickets.post("/follow-links", asker, {"number": number, "email": email}, random_id())

    async def mail_link_of(self, holder: Person) -> None:
        """The same for who has a link of ours that was ended: the new one goes to the request's own address too."""
        asker = Person(id="intake", name="", roles=frozenset({Role.SERVICE}))
        await self._tickets.post("/follow-links", asker, {"ticket": holder.ticket}, random_id())

    async def reply(
        self, holder: Person, reply: Reply, contents: Sequence[bytes], key: str, information: str | None = None
    ) -> Sent:
        """Store the files, then write. The same key and content is the same reply, however often it comes.

        `Conflict` with the code `information_over` when the question was answered or replaced meanwhile.
        """
        blobs = [await self._blobs.put(str(holder.ticket), content) for content in contents]
        body = wish(reply, blobs, information)
        try:
            done = await self._tickets.post(f"/tickets/{holder.ticket}/replies", holder, body, wish_key(key, body))
        except BadInput as refused:
            if refused.extra.get("code") == "unknown_field":
                # Asked again with other fields, between our look and our writing.
                raise Conflict(refused.detail, code=OVER) from refused
            raise
        said = {fact["name"] for fact in done["facts"]}
        return Sent(done["number"], TicketReopened.name in said, TicketSplit.name in said)
