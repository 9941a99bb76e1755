"""A small prompts folder with masters made of tones, for tests that then spoil something."""

import dataclasses
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from callrouter.prompts.renderings import (
    ALWAYS_WANTED,
    FILE_NAME,
    Rendering,
    Source,
    WantedPrompt,
    load_renderings,
    manifest_text,
    master_path,
)

CATALOGUE = """\
voice: zf_xiaobei
speed: 1.1
lexicon:
  长时间: chang2 shi2 jian1
prompts:
  H03:
    text: 没有听到您的留言，请再说一次。
    gloss: We did not hear a message, please try again.
    when: a voicemail was empty
    line: answered
    longest_seconds: 8
    trace: C33
  G02:
    text: 您好，{old_no}{old_name}由12345统一接听。
    gloss: Hello, {old_no} {old_name} is answered by 12345.
    when: a dual number
    line: early_media
    longest_seconds: 8
    trace: C17
"""


@pytest.fixture
def wanted() -> list[WantedPrompt]:
    """What the plan of the small folder wants."""
    return [
        WantedPrompt("g02-12348", "G02", "您好，幺二三四八公共法律服务热线由一二三四五统一接听。"),
        WantedPrompt("h03", "H03", "没有听到您的留言，请再说一次。"),
    ]


@pytest.fixture
def tone() -> Callable[..., NDArray[np.int16]]:
    """Make a tone of 1000 Hz: `tone(seconds, amplitude)`, at −10 dBFS unless told otherwise."""

    def make(seconds: float = 1.0, amplitude: float = 0.3) -> NDArray[np.int16]:
        time = np.arange(round(8000 * seconds)) / 8000
        return (32767 * amplitude * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)

    return make


@pytest.fixture
def prompts_folder(
    tmp_path: Path, wanted: list[WantedPrompt], tone: Callable[..., NDArray[np.int16]]
) -> Path:
    """Make a prompts folder in which all is well."""
    folder = tmp_path / "ivr_prompts"
    (folder / "recordings").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    for prompt in [*(WantedPrompt(key, key, "") for key in ALWAYS_WANTED), *wanted]:
        put(folder, prompt, tone())
    return folder


@pytest.fixture
def put_master(prompts_folder: Path) -> Callable[..., None]:
    """Replace a master and its line in the manifest: `put_master(prompt, samples, rate=8000)`."""
    return lambda *given, **named: put(prompts_folder, *given, **named)


@pytest.fixture
def change_rendering(prompts_folder: Path) -> Callable[..., None]:
    """Change a line of the manifest and nothing else: `change_rendering(key, spoken="…")`."""

    def change(key: str, **changes: Any) -> None:
        name(prompts_folder, dataclasses.replace(load_renderings(prompts_folder)[key], **changes))

    return change


def put(folder: Path, prompt: WantedPrompt, samples: NDArray[np.int16], rate: int = 8000) -> None:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="FLAC", subtype="PCM_16")
    path = master_path(folder, prompt.key)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(file.getvalue())
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    milliseconds = round(len(samples) / 8)
    made = Rendering(
        prompt.key, prompt.prompt_id, prompt.spoken, digest, milliseconds, Source.SYNTHESIS, "made so"
    )
    name(folder, made)


def name(folder: Path, rendering: Rendering) -> None:
    manifest = load_renderings(folder) | {rendering.key: rendering}
    (folder / FILE_NAME).write_text(manifest_text(manifest.values()), "utf-8")
