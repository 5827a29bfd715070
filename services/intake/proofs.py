"""Proof of work (ALTCHA, version 2) for one submission: the challenge says which, is signed, and is kept nowhere.

It names form, site, key and content: a solution that is sent again is the same submission, and good for no other.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from enum import StrEnum
from typing import Any, NamedTuple

import altcha

from shared.forms.guarding import Proof
from shared.ids import digest

ALGORITHM = "PBKDF2/SHA-256"
# Characters of a solution; ours have about 900.
LONGEST = 4000


class Stands(StrEnum):
    """What became of a proof; whatever isn't GOOD counts as none."""

    GOOD = "good"
    NONE = "none"
    EXPIRED = "expired"
    FOREIGN = "foreign"
    WRONG = "wrong"


class Purpose(NamedTuple):
    """The one submission that a proof is for. `content`: `entries_digest` of what is sent."""

    form: str
    site: str
    key: str
    content: str


class Proofs:
    """Makes challenges and judges solutions, with keys of its own derived from the signing key."""

    def __init__(self, signing_key: str) -> None:
        self._challenge_key = _derived(signing_key, "challenge")
        self._solution_key = _derived(signing_key, "solution")

    async def challenge(self, purpose: Purpose, proof: Proof, now: float) -> dict[str, Any]:
        """What the sender's device has to solve. Making one costs us about one of its tries."""
        made = await asyncio.to_thread(
            altcha.create_challenge,
            ALGORITHM,
            proof.cost,
            # Between `tries` and twice as many: nobody waits much longer than others.
            counter=proof.tries + secrets.randbelow(proof.tries),
            expires_at=int(now) + proof.minutes * 60,
            data={"for": digest(purpose)},
            hmac_secret=self._challenge_key,
            hmac_key_secret=self._solution_key,
        )
        return dict(made.to_dict())

    def judge(self, solution: str | None, purpose: Purpose) -> Stands:
        """Whether this solution is for this submission."""
        if not solution:
            return Stands.NONE
        parameters = _parameters(solution)
        if parameters is None:
            return Stands.WRONG
        found = altcha.verify_solution(solution, self._challenge_key, hmac_key_secret=self._solution_key)
        if not found.verified:
            return Stands.EXPIRED if found.expired else Stands.WRONG
        return Stands.GOOD if parameters.get("data") == {"for": digest(purpose)} else Stands.FOREIGN


def _parameters(solution: str) -> dict[str, Any] | None:
    """What the challenge said, if there is one of our making within: the library trusts what it is given more."""
    if len(solution) > LONGEST or not solution.isascii():
        return None
    try:
        parameters = json.loads(base64.b64decode(solution, validate=True))["challenge"]["parameters"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    # Without a signed key the library would derive one, at a cost of the sender's choosing, were it not for our
    # signature; we never make such challenges.
    ours = isinstance(parameters, dict) and parameters.get("algorithm") == ALGORITHM and parameters.get("keySignature")
    return parameters if ours else None


def _derived(key: str, what: str) -> str:
    return hmac.new(key.encode(), f"sportello-proof-{what}".encode(), hashlib.sha256).hexdigest()
