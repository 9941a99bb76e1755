"""The walk through the plan language, followed as a reader would; and what is generated from the models."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callrouter.plans.codes import Code
from callrouter.plans.schema.reference import reference
from callrouter.prompts.catalogue import load_catalogue
from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import run
from tests.unit.docs.refresh_walks import refreshed
from tests.unit.docs.walkthrough import Command, File, agrees, follow, steps

DOCS = PROJECT_ROOT / "docs"
WALKS = ("plans.md", "plans.zh-CN.md")


def walk(name: str) -> list[File | Command]:
    return list(steps((DOCS / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", WALKS)
def test_whoever_follows_the_walk_sees_what_it_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for step in walk(name):
        printed = follow(step, tmp_path)
        if isinstance(step, Command):
            assert printed is not None
            assert agrees(step.printed, printed), f"{name}: $ {step.line}\n" + "\n".join(printed)


@pytest.mark.parametrize("name", WALKS)
def test_the_plan_of_the_walk_has_no_errors_in_the_end(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {step.path: step for step in walk(name) if isinstance(step, File)}
    for path, file in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        follow(file, tmp_path)
    assert {Path(path).name for path in files} == {
        "plan.yaml",
        "lines.yaml",
        "operator.yaml",
        "landlines.csv",
    }
    ran = run(
        "plan", "check", "dialplans/mingchuan", "--at", "2021-06-15T09:00:00+08:00", "--without-recordings"
    )
    assert ran.code == 0, ran.out


def often_needed(name: str) -> list[str]:
    """The pieces of plan files that the walk offers beside its own: each begins with its file's name."""
    return re.findall(
        r"^```yaml\n(# \w+\.yaml\n.*?)^```$", (DOCS / name).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def put_in(piece: str, file: Path) -> None:
    """Put what stands under each key of the piece below the same key of the file; a new key at its end."""
    text = file.read_text(encoding="utf-8")
    for key, below in re.findall(r"^(\w+:[^\n]*)\n((?: .*\n)*)", piece, re.MULTILINE):
        if f"\n{key}\n" not in text:
            text = text.replace("\n...\n", f"\n{key}\n...\n")
        assert f"\n{key}\n" in text
        text = text.replace(f"\n{key}\n", f"\n{key}\n{below}")
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", WALKS)
def test_what_is_often_needed_fits_into_the_plan_of_the_walk(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = tmp_path / "dialplans" / "mingchuan"
    plan.mkdir(parents=True)
    for file in (step for step in walk(name) if isinstance(step, File)):
        follow(file, tmp_path)
    pieces = often_needed(name)
    assert len(pieces) == 8
    for piece in pieces:
        put_in(piece, plan / piece.splitlines()[0].removeprefix("# "))
    platform = (plan / "plan.yaml").read_text(encoding="utf-8").replace("hours: always", "hours: day")
    (plan / "plan.yaml").write_text(platform, encoding="utf-8")
    at = ("--at", "2021-06-15T21:00:00+08:00")
    ran = run("plan", "check", "dialplans/mingchuan", *at, "--without-recordings")
    assert ran.code == 0, ran.out
    mayor = run("plan", "explain", "dialplans/mingchuan", "--dialled", "09602345678", *at).out
    assert "标记 mayor" in mayor
    assert "[outside_hours]" in mayor
    holiday = (plan / "plan.yaml").read_text(encoding="utf-8").replace("hours: day", "hours: office")
    (plan / "plan.yaml").write_text(holiday, encoding="utf-8")
    for day, code in (("2021-10-01", "public_holiday"), ("2021-04-14", "public_holiday"), ("2021-10-07", "")):
        told = run(
            "plan", "explain", "dialplans/mingchuan", "--dialled", "12345", "--at", f"{day}T10:00:00+08:00"
        ).out
        assert (f"[{code}]" in told) == bool(code), told


def test_both_languages_offer_the_same_pieces() -> None:
    assert often_needed("plans.md") == often_needed("plans.zh-CN.md") != []


@pytest.mark.parametrize("name", WALKS)
def test_every_announcement_and_code_that_the_walk_names_is_there(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    announcements = set(re.findall(r"`([A-Z]\d\d)`", text))
    assert announcements
    assert announcements <= load_catalogue(PROJECT_ROOT / "ivr_prompts").prompts.keys()
    codes = set(re.findall(r"`([A-Z]+_[A-Z0-9_]+)`", text))
    assert codes
    assert codes <= {code.value for code in Code}


def test_both_languages_walk_the_same_way() -> None:
    def way(name: str) -> list[tuple[str, ...]]:
        return [
            tuple(step) if isinstance(step, File) else (re.sub(r" --lang (zh|en)", "", step.line),)
            for step in walk(name)
        ]

    assert way("plans.md") == way("plans.zh-CN.md")


@pytest.mark.parametrize("name", WALKS)
def test_the_drawing_in_the_walk_is_what_the_plan_gives(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for step in walk(name):
        follow(step, tmp_path)
    drawn = (tmp_path / "mingchuan.svg").read_text(encoding="utf-8")
    assert (DOCS / name).with_suffix(".svg").read_text(encoding="utf-8") == drawn


def test_the_walk_notices_an_output_that_is_another() -> None:
    assert agrees(("a", "…", "c 0123456789ab"), ["a", "b", "b", "c ba9876543210"])
    assert agrees(("a", "…"), ["a"])
    assert not agrees(("a", "c"), ["a", "b", "c"])
    assert not agrees(("a", "…", "c"), ["a", "b"])


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_says_of_a_call_is_what_the_plan_says(name: str, tmp_path: Path) -> None:
    asked = [
        step
        for step in steps((PROJECT_ROOT / name).read_text(encoding="utf-8"))
        if isinstance(step, Command) and step.line.startswith("callrouter plan explain --dialled")
    ]
    assert asked
    for step in asked:
        assert agrees(step.printed, follow(step, tmp_path) or [])


def test_refreshing_a_walk_changes_nothing_that_is_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = "```console\n$ callrouter plan check nowhere\nold\n```\nbelow\n"
    now = refreshed(document, tmp_path)
    assert "nowhere: 没有这个目录" in now
    assert now.endswith("\n```\nbelow\n")
    assert refreshed(now, tmp_path) == now


def test_the_reference_is_what_the_models_say_now() -> None:
    assert (DOCS / "plan-reference.md").read_text(encoding="utf-8") == reference()


def test_every_link_within_the_reference_leads_to_a_heading() -> None:
    text = reference()
    headings = {
        heading.lower().replace(" ", "-") for heading in re.findall(r"^### ([^:\n]+)$", text, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([\w-]+)\)", text))
    assert links
    assert links <= headings
