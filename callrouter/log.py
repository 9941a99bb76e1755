"""Logs: one JSON object a line, the call id on every line of a call, personal data masked whoever logs it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import IO, Any

import structlog

_NUMBER_IN_TEXT = re.compile(r"(?<![\w.:-])(\+?\d{3})\d{4,}(\d{4})(?![\w.:-])")
_UNMASKED = frozenset({"call_id", "timestamp", "event", "level", "logger", "sip_call_id"})
_PERSONAL = frozenset({"caller", "called", "caller_number", "message_text", "callerid"})


def mask_number(number: str) -> str:
    """Show who it may be, not who it is: 13800138000 becomes 138****8000; short codes stay."""
    if len(number) <= 6:
        return number
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else f"****{number[-3:]}"


def mask_personal(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask tagged fields, and anything that looks like a telephone number in any other text."""
    for key, value in event.items():
        if key in _UNMASKED or not isinstance(value, str):
            continue
        if key in _PERSONAL:
            event[key] = mask_number(value)
        else:
            event[key] = _NUMBER_IN_TEXT.sub(r"\1****\2", value)
    return event


def configure_logging(level: str, stream: IO[str] | None = None) -> None:
    """Send everything, the standard library's loggers included, through one masked JSON writer."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_personal,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
