"""Signing in with the university's own accounts: OpenID Connect, by Authlib (authorization code, PKCE, nonce).

What must be known when the browser comes back is in a signed cookie of its own, good for ten minutes and once; each
tab that begins has another, for a browser that opens again asks with all its tabs at once.
"""

import json
import re
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import Request, Response
from httpx2 import HTTPError
from joserfc.errors import JoseError

from services.portal.gate import local_path
from shared.config import Settings
from shared.errors import ConfigError, DependencyDown, NotSignedIn, SportelloError
from shared.events import Language
from shared.identity import sign, verify
from shared.log import get_logger
from shared.people import People
from shared.policy import Person, Role

# Where the provider sends the browser back to, below the portal's address: it has to be registered there.
BACK: Final = "/sign-in/university/back"
# Seconds that somebody may take to type a password.
PENDING: Final = 600
_AUDIENCE: Final = "sportello-sign-in"
# Public keys only: a provider that offers anything else offers it to others.
_ALGORITHMS: Final = frozenset({f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512)} | {"EdDSA"})
# What may be somebody's id: it stands in addresses, lists and logs. No colon: ids of our own making have one.
_ID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._@|+~-]{0,127}")
_LONGEST: Final = 200
_LEFT: Final = "-left"
# Bytes of the page that was wanted: browsers drop a cookie above 4096, and with it the whole sign-in.
_FARTHEST: Final = 1500
# Sign-ins that one browser may have begun: the next makes a clean start, for proxies refuse what grows beyond 8 kB.
_BEGUN: Final = 4
_STATE: Final = re.compile(r"[A-Za-z0-9]{16,64}")
# What a wrong, late or hostile answer of the provider ends in.
_WRONG: Final = (AuthlibBaseError, JoseError, RuntimeError, ValueError, KeyError, TypeError)

log = get_logger()


class SignInFailed(SportelloError):
    """The provider sent somebody back whom we can't let in. `reason`: cancelled, stale, incomplete, or refused."""

    status = 401
    title = "The sign-in failed"

    def __init__(self, reason: str, wanted: str = "/") -> None:
        super().__init__(self.title)
        self.reason, self.wanted = reason, wanted


class Entering(NamedTuple):
    """Who has come back, and where they wanted to go."""

    person: Person
    wanted: str


