"""Calls to a colleague service: signed, to any of its addresses, repeated with the same key when cut."""

import asyncio
from typing import Any

import httpx

from shared.errors import BadInput, Conflict, DependencyDown, Forbidden, NotFound, NotSignedIn, SportelloError, TooLarge
from shared.identity import internal_token
from shared.policy import Person

# A call that can't connect or is cut is tried this often, each time at the next address.
TRIES = 4
_BY_STATUS: dict[int, type[SportelloError]] = {
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: BadInput,
}


class InternalClient:
    """One colleague service. `urls`: its addresses, separated by spaces."""

    def __init__(self, urls: str, key: str, timeout: float = 10.0) -> None:
        self._urls = [url.rstrip("/") for url in urls.split()]
        self._key = key
        self._next = 0
        self._http = httpx.AsyncClient(timeout=timeout, limits=httpx.Limits(max_connections=100))

    async def get(self, path: str, person: Person, **params: Any) -> Any:
        """The JSON at `path`, as `person` may see it."""
        return await self._call("GET", path, person, params={k: v for k, v in params.items() if v is not None})

    async def post(self, path: str, person: Person, body: Any, key: str) -> Any:
        """Ask for `body` to be done once, however often this call has to be repeated under `key`."""
        return await self._call("POST", path, person, json=body, headers={"Idempotency-Key": key})

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(self, method: str, path: str, person: Person, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {internal_token(person, self._key)}", **options.pop("headers", {})}
        for attempt in range(TRIES):
            url = self._urls[self._next % len(self._urls)]
            try:
                response = await self._http.request(method, url + path, headers=headers, **options)
            except httpx.TransportError:
                self._next += 1
                await asyncio.sleep(0.05 * 4**attempt if attempt + 1 < TRIES else 0)
                continue
            if response.status_code < 400:
                return response.json()
            raise _error(response)
        raise DependencyDown("A part of Sportello doesn't answer just now.")


def _error(response: httpx.Response) -> SportelloError:
    try:
        body = response.json()
    except ValueError:
        body = {}
    # Beside what every problem says: `errors`, `changed`, `code`, and what a code's sentence names.
    extra = {key: value for key, value in body.items() if key not in ("type", "title", "status", "detail", "instance")}
    detail = str(body.get("detail", f"HTTP {response.status_code}"))
    return _BY_STATUS.get(response.status_code, DependencyDown)(detail, **extra)
