"""A site's word for who its user is: checked in full, and told in plain words when it doesn't hold."""

from services.intake.texts import say
from shared.errors import BadInput, NotSignedIn
from shared.events import Language, Requester
from shared.forms.catalogue import Site
from shared.identity import WordOver, read_site_context

# The form refuses the name or the address that a site vouches for.
UNFIT = "vouched_unfit"


class SignInAgain(NotSignedIn):
    """The site's word doesn't hold. What was typed stays; without the word it can be sent as from anybody.

    `was`: whom it was for, when it held once: good for asking whether a repeat was accepted then, and nothing else.
    """

    def __init__(self, title: str, detail: str, was: Requester | None = None) -> None:
        super().__init__(detail, code="site_context")
        self.title, self.was = title, was


def mendable(refused: BadInput, site: Site, language: Language) -> BadInput:
    """A refusal of an answer of somebody vouched for. Where it is their name or address that the form refuses, which
    can't be typed over, it says that they may be put right and sent without the site's word; `UNFIT` tells a page."""
    hint = say(language, "vouched_unfit", site=site.names.say(language))
    errors = [
        {**fault, "message": f"{fault['message']} {hint}"} if fault["field"] in ("name", "email") else fault
        for fault in refused.extra.get("errors", ())
    ]
    if errors == refused.extra.get("errors", []):
        return refused
    return type(refused)(refused.detail, **{**refused.extra, "errors": errors, "code": UNFIT})


def vouched(token: str | None, site: Site, key: str | None, language: Language) -> Requester | None:
    """The requester whom the site vouches for; None without a word. `SignInAgain` when it doesn't hold."""
    if not token:
        return None
    try:
        if key is None:
            raise NotSignedIn("This site can't vouch for its users.")
        return read_site_context(token, site.id, key)
    except NotSignedIn as error:
        detail = say(language, "sign_in_again", site=site.names.say(language))
        was = error.requester if isinstance(error, WordOver) else None
        raise SignInAgain(say(language, "sign_in_again_title"), detail, was) from error
