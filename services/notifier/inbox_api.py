"""The internal HTTP door of the inbox: each operator reads and marks their own notices, and nobody else's."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from services.notifier.inbox import Asked, Inbox, Notice
from services.notifier.notices import Why
from services.notifier.preferences import Kind
from services.notifier.sentences import Sentences
from shared import policy
from shared.errors import Forbidden
from shared.events import Language, PersonRef
from shared.ids import random_id
from shared.policy import Person
from shared.web import internal_caller

LARGEST_PAGE = 100
_CURSOR = r"^[0-9]{17}-[0-9a-f-]{36}$"
Cursor = Annotated[str, Field(pattern=_CURSOR)]
AskedCursor = Annotated[str | None, Query(pattern=_CURSOR)]


class Root(BaseModel):
    """The ticket or question that a notice is about."""

    id: str
    number: str
    subject: str
    child: bool


class Told(BaseModel):
    """A notice as its reader sees it. `says`: what happened; `reason`: why they hear of it, after "because".

    `article`: which row of the ticket it leads to, empty when to none.
    """

    id: str
    at: AwareDatetime
    kind: Kind
    kind_name: str
    why: list[Why]
    fact: str
    says: str
    reason: str
    ticket: Root
    article: str
    by: PersonRef
    instead_of: list[PersonRef]
    read: bool


class Choice(BaseModel):
    """A value to filter by, in the reader's words."""

    id: str
    name: str


class InboxPage(BaseModel):
    """The newest first. `next`: the cursor of the next page; `until`: the place of the first one shown, null when
    nothing is: whatever came later is not read by marking all up to there."""

    items: list[Told]
    unread: int
    next: str | None
    until: str | None
    kinds: list[Choice]


class Unread(BaseModel):
    """How many are unread, in all and of each kind."""

    unread: int
    by_kind: dict[str, int]


class Marked(BaseModel):
    """`mark` names what was read, to undo it; `changed`: how many notices it was."""

    mark: str
    changed: int
    unread: int


class ReadWish(BaseModel):
    """These, or all from `until` down, of those that the filters leave."""

    ids: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=500)
    until: Cursor | None = None
    kinds: list[Kind] = Field(default=[], max_length=len(Kind))
    why: Why | None = None
    ticket: str = Field(default="", max_length=64)

    @model_validator(mode="after")
    def _one_of_both(self) -> "ReadWish":
        if bool(self.ids) == bool(self.until):
            raise ValueError("say either which notices, or up to where")
        return self


class UnreadWish(BaseModel):
    """These, or all that one mark has read: the undo."""

    ids: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=500)
    mark: str = Field(default="", max_length=100)

    @model_validator(mode="after")
    def _one_of_both(self) -> "UnreadWish":
        if bool(self.ids) == bool(self.mark):
            raise ValueError("say either which notices, or which mark")
        return self


def reader(internal_key: str) -> Callable[..., Any]:
    """A dependency: the caller, if they may have notices."""
    caller: Callable[..., Any] = internal_caller(internal_key)

    async def allowed(person: Annotated[Person, Depends(caller)]) -> Person:
        if not policy.may_have_notices(person):
            raise Forbidden("Notices are for operators.")
        return person

    return allowed


def routes(internal_key: str, sentences: Sentences) -> APIRouter:
    """`/inbox`"""
    router = APIRouter()
    owner = reader(internal_key)
    _reading(router, owner, sentences)
    _marking(router, owner)
    return router


def _reading(router: APIRouter, owner: Callable[..., Any], sentences: Sentences) -> None:
    @router.get("/inbox")
    async def read_inbox(
        person: Annotated[Person, Depends(owner)],
        inbox: Annotated[Inbox, Depends(rows)],
        kind: Annotated[list[Kind] | None, Query(max_length=len(Kind))] = None,
        why: Why | None = None,
        ticket: Annotated[str, Query(max_length=64)] = "",
        unread: bool = False,
        after: AskedCursor = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
        language: Language | None = None,
    ) -> InboxPage:
        """One page of the caller's own notices. `ticket`: the number of a ticket or question."""
        asked = Asked(
            person=person.id, unread=unread, kinds=tuple(kind or ()), why=why, ticket=ticket, after=after or ""
        )
        found = await inbox.page(asked, limit + 1)
        shown, spoken = found[:limit], language or person.language
        return InboxPage(
            items=[_told(notice, sentences, spoken) for notice in shown],
            unread=sum((await inbox.unread(person.id)).values()),
            next=shown[-1].place if len(found) > limit else None,
            until=shown[0].place if shown else None,
            kinds=[Choice(id=kind, name=sentences.kind(kind, spoken)) for kind in Kind],
        )

    @router.get("/inbox/unread")
    async def count_unread(person: Annotated[Person, Depends(owner)], inbox: Annotated[Inbox, Depends(rows)]) -> Unread:
        """How many of the caller's notices are unread."""
        by_kind = await inbox.unread(person.id)
        return Unread(unread=sum(by_kind.values()), by_kind=by_kind)


def _marking(router: APIRouter, owner: Callable[..., Any]) -> None:
    @router.post("/inbox/read")
    async def mark_read(
        wish: ReadWish,
        person: Annotated[Person, Depends(owner)],
        inbox: Annotated[Inbox, Depends(rows)],
        key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=100)] = None,
    ) -> Marked:
        """Mark as read. A repeat under the same key finds nothing left to do."""
        mark = key or random_id()
        if wish.ids:
            changed = await inbox.read_these(person.id, wish.ids, mark)
        else:
            asked = Asked(
                person=person.id, kinds=tuple(wish.kinds), why=wish.why, ticket=wish.ticket, until=wish.until or ""
            )
            changed = await inbox.read(asked, mark)
        return await _marked(inbox, person, mark, changed)

    @router.post("/inbox/unread")
    async def mark_unread(
        wish: UnreadWish, person: Annotated[Person, Depends(owner)], inbox: Annotated[Inbox, Depends(rows)]
    ) -> Marked:
        """Mark as unread again."""
        changed = await inbox.unread_these(person.id, wish.ids, wish.mark)
        return await _marked(inbox, person, wish.mark, changed)


async def _marked(inbox: Inbox, person: Person, mark: str, changed: int) -> Marked:
    return Marked(mark=mark, changed=changed, unread=sum((await inbox.unread(person.id)).values()))


def rows(request: Request) -> Inbox:
    """The running app's repository."""
    found: Inbox = request.app.state.inbox
    return found


def _told(notice: Notice, sentences: Sentences, language: Language) -> Told:
    return Told(
        id=notice.id,
        at=notice.at,
        kind=notice.kind,
        kind_name=sentences.kind(notice.kind, language),
        why=list(notice.why),
        fact=notice.fact,
        says=sentences.say(notice.key, notice.data, language),
        reason=sentences.reason(notice.why, [person.name for person in notice.instead_of], language),
        ticket=Root(id=notice.ticket_id, number=notice.number, subject=notice.subject, child=notice.child),
        article=notice.article,
        by=notice.by,
        instead_of=list(notice.instead_of),
        read=bool(notice.read),
    )
