"""Whatever happens to a plan's bytes, loading it gives a valid plan or findings with places: no crash, no hang."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from callrouter.plans.dump.files import dump
from callrouter.plans.findings import Finding
from callrouter.plans.load import load
from tests.unit.plans.invented_city import LANDLINES, LINES, OPERATOR, PLAN
from tests.unit.plans.plan_strategies import FOLDER, plan_files, write

CITY = {
    "plan.yaml": PLAN.encode(),
    "lines.yaml": LINES.encode(),
    "operator.yaml": OPERATOR.encode(),
    "landlines.csv": LANDLINES.encode(),
}
LONGEST_S = 5.0
"""A load of these takes 20 ms; a machine with other work to do may take its time, but not for ever."""
HUGE = 50_000
TOKENS = (
    *(
        "&a ",
        "*a ",
        "!!str ",
        "!x ",
        "<<: ",
        "? ",
        "- ",
        ": ",
        "|\n",
        ">\n",
        "...\n",
        "---\n",
        "%YAML 1.1\n",
        "# ",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        ",",
        "\n",
        "\r",
        "\r\n",
        "\t",
        " ",
        "0755",
        "1e5",
        "12_345",
        "unstated",
        "null",
    ),
    *(
        "\ufeff",
        "\u200b",
        "\u202e",
        "\u2028",
        "\u0085",
        "\x00",
        "\x1b",
        "\u3000",
        "\ufe0f",
        "\U0001f4de",
        "e\u0301",
    ),
    *("\ud7ff", "\ufffe", "\U0010ffff", "１２３", "٣", "²", "number,name\n", "03552180012,x\n", '"a,""b"""'),
)
OCTETS = (
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\x80",
    "市".encode("gb18030"),
    b"\xe5\xb8",
)
FUZZ = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
SHORT, LONG = settings(FUZZ, max_examples=150), settings(FUZZ, max_examples=20_000)


@st.composite
def mutated(draw: st.DrawFn, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files, one of them changed in up to three ways, or one gone."""
    name = draw(st.sampled_from(sorted(files)))
    if draw(st.integers(0, 30)) == 0:
        return {other: octets for other, octets in files.items() if other != name}
    octets = files[name]
    for _ in range(draw(st.integers(1, 3))):
        octets = draw(_changed(octets))
    return {**files, name: octets}


@st.composite
def _changed(draw: st.DrawFn, octets: bytes) -> bytes:
    begin, end = sorted((draw(st.integers(0, len(octets))), draw(st.integers(0, len(octets)))))
    end = draw(st.sampled_from([end, min(end, begin + 1), min(end, begin + 20)]))
    kept = draw(
        st.one_of(st.sampled_from(OCTETS), st.sampled_from(TOKENS).map(str.encode), st.binary(max_size=6))
    )
    match draw(
        st.sampled_from(["delete", "insert", "replace", "swap", "twice", "cut", "flip", "huge", "lines"])
    ):
        case "delete":
            return octets[:begin] + octets[end:]
        case "insert":
            return octets[:begin] + kept + octets[begin:]
        case "replace":
            return octets[:begin] + kept + octets[end:]
        case "swap":
            middle = (begin + end) // 2
            return octets[:begin] + octets[middle:end] + octets[begin:middle] + octets[end:]
        case "twice":
            return octets[:end] + octets[begin:]
        case "cut":
            return octets[:begin]
        case "flip" if begin < len(octets):
            return (
                octets[:begin] + bytes([octets[begin] ^ 1 << draw(st.integers(0, 7))]) + octets[begin + 1 :]
            )
        case "huge":
            return octets[:begin] + (kept or b"x") * draw(st.sampled_from([300, HUGE])) + octets[begin:]
        case _:
            lines = octets.splitlines(keepends=True)
            return b"".join(draw(st.permutations(lines)) if len(lines) < 20 else lines[::-1])


def holds(files: dict[str, bytes], folder: Path) -> None:
    made = write(folder, files)
    began = time.perf_counter()
    loaded = load(made, shown=FOLDER)
    assert time.perf_counter() - began < LONGEST_S
    assert (loaded.plan is None) == any(finding.is_error for finding in loaded.findings)
    for finding in loaded.findings:
        has_a_place(finding, files)
    if loaded.plan is not None:
        again = folder / "again" / FOLDER
        dump(loaded.plan, again)
        assert load(again, shown=FOLDER).plan is not None
        for file in again.iterdir():
            file.unlink()


def has_a_place(finding: Finding, files: dict[str, bytes]) -> None:
    folder, _, name = finding.file.rpartition("/")
    assert folder == FOLDER, finding
    assert name in CITY, finding
    assert finding.fault.zh
    assert finding.fault.en
    assert finding.fault.fix
    assert str(finding).isprintable(), finding
    if finding.line:
        assert finding.column >= 1
        octets = files[name]
        assert finding.line <= octets.count(b"\n") + octets.count(b"\r") + _other_ends(octets) + 2, finding
    else:
        assert finding.column == 0


def _other_ends(octets: bytes) -> int:
    """YAML ends lines at these too."""
    return sum(octets.count(end.encode()) for end in ("\u0085", "\u2028", "\u2029"))


@given(files=mutated(CITY))
@example(files={**CITY, "plan.yaml": b""})
@example(files={**CITY, "lines.yaml": b"[" * HUGE})
@example(files={**CITY, "lines.yaml": b"- " * HUGE})
@example(files={**CITY, "operator.yaml": b"a: {" * HUGE})
@example(files={**CITY, "operator.yaml": b"? " * HUGE})
@example(files={**CITY, "plan.yaml": PLAN.encode("utf-16")})
@example(files={**CITY, "plan.yaml": PLAN.encode("gb18030")})
@example(files={**CITY, "landlines.csv": b"number,name\n" + b"03552180012,x\n" * HUGE})
@example(files={**CITY, "landlines.csv": b'number,name\n"' + b'""' * HUGE})
@example(files={})
@SHORT
def test_a_change_to_a_plan_gives_findings_or_a_plan(files: dict[str, bytes], tmp_path: Path) -> None:
    holds(files, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@given(files=mutated(CITY))
@LONG
def test_many_changes_to_a_plan_give_findings_or_a_plan(files: dict[str, bytes], tmp_path: Path) -> None:
    holds(files, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@given(files=plan_files(), data=st.data())
@settings(FUZZ, max_examples=2000)
def test_a_change_to_any_plan_gives_findings_or_a_plan(
    files: dict[str, str], data: st.DataObject, tmp_path: Path
) -> None:
    holds(data.draw(mutated({name: text.encode() for name, text in files.items()})), tmp_path)
