"""Is every announcement there, the right one, and fit to be heard? Reports everything it sees.

Rules:
- What a plan wants must have been rendered with that very text: the sound of other words is as bad as none.
- The master's bytes are those the manifest names; the sound is 8000 Hz mono, 0.3–20 s long (music apart),
  to be heard, and not above −3 dBFS, where a telephone line begins to distort.
- A recording that its master was not built from is heard all the same (`unpack` masters it): information.
  One that cannot be used is an error, though its master is heard instead.
- The tones and the music on hold are wanted always. Masters nobody wants are told as information.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callrouter.prompts.alaw import SAMPLE_RATE
from callrouter.prompts.catalogue import Catalogue, load_catalogue
from callrouter.prompts.files import read_master
from callrouter.prompts.findings import Finding, PromptError, Severity
from callrouter.prompts.recordings import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    line_sound,
    unbuilt_recording,
)
from callrouter.prompts.renderings import (
    ALWAYS_WANTED,
    FILE_NAME,
    HOLD,
    RECORDING_ENDINGS,
    Rendering,
    Source,
    WantedPrompt,
    load_renderings,
    master_path,
    recording_of,
    sha256_of,
)

LOUDEST_DBFS = -2.9
"""−3 dBFS, and a tenth for what quantising adds."""
QUIETEST_RMS_DBFS = -45.0

_BUILD = "run `callrouter prompts build`"
_RESTORE = f"take the file from version control again, or {_BUILD}"


def check(wanted: Sequence[WantedPrompt], folder: Path) -> list[Finding]:
    """Check the masters in the prompts folder against what the plans want.

    Returns the findings, the gravest first; none but information means that all is well.
    """
    try:
        manifest, catalogue = load_renderings(folder), load_catalogue(folder)
    except PromptError as fault:
        return [fault.finding]
    prompts = {prompt.key: prompt for prompt in wanted}
    for key in ALWAYS_WANTED:
        prompts[key] = WantedPrompt(key, key, "")
    findings = [
        finding for prompt in prompts.values() for finding in _prompt(prompt, manifest, catalogue, folder)
    ]
    findings += _unwanted(set(prompts), manifest, folder)
    gravity = list(Severity)
    return sorted(findings, key=lambda finding: (gravity.index(finding.severity), finding.place))


def _prompt(
    prompt: WantedPrompt, manifest: dict[str, Rendering], catalogue: Catalogue, folder: Path
) -> Iterator[Finding]:
    rendering = manifest.get(prompt.key)
    if rendering is None:
        yield _error(prompt.key, f"“{prompt.spoken}” has not been rendered", _BUILD)
        return
    if rendering.spoken != prompt.spoken:
        fault = f"it says “{rendering.spoken}”, but wanted is “{prompt.spoken}”"
        yield _error(prompt.key, fault, _BUILD)
    if recording := unbuilt_recording(folder, rendering):
        yield from _unbuilt(recording, prompt, catalogue)
    else:
        yield from _recording_gone(rendering, folder)
        yield from _too_long(prompt, rendering.duration_ms / 1000, catalogue)
    yield from _master(rendering, folder)


def _too_long(prompt: WantedPrompt, seconds: float, catalogue: Catalogue) -> Iterator[Finding]:
    entry = catalogue.prompts.get(prompt.prompt_id)
    if entry and seconds > entry.longest_seconds:
        yield Finding(
            Severity.WARNING,
            prompt.key,
            f"it takes {seconds:.1f} s, and {prompt.prompt_id} may take {entry.longest_seconds:g} s",
            "shorten the text, or the line's spoken name",
        )


def _unbuilt(recording: Path, prompt: WantedPrompt, catalogue: Catalogue) -> Iterator[Finding]:
    try:
        samples = line_sound(recording, prompt.key)
    except PromptError as fault:
        yield fault.finding
        return
    yield Finding(
        Severity.INFO,
        f"recordings/{recording.name}",
        "the master was not made from it, and callers hear it all the same: `callrouter prompts unpack` masters it",
        "run that, or set-up, after each change of it; `callrouter prompts build` would make it the master",
    )
    yield from _too_long(prompt, len(samples) / SAMPLE_RATE, catalogue)


def _recording_gone(rendering: Rendering, folder: Path) -> Iterator[Finding]:
    if rendering.source is Source.RECORDING and recording_of(folder, rendering.key) is None:
        fault = "its master was made from a recording that is no longer there"
        yield _error(rendering.key, fault, f"put the recording back, or {_BUILD}")


def _master(rendering: Rendering, folder: Path) -> Iterator[Finding]:
    path = master_path(folder, rendering.key)
    place = path.relative_to(folder).as_posix()
    try:
        samples = read_master(path)
    except PromptError as fault:
        yield _error(place, fault.finding.fault, fault.finding.remedy)
        return
    if sha256_of(path) != rendering.sha256:
        yield _error(place, f"the file is not the one that {FILE_NAME} names", _RESTORE)
    yield from _sound(place, samples, looped=rendering.key == HOLD)


def _sound(place: str, samples: NDArray[np.int16], *, looped: bool) -> Iterator[Finding]:
    seconds = len(samples) / SAMPLE_RATE
    if seconds < SHORTEST_SECONDS or (seconds > LONGEST_SECONDS and not looped):
        fault = f"it is {seconds:.1f} s long, not {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} s"
        yield _error(place, fault, "correct the text or the recording")
    if not len(samples):
        return
    scale = samples.astype(np.float64) / 32768
    if _dbfs(float(np.sqrt(np.mean(scale**2)))) < QUIETEST_RMS_DBFS:
        yield _error(place, "nothing can be heard in it", _BUILD)
    if (peak := _dbfs(float(np.abs(scale).max()))) > LOUDEST_DBFS:
        fault = f"its peak is {peak:.1f} dBFS, above −3 dBFS, and the line would distort it"
        yield _error(place, fault, _BUILD)


def _unwanted(wanted: set[str], manifest: dict[str, Rendering], folder: Path) -> Iterator[Finding]:
    for key in sorted(manifest.keys() - wanted):
        yield Finding(
            Severity.INFO,
            key,
            "no plan wants this prompt",
            f"remove its master and its line in {FILE_NAME}, or keep it",
        )
    for path in sorted((folder / "masters").glob("*.flac")):
        if path.stem not in manifest:
            yield Finding(
                Severity.INFO, f"masters/{path.name}", f"{FILE_NAME} does not name it", "remove the file"
            )
    for path in sorted((folder / "recordings").glob("*")):
        if path.suffix in RECORDING_ENDINGS and path.stem not in wanted:
            place = f"recordings/{path.name}"
            yield Finding(Severity.WARNING, place, "no plan wants a prompt of this name", "correct its name")


def _dbfs(amplitude: float) -> float:
    return 20 * float(np.log10(max(amplitude, 1e-9)))


def _error(place: str, fault: str, remedy: str) -> Finding:
    return Finding(Severity.ERROR, place, fault, remedy)
