"""How forms are guarded against abuse: `config/guard.yml`, read and checked, each fault with its file and line."""

import ipaddress
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

from pydantic import Field, field_validator

from shared.yamlfile import Strict, YamlFile

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FILE: Final = "guard.yml"


class Rate(Strict):
    """So many at once, and then so many an hour. `burst: 0` lets nothing through."""

    burst: int = Field(ge=0, le=1_000_000)
    per_hour: int = Field(ge=0, le=10_000_000)


class Rates(Strict):
    """Who may send how much, all copies of intake together. Addresses are those of whole networks: a campus has one."""

    # With a proof of work, per address.
    proven: Rate = Rate(burst=600, per_hour=3600)
    # Without: no JavaScript, or a program.
    plain: Rate = Rate(burst=60, per_hour=120)
    # Who a site vouches for, per person.
    person: Rate = Rate(burst=60, per_hour=120)
    # All that comes through one site from people it doesn't vouch for.
    site: Rate = Rate(burst=3000, per_hour=10_000)


class Protection(Strict):
    """What guards one form."""

    proof_of_work: bool = True
    honeypot: bool = True
    rates: Rates = Rates()


class Replies(Strict):
    """How much may be written through links, when it is counted at all."""

    counted: bool = True
    # Through the links of one request.
    link: Rate = Rate(burst=30, per_hour=60)
    # Through any link, and questions for a new one, from one address.
    address: Rate = Rate(burst=600, per_hour=3600)


class Proof(Strict):
    """How much work a proof is: `tries` of `cost` rounds each, at least so many and at most twice as many."""

    cost: int = Field(default=5000, ge=1, le=100_000)
    tries: int = Field(default=200, ge=1, le=10_000)
    minutes: int = Field(default=30, ge=1, le=1440)


class _Changes(Strict):
    """What one form has otherwise than all."""

    proof_of_work: bool | None = None
    honeypot: bool | None = None
    rates: Mapping[str, Rate] = Field(default_factory=dict)

    @field_validator("rates")
    @classmethod
    def _known(cls, rates: Mapping[str, Rate]) -> Mapping[str, Rate]:
        for name in rates:
            if name not in Rates.model_fields:
                raise ValueError(f"there is no rate '{name}'; there are {', '.join(Rates.model_fields)}")
        return rates


class Guarding(Strict):
    """The whole file; each part may be left out."""

    copies: int = Field(default=1, ge=1, le=100)
    lookups: Rate = Rate(burst=5000, per_hour=20_000)
    replies: Replies = Replies()
    unlimited: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    proof: Proof = Proof()
    all_forms: Protection = Protection()
    forms: Mapping[str, _Changes] = Field(default_factory=dict)

    @field_validator("unlimited")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            as_network(network)
        return networks

    @cached_property
    def open_networks(self) -> tuple[Network, ...]:
        """Networks whose senders nobody counts."""
        return tuple(as_network(each) for each in self.unlimited)

    def of(self, form: str) -> Protection:
        """What guards this form."""
        changes = self.forms.get(form)
        if changes is None:
            return self.all_forms
        told = changes.model_dump(exclude_none=True, exclude={"rates"})
        rates = self.all_forms.rates.model_copy(update=dict(changes.rates))
        return self.all_forms.model_copy(update={**told, "rates": rates})

    @classmethod
    def load(cls, config_dir: Path, forms: Collection[str]) -> "Guarding":
        """The file, or what holds without one. `ConfigError` with file and line; `forms`: the ids that exist."""
        path = config_dir / FILE
        if not path.exists():
            return cls()
        file = YamlFile(path)
        found = file.into(cls)
        for form in found.forms:
            if form not in forms:
                raise file.fault(("forms", form), f"there is no form '{form}'")
        return found


def as_network(text: str) -> Network:
    """`10.0.0.0/8`, or one address. `ValueError` with a sentence."""
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no network like 10.0.0.0/8: {error}") from error
