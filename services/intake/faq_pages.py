"""The page of answered questions, as an HTML string."""

from collections.abc import Sequence
from typing import Any

from services.intake.faq import Answered
from services.intake.pages import other_address, render
from shared.events import Language
from shared.forms import Forms


def render_faq(shown: Sequence[Answered], forms: Forms, language: Language, asked: str, form: str) -> str:
    """What is shown: by form, in its own order, or what was found, best first. `form`: only this one's."""
    titles = {each.id: each.title.say(language) for each in forms.all_current()}
    groups: list[dict[str, Any]] = []
    if asked:
        groups = [{"id": "", "title": "", "questions": shown}] if shown else []
    else:
        for form_id, title in titles.items():
            if found := [each for each in shown if (form or each.forms[0]) == form_id]:
                groups.append({"id": form_id, "title": title, "questions": found})
    return render(
        "faq.html",
        language,
        groups=groups,
        titles=titles,
        asked=asked,
        form=form if form in titles else "",
        count=len(shown),
        other_url=other_address("/faq", language, q=asked, form=form),
    )
