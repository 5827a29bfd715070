"""`sportello`: every command in one, those of `shared.cli` and those that a service brings."""

from services.intake.cli import app as forms
from services.intake.faq_cli import app as faq
from services.portal.answers_cli import app as answers
from services.routing.cli import app as routing
from shared.cli import app

__all__ = ["app"]

app.add_typer(answers, name="answers", no_args_is_help=True)
app.add_typer(faq, name="faq", no_args_is_help=True)
app.add_typer(forms, name="forms", no_args_is_help=True)
app.add_typer(routing, name="routing", no_args_is_help=True)

if __name__ == "__main__":
    app()
