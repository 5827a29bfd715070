"""A wrong template stops the start with its file and line, not a mail on its way."""

import shutil
from pathlib import Path

import pytest

from services.notifier.templates import PLACEHOLDERS, Templates
from shared.errors import ConfigError
from tests.unit.notifier.samples import CONFIG


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the real templates to break."""
    shutil.copytree(CONFIG / "mails", tmp_path / "mails")
    return tmp_path / "mails"


BARE = "Subject: Hello\n\nHello,\n"
BODY = "Subject: Hello\n\nHello {{ follow }}\n"


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (BODY + "{{ nmae }}\n", 4, "unknown placeholder 'nmae'"),
        ("Subject: {{ password }}\n\nHello\n", 1, "unknown placeholder 'password'"),
        (BODY + "# Title\n\n{{ number }\n", 6, "unexpected '}'"),
        (BODY + "{% if name %}\n", 4, "Unexpected end of template"),
        (BODY + "{{ name|shout }}\n", 4, "No filter named 'shout'"),
        (BODY + "\n{% include 'other' %}\n", 5, "include"),
        (BODY + "{{ name.first }}\n", 4, "first"),
        (BODY + "{{ 1 / 0 }}\n", 4, "zero"),
        (BODY + "{{ name.__class__ }}\n", 4, "__class__"),
        ("Hello\n", 1, "Subject: ..."),
        ("Subject: Hello\n\n", 2, "says nothing"),
    ],
)
def test_a_fault_is_named_with_file_and_line(folder: Path, content: str, line: int, words: str) -> None:
    (folder / "taken.en.md").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Templates(folder)
    assert caught.value.detail.startswith(f"{folder}/taken.en.md:{line}: ")
    assert words in caught.value.detail


def test_a_missing_template_is_named(folder: Path) -> None:
    (folder / "received.it.md").unlink()
    with pytest.raises(ConfigError, match=r"received\.it\.md:1: cannot be read"):
        Templates(folder)


@pytest.mark.parametrize("name", sorted(PLACEHOLDERS))
def test_every_mail_names_its_unknown_placeholder_and_the_language_it_lacks(folder: Path, name: str) -> None:
    english, italian = folder / f"{name}.en.md", folder / f"{name}.it.md"
    english.unlink()
    with pytest.raises(ConfigError) as caught:
        Templates(folder)
    assert caught.value.detail.startswith(f"{english}:1: cannot be read")
    lines = len(italian.read_text(encoding="utf-8").splitlines())
    with italian.open("a", encoding="utf-8") as file:
        file.write("{{ pasword }}\n")
    with pytest.raises(ConfigError) as caught:
        Templates(folder)
    assert caught.value.detail.startswith(f"{italian}:{lines + 1}: unknown placeholder 'pasword' (known: ")


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("forward", BARE + "{{ text }} {{ link }}\n", 4, "unknown placeholder 'link'"),
        ("forward", BARE + "{{ text }} {{ information }}\n", 4, "unknown placeholder 'information'"),
        ("taken", BODY + "{{ text }}\n", 4, "unknown placeholder 'text'"),
        ("answer", "Subject: {{ text }}\n\n{{ text }}\n", 1, "unknown placeholder 'text'"),
        ("answer", BARE, 2, "the mail must say '{{ text }}' somewhere"),
        ("information", BARE + "{{ text }}\n", 2, "the mail must say '{{ information }}' somewhere"),
        ("answer", BARE + "{{ text }}\n", 2, "the mail must say '{{ follow }}' somewhere"),
        ("taken", BARE + "{{ number }}\n", 2, "the mail must say '{{ follow }}' somewhere"),
        ("taken", BODY + "\n*See [here]({{ follow }}), please.*\n", 5, "write nothing behind it"),
        ("closed", BODY + "{{ text }}\n{% if outcome == 'x' %}\n", 5, "Unexpected end of template"),
    ],
)
def test_a_mail_holds_what_it_is_for_and_nothing_that_is_not_its_own(
    folder: Path, name: str, content: str, line: int, words: str
) -> None:
    (folder / f"{name}.en.md").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Templates(folder)
    assert caught.value.detail.startswith(f"{folder}/{name}.en.md:{line}: ")
    assert words in caught.value.detail


def test_a_fault_in_a_branch_is_found_too(folder: Path) -> None:
    branch = "{{ text }}\n{% if outcome == 'unsuccessful' %}\n{{ 1 / 0 }}\n{% endif %}\n"
    (folder / "answer.en.md").write_text(BODY + branch, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"answer\.en\.md:6: .*zero"):
        Templates(folder)


def test_the_readme_explains_every_placeholder_and_mail() -> None:
    readme = (CONFIG / "mails" / "README.md").read_text(encoding="utf-8")
    for name, known in PLACEHOLDERS.items():
        assert f"| `{name}` |" in readme
        for placeholder in known - {"verified"}:
            assert f"{{{{ {placeholder} }}}}" in readme


def test_a_layout_with_an_unknown_placeholder_is_named(folder: Path) -> None:
    (folder / "layout.html").write_text("<p>\n{{ boddy }}</p>", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"layout\.html:2: unknown placeholder 'boddy' \(known: automatic, body, language, title\)"
    ):
        Templates(folder)


def test_a_template_may_set_a_word_of_its_own(folder: Path) -> None:
    (folder / "taken.en.md").write_text(BODY + "{% set who = name or 'you' %}\n{{ who }}\n", encoding="utf-8")
    Templates(folder)
