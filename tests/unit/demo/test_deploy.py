"""The compose file: what a reader of it could break without noticing."""

import re
from pathlib import Path
from typing import Any

import yaml

from demo.programs import SERVICES
from shared.config import Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text(encoding="utf-8"))


def test_each_service_runs_without_rights_and_is_asked_whether_it_is_ready() -> None:
    for name in SERVICES:
        service = COMPOSE["services"][name]
        assert service["command"] == [f"services.{name}"]
        assert service["user"] == "10001"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["stop_grace_period"] == "30s"
        assert "/health/ready" in service["healthcheck"]["test"][-1]


def test_no_service_fixes_a_name_or_a_port_so_each_can_be_scaled() -> None:
    """C7."""
    for name in SERVICES:
        assert {"ports", "container_name", "hostname"}.isdisjoint(COMPOSE["services"][name])


def test_every_service_sees_the_configuration_change() -> None:
    for name in SERVICES:
        assert "../config:/app/config:ro" in COMPOSE["services"][name]["volumes"]


def test_everything_is_published_on_loopback_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 6
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_images_are_pinned_by_tag() -> None:
    images = {service["image"] for service in COMPOSE["services"].values()}
    built = re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    for image in (images - {"sportello:${SPORTELLO_VERSION:-local}"}) | set(built):
        assert re.fullmatch(r"[a-z/]+:v?\d[\w.-]*", image), image


def test_the_demo_sign_in_comes_with_the_demo_profile_alone() -> None:
    settings = {name: COMPOSE["services"][name]["environment"].get("SPORTELLO_DEMO") for name in SERVICES}
    assert settings == {name: "${COMPOSE_PROFILES:+public}" if name == "portal" else None for name in SERVICES}
    assert {name for name, service in COMPOSE["services"].items() if "demo" in service.get("profiles", [])} == {
        "site",
        "mail",
    }


def test_whatever_can_be_set_is_explained() -> None:
    text = (DEPLOY / "docker-compose.yml").read_text(encoding="utf-8")
    explained = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(\w+)[:}]", text))
    assert asked == set(re.findall(r"^#?([A-Z_]+)=", explained, re.MULTILINE))


def test_a_site_that_has_a_key_may_say_who_its_user_is() -> None:
    settings = COMPOSE["services"]["intake"]["environment"]["SPORTELLO_SITE_KEYS"]
    keys = {"${DEMO_SITE_KEY:-}": "", "${SPORTELLO_SITE_KEYS:-}": "www=abc faq=def"}
    for name, value in keys.items():
        settings = settings.replace(name, value)
    told = Settings(site_keys=settings, signing_key="x" * 40)
    assert [told.site_key(site) for site in ("www", "faq", "demo-site")] == ["abc", "def", None]


def test_every_secret_is_demanded_and_explained() -> None:
    text = (DEPLOY / "docker-compose.yml").read_text(encoding="utf-8")
    explained = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    demanded = set(re.findall(r"\$\{(\w+):\?", text))
    assert demanded == {"RABBITMQ_PASSWORD", "SPORTELLO_INTERNAL_KEY", "SPORTELLO_SIGNING_KEY"}
    for name in demanded:
        assert re.search(rf"^{name}=$", explained, re.MULTILINE)
