"""What a log line says of an error: where it broke, never the words somebody typed."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import BaseModel

from shared import log

SECRET = "ada.rossi@studenti.example"


class Age(BaseModel):
    age: int


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What is set up here writes to a stream that ends with the test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def breaks() -> None:
    try:
        Age.model_validate({"age": SECRET})
    except ValueError as error:
        raise RuntimeError(f"not a number: {SECRET}") from error


@pytest.mark.parametrize("plain", [False, True], ids=["ours", "a library's"])
def test_an_error_is_logged_by_its_place_and_kind_without_its_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, plain: bool
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    log.set_up("test", "info")
    try:
        breaks()
    except RuntimeError:
        if plain:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        else:
            log.get_logger().error("it failed", exc_info=True)
    said = capsys.readouterr().err
    assert SECRET not in said
    told = said if plain else json.loads(said)["exception"]
    assert "in breaks" in told
    assert "RuntimeError" in told
    assert "caused by" in told
    assert "ValidationError" in told
