"""`python -m services.routing`"""

from services.routing.app import build
from shared.web import run

run("routing", build, "amqp_url")
