"""The words of our mails: `config/mails/<name>.<it|en>.md`, read and tried out at start-up.

The first line is `Subject: ...`, the rest is Markdown; placeholders are those of `Values`.
"""

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from services.notifier.markup import WORDS, as_written, plain, put_words, quote, tidy, to_html
from shared.errors import ConfigError
from shared.events import Frozen, Language

# What each mail may say, in `Values`. What isn't here can't get into that mail: a forward has no link of the user's.
_ALWAYS: Final = frozenset({"number", "queue", "when", "signature", "subject"})
_USER: Final = _ALWAYS | {"link", "follow", "verified", "name"}
_QUESTION: Final = frozenset({"fields", "information"})
PLACEHOLDERS: Final[dict[str, frozenset[str]]] = {
    "received": _USER | {"split_from", "usual"},
    "taken": _USER,
    "information": _USER | _QUESTION | {"text", "until", "closes"},
    "answer": _USER | {"text", "outcome"},
    "closed": _USER | {"text", "outcome", "automatic"},
    "reopened": _USER | {"text", "by_reply"},
    "reminder": _USER | _QUESTION,
    "link": _USER,
    "forward": _ALWAYS | {"text"},
    "handed_over": _ALWAYS | {"link", "name", "by", "text"},
    "notice": _ALWAYS | {"link", "name", "says", "reason", "preferences"},
    "digest": frozenset({"when", "signature", "link", "name", "items", "count", "more", "preferences"}),
}
# Without these a mail would not do what it is for; no user's mail leaves them without a way to their request.
_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "received": ("follow",),
    "taken": ("follow",),
    "information": ("text", "information", "follow"),
    "answer": ("text", "follow"),
    "closed": ("text", "follow"),
    "reopened": ("text", "follow"),
    "reminder": ("information", "follow"),
    "link": ("follow",),
    "forward": ("text",),
    "handed_over": ("text", "link"),
    "notice": ("says", "link", "reason"),
    "digest": ("link",),
}
_IN_LAYOUT: Final = frozenset({"body", "title", "language", "automatic"})
# A link, with words behind it: in the text part its address would not be the end of its line.
_LINK_AND_MORE: Final = re.compile(r"\[[^\]\n]+\]\([^)\n]+\)(?!(?:\*|\{%[^\n]*%\}|\s)*$)", re.MULTILINE)
_FORBIDDEN: Final = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Item(Frozen):
    """A ticket in a digest, with what happened to it: a sentence and its moment each."""

    number: str
    subject: str
    link: str
    lines: tuple[str, ...]


class Values(Frozen):
    """What templates may say; `config/mails/README.md` explains each. `text` is what an operator wrote.

    `name` and `subject` are what the user typed: empty unless the address is verified. `outcome` is `successful`,
    `unsuccessful` or empty. `automatic`: no person wrote this mail.
    """

    number: str
    queue: str
    when: str
    signature: str
    link: str = ""
    follow: str = ""
    verified: bool = False
    name: str = ""
    subject: str = ""
    text: str = ""
    fields: tuple[str, ...] = ()
    information: str = ""
    until: str = ""
    closes: bool = False
    outcome: Literal["", "successful", "unsuccessful"] = ""
    by_reply: bool = False
    split_from: str = ""
    usual: str = ""
    by: str = ""
    automatic: bool = False
    says: str = ""
    reason: str = ""
    preferences: str = ""
    items: tuple[Item, ...] = ()
    count: int = 0
    more: int = 0


class Rendered(Frozen):
    """The three forms of one mail's words; `title` is the subject without the ticket number."""

    title: str
    text: str
    html: str


@dataclass(frozen=True)
class _Wording:
    title: jinja2.Template
    text: jinja2.Template
    markdown: jinja2.Template


_BARE: Final = Values(
    number="2026010100001",
    queue="Front desk",
    when="1 January 2026",
    signature="Front desk",
    link="https://example.org",
    follow="https://example.org/follow",
)
_FULL: Final = Values(
    **_BARE.model_dump(include={"number", "queue", "when", "signature", "link", "follow"}),
    verified=True,
    name="Ada",
    subject="A question",
    text="Line one\n\nLine two",
    fields=("Telephone", "Description"),
    information="https://example.org/information",
    until="2 January 2026",
    closes=True,
    outcome="successful",
    by_reply=True,
    split_from="2025123100001",
    usual="We usually answer within one working day.",
    by="Grace",
    automatic=True,
    says="Grace wrote a note",
    reason="you watch it",
    preferences="https://example.org/preferences",
    items=(Item(number="2026010100001", subject="A question", link="https://example.org", lines=("One", "Two")),),
    count=12,
    more=10,
)
# Every branch that a template can have is tried out at start-up.
_SAMPLES: Final = (
    _BARE,
    _FULL,
    _FULL.model_copy(update={"verified": False, "name": "", "subject": "", "outcome": "unsuccessful", "closes": False}),
    _FULL.model_copy(update={"text": "", "fields": (), "by_reply": False, "outcome": "unsuccessful"}),
)


