"""A mail as bytes: what goes over the wire, and to which mailbox."""

import re
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP

from services.notifier.mails import Mail

_LOCAL = re.compile(r"""[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*|"[ !#-\[\]-~]+\"""")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def mailbox(address: str) -> str:
    """`address` as servers take it: the domain in ASCII. `ValueError` for anything but one bare address."""
    local, _, domain = address.rpartition("@")
    domain = domain.encode("idna").decode("ascii")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError("not an address")
    return f"{local}@{domain}"


def to_bytes(mail: Mail) -> bytes:
    """The mail as it goes over the wire: the same bytes at every try. `ValueError`: it can't be written as a mail."""
    body = EmailMessage(policy=SMTP)
    # Quoted-printable passes every server, also those that never heard of 8 bits.
    body.set_content(mail.text, cte="quoted-printable")
    body.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    body.set_boundary(f"=_{mail.id}")
    headers = {**mail.headers, "To": mailbox(mail.recipient)}
    # Not by EmailMessage: it decodes `=?utf-8?q?=0ABcc:...?=` in a subject into a header of its own, and breaks
    # some accents (Python 3.11).
    head = "".join(f"{name}: {_encoded(name, value)}\r\n" for name, value in headers.items())
    return head.encode("utf-8") + body.as_bytes()


def _encoded(name: str, value: str) -> str:
    if _BREAKS.search(value):
        raise ValueError(f"a control character in {name}")
    # An address outside ASCII goes as it is (SMTPUTF8); everything else is ASCII by now, or becomes it here.
    if name == "To" or (value.isascii() and "=?" not in value) or (name == "From" and value.isascii()):
        return value
    return Header(value, "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n")
