"""Who is at the door: the session's person, the language they read and the theme they like, from cookies that only this
module writes."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request, Response

from services.portal import csrf
from services.portal.i18n import LANGUAGES
from services.portal.sessions import LIFETIME, Session, Way
from services.portal.store import Store, store_of
from services.portal.tastes import THEMES, Taste, Theme
from shared.errors import Forbidden, NotSignedIn
from shared.events import Language
from shared.mongo import STORE_DOWN
from shared.people import People
from shared.policy import Person, Role

LANGUAGE_COOKIE = "sportello_language"
THEME_COOKIE = "sportello_theme"
YEAR = 365 * 86400

Asking = Callable[[Request], Awaitable["Visitor"]]


@dataclass(frozen=True)
class Visitor:
    """Somebody reading a page, signed in or not."""

    session: Session | None
    language: Language
    theme: Theme = "auto"

    @property
    def known(self) -> Person | None:
        """The person signed in, if any."""
        return self.session.person if self.session else None

    @property
    def person(self) -> Person:
        """The person signed in. `NotSignedIn` when nobody is."""
        if self.session is None:
            raise NotSignedIn
        return self.session.person


class Gate:
    """Reads and writes the cookies. `portal_url` decides whether they travel over https only; `people`: operators are
    only those whom the configuration has now, whatever their session began as."""

    def __init__(self, portal_url: str, people: People, store: Callable[[Request], Store] = store_of) -> None:
        self._store = store
        self._people = people
        self._portal_url = portal_url
        self._secure = urlsplit(portal_url).scheme == "https"
        # The prefix makes browsers refuse a cookie of this name from a neighbour host or over plain http.
        self._cookie = "__Host-sportello" if self._secure else "sportello"

    async def visitor(self, request: Request) -> Visitor:
        """Whoever it is."""
        found: Visitor | None = getattr(request.state, "visitor", None)
        if found is None:
            cookie = request.cookies.get(self._cookie)
            session = await self._store(request).sessions.find(cookie, time.time()) if cookie else None
            session = self.as_now(session) if session else None
            found = request.state.visitor = Visitor(session, _language(request, session), _theme(request))
        return found

    def as_now(self, session: Session) -> Session:
        """The session, its person as the configuration has them at this moment."""
        known = self._people.get(session.person.id)
        person = known if known and session.way == "demo" else person_now(session.person, self._people)
        return session.model_copy(update={"person": person})

    def now(self, visitor: Visitor) -> Person:
        """The visitor's person with the rights of this moment: a stream is open for minutes. `NotSignedIn`: nobody."""
        if visitor.session is None:
            raise NotSignedIn
        return self.as_now(visitor.session).person

    async def visitor_if_possible(self, request: Request) -> Visitor:
        """Whoever it is; a stranger when the store can't say: for error pages, which must always come."""
        try:
            return await self.visitor(request)
        except STORE_DOWN:
            return Visitor(None, _language(request, None), _theme(request))

    async def signed_in(self, request: Request) -> Visitor:
        """`NotSignedIn` unless there is a session."""
        visitor = await self.visitor(request)
        _ = visitor.person
        return visitor

    async def operator(self, request: Request) -> Visitor:
        """`Forbidden` to everybody but operators."""
        visitor = await self.signed_in(request)
        if not visitor.person.is_operator:
            raise Forbidden
        return visitor

    def wishing(self, who: Asking) -> Asking:
        """`who`, and the wish comes from one of our own pages."""

        async def wishing(request: Request) -> Visitor:
            visitor = await who(request)
            await csrf.check(request, visitor.session, self._portal_url)
            return visitor

        return wishing

    def is_from_our_pages(self, request: Request) -> bool:
        """Whether the browser says that one of our own pages sent this."""
        return csrf.from_our_pages(request, self._portal_url)

    async def lapsed(self, request: Request, token: str) -> Session | None:
        """The session that expired in this browser while a form with this token was open."""
        sessions, cookie = self._store(request).sessions, request.cookies.get(self._cookie)
        session = await sessions.lapsed(token, time.time())
        if session is None or cookie is None or sessions.is_of(cookie, session):
            # The browser forgets a cookie when its time is over: none is no contradiction.
            return session
        found = await self.visitor(request)
        return session if found.known and found.known.id == session.person.id else None

    async def sign_in(self, request: Request, response: Response, person: Person, way: Way = "demo") -> None:
        """Open a session for `person`, as they like the pages; one that was open in this browser ends."""
        await self.sign_out(request, response)
        cookie, _ = await self._store(request).sessions.open(person, time.time(), way)
        self._set(response, self._cookie, cookie, LIFETIME)
        self._show_as(response, await self._store(request).tastes.of(person.id))

    async def sign_out(self, request: Request, response: Response) -> None:
        """End this browser's session, if there is one."""
        if session := (await self.visitor(request)).session:
            await self._store(request).sessions.close(session)
        response.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")

    async def like(self, request: Request, response: Response, taste: Taste) -> None:
        """Remember how the pages are wanted: in this browser, and for whoever is signed in everywhere."""
        if person := (await self.visitor(request)).known:
            await self._store(request).tastes.choose(person.id, taste)
        self._show_as(response, taste)

    def _show_as(self, response: Response, taste: Taste) -> None:
        if taste.language:
            self._set(response, LANGUAGE_COOKIE, taste.language, YEAR)
        if taste.theme:
            self._set(response, THEME_COOKIE, taste.theme, YEAR)

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax")


def person_now(person: Person, people: People) -> Person:
    """The person with an operator's rights only if the configuration gives them at this moment."""
    known = people.get(person.id)
    if known is not None and known.is_operator:
        return known
    if not person.is_operator:
        return person
    return person.model_copy(update={"roles": frozenset({Role.USER}), "groups": frozenset()})


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """`wanted` if it leads to a page of ours, else `otherwise`: no other host may be reached through us."""
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\") or not wanted.isprintable():
        return otherwise
    return wanted


def _language(request: Request, session: Session | None) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return session.person.language if session else "it"


def _theme(request: Request) -> Theme:
    chosen = request.cookies.get(THEME_COOKIE)
    return next((theme for theme in THEMES if theme == chosen), "auto")
