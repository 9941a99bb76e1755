"""The commands we send over AGI, as octets.  PURE.

Rules
1. A command is one line and at most 2,047 octets with its line feed: Asterisk's buffer (``AGI_BUF_LEN``) is
   2,048, and it takes the rest of a longer line for the next command.
2. It holds no control character: a line feed would begin a second command, a NUL end this one.
3. A value stands in double quotes, with ``"`` and the backslash escaped; Asterisk then takes it as it is.
4. What breaks a rule is not repaired but refused: whoever made the value must know.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

MAX_COMMAND_BYTES: Final = 2047

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


class AgiCommandError(ValueError):
    """A command of ours that must not be sent: the place, the fault and the remedy; never the value."""


class SetVariable(NamedTuple):
    """The command ``SET VARIABLE variable "value"``: the one command of a dip.

    It is answered 200 even on a channel that has hung up.  ``variable`` is a plain name: a dialplan function
    (``CHANNEL(…)``) is refused, because its name would be text that Asterisk evaluates.
    """

    variable: str
    value: str

    def encode(self) -> bytes:
        """Return the line to send; raises `AgiCommandError` if it would break a rule above."""
        return _encoded(self.variable, self.value)


# A plan gives a few hundred answers; each is checked and encoded once. What is refused is checked again each time.
@lru_cache(maxsize=1024)
def _encoded(variable: str, value: str) -> bytes:
    if _VARIABLE.fullmatch(variable) is None:
        raise AgiCommandError("SET VARIABLE: the name is no plain variable name; use letters, digits and _")
    if not value.isprintable() and _CONTROL.search(value):
        raise AgiCommandError("SET VARIABLE: the value holds a control character; encode it first")
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    try:
        line = f'SET VARIABLE {variable} "{quoted}"\n'.encode()
    except UnicodeEncodeError:
        raise AgiCommandError("SET VARIABLE: the value is not valid Unicode; decode it properly") from None
    if len(line) > MAX_COMMAND_BYTES:
        raise AgiCommandError(f"SET VARIABLE: longer than {MAX_COMMAND_BYTES} octets; shorten the value")
    return line
