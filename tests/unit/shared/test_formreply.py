"""What a person is asked again, or adds later: just that, by the same one check as the form itself."""

from typing import Any

import pytest

from shared.errors import BadInput, TooLarge, UnsupportedType
from shared.forms.check import check
from shared.forms.data import from_pairs
from shared.forms.reply import FILES, LONGEST_MESSAGE, MESSAGE, REPLY, Narrowed, check_reply, narrowed, wish, wish_key
from shared.forms.view import fields
from tests.unit.shared.formsamples import EVERY_TYPE, EXE, PDF, PNG, a_form, field, upload

ASKED = narrowed(EVERY_TYPE, ["pieces", "code", "agree", "deeper", "ghost"])
PROOF = narrowed(
    a_form(field("proof", "file", required=True, max_bytes=1000, types=["pdf"]), field("line", "text")), ["proof"]
)


def refused(form: Narrowed, *files: Any, **values: Any) -> dict[str, str]:
    """The sentence for each field."""
    with pytest.raises(BadInput) as caught:
        check_reply(form, values, files, "it")
    assert caught.value.detail == "Controlla i campi segnalati: la risposta non è stata inviata."
    return {error["field"]: error["message"] for error in caught.value.extra["errors"]}


def test_a_narrowed_form_asks_just_what_is_asked_and_for_a_message() -> None:
    assert [drawn["id"] for drawn in fields(ASKED, "it")] == ["code", "pieces", "agree", "deeper", MESSAGE]
    assert set(ASKED.asked) == {"code", "pieces", "agree", "deeper", MESSAGE}
    assert (ASKED.id, ASKED.version) == (EVERY_TYPE.id, EVERY_TYPE.version)


def test_what_is_asked_is_shown_even_when_its_condition_is_not_there_and_may_be_left_out() -> None:
    assert all(drawn["show_when"] is None and not drawn["required"] for drawn in fields(ASKED, "it"))
    assert check_reply(ASKED, {"deeper": "q"}, [], "it").values == {"deeper": "q"}
    assert EVERY_TYPE.by_id["deeper"].required, "the form itself stays as it is"


def test_a_form_that_was_used_before_can_be_narrowed() -> None:
    assert set(EVERY_TYPE.asked) == {question.id for question in EVERY_TYPE.questions} > set(EVERY_TYPE.by_id)
    assert narrowed(EVERY_TYPE, ["line"]).by_id.keys() == {"line", MESSAGE}
    assert narrowed(ASKED, ["code"]).by_id.keys() == {"code", MESSAGE}


def test_answers_fit_the_limits_of_the_form_they_come_from() -> None:
    pairs = from_pairs(ASKED, [("pieces", "3"), ("code", " 123 "), ("agree", "on"), (MESSAGE, " Ecco.\r\n")])
    reply = check_reply(ASKED, pairs, [], "it")
    assert reply == ("Ecco.", {"pieces": 3, "code": "123", "agree": True}, ())
    assert refused(ASKED, pieces=10, code="12") == {
        "pieces": "Il valore più alto ammesso è 9.",
        "code": "digits (it)",
    }


def test_what_was_not_asked_is_refused() -> None:
    assert refused(ASKED, line="abc", name="Luca", code="123") == {
        "line": "Questo campo non fa parte del modulo.",
        "name": "Questo campo non fa parte del modulo.",
    }
    assert refused(ASKED, upload("code", "a.pdf", PDF), code="123").keys() == {"code"}


@pytest.mark.parametrize("typed", [{}, {MESSAGE: "  \n "}, {"code": "", MESSAGE: None}])
def test_nothing_at_all_is_refused_at_the_message(typed: dict[str, Any]) -> None:
    expected = {MESSAGE: "Compila almeno un campo, oppure scrivi qui perché non puoi."}
    assert refused(ASKED, **typed) == expected
    assert refused(REPLY, **{MESSAGE: " "}) == {MESSAGE: "Scrivi qualcosa, oppure allega un file."}


def test_a_message_alone_is_an_answer_and_so_is_a_file() -> None:
    assert check_reply(ASKED, {MESSAGE: "Non ce l'ho."}, [], "it") == ("Non ce l'ho.", {}, ())
    assert check_reply(PROOF, {}, [upload("proof", "x.pdf", PDF)], "it").files[0].media_type == "application/pdf"
    assert check_reply(REPLY, {}, [upload(FILES, "x.png", PNG)], "it").files[0].name == "x.png"


def test_files_are_of_the_safe_types_and_sizes() -> None:
    for file, kind in (
        (upload(FILES, "x.exe", EXE), UnsupportedType),
        (upload(FILES, "x.png", PNG, 6 * 10**6), TooLarge),
    ):
        with pytest.raises(kind):
            check_reply(REPLY, {MESSAGE: "a"}, [file], "it")
    assert refused(REPLY, *[upload(FILES, f"{n}.png", PNG) for n in range(6)]) == {
        FILES: "Puoi allegare al massimo 5 file: ne hai scelti 6."
    }
    assert refused(PROOF, upload("proof", "x.png", PNG)).keys() == {"proof"}


def test_a_message_has_a_length_and_no_invisible_characters() -> None:
    assert refused(REPLY, **{MESSAGE: "a" * (LONGEST_MESSAGE + 1)}).keys() == {MESSAGE}
    assert refused(REPLY, **{MESSAGE: "a\x00b"}).keys() == {MESSAGE}
    assert refused(REPLY, **{MESSAGE: ["a"]}).keys() == {MESSAGE}


def test_no_form_can_have_a_field_of_the_pages_own() -> None:
    with pytest.raises(ValueError, match="pattern"):
        a_form(field(MESSAGE, "text"))


def test_the_wish_names_each_file_with_what_it_is_for() -> None:
    reply = check_reply(REPLY, {MESSAGE: "Ecco"}, [upload(FILES, "../x.pdf", PDF)], "it")
    body = wish(reply, ["t/abc"], None)
    assert body["text"] == "Ecco"
    assert body["attachments"] == [
        {"key": "t/abc", "name": "x.pdf", "media_type": "application/pdf", "size": len(PDF), "field": ""}
    ]
    proof = check_reply(PROOF, {}, [upload("proof", "x.pdf", PDF)], "it")
    answer: Any = wish(proof, ["t/abc"], "article")
    assert (answer["attachments"][0]["field"], answer["information"]) == ("proof", "article")


def test_the_same_key_and_content_is_the_same_reply() -> None:
    one = wish(check_reply(REPLY, {MESSAGE: "Ecco"}, [], "it"), [], None)
    other = wish(check_reply(REPLY, {MESSAGE: "Ecco!"}, [], "it"), [], None)
    assert wish_key("k", one) == wish_key("k", dict(one))
    assert len({wish_key("k", one), wish_key("k", other), wish_key("l", one)}) == 3


def test_the_one_check_takes_a_form_that_asks_nobody_who_they_are() -> None:
    checked = check(ASKED, {"code": "123"}, [], "it")
    assert (checked.name, checked.email, checked.values) == ("", "", {"code": "123"})
