"""What is wrong in config/routing.yml is named with its line and what to do; what is right is never called wrong."""

from pathlib import Path

import pytest

from services.routing.table import Table
from shared.errors import ConfigError
from tests.unit.routing.samples import table

# Each fault stands on the line with "# <-".
WRONG = {
    "an unknown queue": (
        """
        rules:
          - name: aa
            when: {form: one}
            queue: dsk  # <-
        """,
        "queue 'dsk' is not in queues.yml: add it there, or name one that is (did you mean 'desk'?)",
    ),
    "a user sent to the second level": (
        """
        rules:
          - name: aa
            when: {form: one}
            queue: experts  # <-
        """,
        "is second level: users can't be sent there",
    ),
    "a question to the first level": (
        """
        rules:
          - name: aa
            when: {form: one}
            queue: desk
            ask:
              - title: T
                text: T
                queue: fees  # <-
        """,
        "queue 'fees' is first level: questions go to second-level queues only",
    ),
    "a second-level rule to the first level": (
        """
        second_level:
          - name: aa
            when: {form: one}
            queue: desk  # <-
        """,
        "queue 'desk' is first level",
    ),
    "two rules of one name": (
        """
        rules:
          - name: aa
            when: {form: one}
            queue: desk
          - name: aa  # <-
            when: {form: many}
            queue: desk
        """,
        "rule 'aa' is given twice",
    ),
    "a name that stands for no rule": (
        """
        rules:
          - name: fallback  # <-
            when: {form: one}
            queue: desk
        """,
        "stands for no rule",
    ),
    "an unknown form, deep inside": (
        """
        rules:
          - name: aa
            when:
              any:
                - {form: one}
                - not:
                    form: mani  # <-
            queue: desk
        """,
        "there is no form 'mani' in config/forms: name one that is there (did you mean 'many'?)",
    ),
    "an unknown site": (
        """
        rules:
          - name: aa
            when: {site: portale}  # <-
            queue: desk
        """,
        "site 'portale' is not in sites.yml: name one that is there (did you mean 'portal'?)",
    ),
    "an unknown language": (
        """
        rules:
          - name: aa
            when: {language: de}  # <-
            queue: desk
        """,
        "there is no language 'de'",
    ),
    "a misspelt role": (
        """
        roles: [student, teacher]
        rules:
          - name: aa
            when: {role: studnt}  # <-
            queue: desk
        """,
        "(did you mean 'student'?)",
    ),
    "a field that the form lacks": (
        """
        rules:
          - name: aa
            when:
              form: many
              fields:
                consent: yes  # <-
            queue: desk
        """,
        "has a field 'consent'",
    ),
    "an option that the field lacks": (
        """
        rules:
          - name: aa
            when:
              form: many
              fields: {kind: c}  # <-
            queue: desk
        """,
        "'c' is not an option of field 'kind'",
    ),
    "a word that YAML takes for yes": (
        """
        rules:
          - name: aa
            when: {form: inside, fields: {answer: yes}}  # <-
            queue: desk
        """,
        'write it in quotes, "yes"',
    ),
    "a file that is looked into": (
        """
        rules:
          - name: aa
            when: {form: one, fields: {file: scan}}  # <-
            queue: desk
        """,
        "is a number or a file",
    ),
    "a personal field at the second level": (
        """
        second_level:
          - name: aa
            when: {form: one, fields: {secret: x}}  # <-
            queue: experts
        """,
        "field 'secret' is personal",
    ),
    "the queue that asks where nobody asks": (
        """
        rules:
          - name: aa
            when: {queue: desk}  # <-
            queue: desk
        """,
        "in the section second_level only",
    ),
    "an unknown queue that asks": (
        """
        second_level:
          - name: aa
            when: {queue: dsk}  # <-
            queue: experts
        """,
        "no question comes from there (did you mean 'desk'?)",
    ),
    "a form on a site that doesn't show it": (
        """
        rules:
          - name: aa
            when:
              form: inside
              site: www  # <-
            queue: desk
        """,
        "rule 'aa' can never hold: form 'inside' is not shown on site 'www'",
    ),
    "conditions that exclude each other": (
        """
        rules:
          - name: aa
            when:
              form: one
              all:
                - {fields: {kind: a}}
                - {fields: {kind: b}}  # <-
            queue: desk
        """,
        "its conditions 'form', 'all.1' and 'all.2' exclude each other",
    ),
    "a not that excludes all of it": (
        """
        rules:
          - name: aa
            when:
              verified: yes
              not: {any: [{verified: yes}, {role: student}]}  # <-
            queue: desk
        """,
        "its conditions 'verified' and 'not' exclude each other",
    ),
    "a not of everything": (
        """
        rules:
          - name: aa
            when:
              not: {}  # <-
            queue: desk
        """,
        "its condition 'not' holds for nothing",
    ),
    "three conditions that don't fit together": (
        """
        rules:
          - name: aa
            when:
              site: www
              any: [{form: inside}, {language: en}]
              not: {language: en}  # <-
            queue: desk
        """,
        "its conditions 'site', 'any' and 'not' exclude each other",
    ),
    "times that don't meet": (
        """
        rules:
          - name: aa
            when:
              time: {days: [mon], after: 2026-09-30}
              all:
                - {time: {before: 2026-09-30}}  # <-
            queue: desk
        """,
        "'time' and 'all.1' exclude each other",
    ),
    "an empty span": (
        """
        rules:
          - name: aa
            when:
              time: {from: 10:00, to: 10:00}  # <-
            queue: desk
        """,
        "no time is between 'from' and 'to'",
    ),
    "a question sent to who asks": (
        """
        second_level:
          - name: aa
            when: {queue: experts}  # <-
            queue: experts
        """,
        "it is about questions of 'experts' and sends them there",
    ),
    "everything, before others": (
        """
        rules:
          - name: aa
            when: {any: [{verified: yes}, {verified: no}]}  # <-
            queue: desk
          - name: bb
            when: {form: one}
            queue: fees
        """,
        "rule 'aa' holds for everything: move it to the end, or give it conditions",
    ),
    "a rule below one that takes it all": (
        """
        rules:
          - name: aa
            when: {form: [one, many]}
            queue: desk
          - name: bb
            when: {form: one, fields: {kind: a}}  # <-
            queue: fees
        """,
        "rule 'bb' never decides: rule 'aa' above takes every request it holds for; move it up",
    ),
    "a rule below two that take it all together": (
        """
        rules:
          - name: aa
            when: {site: portal}
            queue: desk
          - name: bb
            when: {site: faq}
            queue: desk
          - name: cc
            when: {form: one, site: www}
            queue: desk
          - name: dd
            when: {form: one, verified: yes}  # <-
            queue: fees
        """,
        "rule 'dd' never decides: the rules 'aa', 'cc' above together take every request it holds for",
    ),
    "a field to show that the forms lack": (
        """
        rules:
          - name: aa
            when: {not: {form: [one, inside]}, form: many}
            queue: desk
            ask:
              - queue: experts
                title: T
                text: T
                fields: [kind, words]  # <-
        """,
        "no form this rule is about has a field 'words' to show",
    ),
    "an unknown key": (
        """
        rules:
          - name: aa
            when: {form: one}
            queue: desk
            aks: []  # <-
        """,
        "aks",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_fault_is_named_with_its_line_and_what_to_do(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        table(tmp_path, text)
    line = next(number for number, said in enumerate(text.splitlines(), 1) if "# <-" in said)
    assert refusal.value.detail.startswith(f"{tmp_path / 'routing.yml'}:{line}: ")
    assert sentence in refusal.value.detail
    assert "\n" not in refusal.value.detail


RIGHT = {
    "two answers of a field that takes several": "{form: many, all: [{fields: {kind: a}}, {fields: {kind: b}}]}",
    "one form takes several answers": "{form: [one, many], all: [{fields: {kind: a}}, {fields: {kind: b}}]}",
    "an answer and none of another": "{form: one, fields: {kind: a}, not: {fields: {kind: [b, c]}}}",
    "an answer that may be left out": "{form: one, not: {fields: {kind: [a, b, c]}}}",
    "a form that is still to come": "{not: {form: [one, many, inside]}}",
    "a role that nobody named": "{not: {role: [student, teacher]}}",
    "a span around midnight": "{time: {from: 22:00, to: 06:00}, not: {time: {from: 08:00, to: 20:00}}}",
    "a day between two others": "{time: {after: 2026-11-22, before: 2026-11-24}}",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_what_may_happen_is_never_called_impossible(tmp_path: Path, text: str) -> None:
    found = table(tmp_path, f"rules:\n  - name: aa\n    when: {text}\n    queue: desk\n")
    assert [rule.name for rule in found.rules] == ["aa"]


BELOW = {
    "all options, but one may be left out": ("{form: one, fields: {kind: [a, b, c]}}", "{form: one}"),
    "both ticks, but neither may be said": ("{form: one, fields: {consent: [yes, no]}}", "{form: one}"),
    "not an answer, and the answer with another": ("{form: many, not: {fields: {kind: a}}}", "{form: many}"),
    "every form there is": ("{form: [one, many, inside]}", "{verified: yes}"),
    "a longer list of sites": ("{form: one, site: [portal]}", "{form: one, site: [portal, www]}"),
    "office hours": ("{time: {days: [mon, tue, wed, thu, fri]}}", "{form: one}"),
}


@pytest.mark.parametrize(("first", "second"), BELOW.values(), ids=BELOW.keys())
def test_a_rule_that_still_gets_something_is_never_called_idle(tmp_path: Path, first: str, second: str) -> None:
    rules = "".join(f"  - name: rule-{n}\n    when: {w}\n    queue: desk\n" for n, w in enumerate((first, second)))
    assert len(table(tmp_path, f"rules:\n{rules}").rules) == 2


def test_rules_too_entangled_to_be_looked_through_are_let_pass(tmp_path: Path) -> None:
    pairs = ", ".join(f"{{any: [{{role: r{n}}}, {{course: c{n}}}, {{verified: yes}}]}}" for n in range(9))
    found = table(tmp_path, f"rules:\n  - name: aa\n    when: {{all: [{pairs}]}}\n    queue: desk\n")
    assert isinstance(found, Table)
