"""Keys of stored files: what is no key is no file, not a file store that is down."""

from pathlib import Path

import pytest

from shared.blobs import Blobs, folder_url, is_key
from shared.errors import NotFound
from shared.ids import random_id


@pytest.mark.parametrize("key", ["../../../etc/passwd", "a//b", "x\x01y", f"{random_id()}/{'a' * 64}"])
async def test_what_is_not_there_is_not_found_whatever_its_key(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFound):
        await Blobs(folder_url(tmp_path)).get(key)


async def test_what_was_stored_has_a_key(tmp_path: Path) -> None:
    key = await Blobs(folder_url(tmp_path)).put(random_id(), b"x")
    assert is_key(key)
    assert not is_key(key + "\n")
    assert not is_key(key.replace("/", "/../"))
