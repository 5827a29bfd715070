"""`python -m services.notifier`"""

from services.notifier.app import build
from shared.web import run

run("notifier", build, "amqp_url", "mongo_url", "blobs_url", "smtp_url", "signing_key", "intake_url", "portal_url")
