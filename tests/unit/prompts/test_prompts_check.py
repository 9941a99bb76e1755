"""Each fault a prompts folder can have is caused, and must be found."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from callrouter.prompts.check import check
from callrouter.prompts.findings import Finding, Severity
from callrouter.prompts.renderings import (
    FILE_NAME,
    Source,
    WantedPrompt,
    load_renderings,
    manifest_text,
    master_path,
    sha256_of,
)

Tone = Callable[..., NDArray[np.int16]]


def the_only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def test_a_sound_folder_has_no_findings(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    assert check(wanted, prompts_folder) == []


def test_a_prompt_that_was_never_rendered_is_found(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    finding = the_only(check([*wanted, WantedPrompt("g04", "G04", "本次通话将被录音。")], prompts_folder))

    assert (finding.severity, finding.place) == (Severity.ERROR, "g04")
    assert "has not been rendered" in finding.fault
    assert "callrouter prompts build" in finding.remedy


def test_a_rendering_of_other_words_is_found(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    changed = [WantedPrompt("h03", "H03", "没有听到您的留言。"), wanted[0]]

    finding = the_only(check(changed, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.ERROR, "h03")
    assert "没有听到您的留言，请再说一次。" in finding.fault
    assert "“没有听到您的留言。”" in finding.fault


def test_a_missing_master_is_found(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    master_path(prompts_folder, "h03").unlink()

    finding = the_only(check(wanted, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.ERROR, "masters/h03.flac")


def test_a_master_with_another_hash_is_found(
    prompts_folder: Path, wanted: list[WantedPrompt], change_rendering: Callable[..., None]
) -> None:
    change_rendering("h03", sha256="0" * 64)

    finding = the_only(check(wanted, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.ERROR, "masters/h03.flac")
    assert "not the one that renderings.json names" in finding.fault


@pytest.mark.parametrize("bytes_kept", [0, 20, 2000])
def test_a_truncated_master_is_found(
    prompts_folder: Path,
    wanted: list[WantedPrompt],
    change_rendering: Callable[..., None],
    put_master: Callable[..., None],
    bytes_kept: int,
) -> None:
    noise = np.random.default_rng(1).integers(-3000, 3000, 8000).astype(np.int16)
    put_master(wanted[1], noise)
    path = master_path(prompts_folder, "h03")
    path.write_bytes(path.read_bytes()[:bytes_kept])
    change_rendering("h03", sha256=sha256_of(path))

    finding = the_only(check(wanted, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.ERROR, "masters/h03.flac")
    assert "truncated" in finding.fault or "cannot be decoded" in finding.fault


def test_a_silent_master_is_found(
    prompts_folder: Path, wanted: list[WantedPrompt], put_master: Callable[..., None]
) -> None:
    put_master(wanted[1], np.zeros(8000, np.int16))

    assert "nothing can be heard" in the_only(check(wanted, prompts_folder)).fault


def test_a_master_that_is_too_loud_is_found(
    prompts_folder: Path, wanted: list[WantedPrompt], put_master: Callable[..., None], tone: Tone
) -> None:
    put_master(wanted[1], tone(amplitude=0.9))

    assert "above −3 dBFS" in the_only(check(wanted, prompts_folder)).fault


def test_the_loudest_permitted_master_is_not_a_finding(
    prompts_folder: Path, wanted: list[WantedPrompt], put_master: Callable[..., None], tone: Tone
) -> None:
    put_master(wanted[1], tone(amplitude=10 ** (-3 / 20)))

    assert check(wanted, prompts_folder) == []


@pytest.mark.parametrize("seconds", [0.1, 20.5])
def test_a_master_too_short_or_too_long_is_found(
    prompts_folder: Path,
    wanted: list[WantedPrompt],
    put_master: Callable[..., None],
    tone: Tone,
    seconds: float,
) -> None:
    put_master(wanted[1], tone(seconds))

    errors = [found for found in check(wanted, prompts_folder) if found.severity is Severity.ERROR]

    assert f"{seconds:.1f} s long" in the_only(errors).fault


def test_a_prompt_longer_than_the_catalogue_allows_is_a_warning(
    prompts_folder: Path, wanted: list[WantedPrompt], put_master: Callable[..., None], tone: Tone
) -> None:
    put_master(wanted[1], tone(9.0))

    finding = the_only(check(wanted, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.WARNING, "h03")
    assert "9.0 s, and H03 may take 8 s" in finding.fault


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (8000, 2)])
def test_a_master_of_another_form_is_found(
    prompts_folder: Path,
    wanted: list[WantedPrompt],
    put_master: Callable[..., None],
    tone: Tone,
    rate: int,
    channels: int,
) -> None:
    put_master(wanted[1], np.column_stack([tone()] * channels), rate=rate)

    assert f"{rate} samples a second and {channels} channels" in the_only(check(wanted, prompts_folder)).fault


def test_a_recording_that_was_not_built_is_information_for_it_is_heard_all_the_same(
    prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone
) -> None:
    soundfile.write(prompts_folder / "recordings" / "h03.wav", tone(), 8000)

    finding = the_only(check(wanted, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.INFO, "recordings/h03.wav")
    assert "callers hear it all the same" in finding.fault
    assert "callrouter prompts build" in finding.remedy


def test_a_recording_changed_after_its_build_is_found(
    prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone, change_rendering: Callable[..., None]
) -> None:
    recording = prompts_folder / "recordings" / "h03.wav"
    soundfile.write(recording, tone(), 8000)
    change_rendering("h03", source=Source.RECORDING, cache_key=sha256_of(recording))
    assert check(wanted, prompts_folder) == []

    soundfile.write(recording, tone(2.0), 8000)

    finding = the_only(check(wanted, prompts_folder))
    assert (finding.severity, finding.place) == (Severity.INFO, "recordings/h03.wav")


@pytest.mark.parametrize(
    ("seconds", "amplitude", "fault"),
    [
        (2.0, 0.0, "nothing can be heard"),
        (2.0, 0.0002, "nothing can be heard"),
        (2.0, 3.0, "clipped"),
        (21.0, 0.3, " s long, not 0.3 to 20 s"),
        (0.05, 0.3, " s long, not 0.3 to 20 s"),
        (301.0, 0.3, "301 s long, more than 300 s"),
        (0.0, 0.3, "nothing can be heard"),
    ],
)
def test_a_recording_that_cannot_be_used_is_an_error(
    prompts_folder: Path, wanted: list[WantedPrompt], seconds: float, amplitude: float, fault: str
) -> None:
    sound = amplitude * np.sin(2 * np.pi * 1000 * np.arange(round(8000 * seconds)) / 8000 + 0.1)
    soundfile.write(prompts_folder / "recordings" / "h03.wav", np.clip(sound, -1, 1), 8000, subtype="PCM_16")

    finding = the_only(check(wanted, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.ERROR, "recordings/h03.wav")
    assert fault in finding.fault
    assert "callers go on hearing the master" in finding.fault


def test_a_recording_is_measured_in_place_of_the_master_it_replaces(
    prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone, put_master: Callable[..., None]
) -> None:
    recording = prompts_folder / "recordings" / "h03.wav"
    soundfile.write(recording, tone(9.0), 8000)
    warning, _information = check(wanted, prompts_folder)
    assert (warning.severity, warning.place) == (Severity.WARNING, "h03")
    assert "9.2 s, and H03 may take 8 s" in warning.fault

    put_master(wanted[1], tone(9.0))
    soundfile.write(recording, tone(2.0), 8000)

    assert the_only(check(wanted, prompts_folder)).severity is Severity.INFO


def test_a_recording_taken_away_after_its_build_is_found(
    prompts_folder: Path, wanted: list[WantedPrompt], change_rendering: Callable[..., None]
) -> None:
    change_rendering("h03", source=Source.RECORDING)

    assert "no longer there" in the_only(check(wanted, prompts_folder)).fault


def test_a_recording_under_a_name_nobody_wants_is_a_warning(
    prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone
) -> None:
    soundfile.write(prompts_folder / "recordings" / "ho3.wav", tone(), 8000)

    finding = the_only(check(wanted, prompts_folder))

    assert (finding.severity, finding.place) == (Severity.WARNING, "recordings/ho3.wav")


def test_masters_nobody_wants_are_information(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    stray = master_path(prompts_folder, "stray")
    stray.write_bytes(b"")

    findings = check(wanted[:1], prompts_folder)

    assert {(found.severity, found.place) for found in findings} == {
        (Severity.INFO, "h03"),
        (Severity.INFO, "masters/stray.flac"),
    }


@pytest.mark.parametrize("key", ["beep", "hold"])
def test_the_record_tone_and_the_music_are_wanted_by_every_plan(
    prompts_folder: Path, wanted: list[WantedPrompt], key: str
) -> None:
    manifest = load_renderings(prompts_folder)
    del manifest[key]
    (prompts_folder / FILE_NAME).write_text(manifest_text(manifest.values()), "utf-8")
    master_path(prompts_folder, key).unlink()

    assert the_only(check(wanted, prompts_folder)).place == key


@pytest.mark.parametrize("text", ["{", "[]", '{"h03": {}}', '{"h03": 1}', '{"../h03": {}}'])
def test_a_broken_manifest_is_a_finding(prompts_folder: Path, wanted: list[WantedPrompt], text: str) -> None:
    (prompts_folder / FILE_NAME).write_text(text, "utf-8")

    assert "manifest cannot be read" in the_only(check(wanted, prompts_folder)).fault


def test_every_fault_is_reported_the_gravest_first(
    prompts_folder: Path, wanted: list[WantedPrompt], put_master: Callable[..., None], tone: Tone
) -> None:
    put_master(WantedPrompt("aaa", "AAA", "没人要。"), tone())
    put_master(wanted[0], tone(9.0))
    put_master(wanted[1], np.zeros(8000, np.int16))
    master_path(prompts_folder, "beep").unlink()

    severities = [found.severity for found in check(wanted, prompts_folder)]

    assert severities == [Severity.ERROR, Severity.ERROR, Severity.WARNING, Severity.INFO]
