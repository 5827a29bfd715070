"""The mail catcher as a mail server meets it (SMTP), and as people and tests do (HTTP)."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from demo.copies import Copies
from demo.leftovers import marked_environment
from demo.mails import Mails
from demo.ports import Ports
from demo.programs import mail_catcher
from demo.stack import ROOT

pytestmark = pytest.mark.integration

PORTS = Ports.free()
URL = f"http://127.0.0.1:{PORTS.mails}"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    state = tmp_path_factory.mktemp("catcher")
    copies = Copies(mail_catcher(PORTS, marked_environment(state), state / "mails"), cwd=ROOT, logs=state)
    copies.add()
    copies.wait_ready(30)
    yield copies
    copies.terminate()
    copies.finish(5)


@pytest.fixture
def mails(program: Copies) -> Iterator[Mails]:
    found = Mails(URL)
    found.clear()
    yield found
    found.behave()
    found.close()


def a_mail(to: str = "ada@studenti.example", html: str = "<p>Buongiorno <b>Ada</b></p>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Credenziali <credenziali@ateneo.example>"
    mail["To"] = to
    mail["Subject"] = "[Ticket#20261123000013] Perché così è più chiaro"
    mail["Message-ID"] = "<one@ateneo.example>"
    mail.set_content("Buongiorno,\nvedi http://127.0.0.1:8100/my.\n")
    mail.add_alternative(html, subtype="html")
    return mail


def send(mail: EmailMessage, timeout: float = 10) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", PORTS.smtp, timeout=timeout) as server:
        return server.send_message(mail)


def test_a_mail_is_kept_whole_and_read_in_both_forms(mails: Mails) -> None:
    assert send(a_mail()) == {}
    (mail,) = mails.wait_for(1)
    assert mail["to"] == ["ada@studenti.example"]
    assert mail["from"] == "Credenziali <credenziali@ateneo.example>"
    assert mail["message_id"] == "<one@ateneo.example>"
    assert mail["subject"] == "[Ticket#20261123000013] Perché così è più chiaro"
    assert mail["text"] == "Buongiorno,\nvedi http://127.0.0.1:8100/my.\n"
    assert "<b>Ada</b>" in mail["html"]
    assert mail["headers"]["To"] == "ada@studenti.example"
    assert mail["received_at"].endswith("+00:00")
    assert mails.all(to="ADA@") == mails.all(message_id="<one@ateneo.example>") == [mail]
    assert mails.all(to="nobody") == []


def test_mails_come_newest_first_and_survive_a_kill(mails: Mails, program: Copies) -> None:
    for name in ("one", "two", "three"):
        send(a_mail(to=f"{name}@studenti.example"))
    program.kill(1)
    program.start_again(1)
    program.wait_ready(30)
    assert [mail["to"][0].partition("@")[0] for mail in mails.all()] == ["three", "two", "one"]


def test_an_address_is_refused_as_often_as_told_and_others_are_not(mails: Mails) -> None:
    mails.refuse("full@*", code=452, text="4.2.2 Mailbox full", times=1)
    both = a_mail(to="full@studenti.example, ada@studenti.example")
    assert send(both) == {"full@studenti.example": (452, b"4.2.2 Mailbox full")}
    assert [mail["to"] for mail in mails.all()] == [["ada@studenti.example"]]
    assert send(both) == {}
    mails.refuse("gone@studenti.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(a_mail(to="gone@studenti.example"))


def test_a_dropped_mail_is_kept_although_nobody_said_so(mails: Mails) -> None:
    mails.drop("ada@*", times=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(a_mail())
    assert send(a_mail()) == {}
    assert [mail["message_id"] for mail in mails.all()] == ["<one@ateneo.example>"] * 2


def test_a_hanging_mail_is_not_kept_and_holds_no_other_back(mails: Mails) -> None:
    mails.hang("ada@*")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(a_mail(), timeout=0.3)
    assert send(a_mail(to="bob@studenti.example")) == {}
    assert [mail["to"] for mail in mails.all()] == [["bob@studenti.example"]]


def test_the_pages_show_the_list_and_the_mail_in_both_languages(mails: Mails) -> None:
    assert "Ancora nessuna e-mail" in httpx.get(URL).text
    assert "No e-mail yet" in httpx.get(URL, params={"lang": "en"}).text
    send(a_mail())
    listed = httpx.get(URL).text
    assert "Perché così è più chiaro" in listed
    shown = httpx.get(f"{URL}/mails/{mails.all()[0]['id']}").text
    assert '<a href="http://127.0.0.1:8100/my" rel="noopener">' in shown
    assert httpx.get(f"{URL}/mails/none").status_code == 404


def test_what_a_mail_brings_can_do_nothing(mails: Mails) -> None:
    send(a_mail(html="<script>alert(1)</script><img src='http://tracker.example/x.png'>"))
    address = f"{URL}/mails/{mails.all()[0]['id']}"
    assert "<script>alert(1)" not in httpx.get(address).text
    framed = httpx.get(f"{address}/html")
    assert framed.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in framed.headers["Content-Security-Policy"]
    page = httpx.get(address)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert 'sandbox="allow-popups' in page.text


def test_the_original_can_be_downloaded(mails: Mails, tmp_path: Path) -> None:
    send(a_mail())
    answer = httpx.get(f"{URL}/mails/{mails.all()[0]['id']}/raw")
    assert answer.headers["Content-Type"].startswith("message/rfc822")
    assert answer.content.startswith(
        b"Return-Path: <credenziali@ateneo.example>\r\nDelivered-To: ada@studenti.example\r\n"
    )


def test_a_mails_files_are_named_with_their_size(mails: Mails) -> None:
    mail = a_mail()
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Università «è».pdf")
    assert send(mail) == {}
    (found,) = mails.wait_for(1)
    assert found["attachments"] == [{"name": "Università «è».pdf", "media_type": "application/pdf", "size": 8}]
    assert found["text"] == "Buongiorno,\nvedi http://127.0.0.1:8100/my.\n"
    assert "Università «è».pdf (8 byte)" in httpx.get(f"{URL}/mails/{found['id']}").text
