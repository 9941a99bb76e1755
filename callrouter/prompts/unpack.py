"""Set-up's part: turns every master or studio recording into the A-law that Asterisk plays without work.

Rules:
- Only numpy and soundfile are needed, nothing is synthesised, and the whole set takes a second or two.
- A recording that its master was not built from is mastered here and replaces it. One that cannot be used is
  reported, and the master is unpacked. Without the recording, the next run brings the master back. The same
  recording gives the same bytes, so no state is kept; mastering one takes less than a tenth of a second.
- A file that already holds the right bytes is not touched: a second run writes nothing.
- Files change in one step (written aside, then renamed): a call playing the old one hears its end.
- A master that cannot be decoded is reported and the others are unpacked all the same.
- Other files in the output folder are left alone: a call may keep the plan, and so the prompt, it began with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callrouter.prompts.alaw import SAMPLE_RATE, encode
from callrouter.prompts.files import read_master, write_atomically
from callrouter.prompts.findings import Finding, PromptError
from callrouter.prompts.recordings import line_sound, unbuilt_recording
from callrouter.prompts.renderings import Rendering, line_sound_path, load_renderings, master_path


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What unpacking did."""

    written: tuple[str, ...]
    """Keys whose A-law file is new or changed."""
    kept: tuple[str, ...]
    """Keys whose A-law file was right already."""
    findings: tuple[Finding, ...]
    """Masters that could not be decoded, whose A-law files are as they were, and recordings that could not be
    used, in whose place their masters are heard."""


def unpack(folder: Path, out: Path, report: Callable[[str], None]) -> Unpacked:
    """Write `<key>.alaw` for every rendering in the prompts folder into `out`, and `moh/hold.alaw`.

    `report` gets a line for each file written: `<key>  <seconds> s` for a master, `recording <key>` for a
    recording that replaces one.
    `out` is what the dialplan names as its sound folder. Raises PromptError if the manifest cannot be read,
    OSError if `out` cannot be written.
    """
    written: list[str] = []
    kept: list[str] = []
    findings: list[Finding] = []
    for key, rendering in sorted(load_renderings(folder).items()):
        try:
            samples, line = _heard(folder, rendering, findings)
        except PromptError as fault:
            findings.append(fault.finding)
            continue
        path, sound = line_sound_path(out, key), encode(samples)
        if path.is_file() and path.read_bytes() == sound:
            kept.append(key)
            continue
        write_atomically(path, sound)
        written.append(key)
        report(line)
    return Unpacked(tuple(written), tuple(kept), tuple(findings))


def _heard(folder: Path, rendering: Rendering, findings: list[Finding]) -> tuple[NDArray[np.int16], str]:
    """Give what callers hear for a rendering and the line that reports it.

    Adds to the findings when there is a recording that cannot be used. Raises PromptError for the master.
    """
    key = rendering.key
    if recording := unbuilt_recording(folder, rendering):
        try:
            return line_sound(recording, key), f"recording {key}"
        except PromptError as fault:
            findings.append(fault.finding)
    samples = read_master(master_path(folder, key))
    return samples, f"{key}  {len(samples) / SAMPLE_RATE:.1f} s"
