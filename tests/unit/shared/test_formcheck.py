"""What a submission may hold: one contract for JSON, form data and files, with a sentence for each fault."""

from typing import Any

import pytest

from shared.errors import BadInput, TooLarge, UnsupportedType
from shared.forms.check import Checked, check
from shared.forms.data import from_pairs
from shared.forms.files import Upload
from shared.forms.model import Form
from shared.forms.view import display, fields, subject
from tests.unit.shared.formsamples import (
    EVERY_TYPE,
    EXE,
    HTML,
    JPG,
    PDF,
    PNG,
    WHO,
    a_form,
    both,
    field,
    options,
    upload,
)


def accepted(form: Form, *files: Upload, **values: Any) -> Checked:
    """The submission, with a requester."""
    return check(form, {**WHO, **values}, files, "it")


def refused(form: Form, *files: Upload, language: Any = "it", **values: Any) -> dict[str, str]:
    """The sentence for each field."""
    with pytest.raises(BadInput) as caught:
        check(form, {**WHO, **values}, files, language)
    return {error["field"]: error["message"] for error in caught.value.extra["errors"]}


FILES = a_form(
    field("proof", "file", required=True, max_count=2, max_bytes=1_300_000, types=["pdf", "png", "jpg"]),
    field("photo", "file", max_bytes=1000, types=["png"]),
)
NUMBER = a_form(field("n", "number", minimum=-2, maximum=3000))
WHOLE = a_form(field("n", "number", integer=True))
DAY = a_form(field("day", "date", minimum="2026-01-01", maximum="2026-12-31"))


def test_a_good_submission_comes_back_clean() -> None:
    found = accepted(EVERY_TYPE, kind="a", code=" 123 ", story="uno\r\ndue\n", tags=["y", "x"], line="", day=None)
    assert found == Checked(
        name=WHO["name"],
        email=WHO["email"],
        values={"kind": "a", "code": "123", "story": "uno\ndue", "tags": ["x", "y"]},
        files=(),
    )


def test_every_fault_is_told_at_once_in_the_order_of_the_page() -> None:
    with pytest.raises(BadInput) as caught:
        check(EVERY_TYPE, {"kind": "z", "line": "x", "nobody": 1}, [], "en")
    assert [error["field"] for error in caught.value.extra["errors"]] == [
        "name", "email", "kind", "line", "code", "nobody",
    ]  # fmt: skip
    assert caught.value.detail == "Check the fields below: your request has not been sent."


def test_sentences_come_in_the_language_of_the_page() -> None:
    form = a_form(field("line", "text", required=True, min_length=5))
    assert refused(form, line="ab") == {"line": "Servono almeno 5 caratteri (ora 2)."}
    assert refused(form, line="ab", language="en") == {"line": "Write at least 5 characters (now 2)."}
    assert refused(form, line="  ") == {"line": "Compila questo campo."}
    assert refused(EVERY_TYPE, kind="a", code="12") == {"code": "digits (it)"}


def test_text_is_normalised_before_it_is_measured() -> None:
    form = a_form(field("line", "text", max_length=4))
    assert accepted(form, line="Cafe\u0301").values == {"line": "Café"}


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a\u2028b", "a\u202eb", "a\ud800b", "a\x7fb"])
def test_invisible_characters_are_refused(text: str) -> None:
    form = a_form(field("line", "text"), field("story", "longtext"))
    assert "line" in refused(form, line=text)
    if text != "a\nb":
        assert "story" in refused(form, story=text)
    assert refused(form, **{text: "x"})[text.replace(text[1], "?")] == "Questo campo non fa parte del modulo."


@pytest.mark.parametrize("value", [5, True, ["a"], {"a": 1}])
@pytest.mark.parametrize("name", ["line", "code", "story", "other_email", "phone", "day", "kind"])
def test_wrong_types_are_refused(name: str, value: Any) -> None:
    assert name in refused(EVERY_TYPE, **{"kind": "a", "code": "123", name: value})


@pytest.mark.parametrize("value", ["a", "5", True, float("nan"), float("inf"), [1], 3001, -3, 10**400])
def test_numbers_are_numbers_within_limits(value: Any) -> None:
    assert list(refused(NUMBER, n=value)) == ["n"]


def test_whole_numbers_may_come_as_floats() -> None:
    assert accepted(WHOLE, n=3.0).values == {"n": 3}
    assert refused(WHOLE, n=3.5) == {"n": "Scrivi un numero intero, per esempio 3."}
    assert refused(NUMBER, n=3001) == {"n": "Il valore più alto ammesso è 3.000."}


@pytest.mark.parametrize("day", ["2026-02-30", "20260203", "3/2/2026", "2026-2-3", "2025-12-31", "2027-01-01"])
def test_dates_exist_and_are_within_limits(day: str) -> None:
    assert list(refused(DAY, day=day)) == ["day"]


def test_a_date_limit_is_written_out() -> None:
    assert accepted(DAY, day="2026-02-28").values == {"day": "2026-02-28"}
    assert refused(DAY, day="2027-01-01") == {"day": "La data non può essere dopo il 31 dicembre 2026."}


