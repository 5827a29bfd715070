"""What of a mail is not for operators' eyes or paper: the key in its link."""

from services.portal.keyless import keyless
from shared.identity import submission_token


def test_a_mail_is_shown_without_the_key_to_the_users_page() -> None:
    key = submission_token("ticket-1", "k" * 32)
    mail = f"Segui la richiesta:\nhttps://moduli.example/submissions/{key}?lang=it\n\nCordiali saluti"
    told = keyless(mail)
    assert key not in told
    assert told == "Segui la richiesta:\nhttps://moduli.example/submissions/…?lang=it\n\nCordiali saluti"


def test_words_stay_as_they_are() -> None:
    for text in ("", "eyJ", "a.b.c", "Vedi https://ateneo.example/eyJolly.html"):
        assert keyless(text) == text
