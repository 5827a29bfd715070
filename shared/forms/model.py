"""What a form is: its questions, their limits and texts, and when a question is shown. Frozen, no I/O.

`shared.forms.catalogue` reads the files, `check` validates answers, `schema` and `view` show them.
"""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from shared.events import Language
from shared.yamlfile import Strict, Texts

FORM_ID = r"[a-z][a-z0-9-]{1,40}"
# Safely inside a 64-bit integer and exact in a float: what the store and JavaScript can both hold.
LARGEST = 1_000_000_000_000_000

FileTypeName = Literal["pdf", "jpg", "png", "webp"]


class FileType(NamedTuple):
    """A type of file we can recognise by its content."""

    label: str
    extensions: tuple[str, ...]
    media_type: str


FILE_TYPES: dict[FileTypeName, FileType] = {
    "pdf": FileType("PDF", (".pdf",), "application/pdf"),
    "jpg": FileType("JPG", (".jpg", ".jpeg"), "image/jpeg"),
    "png": FileType("PNG", (".png",), "image/png"),
    "webp": FileType("WebP", (".webp",), "image/webp"),
}


Autocomplete = Literal[
    "organization", "street-address", "postal-code", "address-level2", "country-name", "bday", "tel", "off"
]


class Option(Strict):
    """One possible answer: `value` is stored and sent, `label` is read."""

    value: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")
    label: Texts


class Condition(Strict):
    """Show a question only when an earlier choice, choices or checkbox has one of these answers."""

    field: str
    equals: str | bool | None = None
    any_of: tuple[str, ...] = Field(default=(), alias="in")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Condition":
        if (self.equals is None) == (not self.any_of):
            raise ValueError("give either 'equals' or 'in'")
        return self

    @property
    def wanted(self) -> tuple[str | bool, ...]:
        """The answers that show the question."""
        return self.any_of if self.equals is None else (self.equals,)

    def holds(self, answer: Any) -> bool:
        """Whether the earlier question's answer (None: not answered) is one of the wanted ones."""
        if isinstance(answer, (list, tuple)):
            return any(item in self.wanted for item in answer)
        if answer is None:
            return False in self.wanted
        return answer in self.wanted


class Question(Strict):
    """What every kind of field has."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    label: Texts
    help: Texts | None = None
    required: bool = False
    personal: bool = False
    show_when: Condition | None = None


class TextField(Question):
    """One line. `pattern` must match the whole answer, in the syntax that Python and JavaScript share."""

    type: Literal["text"]
    min_length: int = Field(default=0, ge=0)
    max_length: int = Field(default=200, ge=1, le=1000)
    pattern: str | None = None
    pattern_message: Texts | None = None
    autocomplete: Autocomplete | None = None


class LongTextField(Question):
    """Several lines."""

    type: Literal["longtext"]
    min_length: int = Field(default=0, ge=0)
    max_length: int = Field(default=5000, ge=1, le=20_000)


class EmailField(Question):
    """One e-mail address."""

    type: Literal["email"]


class PhoneField(Question):
    """One telephone number, 6 to 15 digits."""

    type: Literal["phone"]


class NumberField(Question):
    """A number between two limits, both included; `unit` is written after the box."""

    type: Literal["number"]
    integer: bool = False
    minimum: int | float = -LARGEST
    maximum: int | float = LARGEST
    unit: str | None = Field(default=None, max_length=10)


class DateField(Question):
    """A day (YYYY-MM-DD) between two limits, both included."""

    type: Literal["date"]
    minimum: date | None = None
    maximum: date | None = None


class ChoiceField(Question):
    """Exactly one of the options."""

    type: Literal["choice"]
    options: tuple[Option, ...] = Field(min_length=1)


class ChoicesField(Question):
    """Any of the options, between two counts when answered at all."""

    type: Literal["choices"]
    options: tuple[Option, ...] = Field(min_length=1)
    min_count: int = Field(default=0, ge=0)
    max_count: int | None = Field(default=None, ge=2)


class CheckboxField(Question):
    """Yes or not said; when required it must be ticked."""

    type: Literal["checkbox"]


class FileField(Question):
    """Attachments: `max_bytes` is for each file, `types` are names of `FILE_TYPES`."""

    type: Literal["file"]
    max_count: int = Field(default=1, ge=1, le=10)
    max_bytes: int = Field(ge=1, le=50_000_000)
    types: tuple[FileTypeName, ...] = Field(min_length=1)


AnyField = Annotated[
    TextField
    | LongTextField
    | EmailField
    | PhoneField
    | NumberField
    | DateField
    | ChoiceField
    | ChoicesField
    | CheckboxField
    | FileField,
    Field(discriminator="type"),
]

NAME = TextField(
    id="name",
    type="text",
    label=Texts(it="Nome e cognome", en="First and last name"),
    required=True,
    personal=True,
    min_length=2,
    max_length=120,
)
EMAIL = EmailField(
    id="email",
    type="email",
    label=Texts(it="Indirizzo e-mail", en="E-mail address"),
    help=Texts(
        it="Qui riceverai il numero della richiesta e la risposta. Usa un indirizzo che riesci a leggere.",
        en="The number of your request and the answer go here. Use an address whose mail you can read.",
    ),
    required=True,
    personal=True,
)
# Every form asks these first; a form file can't define them again.
REQUESTER: tuple[AnyField, ...] = (NAME, EMAIL)
RESERVED = frozenset(question.id for question in REQUESTER)


class Form(Strict):
    """One released version of one form. `subject` names the ticket: `{field}` stands for that field's answer."""

    id: str = Field(pattern=f"^{FORM_ID}$")
    version: int = Field(ge=1)
    title: Texts
    summary: Texts
    intro: Texts
    subject: Texts
    sites: tuple[str, ...] = Field(min_length=1)
    fields: tuple[AnyField, ...] = Field(min_length=1)

    @cached_property
    def by_id(self) -> Mapping[str, AnyField]:
        """The form's own questions; name and email are not among them."""
        return {question.id: question for question in self.fields}

    @cached_property
    def questions(self) -> tuple[AnyField, ...]:
        """Everything that is asked, in the order of the page: the requester first."""
        return (*REQUESTER, *self.fields)

    @cached_property
    def asked(self) -> Mapping[str, AnyField]:
        """Every question by its id, the requester's too."""
        return {question.id: question for question in self.questions}

    @property
    def personal_fields(self) -> frozenset[str]:
        """The ids whose answers are personal data; `name` and `email` always are."""
        return RESERVED | {question.id for question in self.fields if question.personal}

    @property
    def max_upload_bytes(self) -> int:
        """All files of one submission together; 0 when the form takes none."""
        return sum(field.max_count * field.max_bytes for field in self.fields if isinstance(field, FileField))

    def conditions(self, question: AnyField) -> tuple[Condition, ...]:
        """All that must hold for `question` to be shown: its own condition and those of what it depends on."""
        if question.show_when is None:
            return ()
        return (*self.conditions(self.by_id[question.show_when.field]), question.show_when)

    def shows(self, question: AnyField, values: Mapping[str, Any]) -> bool:
        """Whether `question` is asked, given the answers before it."""
        return all(condition.holds(values.get(condition.field)) for condition in self.conditions(question))

    def allows(self, site: str) -> bool:
        """Whether `site` may show this form."""
        return site in self.sites


def option_label(question: ChoiceField | ChoicesField, value: object, language: Language) -> str:
    """What the reader sees for a stored answer; the answer itself when this version has no such option."""
    found = (option.label.say(language) for option in question.options if option.value == value)
    return next(found, str(value))
