"""A studio recording dropped beside an entry replaces it, with what every installation has."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from callrouter.prompts.alaw import encode
from callrouter.prompts.files import read_master
from callrouter.prompts.plain_mastering import SPEECH_RMS_DBFS, gated_rms_dbfs
from callrouter.prompts.recordings import line_sound
from callrouter.prompts.renderings import (
    ALWAYS_WANTED,
    HOLD,
    Source,
    load_renderings,
    master_path,
    sha256_of,
)
from callrouter.prompts.unpack import unpack

Sound = NDArray[np.float64]
Tone = Callable[..., NDArray[np.int16]]
SHIPPED = Path(__file__).parents[3] / "ivr_prompts"


def heard(alaw: bytes) -> Sound:
    """Decode A-law to the middle of what each code stands for, with a full scale of 1.0."""
    samples = np.arange(-32768, 32768).astype(np.int16)
    codes = np.frombuffer(encode(samples), np.uint8)
    middle = np.bincount(codes, weights=samples) / np.bincount(codes)
    decoded: Sound = middle[np.frombuffer(alaw, np.uint8)] / 32768
    return decoded


def studio(seconds: float = 2.0, rate: int = 44100, silence: float = 0.8) -> Sound:
    """Make a stereo recording: 1000 Hz and 2500 Hz that come and go, hum, hiss, a 6 kHz tone; silence around."""
    time = np.arange(round(seconds * rate)) / rate
    swell = np.sin(3 * np.pi * time) ** 2 + 0.2
    noise = np.random.default_rng(7).standard_normal(len(time))
    voice = swell * (0.1 * np.sin(2 * np.pi * 1000 * time) + 0.05 * np.sin(2 * np.pi * 2500 * time + 1))
    rest = 0.01 * noise + 0.1 * np.sin(2 * np.pi * 50 * time)
    if rate > 16000:
        rest += 0.1 * np.sin(2 * np.pi * 6000 * time)
    around = np.zeros(round(silence * rate))
    left = np.concatenate([around, voice + rest, around])
    return np.column_stack([left, 0.5 * left])


def spectrum(sound: Sound) -> tuple[Sound, Sound]:
    frequency: Sound = np.fft.rfftfreq(len(sound), 1 / 8000).astype(np.float64)
    power: Sound = (np.abs(np.fft.rfft(sound)) ** 2).astype(np.float64)
    return frequency, power


def silent(_line: str) -> None:
    """A report that nobody reads."""


@pytest.fixture
def recording(prompts_folder: Path) -> Path:
    path = prompts_folder / "recordings" / "h03.wav"
    soundfile.write(path, studio(), 44100, subtype="PCM_24")
    return path


def test_a_stereo_recording_of_44100_hz_replaces_the_prompt_in_the_line_s_form(
    prompts_folder: Path, recording: Path, tmp_path: Path
) -> None:
    lines: list[str] = []

    unpacked = unpack(prompts_folder, tmp_path / "out", lines.append)

    assert unpacked.findings == ()
    tones = ["hold  1.0 s", "listening  1.0 s", "ringing  1.0 s"]
    assert lines == ["beep  1.0 s", "g02-12348  1.0 s", "recording h03", *tones]
    sound = heard((tmp_path / "out" / "h03.alaw").read_bytes())
    assert len(sound) / 8000 == pytest.approx(2.0 + 0.2, abs=0.05)
    loud = np.flatnonzero(np.abs(sound) > 0.01) / 8000
    assert loud[0] <= 0.1
    assert len(sound) / 8000 - loud[-1] <= 0.2
    assert gated_rms_dbfs(sound) == pytest.approx(SPEECH_RMS_DBFS, abs=0.5)
    assert 20 * np.log10(np.abs(sound).max()) <= -3.0


def test_a_recording_keeps_its_pitch_and_loses_what_the_line_does_not_carry(
    recording: Path,
) -> None:
    frequency, power = spectrum(line_sound(recording, "h03").astype(np.float64))
    near = {hertz: power[np.abs(frequency - hertz) < 20].sum() for hertz in (50, 1000, 2000, 2500)}

    assert frequency[power.argmax()] == pytest.approx(1000, abs=2)
    assert 10 * np.log10(near[1000] / near[2500]) == pytest.approx(6.0, abs=0.5)
    assert near[50] < near[1000] * 1e-4
    assert near[2000] < near[1000] * 1e-2, "6000 Hz has folded over"
    assert power[(frequency > 250) & (frequency < 3500)].sum() / power.sum() > 0.99


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 44101, 48000, 96000])
@pytest.mark.parametrize("gain", [0.05, 2.0])
def test_a_recording_has_the_masters_level_at_any_rate_and_gain(
    tmp_path: Path, rate: int, gain: float
) -> None:
    soundfile.write(tmp_path / "h03.flac", gain * studio(1.0, rate), rate, subtype="PCM_24")

    sound = line_sound(tmp_path / "h03.flac", "h03") / 32768

    assert gated_rms_dbfs(sound) == pytest.approx(SPEECH_RMS_DBFS, abs=0.5)
    assert np.abs(sound).max() <= 10 ** (-2.99 / 20)
    assert len(sound) / 8000 == pytest.approx(1.2, abs=0.05)
    frequency, power = spectrum(sound)
    assert frequency[power.argmax()] == pytest.approx(1000, abs=2)


def test_a_voice_with_a_sharp_crest_is_limited_and_still_has_the_level(tmp_path: Path) -> None:
    sound = studio(3.0)
    sound[44100::4410] += 0.9 * np.sin(np.arange(2))
    soundfile.write(tmp_path / "h03.wav", sound / 2, 44100, subtype="FLOAT")

    made = line_sound(tmp_path / "h03.wav", "h03") / 32768

    assert gated_rms_dbfs(made) == pytest.approx(SPEECH_RMS_DBFS, abs=0.5)
    assert np.abs(made).max() <= 10 ** (-2.99 / 20)


def test_every_shipped_voice_lies_within_a_decibel_of_the_level_that_recordings_get() -> None:
    made = [one for one in load_renderings(SHIPPED).values() if one.key not in ALWAYS_WANTED]

    levels = [gated_rms_dbfs(read_master(master_path(SHIPPED, one.key)) / 32768) for one in made]

    # A word or two, or a single digit, is but a few blocks of either meter, and they do not weigh them alike.
    furthest = [1.0 if one.duration_ms >= 2000 else 1.4 if one.duration_ms >= 750 else 1.8 for one in made]
    assert all(abs(level - SPEECH_RMS_DBFS) < most for level, most in zip(levels, furthest, strict=True))
    assert np.mean(levels) == pytest.approx(SPEECH_RMS_DBFS, abs=0.2)


def test_a_shipped_master_taken_as_a_recording_comes_out_as_it_was(tmp_path: Path) -> None:
    shutil.copy(master_path(SHIPPED, "g01-sichuan"), tmp_path / "g01.flac")
    master = read_master(tmp_path / "g01.flac") / 32768

    again = line_sound(tmp_path / "g01.flac", "g01") / 32768

    assert len(again) == pytest.approx(len(master), abs=800)
    assert gated_rms_dbfs(again) == pytest.approx(gated_rms_dbfs(master), abs=0.6)
    likeness = np.correlate(master, again[400:-1600], "valid").max()
    assert likeness / np.linalg.norm(master) / np.linalg.norm(again) > 0.97


def test_a_second_run_writes_nothing(prompts_folder: Path, recording: Path, tmp_path: Path) -> None:
    unpack(prompts_folder, tmp_path / "out", silent)
    before = (tmp_path / "out" / "h03.alaw").stat()

    again = unpack(prompts_folder, tmp_path / "out", pytest.fail)

    assert again.written == ()
    assert "h03" in again.kept
    after = (tmp_path / "out" / "h03.alaw").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_changed_recording_is_heard_after_the_next_run(
    prompts_folder: Path, recording: Path, tmp_path: Path
) -> None:
    unpack(prompts_folder, tmp_path / "out", silent)
    soundfile.write(recording, studio(3.0), 44100)

    assert unpack(prompts_folder, tmp_path / "out", silent).written == ("h03",)
    assert (tmp_path / "out" / "h03.alaw").stat().st_size / 8000 == pytest.approx(3.2, abs=0.05)


def test_a_recording_taken_away_brings_the_master_back(
    prompts_folder: Path, recording: Path, tmp_path: Path, tone: Tone
) -> None:
    unpack(prompts_folder, tmp_path / "out", silent)
    recording.unlink()

    assert unpack(prompts_folder, tmp_path / "out", silent).written == ("h03",)
    assert (tmp_path / "out" / "h03.alaw").read_bytes() == encode(tone())


def test_a_recording_that_was_built_is_heard_as_its_master(
    prompts_folder: Path,
    recording: Path,
    tmp_path: Path,
    tone: Tone,
    change_rendering: Callable[..., None],
) -> None:
    change_rendering("h03", source=Source.RECORDING, cache_key=sha256_of(recording))

    unpack(prompts_folder, tmp_path / "out", silent)

    assert (tmp_path / "out" / "h03.alaw").read_bytes() == encode(tone())


def damaged(kind: str, path: Path) -> None:
    whole = path.read_bytes()
    if kind == "half copied":
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "half copied flac":
        soundfile.write(path, studio(), 44100, format="FLAC")
        path.write_bytes(path.read_bytes()[:60000])
    elif kind == "not numbers":
        soundfile.write(path, np.full(16000, np.nan), 8000, subtype="FLOAT")
    elif kind == "too few samples a second":
        soundfile.write(path, studio(rate=6000), 6000)
    elif kind == "an impossible rate":
        path.write_bytes(whole[:24] + (2**31 - 1).to_bytes(4, "little") + whole[28:])
    else:
        path.write_bytes({"empty": b"", "no sound": b"RIFF, but no sound", "header": whole[:44]}[kind])


@pytest.mark.parametrize(
    "kind",
    [
        *("empty", "no sound", "header", "half copied", "half copied flac", "not numbers"),
        *("too few samples a second", "an impossible rate"),
    ],
)
def test_a_damaged_recording_is_a_finding_and_the_master_is_heard(
    prompts_folder: Path, recording: Path, tmp_path: Path, tone: Tone, kind: str
) -> None:
    damaged(kind, recording)

    unpacked = unpack(prompts_folder, tmp_path / "out", silent)

    assert [found.place for found in unpacked.findings] == ["recordings/h03.wav"]
    assert "callers go on hearing the master" in unpacked.findings[0].fault
    assert (tmp_path / "out" / "h03.alaw").read_bytes() == encode(tone())


def test_a_good_recording_stands_in_for_a_master_that_cannot_be_decoded(
    prompts_folder: Path, recording: Path, tmp_path: Path
) -> None:
    master_path(prompts_folder, "h03").write_bytes(b"version of a large file")

    unpacked = unpack(prompts_folder, tmp_path / "out", silent)

    assert unpacked.findings == ()
    assert "h03" in unpacked.written


def test_music_of_ones_own_keeps_its_length_joins_its_beginning_and_stays_quieter(
    prompts_folder: Path, tmp_path: Path
) -> None:
    time = np.arange(25 * 44100) / 44100
    soundfile.write(prompts_folder / "recordings" / "hold.flac", 0.5 * np.sin(2 * np.pi * 440 * time), 44100)

    assert "hold" in unpack(prompts_folder, tmp_path / "out", silent).written

    sound = heard((tmp_path / "out" / "moh" / "hold.alaw").read_bytes())
    shipped = gated_rms_dbfs(read_master(master_path(SHIPPED, HOLD)) / 32768)
    assert len(sound) == 25 * 8000
    assert gated_rms_dbfs(sound) == pytest.approx(shipped, abs=0.5)
    assert abs(sound[0] - sound[-1]) <= np.abs(np.diff(sound)).max()


def test_the_synthesis_extra_is_not_asked_for(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("scipy", "scipy.signal", "scipy.ndimage", "pyloudnorm"):
        monkeypatch.setitem(sys.modules, module, None)

    assert len(line_sound(recording, "h03")) > 8000
