"""A page as a test reads it."""

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br"}


class Page(HTMLParser):
    """The elements of a page, in order, as (tag, attributes); `text` is what is read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> says an attribute twice"
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str]]:
        """The attributes of every such element."""
        return [attributes for tag, attributes in self.found if tag in tags]

    def one(self, **wanted: str) -> dict[str, str]:
        """The one element with these attributes."""
        (found,) = [a for _, a in self.found if all(a.get(name) == value for name, value in wanted.items())]
        return found
