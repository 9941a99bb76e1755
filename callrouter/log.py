"""Logs: one JSON object a line, the call id on every line of a call, personal data masked whoever logs it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import IO, Any

import structlog

# Eleven digits or more (a mobile, a landline with its area code), a `+` and nine, or an area code, a hyphen and
# the local number. Not within a word of ASCII letters or a decimal fraction: those are hashes and figures.
_NUMBER_IN_TEXT = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9]\.)(\+(?=[0-9]{9})[0-9]{3}|0[0-9]{2,3}-(?=[0-9]{7,8}\b)|[0-9]{3}(?=[0-9]{8}))"
    r"[0-9]*([0-9]{4})(?![0-9A-Za-z_]|\.[0-9])",
    re.ASCII,
)
_NUMBER = re.compile(r"\+?[0-9*#() .-]+")
_UNMASKED = frozenset({"call_id", "timestamp", "level", "logger", "sip_call_id"})
_PERSONAL = frozenset({"caller", "called", "caller_number", "message_text", "callerid"})


def mask_number(number: str) -> str:
    """Show who it may be, not who it is: 13800138000 becomes 138****8000; short codes stay, words don't."""
    if not number or (len(number) <= 6 and _NUMBER.fullmatch(number)):
        return number
    if not _NUMBER.fullmatch(number):
        return "****"
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else f"****{number[-3:]}"


def mask_personal(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask tagged fields, and anything that looks like a telephone number in any other text."""
    for key, value in event.items():
        if not key.startswith("_"):
            event[key] = _masked(key, value)
    return event


def _masked(key: str, value: object) -> object:
    if key in _UNMASKED or value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, Mapping):
        return {inner: _masked(str(inner), held) for inner, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, held) for held in value]
    if key in _PERSONAL:
        return mask_number(str(value))
    if isinstance(value, int):
        return value
    return _NUMBER_IN_TEXT.sub(r"\1****\2", value if isinstance(value, str) else repr(value))


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
        # What is below the level costs a caller nothing: it is dropped before anything is formatted.
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
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
