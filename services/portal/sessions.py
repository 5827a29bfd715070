"""Sessions live here, in the portal's own database: the browser holds only an unguessable id, the store only its hash.

So a session can be ended from our side, and a copy of the store signs nobody in.
"""

import hashlib
import secrets
from typing import Literal

from shared.events import Frozen
from shared.mongo import Database
from shared.policy import Person

# Seconds a session lasts, whatever happens in it: one working day.
LIFETIME = 12 * 3600
# Seconds for which a session that has expired is still known, for nothing but to keep what its person was writing.
GRACE = 24 * 3600


Way = Literal["demo", "oidc"]


class Session(Frozen):
    """Who is signed in. `id` is the hash of the cookie; `csrf` is what our own forms carry."""

    id: str
    person: Person
    csrf: str
    expires_at: float
    # How the person proved who they are: a demo's session is worth nothing once the demo is off.
    way: Way = "demo"


class Sessions:
    """Times are seconds since the epoch. `ways`: the ways of signing in that count just now."""

    def __init__(self, database: Database, ways: frozenset[Way] = frozenset({"demo"})) -> None:
        self._sessions = database.collection("sessions")
        self._ways = ways

    async def prepare(self) -> None:
        """Indexes."""
        for field in ("expires_at", "csrf"):
            await self._sessions.create_index(field)

    async def open(self, person: Person, now: float, way: Way = "demo") -> tuple[str, Session]:
        """A new session and the cookie that proves it. What has expired long ago is removed."""
        await self._sessions.delete_many({"expires_at": {"$lt": now - GRACE}})
        cookie = secrets.token_urlsafe(32)
        session = Session(
            id=_hashed(cookie), person=person, csrf=secrets.token_urlsafe(32), expires_at=now + LIFETIME, way=way
        )
        await self._sessions.insert_one({"_id": session.id, **session.model_dump(mode="json", exclude={"id"})})
        return cookie, session

    async def find(self, cookie: str, now: float) -> Session | None:
        """The session this cookie proves, unless it has ended."""
        found = await self._sessions.find_one({"_id": _hashed(cookie)})
        if found is None or found["expires_at"] <= now:
            return None
        session = Session(id=found.pop("_id"), **found)
        return session if session.way in self._ways else None

    async def lapsed(self, token: str, now: float) -> Session | None:
        """The session whose forms carry this token, if it expired lately: one that was ended by hand is not there."""
        found = await self._sessions.find_one({"csrf": token})
        if found is None or not found["expires_at"] <= now < found["expires_at"] + GRACE:
            return None
        session = Session(id=found.pop("_id"), **found)
        return session if session.way in self._ways else None

    def is_of(self, cookie: str, session: Session) -> bool:
        """Whether this cookie proves, or proved, that session."""
        return secrets.compare_digest(_hashed(cookie), session.id)

    async def close(self, session: Session) -> None:
        """End a session: its cookie proves nothing any more."""
        await self._sessions.delete_many({"_id": session.id})


def _hashed(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
