"""The sample requests fit the forms, and name people who exist."""

from pathlib import Path

import pytest

from demo.samples import Sample, a_pdf, a_png, load
from shared.forms import Forms
from shared.forms.check import check
from shared.forms.files import HEAD_BYTES, Upload
from shared.people import People
from shared.queues import Queues

CONFIG = Path(__file__).parents[3] / "config"
FORMS = Forms.load(CONFIG)
QUEUES = Queues.load(CONFIG)
PEOPLE = People.load(CONFIG, QUEUES)
SAMPLES = load()
MADE = {"pdf": ("allegato.pdf", "application/pdf", a_pdf()), "png": ("schermata.png", "image/png", a_png())}


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{each.form}-{place}" for place, each in enumerate(SAMPLES)])
def test_each_sample_is_accepted_by_its_form(sample: Sample) -> None:
    form = FORMS.current(sample.form)
    person = PEOPLE.get(sample.person) if sample.person else None
    who = {"name": person.name, "email": person.email} if person else {}
    uploads = [upload(field, kind) for field, kind in sample.files.items()]
    assert check(form, who | sample.answers, uploads, sample.language).email
    assert form.allows(sample.site)


def upload(field: str, kind: str) -> Upload:
    name, media_type, content = MADE[kind]
    return Upload(field, name, media_type, len(content), content[:HEAD_BYTES])


def test_the_samples_show_every_form_both_languages_and_work_in_progress() -> None:
    assert {each.form for each in SAMPLES} == {form.id for form in FORMS.all_current()}
    assert {each.language for each in SAMPLES} == {"it", "en"}
    assert len(SAMPLES) >= 25
    actors = {step.by for each in SAMPLES for step in each.steps}
    assert len(actors) >= 3
    assert all((person := PEOPLE.get(actor)) and person.is_operator for actor in actors)
    verbs = {step.verb for each in SAMPLES for step in each.steps}
    assert {"take", "notes", "answers", "information-requests", "hand-over", "close", "pending", "forwards"} <= verbs
    assert any(each.files for each in SAMPLES)


def test_the_samples_show_the_second_level_at_work() -> None:
    asked = [step for each in SAMPLES for step in each.steps if step.verb == "questions"]
    assert {step.of for step in asked} == {"ticket", "question"}
    for step in asked:
        queue = QUEUES.get(str(step.body["queue"]))
        assert queue
        assert queue.level == 2
    ended = {step.verb for each in SAMPLES for step in each.steps if step.of == "question"}
    assert {"take", "question/answer", "question/return"} <= ended
    verbs = {step.verb for each in SAMPLES for step in each.steps}
    assert "watch" in verbs
    assert any(step.body.get("questions") == "wait" for each in SAMPLES for step in each.steps)
    assert any("@giulia.conti" in str(step.body.get("text")) for each in SAMPLES for step in each.steps)


@pytest.mark.parametrize("sample", SAMPLES, ids=[f"{each.form}-{place}" for place, each in enumerate(SAMPLES)])
def test_a_question_shows_fields_that_were_answered(sample: Sample) -> None:
    for step in sample.steps:
        if step.verb == "questions":
            assert set(step.body.get("fields", ())) <= set(sample.values)


def test_who_is_signed_in_is_a_sample_user() -> None:
    signed_in = {each.person for each in SAMPLES if each.person}
    assert signed_in
    assert all((person := PEOPLE.get(one)) and not person.is_operator for one in signed_in)
