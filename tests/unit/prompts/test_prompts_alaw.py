"""A-law against ITU-T G.711, against sox and against what Python itself used to give."""

import shutil
import subprocess
import warnings

import numpy as np
import pytest

from callrouter.prompts.alaw import encode

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        # G.711 table 1a, decision values times 8: the ends of the scale and each segment's first code.
        (0, 0xD5),
        (15, 0xD5),
        (16, 0xD4),
        (-1, 0x55),
        (-16, 0x55),
        (-17, 0x54),
        (256, 0xC5),
        (512, 0xF5),
        (1024, 0xE5),
        (2048, 0x95),
        (4096, 0x85),
        (8192, 0xB5),
        (16384, 0xA5),
        (32767, 0xAA),
        (-32768, 0x2A),
        (-1024, 0x7A),
        (-1025, 0x65),
    ],
)
def test_known_samples_have_the_codes_of_g711(sample: int, code: int) -> None:
    assert encode(np.array([sample], np.int16)) == bytes([code])


def test_silence_is_the_byte_that_fills_an_idle_line() -> None:
    assert encode(np.zeros(4, np.int16)) == b"\xd5\xd5\xd5\xd5"


def test_every_thirteen_bit_sample_is_encoded_as_sox_does() -> None:
    sox = shutil.which("sox")
    if sox is None:
        pytest.skip("sox is not on PATH")

    thirteen_bits = EVERY_SAMPLE[::8].copy()
    raw = ["-t", "raw", "-r", "8000", "-c", "1"]
    command = [sox, "-D", *raw, "-e", "signed", "-b", "16", "-L", "-", *raw, "-e", "a-law", "-"]
    done = subprocess.run(
        command, input=thirteen_bits.astype("<i2").tobytes(), capture_output=True, check=True
    )

    assert encode(thirteen_bits) == done.stdout


def test_every_sample_is_encoded_as_python_used_to_do() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop", reason="Python 3.13 has no audioop")

    assert encode(EVERY_SAMPLE) == audioop.lin2alaw(EVERY_SAMPLE.tobytes(), 2)


def test_the_lowest_four_bits_never_change_a_code() -> None:
    assert encode(EVERY_SAMPLE) == encode((EVERY_SAMPLE >> 4 << 4).astype(np.int16))
