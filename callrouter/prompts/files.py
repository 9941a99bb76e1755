"""Sound files: reading a master, writing any file so that a reader never sees half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from callrouter.prompts.alaw import SAMPLE_RATE
from callrouter.prompts.findings import PromptError

_RESTORE = "take the file from version control again, or run `callrouter prompts build`"


def read_master(path: Path) -> NDArray[np.int16]:
    """Read a master: 16-bit samples, 8000 a second, mono.

    Raises PromptError when the file is missing, truncated, or of another form.
    """
    if not path.is_file():
        raise PromptError(path.name, "there is no such master", _RESTORE)
    try:
        with soundfile.SoundFile(path) as file:
            form, announced = (file.samplerate, file.channels), file.frames
            samples: NDArray[np.int16] = file.read(dtype="int16")
    except (soundfile.LibsndfileError, RuntimeError) as fault:
        raise PromptError(
            path.name, f"the master cannot be decoded ({type(fault).__name__})", _RESTORE
        ) from None
    if form != (SAMPLE_RATE, 1):
        raise PromptError(
            path.name,
            f"the master has {form[0]} samples a second and {form[1]} channels, not 8000 and 1",
            _RESTORE,
        )
    if len(samples) != announced:
        raise PromptError(
            path.name, f"the master is truncated: {len(samples)} of {announced} samples", _RESTORE
        )
    return samples


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under a temporary name in its folder, then rename: readers see the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
