"""How much of a peer is listened to.  PURE."""

from typing import Final

# Asterisk sends at most 22 lines and 127 arguments (MAX_ARGS 128, less the script), one argument up to 8 KiB.
MAX_ENVIRONMENT_LINES: Final = 160
MAX_ENVIRONMENT_BYTES: Final = 64 * 1024
# The longest reply is a 520 with a command's usage text, about 2 KiB.
MAX_REPLY_BYTES: Final = 16 * 1024
