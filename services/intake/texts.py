"""The words of the form pages and the widget (`texts.yml`), in both languages."""

from pathlib import Path

from shared.events import Language
from shared.yamlfile import Strict, Texts, YamlFile

RECEIVED = "received"


class _File(Strict):
    texts: dict[str, Texts]
    states: dict[str, Texts]
    letters: dict[str, Texts]
    steps: dict[str, Texts]
    next: dict[str, Texts]


WORDS = YamlFile(Path(__file__).with_name("texts.yml")).into(_File)


def say(language: Language, key: str, **facts: object) -> str:
    """The text `key` with its facts filled in."""
    return WORDS.texts[key].say(language).format(**facts)


def say_state(language: Language, state: str) -> str:
    """What a ticket's state means to the person who asked; `RECEIVED` before there is a ticket."""
    return WORDS.states[state].say(language)


def say_letter(language: Language, kind: str) -> str:
    """What a mail of ours is called for the person who got it."""
    return WORDS.letters[kind].say(language)


def say_step(language: Language, step: str, queue: str) -> str:
    """What happened to a request; a step that has no words yet is not told."""
    text = WORDS.steps.get(step)
    return text.say(language).format(queue=queue) if text else ""


def say_next(language: Language, stage: str) -> str:
    """What happens next; `stage`: as `Followed` has it."""
    return WORDS.next[stage].say(language)
