"""What runs in one stack besides the servers: addresses, settings, commands."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.copies import Program
from demo.ports import Ports

SERVICES = ("intake", "routing", "tickets", "notifier", "portal")
# The checked-in configuration knows the pretend sites at these ports; others are told to intake.
_KNOWN_PORTS = (8190, 8191, 8192)


@dataclass(frozen=True)
class Urls:
    """Where everything listens."""

    portal: str
    intake: str
    tickets: str
    routing: str
    notifier: str
    mails: str
    site: str
    www: str
    faq: str
    smtp: str
    amqp: str
    mongo: str
    blobs: str


def urls_of(ports: Ports, amqp: str, mongo: str, blobs: Path) -> Urls:
    """The addresses that belong to `ports`, and those of the servers."""
    http = {name: f"http://127.0.0.1:{getattr(ports, name)}" for name in (*SERVICES, "mails", "site", "www", "faq")}
    return Urls(**http, smtp=f"smtp://127.0.0.1:{ports.smtp}", amqp=amqp, mongo=mongo, blobs=blobs.as_uri())


def settings_for(urls: Urls, ports: Ports, config: Path) -> dict[str, str]:
    """What every service is told, by name without the prefix; the keys and each one's port come on top."""
    told = {
        "AMQP_URL": urls.amqp,
        "MONGO_URL": urls.mongo,
        "BLOBS_URL": urls.blobs,
        "SMTP_URL": urls.smtp,
        "TICKETS_URLS": urls.tickets,
        "ROUTING_URLS": urls.routing,
        "NOTIFIER_URLS": urls.notifier,
        "INTAKE_URL": urls.intake,
        "PORTAL_URL": urls.portal,
        "CONFIG_DIR": str(config),
        "HOST": "127.0.0.1",
        "DEMO": "on",
    }
    if (ports.site, ports.www, ports.faq) != _KNOWN_PORTS:
        told["EXTRA_ORIGINS"] = f"demo-site={urls.site} www={urls.www} faq={urls.faq}"
    return told


def mail_catcher(ports: Ports, env: Mapping[str, str], folder: Path) -> Program:
    """SMTP and the pages to read the mails in."""
    options = ("--port", str(ports.mails), "--smtp-port", str(ports.smtp), "--folder", str(folder))
    return Program("mailcatcher", (sys.executable, "-m", "demo.mailcatcher", *options), env, ports.mails)


def pretend_site(ports: Ports, env: Mapping[str, str], urls: Urls, key: str) -> Program:
    """The university's web sites that embed our forms from other origins. `key`: one of them vouches for its users."""
    listen = ("--port", str(ports.site), "--www-port", str(ports.www), "--faq-port", str(ports.faq))
    options = (*listen, "--intake", urls.intake, "--portal", urls.portal)
    return Program("site", (sys.executable, "-m", "demo.site", *options), {**env, "SITE_KEY": key}, ports.site)


def service(name: str, ports: Ports, env: Mapping[str, str], own: Mapping[str, str]) -> Program:
    """One of the five; `own` settings, by name without the prefix, go before what is in `env`."""
    port: int = getattr(ports, name)
    settings = {f"SPORTELLO_{key}": value for key, value in {"PORT": str(port), **own}.items()}
    return Program(name, (sys.executable, "-m", f"services.{name}"), dict(env) | settings, port)
