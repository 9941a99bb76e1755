"""What is left of a message that was none: too short, or not to be written to the end.

Rules:
- Whoever was asked for a message and left none has no file in his record, and nobody told him that it was kept: so
  nothing is. Asterisk cannot remove a file; it begins a second attempt in the place of the first.
- The name is made of the call's own, as the dialplan makes it: a name, never a path. A folder or a link stays.
- It is done when the call is over and before its record is written: until then Asterisk may write to it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import Anomaly


def may_have_left_a_file(record: CallRecord) -> bool:
    """Whether a message was begun, and none is in the record."""
    return record.voicemail is None and Anomaly.VOICEMAIL_FAILED in record.anomalies


def remove_what_was_no_message(record: CallRecord, folder: Path) -> bool:
    """Remove the file of a message that the record does not have; whether there was one.

    Never raises: what cannot be removed stays, for whoever looks after the disk.
    """
    name = f"{record.call_id}.wav"
    if not may_have_left_a_file(record) or "/" in name or name.startswith("."):
        return False
    with suppress(OSError, ValueError):
        if stat.S_ISREG(os.lstat(folder / name).st_mode):
            (folder / name).unlink()
            return True
    return False
