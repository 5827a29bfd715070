"""The name of a file that somebody sent, made safe to show to people, to write into headers and to save under. Pure.

A name is shown as it is, with every ending it has: what is called `fattura.pdf.exe` is seen to be that.
"""

import re
import unicodedata

# Of the whole name, and of its ending; no file system takes more than 255 bytes.
MOST_CHARACTERS = 120
MOST_BYTES = 200
LONGEST_ENDING = 10
# Marks above and below one letter.
MOST_MARKS = 3
NAMELESS = "file"

_FOLDERS = re.compile(r"[/\\]")
# Windows can't save these, and one of them (:) hides what follows.
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """No folders, nothing invisible, no text direction of its own, no name of a device, not too long; never empty."""
    visible = _visible(unicodedata.normalize("NFC", _FOLDERS.split(name)[-1]))
    plain = _NOT_ON_WINDOWS.sub("_", " ".join(visible.split())).rstrip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING or " " in ending:
        stem, ending = plain, ""
    else:
        ending = dot + ending
    stem = _shortened(stem.strip(" ."), ending) or NAMELESS
    return ("_" if _DEVICES.match(stem) else "") + stem + ending


def _visible(name: str) -> str:
    kept: list[str] = []
    marks = 0
    for letter in name:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind == "Zs":
            kept.append(" ")
        elif kind[0] not in "CZ" and marks <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def _shortened(stem: str, ending: str) -> str:
    room = MOST_BYTES - len(ending.encode())
    short = stem[: MOST_CHARACTERS - len(ending)].encode()[:room].decode(errors="ignore")
    return short.rstrip(" .")
