"""`python -m services.tickets`"""

from services.tickets.app import build
from shared.web import run

run("tickets", build, "amqp_url", "mongo_url")
