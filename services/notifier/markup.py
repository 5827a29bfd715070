"""Markdown for mails: values that stay text, a plain version people can read, and HTML that mail programs can show."""

import re
import unicodedata
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# They turn the reading direction of what follows: a name could rewrite the sentence around it.
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_INK, _SOFT, _BLUE, _PALE = "#17324d", "#455b71", "#0059b3", "#eef4fb"
# Mail programs drop style sheets: each element carries its own.
_STYLES = {
    "h1": f"margin:0 0 20px;font-size:22px;line-height:1.3;font-weight:700;color:{_INK}",
    "h2": f"margin:28px 0 8px;font-size:17px;line-height:1.3;font-weight:700;color:{_INK}",
    "p": "margin:0 0 16px",
    "ul": "margin:0 0 16px;padding-left:24px",
    "ol": "margin:0 0 16px;padding-left:24px",
    "li": "margin:0 0 4px",
    "blockquote": f"margin:0 0 20px;padding:14px 16px 1px;background:{_PALE};border-left:4px solid {_BLUE}",
    "hr": "margin:28px 0 16px;border:0;border-top:1px solid #d5dde6",
    "a": f"color:{_BLUE};text-decoration:underline",
}
_SMALL = f"margin:0 0 16px;font-size:14px;line-height:1.5;color:{_SOFT}"
_BUTTON = (
    f"display:inline-block;padding:12px 22px;background:{_BLUE};color:#ffffff;border-radius:4px;"
    "font-weight:700;text-decoration:none"
)
_TAGS = {*_STYLES, "strong", "em", "br", "code"}
_ATTRIBUTES = {tag: {"style"} for tag in _STYLES} | {"a": {"href", "style"}}

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(["image", "code"])


def one_line(text: str, limit: int) -> str:
    """`text` as one line of at most `limit` characters: no breaks, no control or direction characters."""
    spaced = " ".join(text.split())
    line = "".join(each for each in spaced if unicodedata.category(each) not in ("Cc", "Cs") and each not in _BIDI)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def quote(value: object) -> object:
    """A value that Markdown shows as it is: neither markup nor a link can come of it."""
    return _PUNCTUATION.sub(r"\\\1", value) if isinstance(value, str) else value


def plain(markdown: str) -> str:
    """A Markdown template as one for the text part: no marks, links as `label:` with the address below."""
    source = re.sub(r"^# .*\n+", "", markdown, flags=re.MULTILINE)
    source = re.sub(r"^\*([^*\n]+)\*$", r"\1", source, flags=re.MULTILINE)
    source = re.sub(r"^#{2,} (.+)\n+", lambda m: f"{m[1]}\n{'-' * len(m[1])}\n", source, flags=re.MULTILINE)
    source = re.sub(r"^> ?", "  ", source, flags=re.MULTILINE)
    source = re.sub(r"\[([^\]\n]+)\]\(([^)\n]+)\)", r"\1:\n\2", source)
    return re.sub(r"\*\*|\\$", "", source, flags=re.MULTILINE)


def tidy(text: str) -> str:
    """No more than one empty line in a row, none at the ends."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def to_html(markdown: str) -> str:
    """Safe HTML with inline styles. A paragraph that is one link becomes a button; one in *emphasis* is small print."""
    tokens = _MARKDOWN.parse(markdown)
    _dress(tokens)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"https", "http", "mailto"}, link_rel=None)


def _dress(tokens: Sequence[Token]) -> None:
    for index, token in enumerate(tokens):
        if token.nesting >= 0 and token.tag in _STYLES:
            token.attrSet("style", _STYLES[token.tag])
        children = token.children or []
        for child in children:
            if child.type == "link_open":
                child.attrSet("style", _STYLES["a"])
        kinds = [child.type for child in children if child.type != "text" or child.content]
        if kinds == ["link_open", "text", "link_close"]:
            children[0].attrSet("style", _BUTTON)
        elif kinds[:1] == ["em_open"] and kinds[-1:] == ["em_close"] and kinds.count("em_open") == 1:
            tokens[index - 1].attrSet("style", _SMALL)
            token.children = [child for child in children if child.type not in ("em_open", "em_close")]