class Templates:
    """Every mail in both languages. Raises `ConfigError` with file and line."""

    def __init__(self, folder: Path) -> None:
        self._text = _environment()
        self._markdown = _environment(finalize=quote)
        self._layout = self._compile(
            _environment(autoescape=True), folder / "layout.html", _read(folder / "layout.html"), _IN_LAYOUT
        )
        self._wordings = {
            (name, language): self._load(folder / f"{name}.{language}.md", name)
            for name in PLACEHOLDERS
            for language in get_args(Language)
        }
        for (name, language), wording in self._wordings.items():
            self._try_out(folder, folder / f"{name}.{language}.md", wording, language)

    @classmethod
    def load(cls, config_dir: Path) -> "Templates":
        """The templates of `config_dir/mails`."""
        return cls(config_dir / "mails")

    def render(self, name: str, language: Language, values: Values) -> Rendered:
        """The mail `name` (one of `PLACEHOLDERS`) with `values` in it."""
        return self._render(self._wordings[name, language], language, values)

    def _render(self, wording: _Wording, language: Language, values: Values) -> Rendered:
        written = as_written(values.text)
        context = {**values.model_dump(), "text": WORDS if written else ""}
        title = " ".join(wording.title.render(context).split())
        body = to_html(tidy(wording.markdown.render(context)), written)
        # Safe by now: `to_html` ends with a sanitizer.
        html = self._layout.render(
            body=Markup(body),  # noqa: S704
            title=title,
            language=language,
            automatic=values.automatic,
        )
        return Rendered(title=title, text=put_words(tidy(wording.text.render(context)), written), html=html)

    def _load(self, path: Path, name: str) -> _Wording:
        first, _, body = _read(path).partition("\n")
        label, _, title = first.partition(":")
        if label != "Subject" or not title.strip():
            raise ConfigError(f"{path}:1: the first line must be 'Subject: ...'")
        if not body.strip():
            raise ConfigError(f"{path}:2: the mail says nothing")
        known = PLACEHOLDERS[name]
        # First the one whose lines are those of the file: it finds what is wrong.
        markdown = self._compile(self._markdown, path, "\n" + body, known)
        wording = _Wording(
            # What an operator wrote has many lines, and a subject has one.
            title=self._compile(self._text, path, title.strip(), known - {"text"}),
            text=self._compile(self._text, path, plain(body), known),
            markdown=markdown,
        )
        for needed in _NEEDED.get(name, ()):
            if not re.search(rf"{{{{-?\s*{needed}\b", body):
                raise ConfigError(f"{path}:2: the mail must say '{{{{ {needed} }}}}' somewhere")
        if more := _LINK_AND_MORE.search(body):
            line = 2 + body.count("\n", 0, more.start())
            raise ConfigError(f"{path}:{line}: a link stands at the end of its line: write nothing behind it")
        return wording

    @staticmethod
    def _compile(environment: jinja2.Environment, path: Path, source: str, known: frozenset[str]) -> jinja2.Template:
        try:
            tree = environment.parse(source)
            code = environment.compile(tree, filename=str(path))
        except jinja2.TemplateSyntaxError as error:
            raise ConfigError(f"{path}:{error.lineno}: {error.message}") from error
        for foreign in tree.find_all(_FORBIDDEN):
            raise ConfigError(f"{path}:{foreign.lineno}: a mail can't include another file")
        own = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
        for node in tree.find_all(nodes.Name):
            if node.ctx == "load" and node.name not in known | own:
                names = ", ".join(sorted(known))
                raise ConfigError(f"{path}:{node.lineno}: unknown placeholder '{node.name}' (known: {names})")
        return jinja2.Template.from_code(environment, code, environment.make_globals(None))

    def _try_out(self, folder: Path, path: Path, wording: _Wording, language: Language) -> None:
        for values in _SAMPLES:
            try:
                self._render(wording, language, values)
            except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
                frames = traceback.extract_tb(error.__traceback__)
                ours = [frame for frame in frames if frame.filename in (str(path), str(folder / "layout.html"))]
                where = f"{ours[-1].filename}:{ours[-1].lineno}" if ours else f"{path}:1"
                raise ConfigError(f"{where}: {error}") from error


def _environment(autoescape: bool = False, finalize: Callable[[object], object] | None = None) -> SandboxedEnvironment:
    # Text and Markdown are no HTML: their values are quoted by `finalize`, and only the layout is escaped here.
    return SandboxedEnvironment(
        autoescape=autoescape,
        finalize=finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}:1: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}:1: is not UTF-8 text") from error
