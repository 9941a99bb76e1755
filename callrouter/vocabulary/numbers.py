"""Telephone numbers as they reach a Chinese hotline platform.

Rules:
- Normalise once, at the door: what does not parse exactly is "unknown" and keeps its raw text for the record.
- Full-width digits and the full-width plus are read as their plain forms; nothing else is read as anything else.
- Exact match only. 96119 ends in 119 and is no emergency; 12345 is a prefix of longer strings.
- `+86`, `0086` and `86` are taken off only if a valid national form remains; a bare `86` not from seven or
  eight digits that are a landline by themselves (8681 2110 in Chengdu is not Zigong's 110).
- A phone-context is put in front (`12345;phone-context=+8628`); one that is a domain says nothing; one of another
  country makes the number unknown.
- An IP-dial prefix (17951, 12593 …) counts only in front of a whole mobile or landline number with its area.
- Area codes follow from the numbering structure: 10 and 2x have two digits, 3xx to 9xx have three; 400 and 800 are
  numbers of companies, not areas.
- A mobile's area is where it was issued, not where its caller is: it is never derived here.

Source: shared facts on telephony, sections 1.1-1.12 (the order of trial is 1.11).
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

EMERGENCY_CODES = frozenset({"110", "119", "120", "122"})

LONGEST_NUMBER: Final = 256
"""Characters of a called or calling number that are looked at and kept."""

_AREA = r"(?P<area>10|2[0-57-9]|(?!400|800)[3-9][0-9]{2})"
_AREA_AND_REST = re.compile(rf"0?{_AREA}(?P<rest>[0-9]+)")
_MOBILE = re.compile(r"0?(?P<mobile>1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"[2-8][0-9]{6,7}")
_SEPARATORS = re.compile(r"[ \-().]")
_DIALLED = re.compile(r"\+?[0-9]{2,20}")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋", "0123456789+")
_CONTEXT = re.compile(r"\+86[0-9-]{0,5}")
_SCHEME = re.compile(r"(?i:tel:)")
# Too many digits behind it for anything but a mobile, or a landline with its area.
_IP_DIAL = re.compile(r"(?:179[0-9]{2}|10193|11808|12593)(?P<rest>[0-9]{10,12})")
_COUNTRY = ("+86", "0086", "86")
_PLAIN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PLAIN_CODE = re.compile(r"[0-9]{2,20}")


class NumberKind(StrEnum):
    """What sort of number it is."""

    SHORT_CODE = "short_code"
    """A service short code that the plan knows, such as 12315 or 96128."""
    EMERGENCY = "emergency"
    MOBILE = "mobile"
    LANDLINE = "landline"


class PhoneNumber(NamedTuple):
    """A number that was understood."""

    kind: NumberKind
    digits: str
    """The short code, the eleven digits of a mobile, or a landline's local digits."""
    area: str | None = None
    """The area code with its leading zero (`028`), where one was dialled."""

    @property
    def canonical(self) -> str:
        """One spelling per number: E.164 where it exists, else the area code and the code (`028-12345`)."""
        if self.kind is NumberKind.MOBILE:
            return f"+86{self.digits}"
        if self.kind is NumberKind.LANDLINE and self.area:
            return f"+86{self.area[1:]}{self.digits}"
        return f"{self.area}-{self.digits}" if self.area else self.digits


@dataclass(frozen=True, slots=True)
class UnknownNumber:
    """A number that was withheld, absent or not understood; the raw text goes to the record only."""

    raw: str


Number = PhoneNumber | UnknownNumber

_MOBILE_KIND = NumberKind.MOBILE


def parse_number(raw: str, short_codes: AbstractSet[str]) -> Number:
    """Understand a dialled or calling number.

    `short_codes` are the codes the plan knows. Never raises: whatever is not a number is `UnknownNumber`.
    """
    # Nearly every call brings a bare code and a bare mobile; the rules below say the same of them, in longer.
    if raw in short_codes:
        code = _bare_code(raw)
        if code:
            return code
    elif _PLAIN_MOBILE.fullmatch(raw):
        return PhoneNumber(_MOBILE_KIND, raw)
    for dialled in _without_uri_dress(raw):
        number = _parse_dialled(dialled, short_codes)
        if number:
            return number
    return UnknownNumber(raw)


