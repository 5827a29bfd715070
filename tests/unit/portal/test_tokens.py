"""The colours: named once in tokens.css, each with a light and a dark value, and readable in both (WCAG 2.2 AA)."""

import re

import pytest

from services.portal.assets import FOLDER

Colour = tuple[float, float, float]
OWN = sorted(path for path in FOLDER.glob("*.css"))
TOKENS = (FOLDER / "tokens.css").read_text(encoding="utf-8")
# What text stands on, for each colour of text.
ON_PAPERS = ("ink", "ink-2", "blue", "blue-dark", "red", "amber", "green", "navy", "grey", "teal")
PAPERS = ("paper", "ground", "raised", "paper-hover")
TEXTS = [(text, ground) for text in ON_PAPERS for ground in PAPERS] + [
    ("blue-dark", "blue-soft"),
    ("blue", "blue-soft"),
    ("ink", "blue-soft"),
    ("ink-2", "blue-soft"),
    ("navy", "blue-soft"),
    ("green", "green-soft"),
    ("ink", "green-soft"),
    ("amber", "amber-soft"),
    ("ink", "amber-soft"),
    ("ink-2", "amber-soft"),
    ("amber", "note"),
    ("ink", "note"),
    ("ink-2", "note"),
    ("blue", "note"),
    ("red", "red-soft"),
    ("ink", "red-soft"),
    ("ink-2", "red-soft"),
    ("red", "amber-soft"),
    ("grey", "grey-soft"),
    ("ink", "grey-soft"),
    ("ink-2", "grey-soft"),
    ("teal", "teal-soft"),
    ("ink", "fresh"),
    ("ink-2", "fresh"),
    ("on-avatar", "avatar"),
    ("on-bar", "bar"),
    ("on-bar", "bar-deep"),
    ("on-bar", "bar-strong"),
    ("bar-strong", "on-bar"),
    ("on-fill", "fill"),
    ("on-fill", "fill-hover"),
    ("on-fill", "fill-red"),
    ("on-fill", "fill-red-hover"),
    ("on-fill-amber", "fill-amber"),
    ("on-fill-amber", "fill-amber-hover"),
    ("on-news", "news"),
]
# Borders of fields, marks and rings: what must be seen to know what a thing is.
MARKS = [(mark, ground) for mark in ("line-field", "focus", "focus-outer", "icon-quiet") for ground in PAPERS[:2]] + [
    ("fill", "paper"),
    ("fill-red", "paper"),
    ("green-mark", "green-soft"),
    ("amber-mark", "amber-soft"),
    ("blue", "paper"),
    ("focus-inner", "focus-outer"),
    ("line-note", "paper"),
]


def tokens(theme: str) -> dict[str, Colour]:
    """The colours by name, as `theme` has them."""
    found = {}
    for name, value in re.findall(r"^\s*--([\w-]+): ([^;]+);", TOKENS, re.MULTILINE):
        both = re.fullmatch(r"light-dark\((#\w+), (#\w+)\)", value)
        colour = both[1 if theme == "light" else 2] if both else value
        if re.fullmatch(r"#[0-9a-f]{3}(?:[0-9a-f]{3})?", colour):
            found[name] = _colour(colour[1:])
    return found


def _colour(text: str) -> Colour:
    digits = text if len(text) == 6 else "".join(2 * digit for digit in text)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """As WCAG computes it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_readable_on_its_ground(theme: str) -> None:
    known = tokens(theme)
    faint = {(text, ground): round(contrast(known[text], known[ground]), 2) for text, ground in TEXTS}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_mark_stands_out_from_its_ground(theme: str) -> None:
    known = tokens(theme)
    faint = {(mark, ground): round(contrast(known[mark], known[ground]), 2) for mark, ground in MARKS}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 3} == {}


def test_no_colour_is_written_outside_the_tokens() -> None:
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*[;}])|\b(?:rgba?|hsla?)\(|:[^;{]*\b(?:white|black)\b[^-;{]*;")
    # Paper is white and ink is black, whatever the theme.
    free = ("tokens.css", "paper.css")
    written = {path.name: literal.findall(path.read_text(encoding="utf-8")) for path in OWN if path.name not in free}
    assert {name: found for name, found in written.items() if found} == {}


def test_every_token_that_is_used_exists() -> None:
    named = set(re.findall(r"(--[\w-]+):", TOKENS))
    for path in OWN:
        text = path.read_text(encoding="utf-8")
        used = set(re.findall(r"var\((--[\w-]+)\)", text)) - set(re.findall(r"(--[\w-]+):", text))
        assert {name for name in used if not name.startswith("--bs-")} <= named, path.name
