"""All forms of `config/forms/` and the sites of `config/sites.yml` that may show them, read and checked at start-up.

A form file is named `<id>.v<n>.yml` and never edited after its release (`released.sha256`); a change is a new version.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from shared.errors import ConfigError, NotFound
from shared.forms.faults import faults
from shared.forms.model import FORM_ID, Form
from shared.forms.shape import FormShape, shape_of
from shared.yamlfile import ID_PATTERN, Location, Strict, Texts, YamlFile, yaml_files

_FILE_NAME = re.compile(rf"({FORM_ID})\.v([1-9][0-9]*)\.yml")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


class Site(Strict):
    """A place from which requests come. `origins`: the web pages that may embed our forms (none: it only links)."""

    id: str = Field(pattern=ID_PATTERN)
    names: Texts
    origins: tuple[str, ...] = ()

    @field_validator("origins")
    @classmethod
    def _bare_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"'{origin}' is not an origin like https://www.ateneo.example (no path, no *)")
        return origins


class _SitesFile(Strict):
    sites: tuple[Site, ...] = Field(min_length=1)


class Forms:
    """Every version of every form, and the sites: what is in force. Changes only by `take`."""

    def __init__(self, forms: Mapping[tuple[str, int], Form], sites: Mapping[str, Site]) -> None:
        self._forms = dict(forms)
        self.sites = dict(sites)
        self._current = dict(sorted(self._forms))

    @classmethod
    def load(cls, config_dir: Path, extra_origins: str = "") -> "Forms":
        """Read all. `extra_origins`: `site=origin` pairs, space-separated, added to the sites of the file.

        Raises `ConfigError` that begins with `file:line:` at the first fault.
        """
        sites = _with_origins(_read_sites(config_dir / "sites.yml"), extra_origins)
        folder = config_dir / "forms"
        found: dict[tuple[str, int], Form] = {}
        for path in yaml_files(folder):
            form = _read_form(path, sites)
            # The file's name says both, so no two files can be the same version.
            found[form.id, form.version] = form
        if not found:
            raise ConfigError(f"{folder}:1: holds no form")
        return cls(found, sites)

    def take(self, newer: "Forms") -> None:
        """From now on the same as `newer`, for whoever holds this one."""
        self._forms, self.sites, self._current = newer._forms, newer.sites, newer._current

    def current(self, form_id: str) -> Form:
        """The newest version. Raises `NotFound`."""
        return self.get(form_id, self._current.get(form_id, 0))

    def get(self, form_id: str, version: int) -> Form:
        """One version, as it was when a ticket was opened with it. Raises `NotFound`."""
        form = self._forms.get((form_id, version))
        if form is None:
            raise NotFound("There is no such form.")
        return form

    def at(self, form_id: str, version: str) -> Form | None:
        """A version that somebody says they have, or None when there is no such."""
        # Longer than any version will ever be.
        known = version.isascii() and version.isdigit() and len(version) < 6
        return self._forms.get((form_id, int(version))) if known else None

    def all_current(self) -> list[Form]:
        """The newest version of each form, ordered by id."""
        return [self._forms[key] for key in self._current.items()]

    def versions(self, form_id: str) -> list[Form]:
        """Every version of a form, the newest first; none when there is no such form."""
        found = [form for (known, _), form in self._forms.items() if known == form_id]
        return sorted(found, key=lambda form: form.version, reverse=True)

    def ids(self) -> frozenset[str]:
        """Every form's id."""
        return frozenset(self._current)

    def shape(self, form_id: str) -> FormShape:
        """What can come back from a form, all its versions together."""
        return shape_of(form for form in self._forms.values() if form.id == form_id)

    def origins(self, form: Form) -> frozenset[str]:
        """Every origin that may embed `form`, through any of its sites."""
        return frozenset(origin for site in form.sites for origin in self.sites[site].origins)

    def may_embed(self, form: Form, site: str, origin: str) -> bool:
        """Whether a page of `origin` may send `form` in the name of `site`."""
        return form.allows(site) and origin in self.sites[site].origins


def _read_sites(path: Path) -> dict[str, Site]:
    file = YamlFile(path)
    found: dict[str, Site] = {}
    for index, site in enumerate(file.into(_SitesFile).sites):
        if site.id in found:
            raise file.fault(("sites", index, "id"), f"site '{site.id}' is given twice")
        found[site.id] = site
    return found


def _with_origins(sites: dict[str, Site], extra: str) -> dict[str, Site]:
    for pair in extra.split():
        site_id, _, origin = pair.partition("=")
        if site_id not in sites or not _ORIGIN.fullmatch(origin):
            raise ConfigError(f"SPORTELLO_EXTRA_ORIGINS: '{pair}' is not a known site=origin")
        site = sites[site_id]
        sites[site_id] = site.model_copy(update={"origins": (*site.origins, origin)})
    return sites


def _read_form(path: Path, sites: Collection[str]) -> Form:
    form = form_in(path, sites)
    if isinstance(form, Form):
        return form
    raise form[0]


def form_in(path: Path, sites: Collection[str]) -> Form | list[ConfigError]:
    """The form of one file, or everything wrong with it; `sites` are the ids that exist."""
    named = _FILE_NAME.fullmatch(path.name)
    if named is None:
        return [ConfigError(f"{path}:1: the name must be <id>.v<n>.yml, like credentials.v1.yml")]
    try:
        file = YamlFile(path)
        form = Form.model_validate(file.data)
    except ConfigError as error:
        return [error]
    except ValidationError as error:
        return [_shape_fault(file, one) for one in error.errors(include_url=False, include_input=False)]
    found = []
    if form.id != named[1]:
        found.append(file.fault(("id",), f"id '{form.id}' does not match the file's name"))
    if form.version != int(named[2]):
        found.append(file.fault(("version",), f"version {form.version} does not match the file's name"))
    found += [file.fault(location, sentence) for location, sentence in faults(form, sites)]
    return found or form


def read_sites(config_dir: Path) -> dict[str, Site]:
    """The sites of `config_dir/sites.yml`. `ConfigError` at the first fault."""
    return _read_sites(config_dir / "sites.yml")


def _shape_fault(file: YamlFile, fault: ErrorDetails) -> ConfigError:
    """A thing wrong, at its line: pydantic puts the field's type into the place, the file does not."""
    place: Location = fault["loc"]
    if place[:1] == ("fields",) and len(place) > 2:
        place = (*place[:2], *place[3:])
    if fault["type"] == "union_tag_invalid":
        context = fault["ctx"]
        sentence = f"unknown type '{context['tag']}'; there are {context['expected_tags']}"
        return file.fault((*place, "type"), sentence.replace("'", ""))
    where = ".".join(str(part) for part in place)
    return file.fault(place, f"{where or 'the file'}: {_sentence(fault)}")


def _sentence(fault: ErrorDetails) -> str:
    language = {"it": "Italian", "en": "English"}.get(str(fault["loc"][-1]) if fault["loc"] else "")
    if language and fault["type"] in ("missing", "string_too_short"):
        return f"the {language} text is missing"
    return fault["msg"].removeprefix("Value error, ")
