"""Studio recordings: reading one, judging whether it is fit to be heard, and making line sound of it.

Rules:
- A recording replaces the prompt whose key it is named by. Until `callrouter prompts build` has made a master
  of it, `callrouter prompts unpack` (set-up) masters it itself: nobody needs the synthesis extra for that.
- A recording that is damaged, silent, clipped, too short or too long is refused with the reason, and the
  master goes on being heard: a caller never hears silence because of it.
- Several channels are mixed to one; any rate from 8000 to 192,000 samples a second will do.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from callrouter.prompts.alaw import SAMPLE_RATE
from callrouter.prompts.findings import PromptError
from callrouter.prompts.mastering import Signal
from callrouter.prompts.plain_mastering import master_loop_plainly, master_plainly
from callrouter.prompts.renderings import HOLD, Rendering, Source, recording_of, sha256_of

SHORTEST_SECONDS = 0.3
LONGEST_SECONDS = 20.0
"""Of an announcement as it is heard, with the silence at its ends cut; music may be longer."""

_HIGHEST_RATE = 192_000
_LONGEST_FILE_SECONDS = 300.0
"""As it lies in the folder, music too: what is longer is another file than was meant, and costs memory."""
_FULL_SCALE = 32767 / 32768
_CLIPPED_SHARE = 0.001
"""The share of samples in flat tops (three or more alike at full scale) from which clipping is heard."""


def unbuilt_recording(folder: Path, rendering: Rendering) -> Path | None:
    """Find the recording that replaces a prompt and that its master was not made from, if there is one."""
    recording = recording_of(folder, rendering.key)
    if recording is None:
        return None
    built = rendering.source is Source.RECORDING and rendering.cache_key == sha256_of(recording)
    return None if built else recording


def line_sound(recording: Path, key: str) -> NDArray[np.int16]:
    """Make of a recording what callers hear: 16-bit samples, 8000 a second, at the masters' level.

    The same file gives the same samples. Raises PromptError when it is not fit to be heard.
    """
    try:
        signal, sample_rate = read_recording(recording)
        if key == HOLD:
            return _fit(master_loop_plainly(signal, sample_rate), _LONGEST_FILE_SECONDS)
        return _fit(master_plainly(signal, sample_rate), LONGEST_SECONDS)
    except ValueError as fault:
        raise PromptError(
            f"recordings/{recording.name}",
            f"{fault}; callers go on hearing the master instead",
            "record it anew, or remove it",
        ) from fault


def read_recording(path: Path) -> tuple[Signal, int]:
    """Read a recording, mixed to one channel with a full scale of 1.0, and its samples a second.

    Raises ValueError when it cannot be decoded, is truncated, clipped, or of a form that is not dealt with.
    """
    try:
        _refuse_truncated_wav(path)
        with soundfile.SoundFile(path) as file:
            sample_rate, announced = int(file.samplerate), file.frames
            _refuse_form(sample_rate, announced)
            sound = file.read(dtype="float64", always_2d=True)
    except (OSError, soundfile.LibsndfileError, RuntimeError) as fault:
        raise ValueError(f"the recording cannot be decoded ({type(fault).__name__})") from fault
    if len(sound) != announced:
        raise ValueError(f"the recording is truncated: {len(sound)} of {announced} samples")
    if not np.isfinite(sound).all():
        raise ValueError("the recording cannot be decoded (it has samples that are no numbers)")
    if _clipped_share(sound) > _CLIPPED_SHARE:
        raise ValueError("the recording is clipped: its loud parts are cut off at full scale")
    mono: Signal = sound.mean(axis=1)
    return mono, sample_rate


def _refuse_form(sample_rate: int, frames: int) -> None:
    if sample_rate < SAMPLE_RATE:
        raise ValueError(f"the recording has {sample_rate} samples a second, fewer than {SAMPLE_RATE}")
    if sample_rate > _HIGHEST_RATE:
        raise ValueError(f"the recording has {sample_rate} samples a second, more than {_HIGHEST_RATE}")
    if frames > _LONGEST_FILE_SECONDS * sample_rate:
        raise ValueError(
            f"the recording is {frames / sample_rate:.0f} s long, more than {_LONGEST_FILE_SECONDS:g} s"
        )


def _refuse_truncated_wav(path: Path) -> None:
    """Refuse a WAV shorter than its RIFF header says: libsndfile plays what is there, half the words."""
    with path.open("rb") as file:
        head = file.read(8)
    announced = int.from_bytes(head[4:], "little")
    open_ended = announced == 0xFFFFFFFF  # written to a pipe: its length was not known
    if head[:4] == b"RIFF" and not open_ended and path.stat().st_size < announced + 8:
        raise ValueError(f"the recording is truncated: {path.stat().st_size} of {announced + 8} bytes")


def _clipped_share(sound: NDArray[np.float64]) -> float:
    """Give the share of flat tops in the channel that has most of them; one loud sample is no clipping."""
    alike = (np.diff(sound, axis=0) == 0) & (np.abs(sound[1:]) >= _FULL_SCALE)
    flat = alike[1:] & alike[:-1]
    return float(flat.mean(axis=0).max(initial=0.0)) if len(flat) else 0.0


def _fit(samples: NDArray[np.int16], longest_seconds: float) -> NDArray[np.int16]:
    seconds = len(samples) / SAMPLE_RATE
    if not SHORTEST_SECONDS <= seconds <= longest_seconds + 1 / SAMPLE_RATE:
        raise ValueError(
            f"the recording is {seconds:.2f} s long, not {SHORTEST_SECONDS:g} to {longest_seconds:g} s"
        )
    return samples
