"""What is in the audio: G.711 A-law, pure tones, and whether a given prompt was heard.

Rules:

- Audio is A-law at 8000 Hz; a frame is 160 bytes, 20 ms.
- A tone is a multiple of 50 Hz: it then repeats exactly within a frame and falls into one bin of the frame's
  Fourier transform, whatever the phase, and tones 150 Hz apart never disturb each other, even mixed in a
  conference.
- A tone is in a frame when its bin is loud enough and stands out from the bins beside it; speech spreads over
  them.
- A prompt is found by normalised cross-correlation, then compared byte by byte: over loopback without
  transcoding the bytes are identical. Where a packet was lost or repeated the comparison realigns by whole
  packets and goes on; bytes that are missing, differ or came once too often all lower the fraction.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from callrouter.sip_party.rtp import FRAME_SAMPLES, SAMPLE_RATE

Samples = npt.NDArray[np.int16]

SILENT_FRAME: Final = b"\xd5" * FRAME_SAMPLES
"""20 ms of A-law silence."""
TONE_STEP_HZ: Final = SAMPLE_RATE // FRAME_SAMPLES
TONE_AMPLITUDE: Final = 9_000
"""How loud our tones are: three of them mixed in a conference still do not clip."""

_LEAST_AMPLITUDE: Final = 900.0
_STANDS_OUT: Final = 4.0
_AS_GOOD: Final = 1e-4
_LEAST_MATCH: Final = 0.9
_WHOLE: Final = 0.97
_REALIGN_FRAMES: Final = 5
_REALIGN_RUN_BYTES: Final = 3 * FRAME_SAMPLES


def _decode_table() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent = (code >> 4) & 7
    mantissa = (code & 0x0F) << 4
    magnitude = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_DECODED: Final = _decode_table()
_CODES_BY_LEVEL: Final = np.argsort(_DECODED).astype(np.uint8)
_LEVELS: Final = np.sort(_DECODED).astype(np.float64)
_BETWEEN_LEVELS: Final = (_LEVELS[1:] + _LEVELS[:-1]) / 2


def decode_alaw(alaw: bytes) -> Samples:
    """Decode A-law bytes to 16-bit samples (ITU-T G.711 table 1a)."""
    return _DECODED[np.frombuffer(alaw, dtype=np.uint8)]


def encode_alaw(samples: npt.NDArray[np.floating[Any]] | Samples) -> bytes:
    """Encode samples to the nearest A-law levels; louder than the loudest level is clipped."""
    return _CODES_BY_LEVEL[np.searchsorted(_BETWEEN_LEVELS, samples)].tobytes()


def tone_frame(tone_hz: int) -> bytes:
    """Return 20 ms of a pure tone in A-law; repeated it is the tone without a click.

    Raises:
        ValueError: not a multiple of 50 Hz within 150–3850 Hz.

    """
    _check_tone(tone_hz)
    phase = 2 * np.pi * tone_hz / SAMPLE_RATE * np.arange(FRAME_SAMPLES)
    return encode_alaw(TONE_AMPLITUDE * np.sin(phase))


def has_tone(frame: bytes, tone_hz: int) -> bool:
    """Tell whether a frame of 160 A-law bytes holds a tone, alone or mixed with others 150 Hz away.

    Raises:
        ValueError: not a multiple of 50 Hz within 150–3850 Hz.

    """
    _check_tone(tone_hz)
    if len(frame) != FRAME_SAMPLES:
        return False
    bins = np.abs(np.fft.rfft(decode_alaw(frame))) * (2 / FRAME_SAMPLES)
    at = tone_hz // TONE_STEP_HZ
    beside = max(bins[at - 2], bins[at - 1], bins[at + 1], bins[at + 2])
    return bool(bins[at] >= _LEAST_AMPLITUDE and bins[at] >= _STANDS_OUT * beside)


def tones_in(frame: bytes, candidates_hz: tuple[int, ...]) -> frozenset[int]:
    """Return which of the candidate tones a frame of 160 A-law bytes holds."""
    return frozenset(tone for tone in candidates_hz if has_tone(frame, tone))


def _check_tone(tone_hz: int) -> None:
    if tone_hz % TONE_STEP_HZ or not 150 <= tone_hz <= 3_850:
        raise ValueError(
            f"a tone of {tone_hz} Hz is not a multiple of 50 Hz within 150-3850 Hz: choose one that is"
        )


@dataclass(frozen=True, slots=True)
class Match:
    """How well a prompt was found in what was heard.

    `offset_samples`: where the prompt begins in what was heard, negative when its beginning is missing.
    `correlation`: −1 to 1, 1 is the same waveform at any volume. `matched_fraction`: 0 to 1, the share of the
    prompt's A-law bytes that were heard unchanged, lower also when some came once too often.
    """

    offset_samples: int
    correlation: float
    matched_fraction: float

    @property
    def is_the_prompt(self) -> bool:
        """Whether this is the prompt: nine tenths of its bytes were heard (others share only pauses)."""
        return self.matched_fraction >= _LEAST_MATCH

    @property
    def is_whole(self) -> bool:
        """Whether all of it was heard, but for a packet here and there: a busy machine does not send them all."""
        return self.matched_fraction >= _WHOLE

    @property
    def is_identical(self) -> bool:
        """Whether every byte of the prompt was heard unchanged."""
        return self.matched_fraction == 1.0


def find_prompt(heard: bytes, prompt: bytes) -> Match:
    """Look for a prompt in what was heard, both A-law; one cut short is found as far as it goes.

    When it was heard several times the best one counts, the first of equals.

    Raises:
        ValueError: the prompt is empty.

    """
    if not prompt:
        raise ValueError("the prompt is empty: give the A-law bytes of a prompt file")
    if not heard:
        return Match(0, 0.0, 0.0)
    offset, correlation = _best_offset(decode_alaw(heard), decode_alaw(prompt))
    begins, matched_fraction = _compare(heard, prompt, offset)
    return Match(begins, correlation, matched_fraction)


def _best_offset(heard: Samples, prompt: Samples) -> tuple[int, float]:
    """Return the offset where the prompt correlates best, and the normalised correlation there."""
    size = 1 << (len(heard) + len(prompt) - 1).bit_length()
    # Single precision halves the time and is far finer than what is compared below.
    spectrum = np.fft.rfft(heard.astype(np.float32), size) * np.conj(
        np.fft.rfft(prompt.astype(np.float32), size)
    )
    product = np.fft.irfft(spectrum, size)
    offsets = np.arange(1 - len(prompt), len(heard))
    running = np.concatenate(([0.0], np.cumsum(np.square(heard, dtype=np.float64))))
    ends = np.minimum(offsets + len(prompt), len(heard))
    window_energy = running[ends] - running[np.maximum(offsets, 0)]
    prompt_energy = float(np.sum(np.square(prompt, dtype=np.float64)))
    # A window 60 dB below the prompt is no match however well its rounding noise fits.
    norm = np.sqrt(np.maximum(window_energy, 1e-6 * prompt_energy) * prompt_energy)
    # A negative offset is found at the end of the circular product.
    score = product[offsets] / norm
    best = int(np.argmax(score >= score.max() - _AS_GOOD))
    return int(offsets[best]), float(np.clip(score[best], -1.0, 1.0))


def _compare(heard: bytes, prompt: bytes, offset: int) -> tuple[int, float]:
    """Compare byte by byte; return where the prompt begins and the matched fraction."""
    same = 0
    inserted = 0
    begins: int | None = None
    shift = offset
    for start in range(0, len(prompt), FRAME_SAMPLES):
        piece = prompt[start : start + FRAME_SAMPLES]
        if _at(heard, start + shift, len(piece)) != piece:
            moved = _realigned(heard, prompt, start, shift)
            inserted += max(moved - shift, 0) if begins is not None else 0
            shift = moved
        there = _at(heard, start + shift, len(piece))
        same += _equal_bytes(there, piece)
        if begins is None and there == piece:
            begins = shift
    begins = offset if begins is None else begins
    # A packet lost in a pause shows only by what follows it coming too early: no byte heard counts twice.
    same = min(same, len(prompt) + shift - begins)
    return begins, same / (len(prompt) + inserted)


def _realigned(heard: bytes, prompt: bytes, start: int, shift: int) -> int:
    """Return the shift, whole packets away, at which the prompt goes on from `start`, else the old one."""
    run = prompt[start : start + _REALIGN_RUN_BYTES]
    for frames in range(1, _REALIGN_FRAMES + 1):
        for moved in (shift + frames * FRAME_SAMPLES, shift - frames * FRAME_SAMPLES):
            if _at(heard, start + moved, len(run)) == run:
                return moved
    return shift


def _equal_bytes(one: bytes, other: bytes) -> int:
    """Count the places where both hold the same byte, as far as the shorter one goes."""
    length = min(len(one), len(other))
    return int(
        np.count_nonzero(np.frombuffer(one[:length], np.uint8) == np.frombuffer(other[:length], np.uint8))
    )


def _at(heard: bytes, start: int, length: int) -> bytes:
    """Return the bytes heard from `start`; none when that is before the beginning."""
    return heard[start : start + length] if start >= 0 else b""
