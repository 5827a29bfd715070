"""Settings: the only reader of the environment. `Settings.load(need=...)` names what is missing and stops."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import ConfigError


class Settings(BaseSettings):
    """Everything a service can be told, as `SPORTELLO_<NAME>`. Empty text means not given."""

    model_config = SettingsConfigDict(env_prefix="SPORTELLO_", env_ignore_empty=True, secrets_dir=None)

    amqp_url: str = ""
    mongo_url: str = ""
    mongo_prefix: str = Field(default="sportello", pattern=r"^[a-z0-9_]{1,40}$")
    blobs_url: str = ""
    smtp_url: str = ""
    internal_key: str = Field(default="", description="signs calls between services; at least 32 characters")
    signing_key: str = Field(default="", description="signs what leaves to browsers; at least 32 characters")
    tickets_urls: str = "http://127.0.0.1:8102"
    routing_urls: str = "http://127.0.0.1:8103"
    notifier_urls: str = "http://127.0.0.1:8104"
    intake_url: str = ""
    portal_url: str = ""
    config_dir: Path = Path("config")
    extra_origins: str = Field(default="", description="`site=origin` pairs added to config/sites.yml, for tests")
    site_keys: str = Field(default="", description="`site=key` pairs: sites that may vouch for their users")
    host: str = "127.0.0.1"
    port: int = 0
    demo: Literal["off", "on", "public"] = "off"
    oidc_issuer: str = Field(default="", description="the university's OpenID Connect provider, as it calls itself")
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", description="empty for a public client: then PKCE alone protects it")
    oidc_id_claim: str = Field(default="sub", description="the claim that is somebody's id, here and for sites")
    trusted_proxies: str = Field(default="", description="networks whose X-Forwarded-For is believed, space-separated")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    mail_timeout: float = Field(default=30.0, gt=0, description="seconds one SMTP conversation may take in all")
    answer_wait: float = Field(default=1.5, ge=0, description="seconds intake waits for a number before it says 202")
    sweep_after: float = Field(default=10.0, gt=0, description="age in seconds at which unpublished facts are swept")
    send_window: float = Field(default=20.0, ge=0, le=3600, description="seconds a written mail is held for an undo")
    prefetch: int = Field(default=16, ge=1, le=500)

    def site_key(self, site: str) -> str | None:
        """The key with which `site` signs who its user is, or None: then its users are unverified."""
        pairs = dict(pair.partition("=")[::2] for pair in self.site_keys.split())
        return pairs.get(site) or (self.signing_key if site == "portal" else None)

    @classmethod
    def load(cls, *need: str) -> "Settings":
        """The settings, refusing to start when one of `need` is missing or a key is too short."""
        try:
            settings = cls()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = "_".join(str(part) for part in first["loc"]).upper()
            raise ConfigError(f"SPORTELLO_{name}: {first['msg']}") from error
        missing = [f"SPORTELLO_{name.upper()}" for name in need if not getattr(settings, name)]
        if missing:
            raise ConfigError(f"missing in the environment: {', '.join(missing)} (see deploy/.env.example)")
        for name in ("internal_key", "signing_key"):
            if name in need and len(getattr(settings, name)) < 32:
                raise ConfigError(f"SPORTELLO_{name.upper()} is shorter than 32 characters")
        return settings
