"""A recording or a message whose end nobody wrote: its header says that it holds nothing, though its sound is there.

Rules:
- Asterisk flushes a recording every two seconds or so, and writes the lengths into its header when it closes it.
  Killed meanwhile, it leaves a WAV file with lengths of nought.
- The lengths are written from the file's own size. Nothing is shortened, and no sound is touched.
- A file that Asterisk may still be writing is its own: only one whose call is over is given here.
- A name is a name, never a path; a link is not followed.
"""

from __future__ import annotations

import os
import stat
import struct
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import Anomaly

_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
"""RIFF, its length, WAVE; `fmt `, its length of 16, six of the sound's properties; data, its length."""
_BEFORE_RIFF_LENGTH: Final = 8
_FMT_LENGTH: Final = 16
_RIFF_AT: Final = 4
_DATA_AT: Final = 40


def repaired_before_proof(record: CallRecord, recordings: Path, messages: Path) -> CallRecord:
    """Repair the recordings and the message that the call's journal does not tell the end of; the record says so.

    To be done before they are proved: a hash is of the file as it stays.
    """
    unfinished = [
        (one.file, recordings) for one in record.recordings if one.finished_at is None and one.proof is None
    ]
    message = record.voicemail
    if message is not None and message.file and message.finished_at is None and message.proof is None:
        unfinished.append((message.file, messages))
    # All of them, not those up to the first.
    if True not in {repaired(name, folder) for name, folder in unfinished}:
        return record
    anomalies = {*record.anomalies, Anomaly.RECORDING_REPAIRED}
    return replace(record, anomalies=tuple(sorted(anomalies)))


def repaired(name: str, folder: Path) -> bool:
    """Write the lengths of a WAV file that says nought; whether it had to be done, and could be.

    Never raises: what cannot be read or written stays as it is.
    """
    if "/" in name or name.startswith(".") or not name.endswith(".wav"):
        return False
    with suppress(OSError):
        descriptor = os.open(folder / name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return _repaired(descriptor)
        finally:
            os.close(descriptor)
    return False


def says_nought(name: str, folder: Path) -> bool:
    """Whether a file is one that `repaired` would mend."""
    with suppress(OSError):
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return _sound_octets(descriptor) is not None
        finally:
            os.close(descriptor)
    return False


def _repaired(descriptor: int) -> bool:
    octets = _sound_octets(descriptor)
    if octets is None:
        return False
    # The inner length first: whoever is killed between the two leaves a file that is still seen to be broken.
    os.pwrite(descriptor, struct.pack("<I", octets), _DATA_AT)
    os.fsync(descriptor)
    os.pwrite(descriptor, struct.pack("<I", _HEADER.size - _BEFORE_RIFF_LENGTH + octets), _RIFF_AT)
    os.fsync(descriptor)
    return True


def _sound_octets(descriptor: int) -> int | None:
    """How much sound there is in a WAV file whose header says that there is none; None for any other file."""
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode) or state.st_size <= _HEADER.size:
        return None
    head = os.pread(descriptor, _HEADER.size, 0)
    riff, length, wave, fmt, fmt_length, *_properties, data, _data_length = _HEADER.unpack(head)
    is_ours = (riff, wave, fmt, fmt_length, data) == (b"RIFF", b"WAVE", b"fmt ", _FMT_LENGTH, b"data")
    sound = state.st_size - _HEADER.size
    return sound - sound % 2 if is_ours and length == 0 else None
