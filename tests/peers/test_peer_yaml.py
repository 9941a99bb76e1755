"""What a plain load makes of a plan's numbers and times, and what our reader makes of the same lines."""

from pathlib import Path

import pytest
import yaml

from callrouter.plans.reading.yaml_reader import read

TRAPS = {"0755": 493, "on": True, "10:30": 630, "12_345": 12345, "~": None}
"""As written, and as PyYAML's safe loader has it."""


@pytest.mark.parametrize("text", TRAPS)
def test_ours_reads_a_value_as_it_is_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(f"value: {text}\n...\n", encoding="utf-8")
    written = read(file, "plan.yaml")
    assert (written.data, written.findings) == ({"value": text}, [])


@pytest.mark.parametrize(("text", "value"), TRAPS.items())
def test_theirs_makes_something_else_of_it(text: str, value: object) -> None:
    assert yaml.safe_load(f"value: {text}\n") == {"value": value}


TWICE = "mode: merged\nmode: dual\n...\n"


def test_ours_refuses_a_key_that_stands_twice(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(TWICE, encoding="utf-8")
    (error,) = read(file, "plan.yaml").findings
    assert error.line == 2


def test_theirs_lets_a_key_that_stands_twice_pass() -> None:
    assert yaml.safe_load(TWICE) == {"mode": "dual"}
