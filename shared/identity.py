"""Signed tokens: who calls whom inside, and what leaves to browsers. JWT (HS256) by joserfc."""

import re
import time
from functools import lru_cache
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from shared.errors import NotSignedIn
from shared.events import Requester
from shared.policy import Person, Role

_HEADER = {"alg": "HS256"}
_ALGORITHMS = ["HS256"]
# What a site may say of its user beside who they are: optional claims that routing's rules look at.
WHAT_THEY_ARE: Final = ("role", "course")
LONGEST_CLAIM: Final = 200
# Characters of a token; ours have some hundred.
LONGEST_TOKEN: Final = 8000
# Seconds for which a site may vouch at once: nobody is signed in for longer than a day.
LONGEST_WORD: Final = 86_400
# Seconds two machines' clocks may differ.
LEEWAY = 30
# Enough to write to; the form's own check is stricter, but a person couldn't mend what it says of this one.
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class WordOver(NotSignedIn):
    """A site's word of which all but its time holds. `requester`: who it was for; it proves no more than that."""

    def __init__(self, requester: Requester) -> None:
        super().__init__("This sign-in is over.")
        self.requester = requester


def sign(claims: dict[str, Any], key: str, audience: str, lifetime: float) -> str:
    """`claims` signed for `audience`, good for `lifetime` seconds."""
    now = int(time.time())
    return jwt.encode(_HEADER, {**claims, "aud": audience, "iat": now, "exp": now + int(lifetime)}, _key(key))


def verify(token: str, key: str, audience: str) -> dict[str, Any]:
    """The claims of a token signed with `key` for `audience`; `NotSignedIn` when it is forged, expired or foreign."""
    claims, over = _verified(token, key, audience)
    if over:
        raise NotSignedIn("This token is not valid, or no longer.")
    return claims


def _verified(token: str, key: str, audience: str) -> tuple[dict[str, Any], bool]:
    """The claims, and whether their time is over: then all the rest holds."""
    if len(token) > LONGEST_TOKEN:
        raise NotSignedIn("This token is too long to be one of ours.")
    try:
        claims = jwt.decode(token, _key(key), algorithms=_ALGORITHMS).claims
        try:
            _validate(claims, audience)
            over = False
        except ExpiredTokenError:
            # Claims are judged in the token's own order: those behind the time are still to be.
            _validate({**claims, "exp": int(time.time())}, audience)
            over = True
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise NotSignedIn("This token is not valid, or no longer.") from error
    return dict(claims), over


def _validate(claims: dict[str, Any], audience: str) -> None:
    registry = jwt.JWTClaimsRegistry(leeway=LEEWAY, aud={"essential": True, "value": audience}, exp={"essential": True})
    registry.validate(claims)


def internal_token(person: Person, key: str) -> str:
    """Names the asker to another of our services; good for one minute."""
    return sign({"sub": person.id, "person": person.model_dump(mode="json")}, key, "sportello-internal", 60)


def read_internal_token(token: str, key: str) -> Person:
    """The asker a colleague service vouches for."""
    return Person.model_validate(verify(token, key, "sportello-internal")["person"])


def submission_token(ticket: str, key: str) -> str:
    """Follows one request without sign-in: what a 202 points to, for the browser that sent it. Good for 90 days."""
    return sign({"ticket": ticket, "sent": True}, key, "sportello-submission", 90 * 86400)


def read_submission_token(token: str, key: str) -> Person:
    """The sender of a submission: may see that one ticket, and of what was typed only what they sent."""
    claims = verify(token, key, "sportello-submission")
    # Earlier versions mailed such tokens too, and those didn't say so.
    return _holder(claims).model_copy(update={"sent": claims.get("sent") is True})


def follow_token(ticket: str, epoch: int, key: str, lifetime: float = 90 * 86400) -> str:
    """The link to one request that a mail carries; good until it expires, or the ticket's links are ended."""
    return sign({"ticket": ticket, "epoch": epoch}, key, "sportello-follow", lifetime)


def read_follow_token(token: str, key: str) -> Person:
    """The holder of a mailed link: may see that one ticket, and nothing that was typed."""
    return _holder(verify(token, key, "sportello-follow"))


def information_token(ticket: str, article: str, key: str, epoch: int = 0) -> str:
    """Answers one request for information (its mail's article) without sign-in. Good for 90 days, or until the
    ticket's links are ended."""
    claims = {"ticket": ticket, "article": article, "epoch": epoch}
    return sign(claims, key, "sportello-information", 90 * 86400)


def read_information_token(token: str, key: str) -> tuple[Person, str]:
    """The holder of an information link, who may see and answer that one ticket, and the article it refers to."""
    claims = verify(token, key, "sportello-information")
    return _holder(claims), str(claims["article"])


def _holder(claims: dict[str, Any]) -> Person:
    # A submission's own token knows no epoch: it is of the first, and ends with the links of that one.
    ticket, epoch = str(claims["ticket"]), int(claims.get("epoch", 0))
    roles = frozenset({Role.HOLDER})
    return Person(id=f"holder:{ticket}", name="", roles=roles, ticket=ticket, follow_epoch=epoch)


def site_context(site: str, person: Requester, key: str, lifetime: float = 3600) -> str:
    """What a site that knows its user hands to a form: who they are, signed with the site's key."""
    claims = {"iss": site, "sub": person.subject, "name": person.name, "email": person.email}
    claims |= {name: said for name in WHAT_THEY_ARE if (said := getattr(person, name)) is not None}
    return sign(claims, key, "sportello-context", lifetime)


def read_site_context(token: str, site: str, key: str) -> Requester:
    """The requester that `site` vouches for; `NotSignedIn` when the token is not that site's, `WordOver` when it was
    good once."""
    claims, over = _verified(token, key, "sportello-context")
    if claims.get("iss") != site:
        raise NotSignedIn("This sign-in belongs to another site.")
    if claims["exp"] > time.time() + LONGEST_WORD + LEEWAY:
        raise NotSignedIn("This sign-in would hold for too long.")
    who = {name: _short(claims.get(name), name) for name in ("sub", "name", "email")}
    if not all(who.values()) or not _ADDRESS.fullmatch(str(who["email"])):
        raise NotSignedIn("This sign-in doesn't say who it is for.")
    are = {name: _short(claims.get(name), name) for name in WHAT_THEY_ARE}
    requester = Requester(name=str(who["name"]), email=str(who["email"]), verified=True, subject=str(who["sub"]), **are)
    if over:
        raise WordOver(requester)
    return requester


def _short(said: Any, name: str) -> str | None:
    """An optional claim: a text of a few words. An empty one says nothing."""
    if said is None or said == "":
        return None
    if not isinstance(said, str) or len(said) > LONGEST_CLAIM:
        raise NotSignedIn(f"This sign-in says something about your {name} that can't be read.")
    return said.strip() or None


@lru_cache(maxsize=8)
def _key(secret: str) -> OctKey:
    return OctKey.import_key(secret)
