"""A mail as bytes: what goes over the wire, and to which mailbox."""

import base64
import re
from collections.abc import Sequence
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote

from services.notifier.letters import Mail
from services.notifier.markup import one_line
from shared.events import Attachment

_LOCAL = re.compile(r"""[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*|"[ !#-\[\]-~]+\"""")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Types that must not be sent as base64, or that mail programs open as if they were mails.
_TYPE = re.compile(r"(?!message/|multipart/)[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_SIMPLE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")
# UTF-8 bytes of a file's name: written as %XX, it must fit into a line of 998.
_LONGEST_NAME = 200
# Characters of a line of text, with the space that says it goes on (RFC 3676).
_WIDTH = 78


def mailbox(address: str) -> str:
    """`address` as servers take it: the domain in ASCII. `ValueError` for anything but one bare address."""
    local, _, domain = address.rpartition("@")
    domain = domain.encode("idna").decode("ascii")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError("not an address")
    return f"{local}@{domain}"


def to_bytes(mail: Mail, files: Sequence[bytes] = ()) -> bytes:
    """The mail as it goes over the wire: the same bytes at every try. `ValueError`: it can't be written as a mail.

    `files`: the content of each of its attachments, in their order.
    """
    body = EmailMessage(policy=SMTP)
    # Quoted-printable passes every server, also those that never heard of 8 bits.
    body.set_content(flowed(mail.text), cte="quoted-printable", params={"format": "flowed"})
    body.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    # No content can hold `=_`: in quoted-printable and base64 it doesn't exist.
    body.set_boundary(f"=_{mail.id}")
    headers = {**mail.headers, "To": mailbox(mail.recipient)}
    # Not by EmailMessage: it decodes `=?utf-8?q?=0ABcc:...?=` in a subject into a header of its own, and breaks
    # some accents (Python 3.11).
    head = "".join(f"{name}: {_encoded(name, value)}\r\n" for name, value in headers.items()).encode("utf-8")
    if not mail.attachments:
        return head + body.as_bytes()
    del body["MIME-Version"]
    border = f"=_files_{mail.id}"
    parts = [body.as_bytes(), *(_part(*each) for each in zip(mail.attachments, files, strict=True))]
    head += f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{border}"\r\n\r\n'.encode()
    return head + b"".join(b"--%b\r\n%b\r\n" % (border.encode(), part) for part in parts) + f"--{border}--\r\n".encode()


def flowed(text: str) -> str:
    """`text` in lines of at most 78 characters, an address or another long word alone on its own (RFC 3676).

    A line that goes on ends with a space: programs that know it join the lines again and break them where their own
    window ends, so a paragraph fills a telephone's screen as well as a wide one.
    """
    return "\n".join(part for line in text.split("\n") for part in _soft_lines(line.rstrip(" ")))


def _soft_lines(line: str) -> list[str]:
    parts, part = [], ""
    for word in re.findall(r"^ *[^ ]* *|[^ ]+ *", line):
        # What begins with these would be read as a sign: a space before it says that it isn't.
        room = _WIDTH - part.startswith((" ", ">", "From "))
        if part.strip() and len(part + word) > room:
            parts.append(part)
            part = ""
        part += word
    return [" " + each if each.startswith((" ", ">", "From ")) else each for each in [*parts, part]]


def _part(file: Attachment, content: bytes) -> bytes:
    media_type = file.media_type if _TYPE.fullmatch(file.media_type) else "application/octet-stream"
    head = (
        f"Content-Type: {media_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {_file_name(file.name)}\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _file_name(name: str) -> str:
    """The parameter that names a file, by RFC 2231 when it isn't plain: no folder, no line break, not too long."""
    line = one_line(re.sub(r"[/\\]", "_", name), len(name) + 1).strip(". ") or "file"
    stem, dot, ending = line.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = line, "", ""
    room = _LONGEST_NAME - len((dot + ending).encode())
    safe = stem.encode()[:room].decode(errors="ignore") + dot + ending
    if _SIMPLE_NAME.fullmatch(safe):
        return f'filename="{safe}"'
    return f"filename*=utf-8''{quote(safe, safe='')}"


def _encoded(name: str, value: str) -> str:
    if _BREAKS.search(value):
        raise ValueError(f"a control character in {name}")
    # An address outside ASCII goes as it is (SMTPUTF8); everything else is ASCII by now, or becomes it here.
    if name == "To" or (value.isascii() and "=?" not in value) or (name == "From" and value.isascii()):
        return value
    return Header(value, "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n")
