"""Reading the catalogue: every value as it stands, every mistake with its line."""

from pathlib import Path

import pytest

from callrouter.prompts.catalogue import Line, load_catalogue
from callrouter.prompts.findings import PromptError
from callrouter.prompts.renderings import WantedPrompt, prompt_key
from callrouter.prompts.text import Spoken


def test_an_entry_is_read_as_it_stands(prompts_folder: Path) -> None:
    catalogue = load_catalogue(prompts_folder)
    entry = catalogue.entry("G02")

    assert entry.text == "您好，{old_no}{old_name}由12345统一接听。"
    assert entry.variables == ("old_no", "old_name")
    assert entry.line is Line.EARLY_MEDIA
    assert (entry.longest_seconds, entry.trace) == (8.0, "C17")
    assert (catalogue.voice, catalogue.speed) == ("zf_xiaobei", 1.1)
    assert catalogue.lexicon == {"长时间": "chang2 shi2 jian1"}


def test_what_a_plan_wants_of_a_prompt_has_the_lines_key_and_words(prompts_folder: Path) -> None:
    entry = load_catalogue(prompts_folder).entry("G02")

    wanted = entry.want({"old_no": Spoken("12348", "幺二三四八"), "old_name": "公共法律服务热线"}, "12348")

    assert wanted == WantedPrompt(
        "g02-12348", "G02", "您好，幺二三四八公共法律服务热线由一二三四五统一接听。"
    )


def test_a_value_that_yaml_would_guess_at_stays_text(prompts_folder: Path) -> None:
    path = prompts_folder / "catalogue.yaml"
    path.write_text(path.read_text("utf-8").replace("trace: C33", "trace: 0755"), "utf-8")

    assert load_catalogue(prompts_folder).entry("H03").trace == "0755"


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("    trace: C33\n", "", 7, "H03 has no trace"),
        ("trace: C33", "trace: C33\n    volume: loud", 13, "H03 has an unknown field volume"),
        ("  G02:", "  H03:", 13, "H03 stands twice in prompts"),
        ("line: answered", "line: early", 10, "line of H03 is early"),
        (
            "longest_seconds: 8\n    trace: C33",
            "longest_seconds: 0\n    trace: C33",
            11,
            "no number above zero",
        ),
        ("speed: 1.1", "speed: fast", 2, "no number above zero"),
        ("trace: C33", "trace: [C33]", 12, "trace of H03 is no text"),
        ("trace: C33", "trace:", 12, "trace of H03 is no text"),
        ("voice: zf_xiaobei", "volume: 3\nvoice: zf_xiaobei", 1, "unknown field volume"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    prompts_folder: Path, old: str, new: str, line: int, fault: str
) -> None:
    path = prompts_folder / "catalogue.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")

    with pytest.raises(PromptError) as raised:
        load_catalogue(prompts_folder)

    assert raised.value.finding.place == f"{path}:{line}"
    assert fault in raised.value.finding.fault


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "a: [", "voice: zf_xiaobei\nspeed: 1\nlexicon:\nprompts: {}\n"]
)
def test_a_file_that_is_no_catalogue_is_refused(prompts_folder: Path, text: str) -> None:
    (prompts_folder / "catalogue.yaml").write_text(text, "utf-8")

    with pytest.raises(PromptError):
        load_catalogue(prompts_folder)


def test_a_folder_without_a_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="there is no such file"):
        load_catalogue(tmp_path)


def test_keys_are_the_id_and_the_number() -> None:
    assert prompt_key("G01") == "g01"
    assert prompt_key("T01", "12300") == "t01-12300"


@pytest.mark.parametrize("number", ["../12300", "12 300", "", "１２３００"])
def test_a_number_that_is_no_file_name_makes_no_key(number: str) -> None:
    with pytest.raises(ValueError, match="letters, digits and hyphens"):
        prompt_key("T01", number)
