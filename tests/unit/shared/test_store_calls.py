"""No repository uses an operation that the servers we run on answer differently (docs/adr/0004)."""

import re
from pathlib import Path

import pytest

BANNED = re.compile(
    r"\$push|\$not\b|\$setOnInsert|\$addToSet|\$slice|\$lookup|\$text|count_documents|estimated_document_count"
    r"|arrayFilters|array_filters|ObjectId|Decimal128|find_one_and_replace|start_transaction"
)
SOURCES = [*Path("shared").rglob("*.py"), *Path("services").rglob("*.py")]


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_only_operations_that_every_store_does_alike(path: Path) -> None:
    found = BANNED.findall(path.read_text(encoding="utf-8"))
    assert not found, f"{path}: {found} is answered differently by the embedded store"


@pytest.mark.parametrize("path", [path for path in SOURCES if path != Path("shared/mongo.py")], ids=str)
def test_only_one_module_knows_the_driver(path: Path) -> None:
    assert not re.search(r"^\s*(from|import) (motor|pymongo)", path.read_text(encoding="utf-8"), re.MULTILINE)
