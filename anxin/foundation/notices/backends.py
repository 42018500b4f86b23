"""How a message leaves. A backend takes a `Message` and raises when it could not hand it over."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from anxin.foundation.kernel.identifiers import mask_phone
from anxin.foundation.notices.models import Message

log = logging.getLogger(__name__)

INBOX = "inbox"


def inbox(message: Message) -> None:
    """The row itself is the delivery: an officer reads it in the console, a phone's is listed as not really sent."""


def console(message: Message) -> None:
    """Write the text to the log, for trying out; the number is masked."""
    log.info("notice to %s: %s", mask_phone(message.phone) or message.officer_id, message.text)


BACKENDS: dict[str, Callable[[Message], None]] = {INBOX: inbox, "console": console}


def for_phones() -> str:
    """The backend that ANXIN_NOTICE_BACKEND names."""
    name = str(settings.ANXIN_NOTICE_BACKEND)
    if name not in BACKENDS:
        raise ImproperlyConfigured(f"ANXIN_NOTICE_BACKEND must be one of {', '.join(BACKENDS)}, not {name!r}")
    return name
