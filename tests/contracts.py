"""`python -m tests.contracts`: writes the contracts of the bus and of each HTTP door into docs/api/.

They are committed; a test compares them with the code, so that no contract changes unseen.
"""

import importlib
import json
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from demo.programs import SERVICES
from shared.asyncapi import document
from shared.config import Settings

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "api"


@cache
def contracts() -> dict[str, str]:
    """File name -> content, as it should be."""
    with tempfile.TemporaryDirectory() as blobs:
        settings = Settings(
            amqp_url="amqp://localhost",
            mongo_url="mongodb://localhost",
            blobs_url=Path(blobs).as_uri(),
            smtp_url="smtp://localhost",
            internal_key="x" * 32,
            signing_key="x" * 32,
            intake_url="http://intake.example",
            portal_url="http://portal.example",
            config_dir=ROOT / "config",
        )
        found: dict[str, Any] = {"asyncapi.json": document()}
        for name in SERVICES:
            app = importlib.import_module(f"services.{name}.app").build(settings)
            found[f"openapi-{name}.json"] = app.openapi()
    return {file: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for file, content in found.items()}


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, content in contracts().items():
        (FOLDER / file).write_text(content, encoding="utf-8")
        sys.stdout.write(f"docs/api/{file}\n")


if __name__ == "__main__":
    main()
