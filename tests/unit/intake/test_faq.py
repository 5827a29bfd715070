"""Answered questions: what is found for what people type, and every fault with its file and line."""

import shutil
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.intake.faq import Faq, read
from services.intake.faq_search import Index, Text
from shared.errors import ConfigError
from shared.events import Language
from shared.forms import Forms

CONFIG: Final = Path(__file__).parents[3] / "config"
FORMS: Final = Forms.load(CONFIG)
FAQ: Final = Faq.load(CONFIG, FORMS)

# What somebody types, in which language, in which form; what should be offered first.
TYPED: Final[list[tuple[str, Language, str, str]]] = [
    ("Non ricordo più la password", "it", "credentials", "password-forgotten"),
    ("ho perso la pasword come faccio a recuperarla", "it", "credentials", "password-forgotten"),
    ("password scaduta, come la cambio?", "it", "credentials", "password-forgotten"),
    ("Dopo vari tentativi mi dice account bloccato", "it", "credentials", "account-locked"),
    ("non so qual è il mio username", "it", "credentials", "username-forgotten"),
    ("Ho cambiato cellulare e il codice non mi arriva", "it", "credentials", "second-factor-phone"),
    ("entro con lo SPID ma vedo un'altra carriera", "it", "credentials", "spid-other-person"),
    ("la casella è piena e non ricevo più messaggi", "it", "credentials", "mailbox-full"),
    ("Ho pagato la seconda rata ma il sito dice ancora da pagare", "it", "fees", "payment-not-shown"),
    ("il versamento con PagoPA non è stato registrato", "it", "fees", "payment-not-shown"),
    ("c'è una mora se pago dopo la scadenza?", "it", "fees", "late-fee"),
    ("vorrei la riduzione delle tasse in base al reddito", "it", "fees", "isee"),
    ("Ho versato due volte la stessa tassa, vorrei indietro i soldi", "it", "fees", "refund"),
    ("l'esame superato non si vede nel libretto", "it", "exams", "exam-not-recorded"),
    ("il voto di analisi non è stato verbalizzato", "it", "exams", "exam-not-recorded"),
    ("non mi fa prenotare l'appello di gennaio", "it", "exams", "exam-registration"),
    ("devo modificare il piano di studi", "it", "exams", "study-plan-change"),
    ("mi serve un certificato di iscrizione in inglese", "it", "enrolment", "certificate"),
    ("vorrei fare il passaggio ad un altro corso", "it", "enrolment", "switch-course"),
    ("rinuncia agli studi", "it", "enrolment", "give-up"),
    ("la pagina resta bianca", "it", "online-services", "page-error"),
    ("in biblioteca non si connette il wifi", "it", "online-services", "wifi"),
    ("Non vedo le videolezioni registrate del corso", "it", "online-services", "lecture-recordings"),
    ("come si attiva uno stage in una ditta", "it", "internships", "internship-start"),
    ("ho finito il tirocinio, quando compaiono i CFU?", "it", "internships", "internship-credits"),
    ("I forgot my password", "en", "credentials", "password-forgotten"),
    ("I can't log in, it says my account is blocked", "en", "credentials", "account-locked"),
    ("new phone, no verification code", "en", "credentials", "second-factor-phone"),
    ("I paid my fees but the payment isn't recorded", "en", "fees", "payment-not-shown"),
    ("I was charged twice and want my money back", "en", "fees", "refund"),
    ("the exam I passed is missing from my transcript", "en", "exams", "exam-not-recorded"),
    ("how can I drop out or take a break", "en", "enrolment", "give-up"),
    ("eduroam does not connect", "en", "online-services", "wifi"),
    ("how many hours until my internship credits are recognised", "en", "internships", "internship-credits"),
]
# Nothing is offered for these: no answer is better than a foolish one.
NOTHING: Final[list[tuple[str, Language]]] = [
    ("", "it"),
    ("Buongiorno, avrei bisogno di un aiuto", "it"),
    ("grazie mille", "it"),
    ("Il mio gatto dorme sul divano", "it"),
    ("Hello, I have a question", "en"),
    ("xyzzy", "en"),
]


@pytest.mark.parametrize(("typed", "language", "form", "wanted"), TYPED)
def test_the_answer_is_found_by_what_people_type(typed: str, language: Language, form: str, wanted: str) -> None:
    found = [one.id for one in FAQ.similar(typed, language, form)]
    assert found[:1] == [wanted], found
    # On the page of all questions nobody knows the form.
    assert wanted in [one.id for one in FAQ.similar(typed, language)]


