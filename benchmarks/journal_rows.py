"""Journal text of as many calls as one wants: a real answered call (`sample_call.*`), each with ids and a time."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

CALLS_A_BATCH: Final = 64
"""About what the journal's reader takes at once."""
_HERE: Final = Path(__file__).parent
_CALLER_ID, _SEAT_ID = "1795373512.0", "1795373520.1"
"""Of the sample, behind the boot name."""
_INSTANT: Final = re.compile(r'(?<=")\d{10}\.\d{6}(?=")|^\d{10}(?=\|)', re.MULTILINE)
_SIP_CALL_ID: Final = re.compile(r"(?<=sip_call_id=)[^&\"]+")


class Journal:
    """The sample as a form to be filled in."""

    def __init__(self, name: str) -> None:
        self._text = (_HERE / name).read_text(encoding="utf-8")
        # Both logs tell of the same call by the same clock.
        journal = (_HERE / "sample_call.csv").read_text(encoding="utf-8")
        self._ends_us = max(_microseconds(instant) for instant in _INSTANT.findall(journal))

    def call(self, place: int, ended_at: float) -> bytes:
        """Give a call's lines; `place` is its number, `ended_at` seconds since 1970."""
        shift = round(ended_at * 1_000_000) - self._ends_us
        text = _INSTANT.sub(lambda found: _shifted(found[0], shift), self._text)
        text = text.replace(_CALLER_ID, f"1000000000.{2 * place}").replace(
            _SEAT_ID, f"1000000000.{2 * place + 1}"
        )
        return _SIP_CALL_ID.sub(lambda found: f"{place:016x}{found[0][16:]}", text).encode()


def calls(name: str, since: int, number: int, ended_at: float) -> bytes:
    """Give the lines of so many calls, in `sample_call.csv` or `sample_call.queue_log`."""
    journal = _journal(name)
    return b"".join(journal.call(place, ended_at) for place in range(since, since + number))


@cache
def _journal(name: str) -> Journal:
    return Journal(name)


def _microseconds(instant: str) -> int:
    seconds, _, fraction = instant.partition(".")
    return int(seconds) * 1_000_000 + int(fraction or 0)


def _shifted(instant: str, shift: int) -> str:
    at = _microseconds(instant) + shift
    return f"{at // 1_000_000}.{at % 1_000_000:06d}" if "." in instant else str(at // 1_000_000)
