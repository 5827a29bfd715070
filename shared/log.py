"""JSON logs: a fixed phrase and fields, one line per request or message, never form text or an address."""

import logging
import sys
import traceback
from typing import Any, Final

import structlog

# Errors of one chain that are told of.
MOST_CAUSES: Final = 5

correlation = structlog.contextvars.bind_contextvars
forget = structlog.contextvars.clear_contextvars


def set_up(service: str, level: str) -> None:
    """JSON lines on stderr, with the service's name and the correlation id bound to the running task."""
    number = logging.getLevelName(level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Where it broke, not what it held: local variables and messages may carry what somebody typed.
            structlog.processors.ExceptionRenderer(lambda found: where(found[1])),
            lambda _, __, line: {"service": service, **line},
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    plain = logging.StreamHandler(sys.stderr)
    plain.setFormatter(_Plain("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[plain])
    # aio-pika tells of every reconnect attempt with a traceback; the Bus says it in one line.
    for noisy in ("aio_pika", "aiormq", "faststream"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


def where(error: BaseException) -> str:
    """The way to an error and to what caused it, without their words: those may repeat what somebody typed."""
    parts: list[str] = []
    found: BaseException | None = error
    while found is not None and len(parts) < MOST_CAUSES:
        parts.append("".join([*traceback.format_tb(found.__traceback__), type(found).__name__]))
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return "\ncaused by:\n".join(parts)


class _Plain(logging.Formatter):
    """For what libraries log by themselves: the web server does it for each error that nobody caught."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the library's name
        return where(ei[1])


def get_logger() -> structlog.stdlib.BoundLogger:
    """The logger; `log.info("mail sent", mail_id=...)`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger
