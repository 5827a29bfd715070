"""All that the portal remembers, in a database of its own: who is signed in, and each person's own arrangements."""

from fastapi import Request

from services.portal.arrangements import Arrangements
from services.portal.bulk_store import BulkJobs
from services.portal.kept_drafts import Drafts, Kept
from services.portal.list_store import ListChoices
from services.portal.presence import Presence
from services.portal.sessions import Sessions, Way
from services.portal.tastes import Tastes
from shared.mongo import Database


class Store:
    """The portal's collections, one object for each. `ways`: the ways of signing in that count just now."""

    def __init__(self, database: Database, ways: frozenset[Way]) -> None:
        self.database = database
        self.sessions = Sessions(database, ways)
        self.arrangements = Arrangements(database)
        self.presence = Presence(database)
        self.tastes = Tastes(database)
        self.list_choices = ListChoices(database)
        self.bulk_jobs = BulkJobs(database)
        self.drafts = Drafts(database)

    async def prepare(self) -> None:
        """All indexes; harmless when they are there."""
        await self.sessions.prepare()
        await self.presence.prepare()
        await self.bulk_jobs.prepare()
        await self.drafts.prepare()

    async def make_room(self, draft: Kept, now: float) -> None:
        """The draft was kept: when its person has too many by now, the oldest go, but none whose page is open."""
        opened = await self.presence.numbers(draft.person, now)
        await self.drafts.make_room(draft.person, {draft.number, *opened}, now)


def store_of(request: Request) -> Store:
    """The running app's store: it is opened with the app, after the routes were built."""
    store: Store = request.app.state.store
    return store