@pytest.mark.parametrize(("typed", "language"), NOTHING)
def test_nothing_is_offered_that_is_beside_the_point(typed: str, language: Language) -> None:
    assert FAQ.similar(typed, language, "credentials") == []


def test_case_accents_and_length_make_no_difference() -> None:
    assert FAQ.similar("RINUNCIA", "it") == FAQ.similar("rinúncia", "it") != []
    assert FAQ.similar("rinuncia " + "x" * 100_000, "it") == FAQ.similar("rinuncia", "it")
    assert len(FAQ.similar(" ".join(one.question for one in FAQ.all("it")), "it")) <= 3


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    index = Index([Text("esame voto", "", ""), Text("esame appello", "", ""), Text("esame crediti", "", "")], "it")
    assert index.find("esame appello", [False] * 3, 3)[:1] == [1]


def test_every_form_has_a_question_and_each_is_whole_in_both_languages() -> None:
    for form in FORMS.ids():
        assert FAQ.all("it", form)
    for language in ("it", "en"):
        assert len({one.id for one in FAQ.all(language)}) == len(FAQ.all(language)) >= 15
        for one in FAQ.all(language):
            assert one.html.startswith(("<p>", "<ol>", "<ul>"))


def folder_with(tmp_path: Path, text: str) -> Path:
    """A copy of config/ whose only answered questions are these."""
    config = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    shutil.rmtree(config / "faq")
    (config / "faq").mkdir()
    (config / "faq" / "some.yml").write_text(text)
    return config


GOOD: Final = """\
questions:
  - id: one
    forms: [fees]
    question: {it: "Uno?", en: "One?"}
    answer: {it: "Sì, *uno*.", en: "Yes, [one](https://one.example)."}
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("id: one", "id: One!", "some.yml:2: questions.0.id: write 2 to 41 small letters, digits and hyphens"),
        ("forms: [fees]", "forms: []", "some.yml:3: questions.0.forms"),
        ("forms: [fees]", "forms: [moon]", "some.yml:3: there is no form 'moon'"),
        ('en: "One?"', "fr: Un", "some.yml:4: questions.0.question.en: is missing: add it"),
        ("Uno?", " ", "some.yml:4: is empty: write it"),
        ("Uno?", "U" * 161, "some.yml:4: has 161 characters: 160 at most"),
        ("Sì, *uno*.", "# Sì", "some.yml:5: would need <h1>"),
        ("Sì, *uno*.", "![Sì](https://a.example/x.png)", "some.yml:5: would need <img>"),
        ("Sì, *uno*.", "x" * 1501, "some.yml:5: has 1,501 characters: 1,500 at most"),
        ("id: one", "id: one\n    colour: red", "some.yml:3: questions.0.colour: there is no such word here"),
        ("questions:", "questions: []\nmore:", "some.yml:1: questions"),
    ],
)
def test_a_fault_is_named_with_its_file_and_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    config = folder_with(tmp_path, GOOD.replace(old, new, 1))
    _, faults = read(config, FORMS)
    assert fault in "\n".join(each.detail for each in faults)
    with pytest.raises(ConfigError):
        Faq.load(config, FORMS)


def test_a_question_given_twice_is_a_fault_that_names_both(tmp_path: Path) -> None:
    config = folder_with(tmp_path, GOOD)
    (config / "faq" / "twice.yml").write_text(GOOD)
    _, (fault,) = read(config, FORMS)
    assert fault.detail.endswith("twice.yml:2: question 'one' is given twice: also in some.yml, line 2")


def test_markup_of_an_answer_can_do_no_harm(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script> [x](javascript:alert(1)) <b onclick=x>b</b>"
    config = folder_with(tmp_path, GOOD.replace("Sì, *uno*.", bad))
    (one,) = Faq.load(config, FORMS).all("it")
    assert "<script" not in one.html
    assert "<b" not in one.html
    assert "href" not in one.html


def test_without_a_folder_there_are_no_questions(tmp_path: Path) -> None:
    faq = Faq.load(tmp_path, FORMS)
    assert faq.all("it") == faq.similar("password", "it") == []
    assert "one" not in faq


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    def check(config: Path) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["faq", "check", "--config", str(config)], env={"COLUMNS": "400"})
        return done.exit_code, done.output

    assert check(CONFIG) == (0, f"{CONFIG}/faq: {len(FAQ.all('it'))} questions: nothing wrong.\n")
    config = folder_with(tmp_path, GOOD.replace("fees", "moon").replace("Uno?", " "))
    code, said = check(config)
    assert code == 1
    assert said.splitlines() == [
        f"{config}/faq/some.yml:3: there is no form 'moon'",
        f"{config}/faq/some.yml:4: is empty: write it",
    ]
