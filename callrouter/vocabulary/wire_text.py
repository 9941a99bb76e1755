r"""Turns octets from the wire into text that can be stored, logged and compared.  PURE.

Rules
1. Decoding never fails and never loses anything silently: an octet that is not UTF-8 becomes the four
   characters ``\xNN``.  (Carriers do send GBK display names.)  Escapes, not lone surrogates: a surrogate
   would raise far away, when the text is written to a database or a log.
2. A control character (C0 except tab, DEL, C1) becomes ``\xNN`` too.  Nothing that can end a line, move a
   cursor or end a string goes deeper than this module; the raw text stays readable, escaped.  A lone
   surrogate, which JSON can spell though UTF-8 cannot, becomes ``\udNNN`` for rule 1's reason.
3. Everything else passes unchanged.  Whether it is a number or a name is for the reader to decide.
"""

import re

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_ESCAPES = {
    **{code: f"\\x{code:02x}" for code in (*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0))},
    **{code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)},
}


def wire_text(octets: bytes) -> str:
    """Decode one value from the wire (rules 1 and 2 above); never raises."""
    return without_controls(octets.decode("utf-8", "backslashreplace"))


def without_controls(text: str) -> str:
    r"""Return ``text`` with every control character but tab written as ``\xNN``, and no lone surrogate."""
    # What is all printable, as nearly every text is, holds none: that is told ten times as fast.
    if text.isprintable() or _CONTROL.search(text) is None:
        return text
    return text.translate(_CONTROL_ESCAPES)
