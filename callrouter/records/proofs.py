"""What proves a call's sound files: their hash, size and duration, taken when the record is made.

Rules:
- A name from the journal is a name, never a path: what has a separator or begins with a dot, and what is no regular
  file of the folder itself (a link, a folder, a pipe), is as good as missing.
- A file that is missing or cannot be read is an anomaly of the record, never an error: the call did happen.
- The duration is what there is, not what the header promises: whoever is killed while recording leaves a header that
  says nothing, or too much.
- Files are read in portions, however long they are.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import FileProof, Recording, Voicemail
from callrouter.vocabulary.record_words import Anomaly

_PORTION: Final = 1 << 20
_HEAD: Final = 4096
"""Octets in which a WAV file's data begin."""
_LONGEST_NAME: Final = 255
_UNFINISHED: Final = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF})
"""Lengths that say that nobody knew the length yet."""
_RAW_OCTETS_PER_SECOND: Final = {".alaw": 8000, ".ulaw": 8000, ".sln": 16000, ".sln16": 32000, ".g722": 8000}
"""Asterisk's formats without a header."""


def prove(record: CallRecord, voicemail_folder: Path, recordings_folder: Path) -> CallRecord:
    """Add the proof of each sound file that the record names, and the anomaly if one is not there."""
    missing = False
    voicemail = record.voicemail
    if voicemail is not None and voicemail.file is not None:
        voicemail = _proved_voicemail(voicemail, voicemail.file, voicemail_folder)
        missing = voicemail.proof is None
    recordings = tuple(_proved_recording(recording, recordings_folder) for recording in record.recordings)
    missing = missing or any(recording.proof is None for recording in recordings)
    anomalies = {*record.anomalies} - {Anomaly.RECORDING_MISSING}
    if missing:
        anomalies.add(Anomaly.RECORDING_MISSING)
    return replace(record, voicemail=voicemail, recordings=recordings, anomalies=tuple(sorted(anomalies)))


def proof_of(name: str, folder: Path) -> FileProof | None:
    """Prove one file of a folder; None when it is not there, may not be read, or is no such name."""
    if not _is_a_name(name):
        return None
    with suppress(OSError, ValueError):
        # The folder too is opened only once: whoever changes it meanwhile changes nothing for us.
        inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            descriptor = os.open(
                name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=inside
            )
        finally:
            os.close(inside)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return _proof(file, Path(name).suffix.lower())
    return None


def _proved_voicemail(voicemail: Voicemail, name: str, folder: Path) -> Voicemail:
    proof = proof_of(name, folder)
    return replace(voicemail, proof=proof, length_ms=proof.duration_ms if proof else None)


def _proved_recording(recording: Recording, folder: Path) -> Recording:
    return replace(recording, proof=proof_of(recording.file, folder))


def _is_a_name(name: str) -> bool:
    return (
        0 < len(name) <= _LONGEST_NAME
        and not name.startswith(".")
        and not any(character in "/\\\0" for character in name)
    )


def _proof(file: BinaryIO, suffix: str) -> FileProof:
    digest, size, head = hashlib.sha256(), 0, b""
    while portion := file.read(_PORTION):
        if len(head) < _HEAD:
            head += portion[: _HEAD - len(head)]
        digest.update(portion)
        size += len(portion)
    return FileProof(digest.hexdigest(), size, _duration_ms(head, size, suffix))


def _duration_ms(head: bytes, size: int, suffix: str) -> int | None:
    if suffix in _RAW_OCTETS_PER_SECOND:
        return size * 1000 // _RAW_OCTETS_PER_SECOND[suffix]
    sound = _wav_sound(head)
    if sound is None:
        return None
    there = max(0, size - sound.begins_at)
    octets = there if sound.promised in _UNFINISHED else min(there, sound.promised)
    return octets * 1000 // sound.octets_per_second


@dataclass(frozen=True, slots=True)
class _Sound:
    octets_per_second: int
    begins_at: int
    promised: int


def _wav_sound(head: bytes) -> _Sound | None:
    """Find the sound in a WAV file: RIFF, size, WAVE, then chunks, of which `fmt ` comes before `data`."""
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    place, octets_per_second = 12, 0
    while place + 8 <= len(head):
        name, length = struct.unpack_from("<4sI", head, place)
        place += 8
        if name == b"fmt " and place + 12 <= len(head):
            octets_per_second = struct.unpack_from("<I", head, place + 8)[0]
        if name == b"data":
            return _Sound(octets_per_second, place, length) if octets_per_second else None
        place += length + length % 2
    return None
