"""The properties and the fuzzer can fail: each seeded bug is found within seconds, by both."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage_run import FOUND_SOMETHING, TOKENS, fuzz, needs_atheris
from hypothesis import HealthCheck, Phase, given, settings
from seeded_bugs import BUGS, mend
from test_fuzz_codecs import CHECKS, inputs

SEEDED = [(codec, bug) for codec, bugs in BUGS.items() for bug in bugs]
SEARCH = settings(
    deadline=None,
    max_examples=5000,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
FOUND_WITHIN_S = 40


@pytest.fixture(autouse=True)
def mended() -> Iterator[None]:
    yield
    mend()


@pytest.mark.parametrize(("codec", "bug"), SEEDED)
def test_hypothesis_finds_a_seeded_bug(codec: str, bug: str) -> None:
    BUGS[codec][bug]()

    @given(data=inputs((*TOKENS[codec], b"\0", b"\1", b"\2", b"\3")))
    @SEARCH
    def search(data: bytes) -> None:
        CHECKS[codec](data)

    with pytest.raises(AssertionError):
        search()


@needs_atheris
@pytest.mark.parametrize(("codec", "bug"), SEEDED)
def test_the_fuzzer_finds_a_seeded_bug(codec: str, bug: str, tmp_path: Path) -> None:
    # Without the transcripts: some of them show the bug by themselves.
    run = fuzz(codec, FOUND_WITHIN_S, tmp_path, bug=bug, seeds=False)
    assert run.code == FOUND_SOMETHING, run.log[-2000:]
    assert "AssertionError" in run.log
    assert list(tmp_path.glob("crash-*"))
