"""The words of our mails: `config/mails/<name>.<it|en>.md`, read and tried out at start-up.

The first line is `Subject: ...`, the rest is Markdown; placeholders are those of `Values`.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from services.notifier.markup import plain, quote, tidy, to_html
from shared.errors import ConfigError
from shared.events import Frozen, Language

NAMES: Final = ("received", "taken")
_LAYOUT_PLACEHOLDERS: Final = frozenset({"body", "title", "language"})
_FORBIDDEN: Final = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Values(Frozen):
    """What a template may say. `name` and `subject` are what the user typed: empty unless the address is verified."""

    number: str
    queue: str
    when: str
    link: str
    signature: str
    verified: bool = False
    name: str = ""
    subject: str = ""


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


_SAMPLE: Final = Values(
    number="2026010100001",
    queue="Front desk",
    when="1 January 2026",
    link="https://example.org/my",
    signature="Front desk",
)
_SAMPLES: Final = (_SAMPLE, _SAMPLE.model_copy(update={"verified": True, "name": "Ada", "subject": "A question"}))


class Templates:
    """Every mail in both languages. Raises `ConfigError` with file and line."""

    def __init__(self, folder: Path) -> None:
        self._text = _environment()
        self._markdown = _environment(finalize=quote)
        self._layout = self._compile(
            _environment(autoescape=True), folder / "layout.html", _read(folder / "layout.html"), _LAYOUT_PLACEHOLDERS
        )
        self._wordings = {
            (name, language): self._load(folder / f"{name}.{language}.md")
            for name in NAMES
            for language in get_args(Language)
        }
        for (name, language), wording in self._wordings.items():
            self._try_out(folder, folder / f"{name}.{language}.md", wording, language)

    @classmethod
    def load(cls, config_dir: Path) -> "Templates":
        """The templates of `config_dir/mails`."""
        return cls(config_dir / "mails")

    def render(self, name: str, language: Language, values: Values) -> Rendered:
        """The mail `name` (one of `NAMES`) with `values` in it."""
        return self._render(self._wordings[name, language], language, values)

    def _render(self, wording: _Wording, language: Language, values: Values) -> Rendered:
        context = values.model_dump()
        title = " ".join(wording.title.render(context).split())
        body = to_html(tidy(wording.markdown.render(context)))
        # Safe by now: `to_html` ends with a sanitizer.
        html = self._layout.render(body=Markup(body), title=title, language=language)  # noqa: S704
        return Rendered(title=title, text=tidy(wording.text.render(context)), html=html)

    def _load(self, path: Path) -> _Wording:
        first, _, body = _read(path).partition("\n")
        label, _, title = first.partition(":")
        if label != "Subject" or not title.strip():
            raise ConfigError(f"{path}:1: the first line must be 'Subject: ...'")
        if not body.strip():
            raise ConfigError(f"{path}:2: the mail says nothing")
        known = frozenset(Values.model_fields)
        # First the one whose lines are those of the file: it finds what is wrong.
        markdown = self._compile(self._markdown, path, "\n" + body, known)
        return _Wording(
            title=self._compile(self._text, path, title.strip(), known),
            text=self._compile(self._text, path, plain(body), known),
            markdown=markdown,
        )

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
