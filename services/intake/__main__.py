"""`python -m services.intake`"""

from services.intake.app import build
from shared.web import run

run("intake", build, "amqp_url", "blobs_url", "signing_key", "intake_url")
