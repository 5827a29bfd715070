"""How a mail is written on the wire: what was typed stays inside its place."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demo.mailbox import reflowed
from services.notifier.message import mailbox, to_bytes
from shared.queues import Queues
from tests.unit.notifier.samples import a_file, answered, opened, someone, write

MAILS = write()
HEADERS = {
    *("Subject", "From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version"),
    *("X-Auto-Response-Suppress", "Content-Language", "Content-Type"),
}


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


@given(name=st.text(max_size=200), subject=st.text(max_size=400))
@example(name="x\r\nBcc: all@evil.example\r\n\r\nHello", subject="x\nBcc: all@evil.example")
@example(name="é" * 200, subject="🎓" * 200)
@example(name="a\u2028b\x85c\x0bd", subject="=?utf-8?q?=0ABcc:_x?=")
def test_nothing_that_was_typed_adds_a_header_or_a_line(name: str, subject: str) -> None:
    mail = MAILS.received(opened(requester=someone(name=name), subject=subject))
    content = to_bytes(mail)
    message = read(content)
    assert sorted(message.keys()) == sorted(HEADERS)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["To"] == "chiara@studenti.example"
    assert max(len(line) for line in content.splitlines()) <= 998
    assert content.isascii()


def test_what_arrives_is_what_was_written() -> None:
    mail = MAILS.received(opened(subject="Perché non è «così»? 🎓"))
    text, html = read(to_bytes(mail)).iter_parts()
    assert isinstance(text, EmailMessage)
    assert reflowed(text) == mail.text
    assert html.get_content().replace("\r\n", "\n").strip() == mail.html.strip()


@given(words=st.text("ab >-\n", max_size=400) | st.text(max_size=300))
@example(words="From me\n> quoted\n  indented " + "far " * 30 + "\n-- \nx  y\n" + "l" * 90 + " end\n\n  \n")
def test_a_line_is_broken_before_78_characters_and_made_whole_by_the_reader(words: str) -> None:
    mail = MAILS.answer(answered(text=words))
    text = read(to_bytes(mail)).get_body(("plain",))
    assert isinstance(text, EmailMessage)
    assert text["Content-Type"].params["format"] == "flowed"
    long = [line for line in text.get_content().split("\r\n") if len(line) > 78]
    assert all(" " not in line.strip(" ") for line in long)
    assert reflowed(text) == "\n".join(line.rstrip(" ") for line in mail.text.split("\n"))


@given(subject=st.text(max_size=200))
@example(subject="Perché non è «così»? 🎓")
@example(subject="x =?utf-8?q?=C3=A8?= =?utf-8?b?w6g=?=")
def test_the_subject_arrives_as_it_was_written(subject: str) -> None:
    mail = MAILS.received(opened(subject=subject))
    raw = message_from_bytes(to_bytes(mail), policy=compat32)["Subject"]
    assert str(make_header(decode_header(raw))) == mail.subject


@pytest.mark.parametrize("name", ["Tasse, contributi", "Università «è»", "Il (nuovo) ufficio", "x" * 90 + "ò"])
def test_the_name_of_an_office_may_hold_anything(name: str, tmp_path: Path) -> None:
    queue = f"{{id: desk, level: 1, names: {{it: '{name}', en: x}}, group: desk, mail_from: desk@ateneo.example}}"
    (tmp_path / "queues.yml").write_text(f"fallback: desk\nqueues: [{queue}]", encoding="utf-8")
    mail = write(Queues.load(tmp_path)).received(opened())
    shown, address = parseaddr(message_from_bytes(to_bytes(mail), policy=compat32)["From"])
    assert (str(make_header(decode_header(shown))), address) == (name, "desk@ateneo.example")


def test_every_try_sends_the_same_bytes() -> None:
    mail = MAILS.received(opened())
    assert to_bytes(mail) == to_bytes(mail)


def test_files_travel_with_the_words_and_every_try_sends_the_same_bytes() -> None:
    files = (a_file(), a_file("Verbale d'esame – perché.txt", media_type="text/plain"))
    contents = [bytes(range(256)) * 40, "perché\n--=_x\n".encode()]
    mail = MAILS.answer(answered(attachments=files))
    content = to_bytes(mail, contents)
    assert content == to_bytes(mail, contents)
    message = read(content)
    assert not message.defects
    assert message.get_content_type() == "multipart/mixed"
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert html
    assert isinstance(text, EmailMessage)
    assert reflowed(text) == mail.text
    found = list(message.iter_attachments())
    assert [each.get_filename() for each in found] == [each.name for each in files]
    assert [each.get_payload(decode=True) for each in found] == contents
    assert [each.get_content_type() for each in found] == ["application/pdf", "text/plain"]
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_a_mail_is_not_sent_without_one_of_its_files() -> None:
    with pytest.raises(ValueError, match="zip"):
        to_bytes(MAILS.answer(answered(attachments=(a_file(),))))


@given(name=st.text(max_size=300), media_type=st.text(max_size=40))
@example(name="a.pdf\r\nBcc: all@evil.example", media_type="text/html\r\nBcc: all@evil.example")
@example(name='a".pdf; x="y', media_type="message/rfc822")
@example(name="=?utf-8?q?=0ABcc:_x?=.pdf", media_type="multipart/mixed; boundary=x")
@example(name="../../etc/passwd", media_type="")
@example(name="🎓" * 300 + ".pdf", media_type="image/svg+xml")
@example(name="x." + "y" * 300, media_type="application/pdf")
def test_a_files_name_adds_nothing_and_names_no_folder(name: str, media_type: str) -> None:
    mail = MAILS.answer(answered(attachments=(a_file(name, media_type=media_type),)))
    content = to_bytes(mail, [b"%PDF"])
    message = read(content)
    (found,) = message.iter_attachments()
    assert sorted(found.keys()) == ["Content-Disposition", "Content-Transfer-Encoding", "Content-Type"]
    assert found.get_payload(decode=True) == b"%PDF"
    assert found.get_content_disposition() == "attachment"
    shown = found.get_filename()
    assert shown
    assert not set(shown) & set("/\\\r\n\x00")
    assert not shown.startswith(".")
    assert found.get_content_maintype() not in ("message", "multipart")
    assert "Bcc" not in message
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "name", ["ricevuta.pdf", "Università «è».pdf", "due parole.png", 'con "virgolette".txt', "x" * 90]
)
def test_a_files_name_arrives_as_it_is(name: str) -> None:
    mail = MAILS.answer(answered(attachments=(a_file(name),)))
    (found,) = read(to_bytes(mail, [b"x"])).iter_attachments()
    assert found.get_filename() == name


def test_a_long_domain_does_not_break_the_thread() -> None:
    mail = MAILS.received(opened())
    long = f"<ticket-{mail.ticket_id}@assistenza.studenti.universita-degli-studi.example>"
    mail = mail.model_copy(update={"headers": {**mail.headers, "In-Reply-To": long, "References": long}})
    raw = to_bytes(mail).replace(b"\r\n ", b" ")
    assert b"References: " + long.encode() in raw
    assert b"In-Reply-To: " + long.encode() in raw


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("luca@studenti.example", "luca@studenti.example"),
        ("luca@università.example", "luca@xn--universit-y1a.example"),
        ("nicolò@studenti.example", "nicolò@studenti.example"),
        ('"a b"@studenti.example', '"a b"@studenti.example'),
    ],
)
def test_addresses_as_servers_take_them(address: str, expected: str) -> None:
    assert mailbox(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        *("", "luca", "luca@", "@studenti.example", "a@x.example, b@y.example", "a@x.example\r\nDATA", "<a@x.example>"),
        *("a b@x.example", "nicolò nicolò@x.example", "nicolò>@x.example", "a@x.example>", "Luca <a@x.example>"),
    ],
)
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|label|codec"):
        mailbox(address)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(address: str) -> None:
    try:
        found = mailbox(address)
    except ValueError:
        return
    assert not set(found) & set("\r\n\x00<>")
    assert found.count("@") >= 1
