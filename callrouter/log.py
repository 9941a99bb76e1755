"""Logs: one JSON object a line, the call id on every line of a call, personal data masked whoever logs it.

Rules of the mask
1. A field with a personal name is masked whatever it holds; in all else, what is written like a number is.
2. An instant, a call id, a hash, an address, a short code and a count below eleven digits stay readable. A longer
   count is a field whose name ends with its unit (`bytes`, `_ms`, `_us`, `_ns`).
3. A local number alone (eight digits, like a date) and a national one without its 0 (ten, like an instant in
   seconds) can't be told in a text: log them under a personal name.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import IO, Any

import structlog

_GAP = r"(?:[- ()\xa0]|%20)"
# Each kind of number as people and the dialplan's URIENCODE write it. A local number begins with 2 to 9, so an
# area code in front of short codes is none; a country code doesn't begin with 0, so the hours of `+0800` are none.
_NUMBERS = (
    r"[0-9]{11,}",
    rf"(?:\+|%2[Bb])(?:[0-9]{{9,}}|[1-9](?:{_GAP}{{0,2}}[0-9]){{8,14}})",
    rf"(?:(?:00)?86)?1[3-9][0-9]{_GAP}{{1,2}}[0-9]{{4}}{_GAP}{{0,2}}[0-9]{{4}}",
    rf"(?:(?:00)?86)?1[3-9][0-9]{{2}}{_GAP}{{1,2}}[0-9]{{3}}{_GAP}{{1,2}}[0-9]{{4}}",
    rf"0[0-9]{{2,3}}{_GAP}{{1,2}}(?:[0-9]{{7,8}}|[2-9][0-9]{{2,3}}{_GAP}{{1,2}}[0-9]{{4}})",
)
# Not beside a hex digit, unless that ends an escape (`%2B`, `\x0a`, `\u202d`): those are hashes. Not behind a
# decimal point, and not a group of a UUID.
_NUMBER_IN_TEXT = re.compile(
    r"(?:(?<![0-9A-Fa-f])|(?<=[%x][0-9A-Fa-f]{2})|(?<=\\u[0-9a-f]{4}))"
    r"(?<![0-9]\.)(?<![0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)"
    rf"(?:{'|'.join(_NUMBERS)})"
    r"(?![0-9A-Fa-f]|-[0-9a-f]{12})"
)
_SHORTEST = 10
# A number not spelled digit by digit has two side by side; looking for them first spares most texts the rest.
_DIGITS = re.compile("[0-9][0-9]")
_NUMBER = re.compile(r"\+?[0-9*#() .-]+")
_UNMASKED = frozenset({"call_id", "timestamp", "level", "logger"})
_PERSONAL = frozenset({"caller", "called", "caller_number", "message_text", "callerid"})
_MEASURES = ("bytes", "_ms", "_us", "_ns")
_SMALLEST_NUMBER = 10**10
"""An integer of eleven digits may be a number; one of ten may be an instant, in seconds since 1970."""


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
    if value is None or key in _UNMASKED:
        return value
    if isinstance(value, str):
        return mask_number(value) if key in _PERSONAL else _masked_text(value)
    if isinstance(value, Mapping):
        return {_masked_text(str(inner)): _masked(str(inner), held) for inner, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, held) for held in value]
    return _masked_object(key, value)


def _masked_object(key: str, value: object) -> object:
    if key in _PERSONAL:
        return mask_number(str(value))
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int) and (abs(value) < _SMALLEST_NUMBER or key.endswith(_MEASURES)):
        return value
    return _masked_text(repr(value))


def _masked_text(text: str) -> str:
    if len(text) < _SHORTEST or _DIGITS.search(text) is None:
        return text
    return _NUMBER_IN_TEXT.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    number = found[0]
    shown = 5 if number.startswith("%") else 3
    return f"{number[:shown]}****{number[-4:]}"


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