def canonical_line(number: PhoneNumber, area: str | None) -> str | None:
    """Give the number as a plan spells its lines: `12315`, `03552180012`, `13812345678`.

    `area` is where a landline is that was dialled without one; None where it is not known: then such a landline
    could be anybody's, and the result is None. A short code is the same line whatever its area.
    """
    if number.kind is not NumberKind.LANDLINE:
        return number.digits
    area = number.area or area
    return f"{area}{number.digits}" if area else None


@lru_cache(maxsize=4096)
def _bare_code(raw: str) -> PhoneNumber | None:
    """Understand a code of the plan that has nothing about it; None when the rules must look closer."""
    if not _PLAIN_CODE.fullmatch(raw) or raw.startswith(_COUNTRY) or raw in EMERGENCY_CODES:
        return None
    return PhoneNumber(NumberKind.SHORT_CODE, raw)


def _without_uri_dress(raw: str) -> tuple[str, ...]:
    """Take off `tel:` and URI parameters: what may have been dialled, the likeliest first; nothing: no number."""
    text = _SCHEME.sub("", raw.translate(_FULL_WIDTH).strip(" \t"), count=1)
    number, _, parameters = text.partition(";")
    contexts = {value for name, value in map(_parameter, parameters.split(";")) if name == "phone-context"}
    context = contexts.pop() if contexts else ""
    if contexts or (context.startswith("+") and not _CONTEXT.fullmatch(context)):
        return ()
    if context.startswith("+") and not number.startswith("+"):
        # Carriers put one behind whole numbers too: 13800138000;phone-context=+8628.
        return (f"{context}{number}", number)
    return (number,)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.lower(), value


def _parse_dialled(dressed: str, short_codes: AbstractSet[str]) -> PhoneNumber | None:
    dialled = _SEPARATORS.sub("", dressed)
    if not _DIALLED.fullmatch(dialled):
        return None
    for prefix in _COUNTRY:
        if dialled.startswith(prefix) and not (prefix == "86" and _LANDLINE.fullmatch(dialled)):
            national = _parse_national(dialled.removeprefix(prefix), short_codes)
            if national:
                return national
    if dialled.startswith("+"):
        return None
    return _parse_national(dialled, short_codes) or _parse_behind_a_prefix(dialled)


def _parse_behind_a_prefix(digits: str) -> PhoneNumber | None:
    """Understand a long-distance call by IP: its prefix says nothing of who is called."""
    match = _IP_DIAL.fullmatch(digits)
    return _parse_national(match["rest"], frozenset()) if match else None


def _parse_national(digits: str, short_codes: AbstractSet[str]) -> PhoneNumber | None:
    code = _as_code(digits, None, short_codes)
    if code:
        return code
    with_area = _AREA_AND_REST.fullmatch(digits)
    if with_area:
        code = _as_code(with_area["rest"], f"0{with_area['area']}", short_codes)
        if code:
            return code
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        return PhoneNumber(NumberKind.MOBILE, mobile["mobile"])
    if with_area and _LANDLINE.fullmatch(with_area["rest"]):
        return PhoneNumber(NumberKind.LANDLINE, with_area["rest"], f"0{with_area['area']}")
    if _LANDLINE.fullmatch(digits):
        return PhoneNumber(NumberKind.LANDLINE, digits)
    return None


def _as_code(digits: str, area: str | None, short_codes: AbstractSet[str]) -> PhoneNumber | None:
    if digits in EMERGENCY_CODES:
        return PhoneNumber(NumberKind.EMERGENCY, digits, area)
    if digits in short_codes:
        return PhoneNumber(NumberKind.SHORT_CODE, digits, area)
    return None
