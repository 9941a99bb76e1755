"""Set-up's part: turns every master into the A-law that Asterisk plays without work.

Rules:
- Only numpy and soundfile are needed, nothing is synthesised, and the whole set takes a second or two.
- A file that already holds the right bytes is not touched: a second run writes nothing.
- Files change in one step (written aside, then renamed): a call playing the old one hears its end.
- A master that cannot be decoded is reported and the others are unpacked all the same.
- Other files in the output folder are left alone: a call may keep the plan, and so the prompt, it began with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callrouter.prompts.alaw import encode
from callrouter.prompts.files import read_master, write_atomically
from callrouter.prompts.findings import Finding, PromptError
from callrouter.prompts.renderings import line_sound_path, load_renderings, master_path


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What unpacking did."""

    written: tuple[str, ...]
    """Keys whose A-law file is new or changed."""
    kept: tuple[str, ...]
    """Keys whose A-law file was right already."""
    findings: tuple[Finding, ...]
    """Masters that could not be decoded; their A-law files are as they were."""


def unpack(folder: Path, out: Path, report: Callable[[str], None]) -> Unpacked:
    """Write `<key>.alaw` for every rendering in the prompts folder into `out`, and `moh/hold.alaw`.

    `out` is what the dialplan names as its sound folder. Raises PromptError if the manifest cannot be read,
    OSError if `out` cannot be written.
    """
    written: list[str] = []
    kept: list[str] = []
    findings: list[Finding] = []
    for key in sorted(load_renderings(folder)):
        try:
            sound = encode(read_master(master_path(folder, key)))
        except PromptError as fault:
            findings.append(fault.finding)
            continue
        path = line_sound_path(out, key)
        if path.is_file() and path.read_bytes() == sound:
            kept.append(key)
            continue
        write_atomically(path, sound)
        written.append(key)
        report(f"{key}  {len(sound) / 8000:.1f} s")
    return Unpacked(tuple(written), tuple(kept), tuple(findings))
