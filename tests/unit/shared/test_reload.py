"""Files that change under a running service: the right ones take over, wrong and half ones disturb nobody."""

import asyncio
from pathlib import Path

from shared.errors import ConfigError
from shared.people import People, watched
from shared.queues import Queues
from shared.reload import Kept
from tests.conftest import eventually

HERE = """fallback: desk
queues:
  - {id: desk, level: 1, names: {it: S, en: Desk}, group: desk, mail_from: desk@ateneo.example}
"""
PEOPLE = "people:\n  - {id: ada, name: Ada, email: ada@a.example, roles: [operator], groups: [desk]}\n"


class Words:
    """A file with a word; `wrong` is none."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "word.yml"
        self.path.write_text("first")
        self.heard: list[str] = []
        self.kept = Kept([self.path], self.load, self.heard.append, pause=0.01)

    def load(self) -> str:
        try:
            word = self.path.read_text()
        except OSError as error:
            raise ConfigError(f"{self.path}:1: cannot be read") from error
        if word.startswith("wrong"):
            raise ConfigError(f"{self.path}:1: {word} is no word")
        return word

    async def say(self, word: str, looks: int = 2) -> None:
        self.path.write_text(word)
        for _ in range(looks):
            await self.kept.look()


async def test_a_changed_file_is_taken_once_it_rests(tmp_path: Path) -> None:
    words = Words(tmp_path)
    since = words.kept.since
    await words.say("second", looks=1)
    assert words.kept.current == "first"
    await words.say("second", looks=1)
    assert (words.kept.current, words.heard) == ("second", ["second"])
    assert words.kept.since > since
    await words.say("second")
    assert words.heard == ["second"]


async def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    words = Words(tmp_path)
    for half in ("", "wr", "wrong", "wrong fro", "third"):
        await words.say(half, looks=1)
        assert (words.kept.current, words.kept.fault) == ("first", None)
    await words.kept.look()
    assert words.heard == ["third"]


async def test_a_wrong_file_keeps_the_old_until_a_right_one_comes(tmp_path: Path) -> None:
    words = Words(tmp_path)
    await words.say("wrong", looks=3)
    assert (words.kept.current, words.kept.fault) == ("first", f"{words.path}:1: wrong is no word")
    await words.say("wrong too")
    assert words.kept.fault == f"{words.path}:1: wrong too is no word"
    await words.say("right")
    assert words.kept.current == "right"
    assert not words.kept.fault


async def test_the_old_file_put_back_ends_the_fault(tmp_path: Path) -> None:
    words = Words(tmp_path)
    since = words.kept.since
    await words.say("wrong")
    await words.say("first")
    assert (words.kept.current, words.kept.fault, words.kept.since, words.heard) == ("first", None, since, [])


async def test_a_file_that_is_gone_for_a_moment_disturbs_nobody(tmp_path: Path) -> None:
    words = Words(tmp_path)
    words.path.rename(tmp_path / "word.old")
    await words.kept.look()
    assert words.kept.fault is None
    await words.kept.look()
    assert words.kept.current == "first"
    assert words.kept.fault == f"{words.path}:1: cannot be read"
    await words.say("back")
    assert words.kept.current == "back"
    assert not words.kept.fault


async def test_a_loader_that_breaks_does_not_end_the_watch(tmp_path: Path) -> None:
    words = Words(tmp_path)
    await words.kept.start()
    words.path.write_bytes(b"\xff\xfe")
    await eventually(lambda: words.kept.fault)
    assert words.kept.fault == "could not be read: UnicodeDecodeError"
    words.path.write_text("whole")
    await eventually(lambda: words.kept.current == "whole")
    await words.kept.stop()


async def test_two_copies_each_see_it_by_themselves(tmp_path: Path) -> None:
    one = Words(tmp_path)
    two = Kept([one.path], one.load, pause=0.01)
    await asyncio.gather(one.kept.start(), two.start())
    one.path.write_text("both")
    await eventually(lambda: (one.kept.current, two.current) == ("both", "both"))
    assert one.kept.fingerprint == two.fingerprint
    await asyncio.gather(one.kept.stop(), two.stop())


async def test_a_tree_that_the_people_do_not_fit_waits(tmp_path: Path) -> None:
    tree, people = tmp_path / "queues.yml", tmp_path / "people.yml"
    tree.write_text(HERE)
    people.write_text(PEOPLE)
    queues = Queues.load(tmp_path)
    config = watched(tmp_path, queues, People.load(tmp_path, queues))
    tree.write_text(HERE.replace("en: Desk", "en: Front").replace("group: desk", "group: front"))
    await config.look()
    await config.look()
    assert queues.name("desk", "en") == "Desk"
    assert config.fault == f"{people}:2: no queue has the group 'desk'"
    people.write_text(PEOPLE.replace("[desk]", "[front]"))
    await config.look()
    await config.look()
    assert queues.name("desk", "en") == "Front"
    assert not config.fault


async def test_who_came_and_who_changed_group_is_known_with_the_tree_they_fit(tmp_path: Path) -> None:
    """Else a colleague whom tickets know, and people let choose, would get no notice; and nobody's group be asked."""
    (tmp_path / "queues.yml").write_text(HERE)
    (tmp_path / "people.yml").write_text(PEOPLE)
    queues = Queues.load(tmp_path)
    people = People.load(tmp_path, queues)
    config = watched(tmp_path, queues, people)
    (tmp_path / "queues.yml").write_text(HERE.replace("group: desk", "group: front"))
    newer = PEOPLE.replace("[desk]", "[front]")
    (tmp_path / "people.yml").write_text(newer + newer.partition("\n")[2].replace("ada", "bea"))
    await config.look()
    await config.look()
    assert config.fault is None
    assert [(person.id, queues.of_groups(person.groups)[0].id) for person in people.all()] == [
        ("ada", "desk"),
        ("bea", "desk"),
    ]
