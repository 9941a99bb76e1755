"""Logs: one JSON object a line, the call id on every line of a call, personal data masked whoever logs it.

Rules of the mask
1. A field with a personal name is masked whatever it holds; in all else, what is written like a number is.
2. An instant, a call id, a hash, an address, a short code and a count below eleven digits stay readable. A longer
   count is a field whose name ends with its unit (`bytes`, `_ms`, `_us`, `_ns`).
3. A local number alone (eight digits, like a date) and a national one without its 0 (ten, like an instant in
   seconds) can't be told in a text: log them under a personal name.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, Any

import structlog

from callrouter.log_lines import Lines

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
# Every kind has nine digits at least; looking for them first spares most texts the rest.
_NINE_DIGITS = re.compile("[0-9](?:[^0-9]*[0-9]){8}")
_NUMBER = re.compile(r"\+?[0-9*#() .-]+")
_UNMASKED = frozenset({"call_id", "timestamp", "level", "logger"})
_PERSONAL = frozenset({"caller", "called", "caller_number", "message_text", "callerid"})
_NOT_WRITTEN = frozenset({"_record", "_from_structlog"})
"""What the standard library's way carries beside a line."""
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
        if key not in _NOT_WRITTEN:
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
    if isinstance(value, int | float) and (abs(value) < _SMALLEST_NUMBER or key.endswith(_MEASURES)):
        return value
    return _masked_text(repr(value))


def _masked_text(text: str) -> str:
    if len(text) < 9 or _NINE_DIGITS.search(text) is None:
        return text
    return _NUMBER_IN_TEXT.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    number = found[0]
    shown = 5 if number.startswith("%") else 3
    return f"{number[:shown]}****{number[-4:]}"


call_in_hand: ContextVar[str | None] = ContextVar("call_in_hand", default=None)
"""The call id that is put on whatever is logged, unless a line has its own."""


def add_call_id(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the call id of the context."""
    call_id = call_in_hand.get()
    if call_id is not None:
        event.setdefault("call_id", call_id)
    return event


class _Logger:
    """What structlog writes to; the standard library's way to the same stream costs twice that."""

    __slots__ = ("_lines", "name")

    def __init__(self, lines: Lines, name: str) -> None:
        self._lines = lines
        self.name = name

    def msg(self, line: str) -> None:
        """Write one line."""
        self._lines.write(line)

    debug = info = warning = error = critical = fatal = exception = failure = err = warn = log = msg


class _Handler(logging.Handler):
    """The standard library's loggers, to the same lines."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:
            # Not the standard library's own complaint: it prints the arguments as they are.
            line = _line_of("warning", record.name, "a line could not be made", error=type(error).__name__)
        self._lines.write(line)


class CallLine:
    """A line written for many calls: all but the call id and the instant is masked and encoded once.

    Made after `configure_logging`, whose level and stream it keeps. Making a line costs a call more than deciding.
    """

    __slots__ = ("_end", "_lines")

    def __init__(self, logger: str, event: str, **fields: object) -> None:
        """Prepare a line of level info; the fields may hold nothing that differs between calls."""
        self._lines = _lines_of_calls
        known = {**fields, "level": "info", "logger": logger, "event": event}
        self._end = _to_json(mask_personal(None, "info", known)).removeprefix("{")

    def write(self, call_id: str) -> None:
        """Write the line for a call."""
        if self._lines is not None:
            now = datetime.now(UTC).isoformat().removesuffix("+00:00")
            self._lines.write(f'{{"call_id": {_to_json(call_id)}, "timestamp": "{now}Z", {self._end}')


_lines: Lines | None = None
"""Where all lines go; None before `configure_logging`."""
_lines_of_calls: Lines | None = None
"""Where lines of level info go; None where they go nowhere."""


def lines_lost() -> int:
    """Say how many lines could not be written, because nobody read them or a disk was full."""
    return 0 if _lines is None else _lines.lost


def _as_json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    return _to_json(event)


def _line_of(level: str, logger: str, event: str, **fields: object) -> str:
    now = datetime.now(UTC).isoformat().removesuffix("+00:00")
    return _to_json({**fields, "level": level, "logger": logger, "timestamp": f"{now}Z", "event": event})


def _lines_were_lost(lines: int) -> str:
    return _line_of(
        "warning", __name__, "log lines were lost: nobody read them, or the disk was full", lines=lines
    )


# Made once: `json.dumps` with settings makes an encoder for every line.
_to_json = json.JSONEncoder(ensure_ascii=False, default=repr).encode


def configure_logging(level: str, stream: IO[str] | None = None) -> None:
    """Send everything, the standard library's loggers included, through one masked JSON writer."""
    global _lines, _lines_of_calls  # noqa: PLW0603 - logging is one for a process, here as in structlog
    lines = _lines = Lines(stream or sys.stderr, _lines_were_lost)
    _lines_of_calls = lines if logging.getLevelName(level.upper()) <= logging.INFO else None
    shared: list[structlog.typing.Processor] = [
        add_call_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_personal,
    ]
    structlog.configure(
        processors=[*shared, _as_json],
        # What is below the level costs a caller nothing: it is dropped before anything is formatted.
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda name="callrouter": _Logger(lines, name),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_json],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
