"""The mail catcher's pages: the list, and one mail as its reader sees it."""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, PlainTextResponse

from demo.mailbox import Mailbox, content_of
from demo.webpages import language, page

_ROME = ZoneInfo("Europe/Rome")
_SHOWN = 200
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:)]")
# A mail is a stranger's page: nothing of it runs, nothing is fetched, links open elsewhere.
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"

TEXTS: Final = {
    "it": {
        "title": "Posta di prova",
        "lead": "Qui arrivano tutte le e-mail che il sistema invia. Nessuna lascia questo computer.",
        "search": "Cerca un destinatario",
        "find": "Cerca",
        "all": "Mostra tutte",
        "count": "e-mail",
        "more": "Si vedono solo le più recenti.",
        "empty": "Ancora nessuna e-mail",
        "empty_hint": "Compila un modulo: la conferma compare qui da sola, entro pochi secondi.",
        "none_found": "Nessuna e-mail a questo destinatario",
        "back": "Torna all'elenco",
        "from": "Da",
        "to": "A",
        "at": "Ricevuta",
        "files": "Allegati",
        "html": "Come appare",
        "text": "Solo testo",
        "no_text": "Questa e-mail non ha una versione di solo testo.",
        "headers": "Intestazioni",
        "raw": "Scarica il messaggio originale (.eml)",
        "no_subject": "(senza oggetto)",
        "skip": "Vai al contenuto",
        "other": "English",
    },
    "en": {
        "title": "Test mailbox",
        "lead": "Every e-mail the system sends ends up here. None leaves this computer.",
        "search": "Find a recipient",
        "find": "Find",
        "all": "Show all",
        "count": "e-mails",
        "more": "Only the latest are shown.",
        "empty": "No e-mail yet",
        "empty_hint": "Fill in a form: the confirmation shows up here by itself, within seconds.",
        "none_found": "No e-mail to this recipient",
        "back": "Back to the list",
        "from": "From",
        "to": "To",
        "at": "Received",
        "files": "Attachments",
        "html": "As it looks",
        "text": "Plain text",
        "no_text": "This e-mail has no plain text version.",
        "headers": "Headers",
        "raw": "Download the original message (.eml)",
        "no_subject": "(no subject)",
        "skip": "Skip to content",
        "other": "Italiano",
    },
}


def router(mailbox: Mailbox) -> APIRouter:
    """The pages over `mailbox`."""
    pages = APIRouter()

    @pages.get("/")
    def index(request: Request, to: str = "") -> HTMLResponse:
        found = mailbox.newest(to=to)
        values = {"mails": found[:_SHOWN], "count": len(found), "shown": _SHOWN, "to": to}
        return page(request, "mails.html", t=TEXTS[language(request)], clock=_clock, **values)

    @pages.get("/mails/{name}")
    def one(request: Request, name: str) -> HTMLResponse:
        mail = mailbox.get(name)
        if not mail:
            raise HTTPException(404)
        content = content_of(mail)
        text = _with_links(content["text"]) if content["text"] else None
        values = {"mail": mail, **content, "text": text}
        return page(request, "mail.html", t=TEXTS[language(request)], clock=_clock, **values)

    @pages.get("/mails/{name}/html")
    def html(name: str) -> HTMLResponse:
        mail = mailbox.get(name)
        if not mail or not (body := content_of(mail)["html"]):
            raise HTTPException(404)
        return HTMLResponse(f'<base target="_blank">{body}', headers={"Content-Security-Policy": _MAIL_POLICY})

    @pages.get("/mails/{name}/raw")
    def raw(name: str) -> PlainTextResponse:
        mail = mailbox.get(name)
        if not mail:
            raise HTTPException(404)
        content = mail.file.read_bytes()
        disposition = f'attachment; filename="{mail.id}.eml"'
        return PlainTextResponse(content, media_type="message/rfc822", headers={"Content-Disposition": disposition})

    return pages


def _clock(moment: datetime) -> str:
    return moment.astimezone(_ROME).strftime("%d/%m/%Y %H:%M:%S")


def _with_links(text: str) -> Markup:
    parts, end = [], 0
    for link in _LINK.finditer(text):
        address = escape(link.group())
        parts += [escape(text[end : link.start()]), Markup(f'<a href="{address}" rel="noopener">{address}</a>')]  # noqa: S704
        end = link.end()
    return Markup("").join([*parts, escape(text[end:])])
