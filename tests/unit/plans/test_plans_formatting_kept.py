"""However a plan's files were laid out: formatted, they are the same plan, with every comment, in one layout."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callrouter.plans.formatting.formatted import formatted
from callrouter.plans.formatting.kinds import kind_of
from callrouter.plans.formatting.parsed import comments_of
from callrouter.plans.load import load
from tests.unit.plans.mangled_layouts import Mangler, Taste
from tests.unit.plans.plan_strategies import plan_files, write
from tests.unit.plans.test_plans_round_trip import loaded, without_places

FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
CHANCES = st.integers(0, 2**32 - 1).map(Random)


def text_of(text: str, name: str) -> str:
    result = formatted(text.encode(), name, kind_of(Path(name)))
    assert result.text is not None, [str(finding) for finding in result.findings]
    return result.text


def yaml_in(files: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in files.items() if name.endswith(".yaml")}


@FEW
@given(files=plan_files(), chance=CHANCES, line_end=st.sampled_from(("\n", "\r\n")))
def test_the_plan_and_its_comments_are_the_same_and_formatting_twice_changes_nothing(
    files: dict[str, str], chance: Random, line_end: str, tmp_path: Path
) -> None:
    wanted = loaded(write(tmp_path, files))
    for name, text in yaml_in(files).items():
        mangler = Mangler(chance, Taste(brackets=True, shuffled=True, comments=True))
        mangled = mangler.file(text)
        files[name] = text_of(mangled.replace("\n", line_end), name)
        assert sorted(comments_of(files[name])) == sorted(mangler.comments)
        assert all(files[name].count(f"{comment}\n") == 1 for comment in mangler.comments)
        assert text_of(files[name], name) == files[name]
    found = loaded(write(tmp_path, files))
    assert found.hash == wanted.hash
    assert without_places(found) == without_places(wanted)
    assert not [finding for finding in load(tmp_path / wanted.jurisdiction).findings if finding.is_error]


@FEW
@given(files=plan_files(), chance=CHANCES)
def test_comments_stay_in_order_where_the_keys_are_in_order(files: dict[str, str], chance: Random) -> None:
    for name, text in yaml_in(files).items():
        mangler = Mangler(chance, Taste(brackets=True, shuffled=False, comments=True))
        mangled = mangler.file(text_of(text, name))
        made = text_of(mangled, name)
        assert comments_of(made) == comments_of(mangled)


@FEW
@given(files=plan_files(), chance=CHANCES)
def test_there_is_one_layout_whatever_the_indentation_the_quotes_and_the_order_were(
    files: dict[str, str], chance: Random
) -> None:
    for name, text in yaml_in(files).items():
        mangled = Mangler(chance, Taste(brackets=False, shuffled=True, comments=False)).file(text)
        assert without_blanks(text_of(mangled, name)) == without_blanks(text_of(text, name))


def without_blanks(text: str) -> list[str]:
    """The lines that say something; a text that needs escaping keeps the quotes that its author chose."""
    return [re.sub(r"[\"'\\]", "", line) for line in text.splitlines() if line]
