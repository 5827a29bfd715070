"""Where the mail server is."""

import pytest

from services.notifier.smtp import MailServer
from shared.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:8125", MailServer("127.0.0.1", 8125)),
        ("smtp://relay.example", MailServer("relay.example", 25)),
        (
            "smtp://us%40er:p%3Aw@relay.example:587?starttls=1",
            MailServer("relay.example", 587, "starttls", "us@er", "p:w"),
        ),
        ("smtp://relay.example?starttls=1", MailServer("relay.example", 587, "starttls")),
        ("smtps://user:word@relay.example", MailServer("relay.example", 465, "tls", "user", "word")),
    ],
)
def test_the_server_in_its_three_spellings(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        *("relay.example:25", "http://relay.example", "smtp://", "smtp://relay.example:port", "smtp://r.example/x"),
        *("smtps://relay.example?starttls=1", "smtp://relay.example?tls=1", "smtp://relay.example?starttls=yes"),
    ],
)
def test_another_spelling_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MailServer.parse(url)
    assert "SPORTELLO_SMTP_URL" in caught.value.detail
    assert "relay.example?" not in caught.value.detail
