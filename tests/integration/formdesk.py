"""intake, routing and tickets, running, and pages of other origins with forms in them, under a strict policy."""

import asyncio
import contextlib
import html
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import yaml
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from demo.ports import free_port
from demo.servers import Broker, Server
from services.intake import app as intake_app
from services.routing import app as routing_app
from services.tickets import app as tickets_app
from shared.config import Settings
from shared.errors import NotFound
from shared.internal import InternalClient
from shared.mongo import Database
from shared.policy import Person, Role
from tests.conftest import eventually
from tests.integration.house import serving

KEY = "k" * 40
ROOT = Path(__file__).parents[2]
GIULIA = Person(id="giulia.conti", name="Giulia Conti", roles=frozenset({Role.OPERATOR}))
# The second version of a form: one question more, one less, one answer less.
MATRICOLA = {
    "id": "student_number",
    "type": "text",
    "label": {"it": "Matricola", "en": "Student number"},
    "required": True,
    "personal": True,
    "max_length": 8,
}


class FormDesk:
    """The services, and where they are."""

    def __init__(self, settings: Settings, config: Path, site: str, house: FastAPI) -> None:
        self.settings = settings
        self.config = config
        self.site = site
        self.house = house
        self.intake = settings.intake_url
        self.tickets = InternalClient(settings.tickets_urls, settings.internal_key)
        self._intake = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """intake, with the forms that are in the folder now."""
        port = int(self.intake.rpartition(":")[2])
        await self._intake.enter_async_context(serving(intake_app.build(self.settings), port))

    async def stop(self) -> None:
        """intake, as in an outage."""
        await self._intake.aclose()

    async def change_credentials(self) -> None:
        """Puts a second version of the form into the folder, and waits until it is shown."""
        folder = self.config / "forms"
        form = yaml.safe_load((folder / "credentials.v1.yml").read_text())
        form["version"] = 2
        form["fields"] = [MATRICOLA, *(field for field in form["fields"] if field["id"] != "username")]
        kind = next(field for field in form["fields"] if field["id"] == "kind")
        kind["options"] = [option for option in kind["options"] if option["value"] != "username"]
        for field in form["fields"]:
            if "in" in (when := field.get("show_when", {})):
                when["in"] = [value for value in when["in"] if value != "username"]
        (folder / "credentials.v2.yml").write_text(yaml.safe_dump(form, sort_keys=False, allow_unicode=True))
        await self.shows(2)

    async def forget_change(self) -> None:
        """As it was."""
        (self.config / "forms" / "credentials.v2.yml").unlink(missing_ok=True)
        await self.shows(1)

    async def shows(self, version: int) -> None:
        """intake shows this version of the form."""
        contract = f"{self.intake}/forms/credentials/contract"

        async def shown() -> bool:
            async with httpx.AsyncClient() as program:
                return bool((await program.get(contract)).json()["version"] == version)

        await eventually(shown, timeout=20)

    async def of(self, email: str) -> list[dict[str, Any]]:
        """All tickets with this requester, as Giulia sees them."""
        page = await self.tickets.get("/tickets", GIULIA, limit=200, level=1)
        numbers = [one["number"] for one in page["items"] if one["requester"]["email"] == email]
        return [await self.tickets.get(f"/tickets/{number}", GIULIA) for number in numbers]

    async def ticket(self, email: str) -> dict[str, Any]:
        """The one ticket with this requester, once it is there."""

        async def found() -> list[dict[str, Any]]:
            with contextlib.suppress(NotFound):
                return await self.of(email)
            return []

        (ticket,) = await eventually(found, timeout=20)
        return dict(ticket)


def an_address() -> str:
    """Nobody else's."""
    return f"ada-{secrets.token_hex(6)}@studenti.example"


def embedded(form: str = "credentials", **attributes: str) -> str:
    """The element, as a site writes it."""
    given = {"form": form, "site": "demo-site", **attributes}
    said = " ".join(f'{name}="{html.escape(value)}"' for name, value in given.items())
    return f'<sportello-form {said}><a href="#plain">Apri il modulo</a></sportello-form>'


def site(intake: str, pages: dict[str, str]) -> FastAPI:
    """A site whose pages may load from itself and intake, and nothing else; `pages`: bodies by path."""
    app = FastAPI(openapi_url=None)
    app.state.pages = pages
    policy = f"default-src 'self' {intake}"

    @app.get("/health/ready", status_code=204)
    async def ready() -> None:
        return None

    @app.get("/favicon.ico", status_code=204)
    async def icon() -> None:
        return None

    @app.get("/{path:path}")
    async def show(path: str, lang: str = "it") -> HTMLResponse:
        head = (
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f'<title>Sito</title><script src="{intake}/embed.js" defer></script>'
        )
        body = f"<main><h1>Pagina di un sito</h1>{pages[path]}</main>"
        page = f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{body}</body></html>'
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    return app


@contextlib.asynccontextmanager
async def a_form_desk(broker: Broker, store: Server, folder: Path, pages: dict[str, str]) -> AsyncIterator[FormDesk]:
    """All of it on ports of its own, with a copy of config/ that a test may change."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    ports = {name: free_port() for name in ("tickets", "intake", "routing", "site")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    prefix = f"t_{secrets.token_hex(6)}"
    amqp_url = await asyncio.to_thread(broker.new_vhost)
    settings = Settings(
        amqp_url=amqp_url,
        mongo_url=store.url,
        mongo_prefix=prefix,
        blobs_url=(folder / "blobs").as_uri(),
        internal_key=KEY,
        signing_key=KEY,
        tickets_urls=urls["tickets"],
        routing_urls=urls["routing"],
        intake_url=urls["intake"],
        portal_url="http://portal.example",
        config_dir=config,
        extra_origins=f"demo-site={urls['site']}",
        site_keys=f"demo-site={KEY}",
        demo="off",
    )
    (folder / "blobs").mkdir()
    house = tickets_app.build(settings)
    desk = FormDesk(settings, config, urls["site"], house)
    async with (
        serving(house, ports["tickets"]),
        serving(routing_app.build(settings), ports["routing"]),
        serving(site(urls["intake"], pages), ports["site"]),
    ):
        await desk.start()
        yield desk
        await desk.stop()
        await desk.tickets.close()
    database = Database(store.url, f"{prefix}_tickets")
    await database.drop()
    await database.close()
    await asyncio.to_thread(broker.drop_vhost, amqp_url)
