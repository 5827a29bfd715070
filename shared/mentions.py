"""Colleagues named in a text with `@` and their id: tickets tells them, the portal shows that they were told. Pure."""

import re
from typing import Final

# An id behind an @ that doesn't stand within a word or an address.
MENTION: Final = re.compile(r"(?<![\w@.+-])@([a-z][a-z0-9_-]*(?:[.@][a-z0-9_-]+)*)", re.IGNORECASE)


def mentioned(text: str) -> list[str]:
    """The ids in the order they come, once each; whether they are anybody's is for who knows the people."""
    return list(dict.fromkeys(name.lower() for name in MENTION.findall(text)))
