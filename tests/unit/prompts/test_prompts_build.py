"""What a build makes, keeps and refuses. The voice itself is not asked: that needs the extra."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from callrouter.prompts import build as building
from callrouter.prompts import tones
from callrouter.prompts.build import Built, build, synthesis_cache_key
from callrouter.prompts.catalogue import load_catalogue
from callrouter.prompts.findings import PromptError
from callrouter.prompts.pronunciation import Pronunciation
from callrouter.prompts.renderings import Source, WantedPrompt, load_renderings, master_path, sha256_of

Tone = Callable[..., NDArray[np.int16]]


def silent(_line: str) -> None:
    """A report that nobody reads."""


class FakeVoice:
    """Says everything as one second of tone, and remembers what it was asked to say."""

    said: list[str]

    def __init__(self, *_settings: object) -> None:
        type(self).said = []

    def say(self, spoken: str) -> tuple[NDArray[np.float64], int]:
        self.said.append(spoken)
        return 0.3 * np.sin(np.arange(24000) / 4), 24000


@pytest.fixture(autouse=True)
def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put stand-ins where the extra would be needed."""

    def mastered(signal: NDArray[np.float64], sample_rate: int) -> NDArray[np.int16]:
        if not signal.any():
            raise ValueError("nothing can be heard in the sound")
        return (signal[:: sample_rate // 8000] * 32767).astype(np.int16)

    def pinyin(_self: object, _sentence: str) -> str:
        return "pin1 yin1"

    monkeypatch.setattr(building, "master", mastered)
    monkeypatch.setattr(building, "master_loop", mastered)
    monkeypatch.setattr(building, "Voice", FakeVoice)
    monkeypatch.setattr(tones, "hold_music", tones.record_beep)
    monkeypatch.setattr(Pronunciation, "pinyin", pinyin)


def run(folder: Path, wanted: list[WantedPrompt]) -> Built:
    return build(wanted, folder, folder / "no voice needed", silent)


def test_what_is_missing_or_made_otherwise_is_made(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    built = run(prompts_folder, wanted)

    assert built.rendered == ("beep", "hold", "listening", "ringing", "g02-12348", "h03")
    made = load_renderings(prompts_folder)["h03"]
    assert made.source is Source.SYNTHESIS
    assert made.spoken == wanted[1].spoken
    assert made.duration_ms == 1000
    assert made.sha256 == sha256_of(master_path(prompts_folder, "h03"))


def test_a_second_build_makes_nothing(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    run(prompts_folder, wanted)

    again = run(prompts_folder, wanted)

    assert again.rendered == ()
    assert again.kept == ("beep", "hold", "listening", "ringing", "g02-12348", "h03")


def test_only_the_prompt_whose_words_changed_is_made_again(
    prompts_folder: Path, wanted: list[WantedPrompt]
) -> None:
    run(prompts_folder, wanted)
    wanted[1] = WantedPrompt("h03", "H03", "没有听到您的留言。")

    assert run(prompts_folder, wanted).rendered == ("h03",)
    assert FakeVoice.said == ["没有听到您的留言。"]


def test_a_damaged_master_is_made_again(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    run(prompts_folder, wanted)
    master_path(prompts_folder, "h03").write_bytes(b"")

    assert run(prompts_folder, wanted).rendered == ("h03",)


def test_the_report_shows_what_is_said_and_its_pinyin(
    prompts_folder: Path, wanted: list[WantedPrompt]
) -> None:
    lines: list[str] = []

    build(wanted, prompts_folder, prompts_folder / "no voice needed", lines.append)

    assert lines[-1] == "h03  1.0 s  synthesis  没有听到您的留言，请再说一次。  pin1 yin1"


def test_a_recording_replaces_the_voice(prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone) -> None:
    recording = prompts_folder / "recordings" / "h03.wav"
    soundfile.write(recording, np.column_stack([tone(2.0), tone(2.0)]), 8000)

    run(prompts_folder, wanted)

    made = load_renderings(prompts_folder)["h03"]
    assert (made.source, made.cache_key) == (Source.RECORDING, sha256_of(recording))
    assert made.duration_ms == 2000
    assert wanted[1].spoken not in FakeVoice.said


def test_a_recording_taken_away_gives_the_prompt_back_to_the_voice(
    prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone
) -> None:
    recording = prompts_folder / "recordings" / "h03.wav"
    soundfile.write(recording, tone(), 8000)
    run(prompts_folder, wanted)
    recording.unlink()

    assert run(prompts_folder, wanted).rendered == ("h03",)
    assert load_renderings(prompts_folder)["h03"].source is Source.SYNTHESIS


def test_a_recording_of_the_old_words_is_not_used_for_new_ones(
    prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone
) -> None:
    soundfile.write(prompts_folder / "recordings" / "h03.wav", tone(), 8000)
    run(prompts_folder, wanted)
    wanted[1] = WantedPrompt("h03", "H03", "没有听到您的留言。")

    built = run(prompts_folder, wanted)

    assert [found.place for found in built.findings] == ["recordings/h03.wav"]
    assert "record the new words" in built.findings[0].remedy
    assert load_renderings(prompts_folder)["h03"].spoken == "没有听到您的留言，请再说一次。"


@pytest.mark.parametrize("content", [b"", b"RIFF, but no sound", None])
def test_a_recording_without_sound_is_reported_and_the_rest_is_made(
    prompts_folder: Path, wanted: list[WantedPrompt], content: bytes | None
) -> None:
    recording = prompts_folder / "recordings" / "g02-12348.wav"
    if content is None:
        soundfile.write(recording, np.zeros(8000, np.int16), 8000)
    else:
        recording.write_bytes(content)

    built = run(prompts_folder, wanted)

    assert [found.place for found in built.findings] == ["g02-12348"]
    assert "h03" in built.rendered


def test_a_clipped_recording_is_not_made_a_master(
    prompts_folder: Path, wanted: list[WantedPrompt], tone: Tone
) -> None:
    clipped = np.clip(tone() * 20.0 / 32767, -1, 1)
    soundfile.write(prompts_folder / "recordings" / "h03.wav", clipped, 8000)

    built = run(prompts_folder, wanted)

    assert [found.place for found in built.findings] == ["h03"]
    assert "clipped" in built.findings[0].fault


def test_an_id_that_the_catalogue_does_not_have_is_refused(prompts_folder: Path) -> None:
    with pytest.raises(PromptError, match="there is no prompt Z99"):
        run(prompts_folder, [WantedPrompt("z99", "Z99", "没有。")])


def test_a_voice_nobody_knows_is_refused(prompts_folder: Path, wanted: list[WantedPrompt]) -> None:
    catalogue = prompts_folder / "catalogue.yaml"
    catalogue.write_text(catalogue.read_text("utf-8").replace("zf_xiaobei", "zf_nobody"), "utf-8")

    with pytest.raises(PromptError, match="zf_nobody is unknown"):
        run(prompts_folder, wanted)


def test_the_cache_key_follows_the_words_the_pace_and_the_readings_that_are_used(
    prompts_folder: Path,
) -> None:
    def key(spoken: str, change: tuple[str, str] = ("speed", "speed")) -> str:
        text = (prompts_folder / "catalogue.yaml").read_text("utf-8").replace(*change)
        changed = prompts_folder / "recordings" / "catalogue.yaml"
        changed.write_text(text, "utf-8")
        return synthesis_cache_key(spoken, load_catalogue(changed.parent))

    waiting, other = "请您长时间等待。", "请稍候。"
    reading = ("chang2", "zhang3")
    pace = ("speed: 1.1", "speed: 1.2")

    assert key(waiting) == key(waiting)
    assert key(waiting) != key(other)
    assert key(waiting) != key(waiting, reading)
    assert key(other) == key(other, reading)
    assert key(other) != key(other, pace)


def test_a_missing_extra_names_its_remedy(
    prompts_folder: Path, wanted: list[WantedPrompt], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.undo()
    monkeypatch.setattr("importlib.import_module", absent)

    with pytest.raises(
        PromptError, match=r"pip install --require-hashes -r deploy/requirements/synthesis\.txt"
    ):
        run(prompts_folder, wanted)


def test_the_same_words_are_spoken_once_and_copied_for_a_second_plan(prompts_folder: Path) -> None:
    wanted = [WantedPrompt(f"g02-12315-{plan}", "G02", "您好，请稍候。") for plan in ("hainan", "sichuan")]

    built = run(prompts_folder, wanted)

    assert {"g02-12315-hainan", "g02-12315-sichuan"} <= set(built.rendered)
    assert FakeVoice.said == ["您好，请稍候。"]
    made = load_renderings(prompts_folder)
    assert made["g02-12315-hainan"].sha256 == made["g02-12315-sichuan"].sha256
    assert sha256_of(master_path(prompts_folder, "g02-12315-sichuan")) == made["g02-12315-sichuan"].sha256
