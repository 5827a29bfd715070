"""Markdown for mails: values that stay text, a plain version people can read, and HTML that mail programs can show.

What an operator wrote is no Markdown: a template holds `WORDS` in its place, and it goes in as it was written.
"""

import html
import re
import unicodedata
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# They turn the reading direction of what follows: a name could rewrite the sentence around it.
_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Stands for what an operator wrote until everything around it is done. No value can hold a control character.
WORDS = "\x02"
_WORDS_LINE = re.compile(rf"^([^\S\n]*){WORDS}[^\S\n]*$", re.MULTILINE)
_WORDS_PARAGRAPH = re.compile(rf"(<p[^>]*>){WORDS}</p>")
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,2000}")
_AFTER_ADDRESS = ".,;:!?'’”»"

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


def as_written(text: str) -> str:
    """What a person wrote, as it goes into a mail: every line as it is, without characters that mails can't hold."""
    return "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))


def put_words(text: str, words: str) -> str:
    """`text` with `words` in the place of `WORDS`; what stands on a line of its own keeps its indentation."""
    placed = _WORDS_LINE.sub(lambda at: "\n".join((at[1] + line).rstrip() for line in words.split("\n")), text)
    return placed.replace(WORDS, words)


def to_html(markdown: str, words: str = "") -> str:
    """Safe HTML with inline styles. A paragraph that is one link becomes a button; one in *emphasis* is small print.

    `words` go in the place of `WORDS`: paragraphs, line breaks and addresses to click on, no other markup.
    """
    tokens = _MARKDOWN.parse(markdown)
    _dress(tokens)
    page: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    paragraphs = [_lines(each) for each in words.split("\n\n")]
    page = _WORDS_PARAGRAPH.sub(lambda at: "\n".join(f"{at[1]}{each}</p>" for each in paragraphs), page)
    page = page.replace(WORDS, "<br>\n<br>\n".join(paragraphs))
    return nh3.clean(page, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"https", "http", "mailto"}, link_rel=None)


def _lines(paragraph: str) -> str:
    parts, end = [], 0
    for found in _ADDRESS.finditer(paragraph):
        address = _without_punctuation(found.group())
        shown = html.escape(address)
        parts += [_text(paragraph[end : found.start()]), f'<a href="{shown}" style="{_STYLES["a"]}">{shown}</a>']
        end = found.start() + len(address)
    return "".join([*parts, _text(paragraph[end:])])


def _text(written: str) -> str:
    # Columns and indentation stay: HTML would make one space of many.
    spaced = html.escape(written.replace("\t", "    "))
    spaced = re.sub(r" (?= )|^ ", "&nbsp;", spaced, flags=re.MULTILINE)
    return spaced.replace("\n", "<br>\n")


def _without_punctuation(address: str) -> str:
    """A full stop or a bracket after an address is the sentence's."""
    while address[-1] in _AFTER_ADDRESS or (address[-1] == ")" and address.count(")") > address.count("(")):
        address = address[:-1]
    return address


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
