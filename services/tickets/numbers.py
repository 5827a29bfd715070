"""Ticket numbers: the day of the submission in Rome, a counter of at least 5 digits, and a check digit (Damm).

Unique, searchable and fit for dictation: a wrong or swapped digit is noticed. Never a secret.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from stdnum import damm

ROME = ZoneInfo("Europe/Rome")


def day_of(moment: datetime) -> str:
    """`20261123`: the day on Rome's calendar."""
    return moment.astimezone(ROME).strftime("%Y%m%d")


def number(day: str, counter: int) -> str:
    """`20261123000428`: day, counter, check digit."""
    body = f"{day}{counter:05d}"
    return body + damm.calc_check_digit(body)


def is_number(text: str) -> bool:
    """Whether `text` is a ticket number without a slip."""
    return len(text) >= 14 and text.isascii() and text.isdigit() and damm.is_valid(text)
