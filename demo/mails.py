"""The mail catcher as tests see it: what arrived, and how it shall misbehave."""

from typing import Any

import httpx

from demo.waiting import wait_until


class Mails:
    """The JSON API of the mail catcher at `url`. Addresses may be patterns: `*@studenti.ateneo.example`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http: httpx.Client | None = None

    def all(self, *, to: str = "", message_id: str = "") -> list[dict[str, Any]]:
        """Every mail caught, the newest first, each with id, received_at, from, to, message_id, subject, text, html,
        headers; only those to an address that contains `to`, or with that Message-ID, when given."""
        found: list[dict[str, Any]] = self._ask("GET", "/api/mails", params={"to": to, "message_id": message_id})
        return found

    def count(self) -> int:
        """How many mails were caught."""
        counted: int = self._ask("GET", "/api/count")["count"]
        return counted

    def wait_for(self, count: int, *, to: str = "", seconds: float = 15) -> list[dict[str, Any]]:
        """At least `count` mails to `to`; `AssertionError` when they haven't come within `seconds`."""
        if not wait_until(lambda: len(self.all(to=to)) >= count, seconds, every=0.1):
            raise AssertionError(f"{len(self.all(to=to))} mails of {count} to '{to}' within {seconds} s")
        return self.all(to=to)

    def clear(self) -> None:
        """Throws away what was caught."""
        self._ask("DELETE", "/api/mails")

    def refuse(self, address: str, code: int = 550, text: str = "Refused", times: int | None = None) -> None:
        """Answers RCPT for `address` with `code`, from now on or `times` times."""
        self._misbehave(match=address, does="refuse", code=code, text=text, times=times)

    def hang(self, address: str, times: int | None = None) -> None:
        """Takes the mail's content for `address` and never answers; the mail is not kept."""
        self._misbehave(match=address, does="hang", times=times)

    def drop(self, address: str, times: int | None = None) -> None:
        """Keeps the mail for `address` and cuts the connection instead of saying so."""
        self._misbehave(match=address, does="drop", times=times)

    def behave(self) -> None:
        """Ends all misbehaviour."""
        self._ask("DELETE", "/api/faults")

    def close(self) -> None:
        """Lets go of the connection; the next question opens a new one."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _misbehave(self, **fault: Any) -> None:
        self._ask("POST", "/api/faults", json=fault)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        if self._http is None:
            self._http = httpx.Client(base_url=self._url, timeout=60)
        answer = self._http.request(method, path, **more)
        answer.raise_for_status()
        return answer.json()
