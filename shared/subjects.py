"""Subjects of mails: the mark that sorts them in a mailbox, and the subject as the pages of who asked show it."""

import re
from typing import Final

_MARK: Final = re.compile(r"\[Ticket#\d+\] ?")


def marked(number: str, title: str) -> str:
    """The subject of a mail about the request `number`."""
    return f"[Ticket#{number}] {title}"


def plain(subject: str) -> str:
    """Without its mark: on a page that shows the number anyway it is only a word of ours."""
    found = _MARK.match(subject)
    return subject[found.end() :] if found else subject
