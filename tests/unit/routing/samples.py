"""A small world to write rules for: three forms, two sites, and a tree of queues."""

from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from services.routing.conditions import When
from services.routing.table import Table
from shared.forms.shape import FieldShape, FormShape
from shared.queues import Queues
from shared.yamlfile import YamlFile

TREE = """
fallback: desk
second_level_fallback: experts
queues:
  - {id: desk, level: 1, names: {it: S, en: D}, group: desk, mail_from: d@ateneo.example, asks: experts, due_hours: 24}
  - {id: fees, level: 1, names: {it: T, en: F}, group: fees, mail_from: fees@ateneo.example}
  - {id: experts, level: 2, parent: desk, names: {it: E, en: E}, group: experts}
  - {id: others, level: 2, parent: desk, names: {it: A, en: O}, group: others, due_hours: 8}
"""
CHOICE = FieldShape(frozenset({"a", "b", "c"}), several=False, personal=False)
CHOICES = FieldShape(frozenset({"a", "b"}), several=True, personal=False)
TICK = FieldShape(frozenset({True, False}), several=False, personal=False)
FORMS = {
    "one": FormShape(
        frozenset({"portal", "www"}),
        {
            "kind": CHOICE,
            "consent": TICK,
            "words": FieldShape(None, several=False, personal=False),
            "secret": FieldShape(None, several=False, personal=True),
            "file": FieldShape(frozenset(), several=False, personal=True),
        },
    ),
    "many": FormShape(frozenset({"portal", "www"}), {"kind": CHOICES}),
    "inside": FormShape(frozenset({"portal"}), {"answer": FieldShape(frozenset({"yes", "no"}), False, False)}),
}


class Shapes:
    """The forms, as the table's check asks for them."""

    sites = ("portal", "www", "faq")

    def ids(self) -> frozenset[str]:
        return frozenset(FORMS)

    def shape(self, form_id: str) -> FormShape:
        return FORMS[form_id]


def queues(folder: Path, tree: str = TREE) -> Queues:
    """The tree, written to a folder."""
    path = folder / "queues.yml"
    path.write_text(tree, encoding="utf-8")
    return Queues(path)


def table(folder: Path, text: str, tree: str = TREE) -> Table:
    """The rules of `text`, written to a folder."""
    path = folder / "routing.yml"
    path.write_text(dedent(text), encoding="utf-8")
    return Table(path, queues(folder, tree), Shapes())


def when(text: str) -> When:
    """Conditions as they are written."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "when.yml"
        path.write_text(text, encoding="utf-8")
        return When.model_validate(YamlFile(path).data)
