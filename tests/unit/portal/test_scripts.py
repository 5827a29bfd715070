"""The scripts of a page share their outermost names: two that choose the same one break each other without a word."""

import re
from collections import Counter

from services.portal.assets import FOLDER

DECLARED = re.compile(r"^(?:async )?(?:function\*? |const |let |class )(\w+)", re.MULTILINE)


def test_no_two_scripts_share_an_outermost_name() -> None:
    names = [name for path in FOLDER.glob("*.js") for name in DECLARED.findall(path.read_text(encoding="utf-8"))]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_script_is_strict_and_runs_no_text() -> None:
    for path in FOLDER.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert '"use strict";' in text, path.name
        assert not re.search(r"\beval\(|new Function", text), path.name
