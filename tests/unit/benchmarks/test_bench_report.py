"""The report: a missed target is shown as missed, and the same figures give the same picture."""

from pathlib import Path

from benchmarks.figures import Range
from benchmarks.plot import draw
from benchmarks.report import Run, rendered
from benchmarks.table import Bar, Finding, Panel

_RUN = Run("2026-01-02", "2 cores", "0.10 0.10 0.10", "1.00 0.50 0.20", 7.4)
_MET = Finding("calls/s", "≥ 0.95 x", "0.97 x", "C: 1.0", met=True)
_MISSED = Finding("delay|p50", "≤ 0.6 ms", "0.9 ms", "", met=False)
_UNJUDGED = Finding("memory", "", "80 MiB", "")
_BARS = (
    Bar(Panel.DELAY, "routed", Range(0.9, 0.7, 1.3), 0.6),
    Bar(Panel.AMI, "a peer", Range(2.0, 2.0, 2.0), peer=True),
)


def _document(*findings: Finding) -> str:
    return rendered(_RUN, {"Calls": findings}, {"Calls": "By calling.\n"}, "Asterisk 22.10.1")


def test_a_target_that_is_met_says_so() -> None:
    assert "| calls/s | ≥ 0.95 x | 0.97 x | met | C: 1.0 |" in _document(_MET)
    assert "1 of 1 targets met" in _document(_MET)
    assert "issed" not in _document(_MET)


def test_a_target_that_is_missed_stands_in_the_table_and_at_the_top() -> None:
    document = _document(_MET, _MISSED)
    assert r"| delay\|p50 | ≤ 0.6 ms | 0.9 ms | **missed** | – |" in document
    assert "1 of 2 targets met" in document
    assert document.index("0.9 ms, target ≤ 0.6 ms") < document.index("## 结果 / Results")


def test_what_has_no_target_is_neither_met_nor_missed() -> None:
    document = _document(_UNJUDGED)
    assert "| memory | – | 80 MiB | – | – |" in document
    assert "0 of 0 targets met" in document


def test_the_title_is_in_both_languages_and_the_circumstances_are_told() -> None:
    document = _document(_MET)
    assert document.startswith("# 性能 / Performance\n")
    for told in ("2026-01-02", "2 cores", "Asterisk 22.10.1", "0.10 0.10 0.10", "By calling."):
        assert told in document


def test_the_same_figures_give_the_same_picture(tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        draw(_BARS, tmp_path / name)
    one = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert one == (tmp_path / "other.svg").read_text(encoding="utf-8")
    assert "routed" in one
    assert "a peer" in one
    assert Panel.AMI.value.replace("'", "&apos;") in one or Panel.AMI.value in one
    assert Panel.DECIDE.value not in one
    assert "<dc:date>" not in one
