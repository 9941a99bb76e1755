"""The canonical layout of a plan's file, piece by piece; and what is not laid out."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.plans.formatting import formatted as module
from callrouter.plans.formatting.formatted import Formatted, MeaningLost, formatted
from callrouter.plans.formatting.kinds import files_in, kind_of
from callrouter.plans.formatting.layout import laid_out
from callrouter.plans.schema.plan_file import PlanFile
from callrouter.settings import PROJECT_ROOT

DIALPLANS = PROJECT_ROOT / "dialplans"


def result_of(text: str | bytes) -> Formatted:
    return formatted(text if isinstance(text, bytes) else text.encode(), "dialplans/x/plan.yaml", PlanFile)


def text_of(text: str | bytes) -> str:
    """A text laid out, without the end mark, which is put behind it first."""
    raw = text if isinstance(text, bytes) else text.encode()
    result = result_of(raw + b"...\n")
    assert result.text is not None, [str(finding) for finding in result.findings]
    assert result.text.endswith("...\n")
    return result.text.removesuffix("...\n")


@pytest.mark.parametrize("path", sorted(path for path in DIALPLANS.rglob("*.yaml") if kind_of(path)), ids=str)
def test_every_shipped_file_is_in_canonical_form(path: Path) -> None:
    assert formatted(path.read_bytes(), path.name, kind_of(path)).text == path.read_text(encoding="utf-8")


def test_the_files_of_a_folder_are_those_of_a_plan() -> None:
    names = [path.name for path in files_in(DIALPLANS / "sichuan")]
    assert names == ["lines.yaml", "operator.yaml", "plan.yaml", "sichuan.cases.yaml"]
    assert [path.name for path in files_in(DIALPLANS / "calendars")] == ["china.yaml"]
    assert files_in(DIALPLANS / "documents") == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n- b\n-   c\n", "a:\n  - b\n  - c\n"),
        ("  a: 1\n  b: 2\n", "a: 1\nb: 2\n"),
        ("a:\n    - x: 1\n      y:   2   \n", "a:\n  - x: 1\n    y: 2\n"),
        ("a:\n  -\n    x: 1\n  -\n    - y\n", "a:\n  - x: 1\n  - - y\n"),
        ("a:\t1\t\n", "a: 1\n"),
        ("a:\n  1\n", "a: 1\n"),
        ("? a\n: 1\n", "a: 1\n"),
        ("---\na: 1\n", "a: 1\n"),
        ("a:\nb: [1, ]\n", "a:\nb: [1]\n"),
    ],
)
def test_two_spaces_a_level_and_one_behind_a_colon(before: str, after: str) -> None:
    assert text_of(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: '12300'\n", 'a: "12300"\n'),
        ('a: "12300"\n', 'a: "12300"\n'),
        ("a: 12300\n", "a: 12300\n"),
        ("a: 0755\nb: yes\nc: 10:30\nd: 2021-10-01T00:00:00+08:00\n",) * 2,
        ("a: 'it''s'\n", 'a: "it\'s"\n'),
        ("a: ''\n", 'a: ""\n'),
        ("'a': 1\n\"b\": 2\n", '"a": 1\n"b": 2\n'),
        ("a: 'say \"x\"'\nb: 'back\\slash'\n",) * 2,
        ('a: "\\u4e2d \\"x\\""\n',) * 2,
    ],
)
def test_what_was_quoted_stands_in_double_quotes_and_what_was_plain_stays_plain(
    before: str, after: str
) -> None:
    assert text_of(before) == after


def test_chinese_is_neither_escaped_nor_wrapped() -> None:
    long = "归并" * 90
    assert text_of(f"a:   {long}\nb: '{long}'\n") == f'a: {long}\nb: "{long}"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: { x: 1 , y : [ 2,3 ] }\n", "a: {x: 1, y: [2, 3]}\n"),
        ("a: []\nb: { }\n", "a: []\nb: {}\n"),
        ("a:\n- {x: 1,\n  y: 2}\n", "a:\n  - {x: 1,\n     y: 2}\n"),
        ("a: [\n  1,\n  2\n]\n", "a: [1,\n    2]\n"),
        ("a: [1 # one\n , 2 # two\n ]\n", "a: [1,  # one\n    2  # two\n   ]\n"),
        ("a: [ # all\n  # one\n  1]\n", "a: [  # all\n    # one\n    1]\n"),
        ("a: {x: # c\n  1}\n", "a: {\n    # c\n    x: 1}\n"),
        ("a: {x, y: 1}\n", "a: {x: , y: 1}\n"),
        ("{a: 1}\n", "{a: 1}\n"),
    ],
)
def test_brackets_stay_on_the_lines_that_they_were_on(before: str, after: str) -> None:
    assert text_of(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1 # one\n", "a: 1  # one\n"),
        ("a:      # one\n  b: 1\n", "a:  # one\n  b: 1\n"),
        ("#   as it stands  \t\na: 1\n", "#   as it stands\na: 1\n"),
        ("a: # one\n  # two\n  1 # three\n", "# one\n# two\na: 1  # three\n"),
        ("a:\n  - # one\n    b: 1\n", "a:\n  # one\n  - b: 1\n"),
        ("a:\n  - b: 1\n# of c\nc: 1\n", "a:\n  - b: 1\n# of c\nc: 1\n"),
        ("a:\n- b: 1\n# of c\nc: 1\n", "a:\n  - b: 1\n# of c\nc: 1\n"),
        (
            "a:\n    - b: 1\n      # of b\n    # of a\n# of c\nc: 1\n",
            "a:\n  - b: 1\n    # of b\n  # of a\n# of c\nc: 1\n",
        ),
        ("a: 1\n# below\n\n", "a: 1\n# below\n"),
        ("{a: 1}\n# below\n", "{a: 1}\n# below\n"),
        (
            "a:\n  - b:\n      c: 1\n  -     # of d\n    d: 1\n",
            "a:\n  - b:\n      c: 1\n  # of d\n  - d: 1\n",
        ),
        ("--- # one\na: 1\n", "# one\na: 1\n"),
        ('a: x#y\nb: "# z"\n',) * 2,
    ],
)
def test_comments_stay_with_what_they_are_about(before: str, after: str) -> None:
    assert text_of(before) == after


def test_what_follows_the_end_mark_stays_there() -> None:
    assert result_of("a: 1\n... # end\n# more\n").text == "a: 1\n...\n# end\n# more\n"


def test_there_is_one_blank_line_at_most_and_none_at_either_end() -> None:
    assert text_of("\n\na:\n\n\n  - 1\n \n   \n  - 2\n\n\n\n# of b\n\n\nb: 1\n\n\n") == (
        "a:\n\n  - 1\n\n  - 2\n\n# of b\n\nb: 1\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: one\n      two\n", "a: one\n  two\n"),
        ("a: 'one\n\n      two'\n", 'a: "one\n\n  two"\n'),
        ('a: "one \\\n  two\\ \n  three"\n', 'a: "one \\\n  two\\x20\n  three"\n'),
        ("a: |\n     one\n       two\n\n\nb: 1\n", "a: |\n  one\n    two\n\nb: 1\n"),
        ("a: >-   # beside\n one\n two\n", "a: >-  # beside\n  one\n  two\n"),
        ("a: |+\n  one\n\n\nb: 1\n",) * 2,
        ("a: |1\n   one\nb: 1\n", "a: |2\n    one\nb: 1\n"),
        ("a: |\n    # said\n  # not said\nb: 1\n", "a: |\n  # said\n# not said\nb: 1\n"),
        ("a: [one\n two]\n", "a: [one\n      two]\n"),
    ],
)
def test_texts_of_several_lines_keep_their_lines(before: str, after: str) -> None:
    assert text_of(before) == after


@pytest.mark.parametrize(
    "text", ["a: 1 # c\r\n# d\r\nb: 2\r\n", "\ufeffa: 1 # c\n# d\nb: 2\n", "a: 1 # c\r# d\rb: 2\r"]
)
def test_a_byte_order_mark_goes_and_lines_end_in_a_line_feed(text: str) -> None:
    assert text_of(text) == "a: 1  # c\n# d\nb: 2\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\n", "plan.yaml:2:1: error FILE_CUT_OFF"),
        ("a: 1\na: 2\n...\n", "plan.yaml:2:1: error DUPLICATE_KEY"),
        ("a: &x 1\nb: *x\n...\n", "plan.yaml:1:4: error YAML_FEATURE"),
        ("a: {<<: b}\n...\n", "plan.yaml:1:5: error YAML_FEATURE"),
        ("a: !!str 1\n...\n", "plan.yaml:1:4: error YAML_FEATURE"),
        ("%YAML 1.1\n---\na: 1\n...\n", "plan.yaml:1:1: error YAML_FEATURE"),
        ("a: 1\n---\nb: 1\n...\n", "plan.yaml:2:1: error YAML_FEATURE"),
        ("a:\n\t- 1\n...\n", "plan.yaml:2:1: error YAML_SYNTAX"),
        ("a: [1\n...\n", "error YAML_SYNTAX"),
        ("a: 1\u200b\n...\n", "plan.yaml:1:5: error INVISIBLE_CHARACTER"),
        ("a: 中\n...\n".encode("gb18030"), "plan.yaml:1:4: error NOT_UTF8"),
        ("", "error FILE_EMPTY"),
    ],
)
def test_what_the_plan_reader_refuses_is_not_laid_out_and_says_where(text: str | bytes, found: str) -> None:
    result = result_of(text)
    assert result.text is None
    assert found in str(result.findings[0])
    assert "; " in str(result.findings[0])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (("12300", "12301"), "the values differ"),
        (('"12300"', "12300"), "what is quoted differs"),
        (("  # one", ""), "the comments differ"),
        (("...\n", ""), "FILE_CUT_OFF"),
    ],
)
def test_a_layout_that_would_say_something_else_is_refused_as_a_defect(
    damage: tuple[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "laid_out", lambda document: laid_out(document).replace(*damage))
    with pytest.raises(MeaningLost, match=said):
        result_of("a:   '12300' # one\n...\n")


def test_a_layout_that_would_change_again_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    spaces = iter(("   ", "    "))
    monkeypatch.setattr(
        module, "laid_out", lambda document: laid_out(document).replace("  #", f"{next(spaces)}#")
    )
    with pytest.raises(MeaningLost, match="it would change again"):
        result_of("a:   1 # one\n...\n")
