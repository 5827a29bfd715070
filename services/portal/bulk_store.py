"""The bulk jobs in the portal's store: any copy works on one, and a version decides when two want to."""

from typing import Final

from pydantic import ValidationError

from services.portal.bulk import KEPT, Job
from shared.log import get_logger
from shared.mongo import Database, Document, insert_once

# Jobs that one look for work reads.
LOOKED_AT: Final = 50

log = get_logger()


class BulkJobs:
    """The collection `bulk_jobs`. Times are seconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("bulk_jobs")

    async def prepare(self) -> None:
        """Indexes."""
        await self._rows.create_index("running")
        await self._rows.create_index("person.id")
        await self._rows.create_index("created_at")

    async def begin(self, job: Job) -> bool:
        """Store a new job; False when it is there already. Those of long ago are removed."""
        await self._rows.delete_many({"created_at": {"$lt": job.created_at - KEPT}})
        return await insert_once(self._rows, _document(job))

    async def find(self, job: str) -> Job | None:
        """The job, or None."""
        found = await self._rows.find_one({"_id": job})
        return _job(found) if found else None

    async def of(self, person: str, most: int) -> list[Job]:
        """This person's newest jobs."""
        rows = self._rows.find({"person.id": person}).sort("created_at", -1).limit(most)
        return [job async for row in rows if (job := _readable(row))]

    async def claim(self, now: float, lease: float) -> Job | None:
        """A running job that nobody works on, for oneself until the lease ends; None when there is none."""
        rows = self._rows.find({"running": True, "lease_until": {"$lt": now}}).sort("created_at", 1).limit(LOOKED_AT)
        for job in [job async for row in rows if (job := _readable(row))]:
            if mine := await self.save(job, now + lease):
                return mine
        return None

    async def save(self, job: Job, lease_until: float) -> Job | None:
        """Store what became of the job and hold it until then; None when another copy has it now."""
        newer = job.model_copy(update={"version": job.version + 1, "lease_until": lease_until})
        done = await self._rows.replace_one({"_id": job.id, "version": job.version}, _document(newer))
        return newer if done.matched_count else None


def _document(job: Job) -> Document:
    return {"_id": job.id, **job.model_dump(mode="json", exclude={"id"})}


def _readable(document: Document) -> Job | None:
    """None for a job that a newer version wrote, and only that can work on: it must not stop all the others."""
    try:
        return _job(document)
    except ValidationError as error:
        log.error("a bulk job can't be read", job=str(document.get("_id")), error=type(error).__name__)
        return None


def _job(document: Document) -> Job:
    return Job(id=document.pop("_id"), **document)
