"""JSON logs: a fixed phrase and fields, one line per request or message, never form text or an address."""

import logging
import sys

import structlog

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
            structlog.processors.format_exc_info,
            lambda _, __, line: {"service": service, **line},
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # aio-pika tells of every reconnect attempt with a traceback; the Bus says it in one line.
    for noisy in ("aio_pika", "aiormq", "faststream"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


def get_logger() -> structlog.stdlib.BoundLogger:
    """The logger; `log.info("mail sent", mail_id=...)`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger()
    return logger