@pytest.mark.parametrize(
    "address",
    ["a", "a@b", "a@b.", "a b@c.example", "A <a@b.example>", "a..b@c.example", "a@b.test", "a@b.example\nBcc: x",
     "è@b.example", "a@-b.example", "x" * 250 + "@b.example"],
)  # fmt: skip
def test_an_address_must_be_one_that_mail_can_go_to(address: str) -> None:
    assert list(refused(NUMBER, email=address)) == ["email"]


@pytest.mark.parametrize("number", ["123", "+39", "call me", "1234567890123456", "+39 333 12345678901234567"])
def test_a_phone_number_has_6_to_15_digits(number: str) -> None:
    form = a_form(field("phone", "phone"))
    assert list(refused(form, phone=number)) == ["phone"]
    assert accepted(form, phone="+39 (0123) 456-789").values


def test_choices_are_counted_and_offered() -> None:
    base = {"kind": "a", "code": "123"}
    for tags, said in ((["x", "y", "z"], "Scegli al massimo 2 risposte."), (["x", "x"], "La stessa risposta"),
                       (["w"], "Scegli una"), ("x", "Scegli una"), ([["x"]], "Scegli una")):  # fmt: skip
        assert refused(EVERY_TYPE, **base, tags=tags)["tags"].startswith(said)


def test_hidden_fields_are_dropped_when_empty_and_refused_when_given() -> None:
    base = {"kind": "a", "code": "123"}
    assert "pieces" not in accepted(EVERY_TYPE, **base, pieces="", agree=False, detail=None).values
    assert list(refused(EVERY_TYPE, **base, pieces=3, agree=True, detail="x")) == ["pieces", "detail", "agree"]


def test_a_hidden_field_hides_what_depends_on_it() -> None:
    base = {"kind": "b", "code": "123", "pieces": 1}
    assert list(refused(EVERY_TYPE, **base, agree=True)) == ["deeper"]
    assert refused(EVERY_TYPE, **base, agree=False) == {"agree": "Per continuare spunta questa casella."}
    assert accepted(EVERY_TYPE, **base, agree=True, deeper="p").values["deeper"] == "p"
    assert list(refused(EVERY_TYPE, kind="a", code="123", deeper="p")) == ["deeper"]


def test_an_unticked_box_can_ask_why() -> None:
    base = {"kind": "a", "code": "123", "reason": "because"}
    assert accepted(EVERY_TYPE, **base).values["reason"] == "because"
    assert list(refused(EVERY_TYPE, **base, plain=True)) == ["reason"]


def test_nothing_is_said_of_fields_that_depend_on_a_wrong_answer() -> None:
    assert list(refused(EVERY_TYPE, kind="nonsense", code="123", pieces=3)) == ["kind"]


def test_form_data_becomes_what_json_would_be() -> None:
    pairs = [("_key", "k"), ("kind", "b"), ("code", "123"), ("pieces", "3"), ("amount", "12,50"), ("day", "3/2/2026"),
             ("tags", "x"), ("tags", ""), ("agree", "on"), ("deeper", "p"), *WHO.items()]  # fmt: skip
    values = from_pairs(EVERY_TYPE, pairs)
    assert "_key" not in values
    assert check(EVERY_TYPE, values, [], "it").values == {
        "kind": "b", "code": "123", "pieces": 3, "amount": 12.5, "day": "2026-02-03", "tags": ["x"], "agree": True,
        "deeper": "p",
    }  # fmt: skip


def test_form_data_that_cannot_be_converted_is_refused_by_the_same_check() -> None:
    pairs = [("kind", "a"), ("kind", "b"), ("code", "123"), ("amount", "1.234,50"), ("day", "soon"), ("plain", "maybe")]
    assert list(refused(EVERY_TYPE, **from_pairs(EVERY_TYPE, pairs))) == ["kind", "amount", "day", "plain"]


def test_files_come_back_with_a_clean_name_and_their_true_type() -> None:
    files = [
        upload("photo", "../../a\x00b.PNG", PNG, 900),
        upload("proof", "C:\\ricevuta.pdf", PDF),
        upload("proof", "x.jpeg", JPG),
    ]
    found = accepted(FILES, *files).files
    assert [(file.field, file.name, file.media_type) for file in found] == [
        ("photo", "ab.PNG", "image/png"),
        ("proof", "ricevuta.pdf", "application/pdf"),
        ("proof", "x.jpeg", "image/jpeg"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "error", "said"),
    [
        (("a.pdf", PDF, 1_300_001), TooLarge, "Il file «a.pdf» pesa 1,4 MB: il massimo è 1,3 MB."),
        (("a.pdf", PDF, 9_000_000), TooLarge, "Il file «a.pdf» pesa 9 MB: il massimo è 1,3 MB."),
        (("a.exe", PDF, 9), UnsupportedType, "Il file «a.exe» è di un tipo che non si può allegare. Sono ammessi: "),
        (("a.pdf.html", PDF, 9), UnsupportedType, "Il file «a.pdf.html» è di un tipo"),
        (("a", PDF, 9), UnsupportedType, "Il file «a» è di un tipo"),
        (("a.pdf", EXE, 9), UnsupportedType, "Il file «a.pdf» non contiene davvero un PDF: salvalo di nuovo "),
        (("a.pdf", HTML, 9), UnsupportedType, "Il file «a.pdf» non contiene"),
        (("a.png", JPG, 9), UnsupportedType, "Il file «a.png» non contiene"),
        (("a.pdf", b"ciao", 4), UnsupportedType, "Il file «a.pdf» non contiene"),
        (("a.pdf", b"", 0), BadInput, "Il file «a.pdf» è vuoto."),
    ],
)  # fmt: skip
def test_a_refused_file_is_named_with_the_reason(file: tuple[str, bytes, int], error: type, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        accepted(FILES, upload("proof", *file))
    assert type(caught.value) is error
    assert caught.value.extra["errors"][0]["message"].startswith(said)


def test_a_wrong_answer_weighs_more_than_a_wrong_file() -> None:
    with pytest.raises(BadInput) as caught:
        check(FILES, {}, [upload("proof", "a.exe", EXE)], "it")
    assert caught.value.status == 422
    assert [error["field"] for error in caught.value.extra["errors"]] == ["name", "email", "proof"]


def test_files_are_counted_asked_for_and_only_where_they_belong() -> None:
    pdf = upload("proof", "a.pdf", PDF)
    with pytest.raises(BadInput) as many:
        accepted(FILES, pdf, pdf, pdf)
    assert many.value.status == 422
    assert refused(FILES) == {"proof": "Allega il file richiesto."}
    assert "x" in refused(FILES, pdf, upload("x", "a.pdf", PDF))
    assert "name" in refused(FILES, pdf, upload("name", "a.pdf", PDF))
    assert refused(FILES, pdf, proof="a.pdf")["proof"].startswith("Qui va allegato un file")
    hidden = a_form(field("a", "checkbox"), field("f", "file", required=True, max_bytes=9, types=["pdf"],
                                                  show_when={"field": "a", "equals": True}))  # fmt: skip
    assert accepted(hidden).files == ()
    assert list(refused(hidden, upload("f", "a.pdf", PDF))) == ["f"]
    assert list(refused(hidden, a=True)) == ["f"]


def test_answers_are_written_out_with_their_labels() -> None:
    values = accepted(
        EVERY_TYPE,
        kind="b",
        code="123",
        amount=99.5,
        pieces=2,
        day="2026-03-01",
        tags=["x", "y"],
        agree=True,
        deeper="q",
    ).values
    assert display(EVERY_TYPE, values, "it") == [
        ("Kind (it)", "B (it)"), ("Code (it)", "123"), ("Amount (it)", "99,5 €"), ("Pieces (it)", "2"),
        ("Day (it)", "1 marzo 2026"), ("Tags (it)", "X (it), Y (it)"), ("Agree (it)", "Sì"), ("Deeper (it)", "Q (it)"),
    ]  # fmt: skip
    assert display(EVERY_TYPE, values, "en")[4] == ("Day (en)", "1 March 2026")
    assert subject(EVERY_TYPE, values, "it") == "Prova B (it) 123"


def test_personal_answers_can_be_left_out_and_unknown_ones_are_not_lost() -> None:
    values: dict[str, Any] = {"phone": "+39 0123 456789", "kind": "gone", "of_another_version": "kept"}
    assert display(EVERY_TYPE, values, "en") == [
        ("Kind (en)", "gone"), ("Phone (en)", "+39 0123 456789"), ("of_another_version", "kept"),
    ]  # fmt: skip
    assert display(EVERY_TYPE, values, "en", personal=False) == [("Kind (en)", "gone")]
    assert EVERY_TYPE.personal_fields == {"name", "email", "phone"}


def test_a_subject_is_short_and_takes_no_orders_from_answers() -> None:
    form = a_form(field("t", "text", required=True, max_length=500), subject=both("{t}"))
    assert subject(form, {"t": "{name} {0}"}, "en") == "{name} {0} (en)"
    assert len(subject(form, {"t": "x" * 500}, "en")) == 120


def test_what_a_page_draws_is_plain_and_complete() -> None:
    drawn = {one["id"]: one for one in fields(EVERY_TYPE, "it")}
    assert list(drawn)[:3] == ["name", "email", "kind"]
    assert drawn["kind"]["control"] == "radios"
    assert drawn["pieces"]["show_when"] == {
        "field": "kind", "in": ["b"], "label": "Kind (it)", "answers": ["B (it)"],
    }  # fmt: skip
    optional = a_form(field("c", "choice", options=options("a", "b")))
    assert fields(optional, "it")[2]["control"] == "select"
    assert fields(FILES, "it")[2] | {"max_size": "1,3 MB", "types": "PDF, PNG o JPG"} == fields(FILES, "it")[2]
