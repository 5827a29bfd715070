"""`python -m services.portal`"""

from services.portal.app import build
from shared.web import run

run("portal", build, "amqp_url", "mongo_url", "blobs_url", "signing_key", "intake_url", "portal_url")
