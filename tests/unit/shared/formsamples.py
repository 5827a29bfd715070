"""Forms for tests: a form from the fields a test cares about, and one that has a field of each type."""

from typing import Any

from shared.forms.files import Upload
from shared.forms.model import Form
from tests.unit.shared.filesamples import JPG, PDF, PNG

__all__ = ["JPG", "PDF", "PNG"]

EXE = b"MZ\x90\x00\x03" + bytes(80)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"

WHO = {"name": "Chiara Russo", "email": "chiara.russo@studenti.example"}


def both(text: str) -> dict[str, str]:
    """The same words in both languages, told apart by a prefix."""
    return {"it": f"{text} (it)", "en": f"{text} (en)"}


def field(field_id: str, field_type: str, **more: Any) -> dict[str, Any]:
    """A field as it would stand in a file."""
    return {"id": field_id, "type": field_type, "label": both(field_id.capitalize()), **more}


def options(*values: str) -> list[dict[str, Any]]:
    """Options as they would stand in a file."""
    return [{"value": value, "label": both(value.upper())} for value in values]


def form_data(*fields: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A whole form file."""
    texts = {key: both(key) for key in ("title", "summary", "intro", "subject")}
    return {"id": "sample", "version": 1, **texts, "sites": ["pages"], "fields": list(fields), **changes}


def a_form(*fields: dict[str, Any], **changes: Any) -> Form:
    """A form of these fields."""
    return Form.model_validate(form_data(*fields, **changes))


EVERY_TYPE = a_form(
    field("kind", "choice", required=True, options=options("a", "b", "c")),
    field("line", "text", min_length=2, max_length=10),
    field("code", "text", required=True, pattern="[0-9]{3,5}", pattern_message=both("digits"), max_length=5),
    field("story", "longtext", max_length=20),
    field("other_email", "email"),
    field("phone", "phone", personal=True),
    field("amount", "number", minimum=0, maximum=100.5, unit="€"),
    field("pieces", "number", integer=True, required=True, minimum=1, maximum=9,
          show_when={"field": "kind", "equals": "b"}),
    field("day", "date"),
    field("tags", "choices", options=options("x", "y", "z"), min_count=1, max_count=2),
    field("detail", "text", show_when={"field": "tags", "in": ["y", "z"]}),
    field("agree", "checkbox", required=True, show_when={"field": "kind", "in": ["b", "c"]}),
    field("deeper", "choice", required=True, options=options("p", "q"), show_when={"field": "agree", "equals": True}),
    field("plain", "checkbox"),
    field("reason", "text", show_when={"field": "plain", "equals": False}),
    subject={"it": "Prova {kind} {code}", "en": "Sample {kind} {code}"},
)  # fmt: skip


def upload(field_id: str, name: str, head: bytes, size: int | None = None) -> Upload:
    """A file of a multipart body."""
    return Upload(field_id, name, "application/octet-stream", len(head) if size is None else size, head)