class University:
    """The university's provider, as the settings name it."""

    def __init__(self, settings: Settings, people: People) -> None:
        if not settings.oidc_client_id:
            raise ConfigError("SPORTELLO_OIDC_ISSUER is set, so SPORTELLO_OIDC_CLIENT_ID must be too")
        self._issuer, self._id_claim = settings.oidc_issuer.rstrip("/"), settings.oidc_id_claim
        self._people, self._key = people, settings.signing_key
        self._portal, self._client_id = settings.portal_url.rstrip("/"), settings.oidc_client_id
        self._secure = urlsplit(self._portal).scheme == "https"
        self._cookie = "__Host-sportello-sign-in" if self._secure else "sportello-sign-in"
        self._provider: Any = OAuth().register(
            name="university",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret or None,
            server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "timeout": 10.0,
                **({} if settings.oidc_client_secret else {"token_endpoint_auth_method": "none"}),
            },
        )

    async def begin(self, request: Request, wanted: str, language: Language) -> Response:
        """To the provider. `DependencyDown` while it can't be asked where that is."""
        await self._know()
        session: dict[str, Any] = {}
        request.scope["session"] = session
        answer: Response = await self._provider.authorize_redirect(
            request, self._portal + BACK, ui_locales=f"{language} it en"
        )
        pending = {"session": session, "wanted": _near(wanted)}
        if len(begun := self._begun(request)) >= _BEGUN:
            for kind in begun:
                self._set(answer, "", 0, kind)
        state = parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]
        self._set(answer, sign(pending, self._key, _AUDIENCE, PENDING), PENDING, _kind(state))
        return answer

    async def complete(self, request: Request) -> Entering:
        """Who came back. `SignInFailed` with the reason; `DependencyDown` when the provider can't be asked."""
        try:
            pending = verify(request.cookies.get(self._cookie + self._came(request), ""), self._key, _AUDIENCE)
        except NotSignedIn as error:
            # Nobody began here, or too long ago: nothing that was sent along counts.
            raise SignInFailed("stale") from error
        wanted = local_path(pending["wanted"], "")
        if request.query_params.get("error"):
            raise SignInFailed("cancelled", wanted)
        await self._know()
        request.scope["session"] = pending["session"]
        try:
            token = await self._provider.authorize_access_token(request, leeway=60, claims_options=await self._for_us())
            claims = dict(token["userinfo"])
            if not all(claims.get(name) for name in (self._id_claim, "name", "email")):
                claims = {**await self._asked(token, claims["sub"]), **claims}
        except HTTPError as error:
            raise self._down(error) from error
        except _WRONG as error:
            log.warning("sign-in refused", error=type(error).__name__)
            raise SignInFailed("refused", wanted) from error
        return Entering(self._person(claims, wanted), wanted)

    def forget(self, request: Request, answer: Response, *, entered: bool) -> None:
        """What was pending in this tab is over. Only who has `entered` wants to be signed in again: an old address of
        ours, by the back button or a foreign page, is no wish."""
        if kind := self._came(request):
            self._set(answer, "", 0, kind)
        if entered:
            self._set(answer, "", 0, _LEFT)

    def leave(self, answer: Response) -> None:
        """Somebody left on purpose: until they ask for it, or close the browser, it must not sign them in again."""
        self._set(answer, "yes", None, _LEFT)

    def was_left(self, request: Request) -> bool:
        """Whether the last person of this browser left on purpose."""
        return self._cookie + _LEFT in request.cookies

    async def way_out(self) -> str | None:
        """The address at which the browser leaves the provider too; None when it has none, or can't be asked."""
        try:
            await self._know()
        except DependencyDown:
            return None
        end = str(self._provider.server_metadata.get("end_session_endpoint") or "")
        if not end:
            return None
        back = urlencode({"client_id": self._client_id, "post_logout_redirect_uri": f"{self._portal}/sign-in"})
        return f"{end}{'&' if '?' in end else '?'}{back}"

    async def _know(self) -> None:
        """Reads once what the provider says of itself."""
        try:
            metadata = await self._provider.load_server_metadata()
        except (HTTPError, ValueError) as error:
            raise self._down(error) from error
        if str(metadata.get("issuer", "")).rstrip("/") != self._issuer:
            # Asked again the next time: it is mended at the provider or in our settings.
            self._provider.server_metadata.clear()
            log.error("SPORTELLO_OIDC_ISSUER is not what the provider calls itself")
            raise DependencyDown("The university's sign-in calls itself otherwise than we were told.")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in offered if one in _ALGORITHMS] or ["RS256"]

    async def _for_us(self) -> dict[str, Any]:
        """What a token must say: left alone, the library takes one for another client that names us as its sender."""
        issuer = (await self._provider.load_server_metadata())["issuer"]
        return {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": self._client_id}}

    async def _asked(self, token: dict[str, Any], subject: str) -> dict[str, Any]:
        """What the provider tells only when it is asked; of the same person, or nothing."""
        # Without its time: some providers' tokens are good for a minute, which the library calls over.
        fresh = {name: token[name] for name in ("access_token", "token_type")}
        told = dict(await self._provider.userinfo(token=fresh))
        if told.get("sub") != subject:
            raise ValueError("The provider tells of somebody else.")
        return told

    def _person(self, claims: dict[str, Any], wanted: str) -> Person:
        """A known operator as config/people.yml has them; everybody else is a user and nothing more."""
        person_id, name, email = (_short(claims.get(claim)) for claim in (self._id_claim, "name", "email"))
        if not _ID.fullmatch(person_id) or not name or "@" not in email:
            log.warning("sign-in refused", error="the provider tells no usable id, name or address")
            raise SignInFailed("incomplete", wanted)
        known = self._people.get(person_id)
        if known is not None and known.is_operator:
            return known
        language: Language = "en" if _short(claims.get("locale")).lower().startswith("en") else "it"
        return Person(id=person_id, name=name, email=email, language=language, roles=frozenset({Role.USER}))

    def _down(self, error: Exception) -> DependencyDown:
        log.error("the provider can't be asked", error=type(error).__name__)
        return DependencyDown("The university's sign-in can't be reached.")

    def _came(self, request: Request) -> str:
        """Which of the pending sign-ins the browser comes back from; empty when it names none that could be ours."""
        state = request.query_params.get("state", "")
        if not state and request.query_params.get("error"):
            # Some providers forget it when somebody cancels, which lets nobody in.
            return (self._begun(request) or [""])[-1]
        return _kind(state) if _STATE.fullmatch(state) else ""

    def _begun(self, request: Request) -> list[str]:
        """What tells this browser's pending sign-ins apart."""
        kinds = [name.removeprefix(self._cookie) for name in request.cookies if name.startswith(f"{self._cookie}-")]
        return [kind for kind in kinds if kind != _LEFT]

    def _set(self, answer: Response, value: str, seconds: int | None, kind: str) -> None:
        name, secure = self._cookie + kind, self._secure
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def _kind(state: str) -> str:
    return f"-{state[:8]}"


def _near(wanted: str) -> str:
    """The page that was wanted; none if it is not ours, or too long to be remembered."""
    path = local_path(wanted, "")
    return path if len(json.dumps(path)) <= _FARTHEST else ""


def _short(said: Any) -> str:
    """A claim as one short line; empty for anything else."""
    text = said.strip() if isinstance(said, str) else ""
    return text if len(text) <= _LONGEST and text.isprintable() else ""
