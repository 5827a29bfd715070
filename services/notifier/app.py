"""Builds the notifier and wires its parts; templates, forms, queues and people are checked before anything starts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from services.notifier import inbox_api, preferences_api
from services.notifier.api import routes
from services.notifier.choices import Choices
from services.notifier.consumers import wire
from services.notifier.digest_lists import DigestLists
from services.notifier.digest_loop import DigestLoop
from services.notifier.hearing import Hearing
from services.notifier.inbox import Inbox
from services.notifier.links import SignedLinks
from services.notifier.mails import Mails
from services.notifier.notice_mails import NoticeMails
from services.notifier.repository import OutgoingMails
from services.notifier.sender import Sender
from services.notifier.sentences import Sentences
from services.notifier.smtp import MailServer
from services.notifier.templates import Templates
from shared.blobs import Blobs
from shared.broker import Bus
from shared.config import Settings
from shared.forms import keeping
from shared.internal import InternalClient
from shared.mongo import Database
from shared.people import People, watched
from shared.queues import Queues
from shared.relay import Relay
from shared.usual import Usual
from shared.web import create_app


def build(settings: Settings) -> FastAPI:
    """The app. `ConfigError` with file and line when a template, a queue or an address is wrong."""
    server = MailServer.parse(settings.smtp_url)
    queues = Queues.load(settings.config_dir)
    forms, people = keeping.load(settings.config_dir), People.load(settings.config_dir, queues)
    templates, links = Templates.load(settings.config_dir), SignedLinks(settings)
    sentences = Sentences.load(settings.config_dir, queues)
    tickets = InternalClient(settings.tickets_urls, settings.internal_key, timeout=5.0)
    usual = Usual(tickets, "notifier")
    mails = Mails(templates, queues, forms, people, links, usual.sentence)
    notice_mails = NoticeMails(templates, queues, links, sentences, mails)
    blobs, config = Blobs(settings.blobs_url), watched(settings.config_dir, queues, people)
    newer_forms = keeping.watched(settings.config_dir, forms)
    prepared = asyncio.Event()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = database = Database(settings.mongo_url, f"{settings.mongo_prefix}_notifier")
        app.state.bus = bus = Bus(settings.amqp_url, "notifier", settings.prefetch)
        app.state.outgoing = outgoing = OutgoingMails(database)
        relay = Relay(bus, outgoing, settings.sweep_after)
        sender = Sender(outgoing, relay, server, blobs, settings.mail_timeout)
        app.state.inbox, app.state.choices = inbox, choices = Inbox(database), Choices(database)
        hearing = Hearing(inbox, choices, outgoing, notice_mails, bus, people, queues)
        digests = DigestLoop(inbox, DigestLists(database), outgoing, notice_mails, choices, people, queues)
        wire(bus, outgoing, mails, hearing)

        async def prepare() -> None:
            await outgoing.prepare()
            await inbox.prepare()

        preparing = asyncio.create_task(database.prepare(prepare, prepared))
        # Before the first fact is heard: the first receipts shall know too.
        await usual.start()
        await bus.start()
        await relay.start()
        await sender.start()
        await config.start()
        await newer_forms.start()
        await digests.start()
        yield
        preparing.cancel()
        await newer_forms.stop()
        await usual.stop()
        await tickets.close()
        await config.stop()
        await bus.stop_consuming()
        await digests.stop()
        await sender.stop()
        await relay.stop()
        await bus.stop()
        await database.close()

    async def ready() -> bool:
        return prepared.is_set() and await app.state.database.alive() and await app.state.bus.ready()

    app = create_app("Sportello notifier", lifespan, ready)
    app.state.config, app.state.newer_forms, app.state.usual = config, newer_forms, usual
    app.include_router(routes(settings.internal_key))
    app.include_router(inbox_api.routes(settings.internal_key, sentences))
    app.include_router(preferences_api.routes(settings.internal_key, sentences, people, queues))
    return app
