"""Rendering: makes the masters that are missing or whose making has changed. Needs the `synthesis` extra.

Rules:
- What a master was made from is its cache key. The same key means: nothing to do, and no extra is needed.
- A studio recording replaces the voice. It is mastered like the voice, and it belongs to one text: when the
  wanted words change and the recording does not, it is reported, not used.
- The same words are spoken once: a second plan that needs them gets a copy of the master.
- A master is written before the manifest names it; an interrupted run loses one prompt's work at most.
- Nothing is deleted: masters that nobody wants any more are `check`'s to report and a person's to remove.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from callrouter.prompts import tones
from callrouter.prompts.alaw import SAMPLE_RATE
from callrouter.prompts.catalogue import Catalogue, load_catalogue
from callrouter.prompts.files import write_atomically
from callrouter.prompts.findings import Finding, PromptError
from callrouter.prompts.mastering import CHAIN, master, master_loop
from callrouter.prompts.pronunciation import RULES, Pronunciation
from callrouter.prompts.recordings import read_recording
from callrouter.prompts.renderings import (
    ALWAYS_WANTED,
    BEEP,
    FILE_NAME,
    HOLD,
    LISTENING,
    RINGING,
    Rendering,
    Source,
    WantedPrompt,
    load_renderings,
    manifest_text,
    master_path,
    recording_of,
    sha256_of,
)
from callrouter.prompts.synthesis import MODEL_SHA256, VOICE_SHA256, Voice


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    rendered: tuple[str, ...]
    """Keys of the masters made now."""
    kept: tuple[str, ...]
    """Keys of the masters that were right already."""
    findings: tuple[Finding, ...]
    """What could not be made, and why."""


def build(
    wanted: Sequence[WantedPrompt], folder: Path, voice_file: Path, report: Callable[[str], None]
) -> Built:
    """Bring the masters in the prompts folder up to date with what is wanted.

    `voice_file` is the voice's .bin file (see ivr_prompts/README.md); it is read only if something has to be
    spoken. `report` gets a line for each master made: key, seconds and, for the voice, the pinyin to review.
    About 0.8 s of CPU for each second of speech. Raises PromptError for a fault that stops everything: the
    catalogue, the manifest, the extra or the voice.
    """
    workshop = _Workshop(folder, load_catalogue(folder), voice_file, report)
    sounds = [WantedPrompt(key, key, "") for key in ALWAYS_WANTED]
    for prompt in [*sounds, *sorted(wanted, key=lambda prompt: prompt.key)]:
        workshop.bring_up_to_date(prompt)
    return Built(tuple(workshop.rendered), tuple(workshop.kept), tuple(workshop.findings))


def synthesis_cache_key(spoken: str, catalogue: Catalogue) -> str:
    """Hash all that a synthesised master is made from, the lexicon only as far as the text uses it."""
    used = {word: pinyin for word, pinyin in catalogue.lexicon.items() if word in spoken}
    return _digest(spoken, used, catalogue.speed, VOICE_SHA256[catalogue.voice], MODEL_SHA256, RULES, CHAIN)


class _Workshop:
    """The state of one build: the manifest as it grows, and the voice once it is needed."""

    def __init__(
        self, folder: Path, catalogue: Catalogue, voice_file: Path, report: Callable[[str], None]
    ) -> None:
        if catalogue.voice not in VOICE_SHA256:
            raise PromptError(
                "catalogue.yaml", f"the voice {catalogue.voice} is unknown", f"use {', '.join(VOICE_SHA256)}"
            )
        self._folder, self._catalogue, self._voice_file, self._report = folder, catalogue, voice_file, report
        self._manifest = load_renderings(folder)
        self._pronunciation = Pronunciation(catalogue.lexicon)
        self._voice: Voice | None = None
        self.rendered: list[str] = []
        self.kept: list[str] = []
        self.findings: list[Finding] = []

    def bring_up_to_date(self, prompt: WantedPrompt) -> None:
        """Make one master if it is missing or not what is wanted."""
        recording = recording_of(self._folder, prompt.key)
        source, cache_key = self._making_of(prompt, recording)
        if self._is_right(prompt, source, cache_key):
            self.kept.append(prompt.key)
            return
        known = self._manifest.get(prompt.key)
        if recording and known and known.cache_key == cache_key and known.spoken != prompt.spoken:
            fault = PromptError(
                f"recordings/{recording.name}",
                f"it says “{known.spoken}”, but wanted is “{prompt.spoken}”",
                "record the new words, or remove the recording",
            )
            self.findings.append(fault.finding)
            return
        made = self._made_already(source, cache_key)
        if made is not None:
            self._keep(prompt, source, cache_key, *made)
            return
        try:
            samples = self._samples(prompt, recording)
        except ValueError as fault:
            problem = PromptError(prompt.key, str(fault), "record it anew, or change its words")
            self.findings.append(problem.finding)
            return
        self._keep(prompt, source, cache_key, _flac(samples), round(1000 * len(samples) / SAMPLE_RATE))

    def _made_already(self, source: Source, cache_key: str) -> tuple[bytes, int] | None:
        """Find a whole master of the very same making under another key: its bytes and milliseconds."""
        if source is not Source.SYNTHESIS:
            return None
        for known in self._manifest.values():
            path = master_path(self._folder, known.key)
            if known.cache_key == cache_key and path.is_file() and sha256_of(path) == known.sha256:
                return path.read_bytes(), known.duration_ms
        return None

    def _making_of(self, prompt: WantedPrompt, recording: Path | None) -> tuple[Source, str]:
        if recording:
            return Source.RECORDING, sha256_of(recording)
        if prompt.key in ALWAYS_WANTED:
            return Source.GENERATED, _digest(prompt.key, tones.VERSION, CHAIN)
        return Source.SYNTHESIS, synthesis_cache_key(prompt.spoken, self._catalogue)

    def _is_right(self, prompt: WantedPrompt, source: Source, cache_key: str) -> bool:
        known = self._manifest.get(prompt.key)
        path = master_path(self._folder, prompt.key)
        return (
            known is not None
            and (known.spoken, known.source, known.cache_key) == (prompt.spoken, source, cache_key)
            and path.is_file()
            and sha256_of(path) == known.sha256
        )

    def _samples(self, prompt: WantedPrompt, recording: Path | None) -> NDArray[np.int16]:
        make = master_loop if prompt.key == HOLD else master
        if recording:
            return make(*read_recording(recording))
        if prompt.key == HOLD:
            return make(tones.hold_music(), tones.SAMPLE_RATE)
        if prompt.key == BEEP:
            return make(tones.record_beep(), tones.SAMPLE_RATE)
        if prompt.key == LISTENING:
            return make(tones.listening_pips(), tones.SAMPLE_RATE)
        if prompt.key == RINGING:
            return make(tones.ringing_tone(), tones.SAMPLE_RATE)
        self._catalogue.entry(prompt.prompt_id)  # an id that the catalogue does not have is refused
        if self._voice is None:
            self._voice = Voice(
                self._catalogue.voice, self._voice_file, self._catalogue.speed, self._pronunciation
            )
        return make(*self._voice.say(prompt.spoken))

    def _keep(
        self, prompt: WantedPrompt, source: Source, cache_key: str, data: bytes, duration_ms: int
    ) -> None:
        write_atomically(master_path(self._folder, prompt.key), data)
        self._manifest[prompt.key] = Rendering(
            key=prompt.key,
            prompt_id=prompt.prompt_id,
            spoken=prompt.spoken,
            sha256=hashlib.sha256(data).hexdigest(),
            duration_ms=duration_ms,
            source=source,
            cache_key=cache_key,
        )
        write_atomically(self._folder / FILE_NAME, manifest_text(self._manifest.values()).encode())
        self.rendered.append(prompt.key)
        line = f"{prompt.key}  {duration_ms / 1000:.1f} s  {source}"
        if source is Source.SYNTHESIS:
            line += f"  {prompt.spoken}  {self._pronunciation.pinyin(prompt.spoken)}"
        self._report(line)


def _flac(samples: NDArray[np.int16]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="FLAC", subtype="PCM_16", compression_level=1.0)
    return file.getvalue()


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
