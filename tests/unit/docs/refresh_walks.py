"""Write into the walks what their commands print now, and what is made from the models anew.

`python -m tests.unit.docs.refresh_walks`; then read it over.

Where a walk leaves lines out with `…`, as many lines stay before and after it as there were.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from callrouter.plans.schema.reference import reference
from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import run
from tests.unit.docs import transfer_pages
from tests.unit.docs.walkthrough import Command, follow, steps

DOCS = PROJECT_ROOT / "docs"


def refreshed(document: str, place: Path) -> str:
    """The document with what its commands print in the folder `place`, the working directory."""
    done, position = [], 0
    for step in steps(document):
        printed = follow(step, place)
        if isinstance(step, Command):
            head = f"$ {step.line}\n"
            start = document.index(head, position) + len(head)
            done.append(document[position:start])
            done += [f"{line}\n" for line in _left_out_as(step.printed, printed or [])]
            position = start + sum(len(line) + 1 for line in step.printed)
    return "".join([*done, document[position:]])


def _left_out_as(said: Sequence[str], printed: Sequence[str]) -> Sequence[str]:
    if "…" not in said:
        return printed
    before = said.index("…")
    after = len(said) - before - 1
    return [*printed[:before], "…", *printed[len(printed) - after :]]


def main() -> None:
    """Refresh both walks, the drawing, the schemas, the references and the table of transfers."""
    for name in ("plans.md", "plans.zh-CN.md"):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            document = (DOCS / name).read_text(encoding="utf-8")
            (DOCS / name).write_text(refreshed(document, Path(folder)), encoding="utf-8")
            drawn = Path(folder, "mingchuan.svg").read_text(encoding="utf-8")
            (DOCS / name).with_suffix(".svg").write_text(drawn, encoding="utf-8")
    (DOCS / "plan-reference.md").write_text(reference(), encoding="utf-8")
    transfer_pages.refresh()
    run("plan", "schema", "--output", str(DOCS / "schema"))
    run("records", "schema", "--output", str(DOCS))


if __name__ == "__main__":
    main()
