"""A provider that lies, or lost its keys: of all that it may say, only the one right answer lets somebody in."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Form
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import RedirectResponse

from demo.ports import free_port
from demo.servers import Broker, Server
from tests.integration.house import House, a_house, serving

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
CLIENT = "sportello"
ADA = {"sub": "ada.rossi", "name": "Ada Rossi", "email": "ada.rossi@studenti.example"}


class Provider:
    """An OpenID Connect provider; `twist` changes what it is about to sign, `sign` how, `about` what it tells later."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = RSAKey.generate_key(2048, {"kid": "ours"}, private=True)
        self.reset()
        self.nonces: dict[str, str] = {}

    def reset(self) -> None:
        self.issuer, self.offered = self.url, ["RS256"]
        self.twist: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.about: dict[str, Any] = dict(ADA)

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "ours"}, claims, self.key)

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.get("/health/ready", status_code=204)
        async def ready() -> None:
            return None

        @app.get("/.well-known/openid-configuration")
        async def metadata() -> dict[str, Any]:
            ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            return {
                "issuer": self.issuer,
                **{f"{name}_endpoint": f"{self.url}/{path}" for name, path in ends.items()},
                "jwks_uri": f"{self.url}/keys",
                "id_token_signing_alg_values_supported": self.offered,
            }

        @app.get("/keys")
        async def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        async def authorize(redirect_uri: str, state: str, nonce: str) -> RedirectResponse:
            self.nonces["code"] = nonce
            return RedirectResponse(f"{redirect_uri}?{urlencode({'code': 'code', 'state': state})}")

        @app.post("/token")
        async def token(code: str = Form()) -> dict[str, Any]:
            now = int(time.time())
            claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": self.nonces[code], **ADA}
            answer = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
            return {**answer, "id_token": self.sign(self.twist(claims))}

        @app.get("/userinfo")
        async def userinfo() -> dict[str, Any]:
            return self.about

        return app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Provider]:
    port = free_port()
    found = Provider(f"http://127.0.0.1:{port}")
    async with serving(found.app(), port):
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    broker: Broker, store: Server, running: Provider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    changes = {"demo": "off", "oidc_issuer": running.url, "oidc_client_id": CLIENT}
    async with a_house(broker, store, tmp_path_factory.mktemp("blobs"), **changes) as found:
        yield found


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.reset()
    return running


async def comes_back(house: House) -> tuple[httpx.Response, httpx.Response]:
    """What the way back answers, and then the page that was wanted."""
    async with house.browser() as browser:
        to = await browser.get("/sign-in/university?next=/my")
        back = await browser.get(to.headers["location"])
        return await browser.get(back.headers["location"]), await browser.get("/my")


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {name: said for name, said in claims.items() if name not in names}


def saying(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {**claims, **changes}


async def test_the_right_answer_lets_in(provider: Provider, house: House) -> None:
    back, page = await comes_back(house)
    assert (back.status_code, back.headers["location"], page.status_code) == (303, "/my", 200)
    assert "Ada Rossi" in page.text


async def test_what_the_token_leaves_out_is_asked_for(provider: Provider, house: House) -> None:
    provider.twist = without("name", "email")
    assert (await comes_back(house))[1].status_code == 200
    provider.about["sub"] = "somebody.else"
    back, page = await comes_back(house)
    assert (back.status_code, page.status_code) == (401, 303)


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(saying(iss="http://evil.example"), id="of another provider"),
        pytest.param(saying(aud="another"), id="for another client"),
        pytest.param(saying(aud=["another", "third"], azp="another"), id="for several others"),
        pytest.param(saying(aud="another", azp=CLIENT), id="for another client, in our name"),
        pytest.param(saying(nonce="x"), id="of another sign-in"),
        pytest.param(saying(exp=int(time.time()) - 600), id="expired"),
        pytest.param(saying(iat=int(time.time()) + 6000), id="of tomorrow"),
        pytest.param(without("nonce"), id="without a nonce"),
        pytest.param(without("exp"), id="that never ends"),
        pytest.param(without("aud"), id="for nobody"),
        pytest.param(without("sub"), id="of nobody"),
        pytest.param(saying(sub=7), id="of a number"),
        pytest.param(saying(sub="a" * 500), id="of an endless name"),
        pytest.param(saying(sub="../../x"), id="of a path"),
        pytest.param(saying(email=["a@b.example"]), id="with a list as an address"),
        pytest.param(saying(name="A\nB"), id="with a name of two lines"),
    ],
)
async def test_a_token_that_is_not_for_us_lets_nobody_in(
    provider: Provider, house: House, twist: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    provider.twist = twist
    provider.about = {**provider.about, "email": "", "name": ""}
    back, page = await comes_back(house)
    assert (back.status_code, page.status_code) == (401, 303), back.text


def by_hand(claims: dict[str, Any], algorithm: str, secret: bytes = b"") -> str:
    """A token that no library makes."""

    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    head = part(json.dumps({"alg": algorithm, "kid": "ours"}).encode()) + b"." + part(json.dumps(claims).encode())
    signature = hmac.new(secret, head, hashlib.sha256).digest() if secret else b""
    return (head + b"." + part(signature)).decode()


@pytest.mark.parametrize("how", ["none", "HS256 with the public key", "another key", "a broken signature", "no token"])
async def test_a_signature_that_is_not_the_providers_lets_nobody_in(provider: Provider, house: House, how: str) -> None:
    provider.offered = ["RS256", "HS256", "none"]
    public = provider.key.as_pem(private=False)
    provider.sign = {
        "none": lambda claims: by_hand(claims, "none"),
        "HS256 with the public key": lambda claims: by_hand(claims, "HS256", public),
        "another key": lambda claims: jwt.encode({"alg": "RS256", "kid": "ours"}, claims, RSAKey.generate_key(2048)),
        "a broken signature": lambda claims: provider.signed(claims)[:-8] + "AAAAAAAA",
        "no token": lambda claims: "",
    }[how]
    back, page = await comes_back(house)
    assert (back.status_code, page.status_code) == (401, 303), back.text
