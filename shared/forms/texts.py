"""The sentences that tell a person what to put right in a form, in both languages, and how answers are written out."""

import re
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from shared.events import Language

# One line: no control characters, line separators, text-direction overrides or half surrogate pairs. The same class
# goes into the JSON Schema, so it is written with escapes that Python and JavaScript both read.
_FORBIDDEN = r"\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
ONE_LINE = rf"[^\u0000-\u001f{_FORBIDDEN}]*"
SEVERAL_LINES = rf"[^\u0000-\u0008\u000b-\u001f{_FORBIDDEN}]*"
UNPRINTABLE = re.compile(rf"[\u0000-\u001f{_FORBIDDEN}]")

SENTENCES: dict[str, tuple[str, str]] = {
    "detail": ("Controlla i campi segnalati: la richiesta non è stata inviata.",
               "Check the fields below: your request has not been sent."),
    "reply_detail": ("Controlla i campi segnalati: la risposta non è stata inviata.",
                     "Check the fields below: your reply has not been sent."),
    "empty_reply": ("Scrivi qualcosa, oppure allega un file.", "Write something, or attach a file."),
    "empty_answer": ("Compila almeno un campo, oppure scrivi qui perché non puoi.",
                     "Fill in at least one field, or write here why you can’t."),
    "required": ("Compila questo campo.", "Fill in this field."),
    "required_choice": ("Scegli una risposta.", "Choose an answer."),
    "required_choices": ("Scegli almeno una risposta.", "Choose at least one answer."),
    "required_checkbox": ("Per continuare spunta questa casella.", "Tick this box to go on."),
    "required_file": ("Allega il file richiesto.", "Attach the file we ask for."),
    "text": ("Qui serve un testo.", "This must be text."),
    "too_short": ("Servono almeno {minimum} caratteri (ora {count}).",
                  "Write at least {minimum} characters (now {count})."),
    "too_long": ("Puoi scrivere al massimo {maximum} caratteri (ora {count}).",
                 "You can write up to {maximum} characters (now {count})."),
    "unprintable": ("Il testo contiene caratteri invisibili che non si possono usare: riscrivilo a mano.",
                    "The text holds invisible characters that can’t be used: type it by hand."),
    "pattern": ("Il formato non è quello richiesto.", "This isn’t in the required format."),
    "email": ("Scrivi un indirizzo e-mail completo, per esempio nome.cognome@posta.example.",
              "Write a complete e-mail address, for example name.surname@mail.example."),
    "phone": ("Scrivi un numero di telefono con sole cifre e, se serve, il prefisso: per esempio +39 0123 456789.",
              "Write a telephone number in digits, with the prefix if needed: for example +39 0123 456789."),
    "number": ("Scrivi un numero, per esempio 150 o 150,50.", "Write a number, for example 150 or 150.50."),
    "integer": ("Scrivi un numero intero, per esempio 3.", "Write a whole number, for example 3."),
    "minimum": ("Il valore più basso ammesso è {limit}.", "The lowest value allowed is {limit}."),
    "maximum": ("Il valore più alto ammesso è {limit}.", "The highest value allowed is {limit}."),
    "date": ("Scrivi una data che esiste, con giorno, mese e anno.", "Write a date that exists: day, month and year."),
    "not_before": ("La data non può essere prima del {limit}.", "The date can’t be before {limit}."),
    "not_after": ("La data non può essere dopo il {limit}.", "The date can’t be after {limit}."),
    "option": ("Scegli una delle risposte proposte.", "Choose one of the answers offered."),
    "min_count": ("Scegli almeno {minimum} risposte.", "Choose at least {minimum} answers."),
    "max_count": ("Scegli al massimo {maximum} risposte.", "Choose at most {maximum} answers."),
    "repeated": ("La stessa risposta è indicata due volte.", "The same answer is given twice."),
    "checkbox": ("Spunta la casella oppure lasciala vuota.", "Tick the box or leave it empty."),
    "not_asked": ("Questa domanda non riguarda il tuo caso, viste le altre risposte: lasciala vuota.",
                  "This question doesn’t concern you, given your other answers: leave it empty."),
    "unknown": ("Questo campo non fa parte del modulo.", "This field isn’t part of the form."),
    "not_a_file": ("Qui va allegato un file: invia il modulo come multipart/form-data.",
                   "Attach a file here: send the form as multipart/form-data."),
    "no_file_here": ("In questo campo non si possono allegare file.", "No file can be attached to this field."),
    "one_file": ("Puoi allegare un solo file: ne hai scelti {count}.", "You can attach one file: you chose {count}."),
    "too_many_files": ("Puoi allegare al massimo {maximum} file: ne hai scelti {count}.",
                       "You can attach up to {maximum} files: you chose {count}."),
    "empty_file": ("Il file «{name}» è vuoto.", "The file “{name}” is empty."),
    "file_too_large": ("Il file «{name}» pesa {size}: il massimo è {maximum}.",
                       "The file “{name}” is {size}: the limit is {maximum}."),
    "file_type": ("Il file «{name}» è di un tipo che non si può allegare. Sono ammessi: {types}.",
                  "The file “{name}” is of a type we can’t take. Allowed: {types}."),
    "file_content": ("Il file «{name}» non contiene davvero un {type}: salvalo di nuovo come {types}.",
                     "The file “{name}” isn’t really a {type}: save it again as {types}."),
    "file_svg": ("Il file «{name}» è un disegno SVG, che può contenere programmi: salvalo come PNG o PDF.",
                 "The file “{name}” is an SVG drawing, which may hold programs: save it as PNG or PDF."),
    "file_heic": ("La foto «{name}» è in formato HEIC, che non tutti possono aprire: salvala o esportala come JPG.",
                  "The photo “{name}” is in the HEIC format, which not everybody can open: save or export it as JPG."),
    "file_runs": ("Il PDF «{name}» contiene programmi o moduli attivi: stampalo su un nuovo PDF e allega quello.",
                  "The PDF “{name}” holds programs or active forms: print it to a new PDF and attach that."),
    "file_plays": ("Il PDF «{name}» contiene video, suoni o oggetti 3D: stampalo su un nuovo PDF e allega quello.",
                   "The PDF “{name}” holds video, sound or 3D objects: print it to a new PDF and attach that."),
    "file_files_inside": ("Il PDF «{name}» contiene altri file: allegali a parte, e stampa questo su un nuovo PDF.",
                          "The PDF “{name}” holds other files: attach them apart, and print this to a new PDF."),
    "file_encrypted": ("Il PDF «{name}» si apre solo con una password: salvalo senza, perché possiamo leggerlo.",
                       "The PDF “{name}” opens only with a password: save it without one, so that we can read it."),
    "file_damaged": ("Il file «{name}» è incompleto o danneggiato e non si apre: salvalo di nuovo e riprova.",
                     "The file “{name}” is incomplete or damaged and doesn’t open: save it again and retry."),
    "file_two_in_one": ("Nel file «{name}» è nascosto un altro file: salvalo di nuovo, o stampalo su un nuovo PDF.",
                        "Another file is hidden in the file “{name}”: save it again, or print it to a new PDF."),
    "file_too_many_pixels": ("L’immagine «{name}» è troppo grande: riducila sotto i 50 milioni di pixel.",
                             "The image “{name}” is too large: reduce it below 50 million pixels."),
    "file_too_complex": ("Il file «{name}» è troppo complesso da controllare: stampalo su un nuovo PDF.",
                         "The file “{name}” is too complex to check: print it to a new PDF."),
    "form_changed": ("Questo modulo è cambiato mentre scrivevi: la richiesta non è stata ancora inviata.",
                     "This form changed while you were writing: your request has not been sent yet."),
    "new_required": ("Nuova domanda, obbligatoria: «{label}».", "New question, required: “{label}”."),
    "new_optional": ("Nuova domanda, facoltativa: «{label}».", "New question, optional: “{label}”."),
    "new_sometimes": ("Nuova domanda, in alcuni casi: «{label}».", "New question, in some cases: “{label}”."),
    "no_more": ("Non chiediamo più: «{label}».", "We no longer ask: “{label}”."),
    "new_kind": ("A «{label}» ora si risponde in un altro modo.", "“{label}” is now answered in another way."),
    "now_required": ("«{label}» ora è obbligatorio.", "“{label}” is now required."),
    "new_options": ("In «{label}» sono cambiate le risposte possibili.", "The possible answers to “{label}” changed."),
    "new_limits": ("Per «{label}» sono cambiati i limiti.", "The limits of “{label}” changed."),
    "new_condition": ("«{label}» ora si chiede in altri casi.", "“{label}” is now asked in other cases."),
    "new_words": ("«{label}» ora è scritto in un altro modo.", "“{label}” is now worded differently."),
    "new_texts": ("Sono cambiati alcuni testi, o l’ordine delle domande.",
                  "Some texts changed, or the order of the questions."),
    "or": ("o", "or"),
    "yes": ("Sì", "Yes"),
    "no": ("No", "No"),
}  # fmt: skip


def say(language: Language, key: str, **facts: object) -> str:
    """The sentence `key` with its facts filled in."""
    italian, english = SENTENCES[key]
    return (italian if language == "it" else english).format(**facts)


def number_text(number: float, language: Language) -> str:
    """`1234.5` -> `1.234,5` in Italian."""
    return str(format_decimal(number, locale=language))


def date_text(day: str, language: Language) -> str:
    """`2026-03-31` -> `31 marzo 2026`; what isn't such a day comes back as it is."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return day
    return str(format_date(found, "d MMMM yyyy", locale=language))


def size_text(size: int, language: Language) -> str:
    """Bytes as a person reads them: `5 MB`, `1,3 MB`, `340 kB`. Rounded up, so that too much never reads as enough."""
    unit, label = (1_000_000, "MB") if size >= 1_000_000 else (1000, "kB")
    tenths = -(-size * 10 // unit)
    return f"{number_text(tenths / 10, language)} {label}"
