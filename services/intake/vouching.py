"""A site's word for who its user is: checked in full, and told in plain words when it doesn't hold."""

from services.intake.texts import say
from shared.errors import NotSignedIn
from shared.events import Language, Requester
from shared.forms.catalogue import Site
from shared.identity import WordOver, read_site_context


class SignInAgain(NotSignedIn):
    """The site's word doesn't hold. What was typed stays; without the word it can be sent as from anybody.

    `was`: whom it was for, when it held once: good for asking whether a repeat was accepted then, and nothing else.
    """

    def __init__(self, title: str, detail: str, was: Requester | None = None) -> None:
        super().__init__(detail, code="site_context")
        self.title, self.was = title, was


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
