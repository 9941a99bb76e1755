"""The documents name what is there."""

from __future__ import annotations

import re

import pytest

from callrouter.calls.arrivals import Decider
from callrouter.settings import PROJECT_ROOT

DOCUMENTS = (
    "docs/architecture.md",
    "README.md",
    "README.zh-CN.md",
    "dialplans/README.md",
    "ivr_prompts/README.md",
)
IN_THE_CHECKOUT = re.compile(
    r"`((?:callrouter|asterisk|deploy|config|dialplans|ivr_prompts|tests|docs)/[\w./-]+)`"
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_a_document_names_exists(document: str) -> None:
    text = (PROJECT_ROOT / document).read_text(encoding="utf-8")
    missing = [path for path in IN_THE_CHECKOUT.findall(text) if not (PROJECT_ROOT / path).exists()]
    assert missing == []


def test_the_walk_of_a_call_names_files_side_by_side_that_exist() -> None:
    for row in (PROJECT_ROOT / "docs/architecture.md").read_text(encoding="utf-8").splitlines():
        folder = None
        for name in re.findall(r"`([\w./-]+\.(?:py|j2))`", row) if row.startswith("| ") else ():
            if "/" in name:
                folder = (PROJECT_ROOT / name).parent
            elif folder:
                assert (folder / name).exists(), name


def test_every_context_that_the_walk_names_is_in_the_dialplan() -> None:
    walk = (PROJECT_ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    files = sorted((PROJECT_ROOT / "asterisk").glob("extensions*.conf.j2"))
    dialplan = "\n".join(file.read_text(encoding="utf-8") for file in files)
    contexts = re.findall(r"`\[([a-z-]+)\]`", walk)
    assert contexts
    assert all(f"\n[{context}]\n" in dialplan for context in contexts)


def test_the_decider_is_where_the_walk_says() -> None:
    assert Decider.answer.__doc__
    assert Decider.explain.__doc__
