"""Runs the coverage-guided fuzzer for a while and says how it went."""

import importlib.util
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import agi_properties
import ami_properties
import pytest
from recorded import HERE, kept_inputs, recorded_inputs

FOUND_SOMETHING = 77
TOKENS = {"agi": agi_properties.TOKENS, "ami": ami_properties.TOKENS}
_RUNS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")

needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is locked for Linux on x86-64 alone"
)


@dataclass(frozen=True)
class Run:
    """What a run came to."""

    code: int
    log: str

    @property
    def executions(self) -> int:
        found = _RUNS.search(self.log)
        return int(found[1]) if found else 0


def fuzz(codec: str, seconds: int, folder: Path, *, bug: str = "none", seeds: bool = True) -> Run:
    """Fuzz ``codec`` for ``seconds``, in ``folder``; what is found is left there as ``crash-…``."""
    corpus = folder / "corpus"
    corpus.mkdir()
    if seeds:
        for name, data in (recorded_inputs(codec) | kept_inputs(codec)).items():
            (corpus / name).write_bytes(data)
    dictionary = folder / "dictionary"
    escaped = ("".join(f"\\x{octet:02x}" for octet in token) for token in TOKENS[codec])
    dictionary.write_text("".join(f'"{token}"\n' for token in escaped), "ascii")
    done = subprocess.run(
        [
            *(sys.executable, str(HERE / "codec_fuzzer.py"), codec, bug, str(corpus)),
            *(f"-max_total_time={seconds}", "-max_len=1024", "-timeout=20", "-rss_limit_mb=2048"),
            *(f"-artifact_prefix={folder}/", f"-dict={dictionary}", "-print_final_stats=1", "-verbosity=1"),
        ],
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds + 60,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode("utf-8", "replace"))
