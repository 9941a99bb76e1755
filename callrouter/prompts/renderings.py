"""What has been rendered: one line a master in `renderings.json`, and where the files lie.

Rules:
- A rendering is identified by its key and its spoken text: when the plan's words change, the old sound is
  not the prompt any more.
- A key is lower-case letters, digits and hyphens (`t01-12300`): it becomes a file name on every machine.
- The manifest is sorted, one line a key, so that two people's changes merge.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from callrouter.prompts.findings import PromptError

FILE_NAME = "renderings.json"
RECORDING_ENDINGS = (".wav", ".flac")
BEEP = "beep"
"""The tone before a message is recorded."""
LISTENING = "listening"
"""The tone that an agent hears while the caller still listens to an announcement."""
RINGING = "ringing"
"""The tone that an agent hears while somebody is called for him."""
HOLD = "hold"
"""The music while a caller waits."""
ALWAYS_WANTED = (BEEP, HOLD, LISTENING, RINGING)
"""Sounds without words that no plan names and every platform plays."""

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Source(StrEnum):
    """Where a master's sound comes from."""

    SYNTHESIS = "synthesis"
    RECORDING = "recording"
    GENERATED = "generated"
    """Computed: the tones and the music on hold."""


@dataclass(frozen=True, slots=True)
class WantedPrompt:
    """One announcement that a plan needs."""

    key: str
    """Its file key: see `prompt_key`."""
    prompt_id: str
    spoken: str
    """What is said, exactly: `FilledText.said`."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One line of the manifest."""

    key: str
    prompt_id: str
    spoken: str
    """Empty for a sound without words."""
    sha256: str
    """Of the master file."""
    duration_ms: int
    source: Source
    cache_key: str
    """Of all that the master was made from: for a recording, the recording's own SHA-256."""


def prompt_key(prompt_id: str, number: str | None = None) -> str:
    """Name a prompt's file: `g01`, or `t01-12300` for one that is spoken per line.

    Raises ValueError when the result is not fit for a file name.
    """
    key = prompt_id.lower() if number is None else f"{prompt_id.lower()}-{number}"
    if not _KEY.fullmatch(key):
        raise ValueError(
            "a prompt's key is made of letters, digits and hyphens: correct the id or the number"
        )
    return key


def master_path(folder: Path, key: str) -> Path:
    """Tell where a key's master lies in the prompts folder."""
    return folder / ("music" if key == HOLD else "masters") / f"{key}.flac"


def line_sound_path(out: Path, key: str) -> Path:
    """Tell where a key's A-law file lies in the unpacked folder; Asterisk's music classes need a folder."""
    return out / "moh" / f"{key}.alaw" if key == HOLD else out / f"{key}.alaw"


def recording_of(folder: Path, key: str) -> Path | None:
    """Find the studio recording that replaces a key's synthesis, if there is one."""
    candidates = (folder / "recordings" / (key + ending) for ending in RECORDING_ENDINGS)
    return next((path for path in candidates if path.is_file()), None)


def sha256_of(path: Path) -> str:
    """Give a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_renderings(folder: Path) -> dict[str, Rendering]:
    """Read the manifest; a folder without one has no renderings yet. Raises PromptError if it is broken."""
    path = folder / FILE_NAME
    if not path.exists():
        return {}
    try:
        entries: Mapping[str, dict[str, str | int]] = json.loads(path.read_text("utf-8"))
        return {key: _rendering(key, fields) for key, fields in entries.items()}
    except (ValueError, TypeError, AttributeError, KeyError) as fault:
        raise PromptError(
            str(path),
            f"the manifest cannot be read ({type(fault).__name__}: {fault})",
            "take it from version control again, or run `callrouter prompts build`",
        ) from fault


def manifest_text(renderings: Iterable[Rendering]) -> str:
    """Write the manifest: JSON, sorted, one line a key."""
    lines = []
    for rendering in sorted(renderings, key=lambda entry: entry.key):
        fields = asdict(rendering)
        key = fields.pop("key")
        lines.append(f"{json.dumps(key)}: {json.dumps(fields, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rendering(key: str, fields: dict[str, str | int]) -> Rendering:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a prompt's key")
    return Rendering(
        key=key,
        prompt_id=str(fields["prompt_id"]),
        spoken=str(fields["spoken"]),
        sha256=str(fields["sha256"]),
        duration_ms=int(fields["duration_ms"]),
        source=Source(str(fields["source"])),
        cache_key=str(fields["cache_key"]),
    )
