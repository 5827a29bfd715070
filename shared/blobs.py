"""Uploaded files, in a folder or in S3 by URL (obstore). Key = id of the submission or ticket + digest of the bytes.

Stored before what names them; never removed by a timer.
"""

import hashlib
import os
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from shared.errors import DependencyDown, NotFound

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9a-f]{64}")


def is_key(text: str) -> bool:
    """Whether `put` could have given this key."""
    return _KEY.fullmatch(text) is not None


class StoredBlob(NamedTuple):
    """A blob's key, size in bytes and when it was stored."""

    key: str
    size: int
    stored_at: datetime


class Blobs:
    """`DependencyDown` when the store behind can't be reached."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "file":
            Path(parts.path).mkdir(parents=True, exist_ok=True)
        self._store: Any = from_url(url)

    async def put(self, owner: str, content: bytes) -> str:
        """Store `content` for `owner` (a submission's or ticket's id); the same bytes twice are stored once."""
        key = f"{owner}/{hashlib.sha256(content).hexdigest()}"
        try:
            await obstore.put_async(self._store, key, content)
        except (BaseError, OSError) as error:
            raise DependencyDown("Files can't be stored just now.") from error
        return key

    async def get(self, key: str) -> bytes:
        """The bytes. `NotFound` when there is no such blob."""
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except (FileNotFoundError, ValueError) as error:
            # A key that is no path at all is no blob's either: nobody must wait for it to come back.
            raise NotFound("This file is not there.") from error
        except (BaseError, OSError) as error:
            raise DependencyDown("Files can't be read just now.") from error

    async def listing(self) -> AsyncIterator[StoredBlob]:
        """Every blob there is."""
        async for batch in obstore.list(self._store):
            for row in batch:
                yield StoredBlob(row["path"], row["size"], row["last_modified"])


def folder_url(folder: "os.PathLike[str]") -> str:
    """A folder as `BLOBS_URL`."""
    return Path(folder).resolve().as_uri()
