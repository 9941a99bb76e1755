"""Other numbers for the people of a call, so that it may become a test.

Rules:
- One person is one pseudonym, wherever in the call the number stands and however it is written there.
- Pseudonyms are mobiles 1380013xxxx, the range that all tests use; a landline keeps its area code, for the plan may
  look at it. Numbers of services (six digits at most) and of the plan stay: they are public, and decide the call.
- Names become numbers too; SIP ids and hosts become plain words; instants and the exchange's own ids stay.
- What was replaced must not stand anywhere in the result: that is looked for, not believed (`survivors`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote

from callrouter.vocabulary.numbers import NumberKind, PhoneNumber, parse_number

_LONGEST_SERVICE: Final = 6
_NOBODY: Final = frozenset({"", "s", "anonymous", "unknown", "unavailable", "restricted", "none"})
_DIGITS: Final = re.compile(r"[0-9]{7,}")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE_NAME: Final = re.compile(r"(^|,)[^<>,;\"]+(?=<)")
_HOST: Final = re.compile(r"@[^>;,\s]+")
_SHORTEST_NAME: Final = 2


class Pseudonyms:
    """Gives and remembers them, for one call."""

    def __init__(self, is_public: Callable[[str], bool]) -> None:
        self._is_public = is_public
        """Whether a number is the plan's own."""
        self._given: dict[str, str] = {}
        """What is personal, as it was written, and what stands for it."""
        self._ids: dict[str, str] = {}
        self._taken_out: set[str] = set()
        """Names in headers: nothing stands for them."""

    def person(self, written: str) -> None:
        """Take in a caller's number or name as it was written somewhere."""
        if written.lower() in _NOBODY or (written.isdigit() and len(written) <= _LONGEST_SERVICE):
            return
        if self._is_public(written):
            return
        number = parse_number(written, frozenset())
        if isinstance(number, PhoneNumber) and number.kind in {NumberKind.MOBILE, NumberKind.LANDLINE}:
            # What every way to write it has in common: the area code and the country's come and go.
            self._give(number.digits, number)
            return
        runs = _DIGITS.findall(written)
        if runs and len(runs[0]) >= len(written) - 1:
            self._give(runs[0], None)
        elif len(written) >= _SHORTEST_NAME:
            self._give(written, None)

    def header(self, written: str) -> None:
        """Take in the numbers of a SIP header, and its names; `in_header` takes these out, and the hosts."""
        names = [quoted[1:-1] for quoted in _QUOTED.findall(written)]
        names += [bare[0] for bare in _BARE_NAME.finditer(_QUOTED.sub("", written))]
        self._taken_out |= {name for each in names if len(name := each.strip(" ,")) >= _SHORTEST_NAME}
        for run in _DIGITS.findall(written):
            if not self._is_public(run):
                self.person(run)

    def sip_id(self, written: str) -> None:
        """Take in a SIP Call-ID."""
        if written:
            self._ids.setdefault(written, f"sip-call-{len(self._ids) + 1}")

    def in_text(self, text: str) -> str:
        """Replace what was taken in, plain or percent-encoded; the longest first."""
        given = {**self._given, **self._ids}
        for old in sorted(given, key=len, reverse=True):
            text = text.replace(old, given[old])
            if (coded := quote(old, safe="")) != old:
                text = text.replace(coded, given[old])
        return text

    def in_header(self, text: str) -> str:
        """Replace the numbers of a SIP header, and take out its names and hosts."""
        text = _BARE_NAME.sub(r"\1", _QUOTED.sub("", text))
        return _HOST.sub("@host.invalid", self.in_text(text))

    def survivors(self, text: str) -> int:
        """Say how many of those that were replaced still stand somewhere in the text."""
        gone = {*self._given, *self._ids, *self._taken_out}
        return sum(any(form in text for form in _forms(old)) for old in gone)

    def _give(self, core: str, number: PhoneNumber | None) -> None:
        if core not in self._given:
            self._given[core] = _pseudonym(len(self._given) + 1, number)


def _pseudonym(nth: int, number: PhoneNumber | None) -> str:
    if number is not None and number.kind is NumberKind.LANDLINE:
        return f"555{nth:0{max(1, len(number.digits) - 3)}d}"
    return f"1380013{nth:04d}"


def _forms(old: str) -> Iterable[str]:
    yield old
    if (coded := quote(old, safe="")) != old:
        yield coded
    if old.isdigit() and len(old) > 8:
        # The last eight tell a mobile of one issuer from any other.
        yield old[-8:]
