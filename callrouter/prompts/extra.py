"""The door to the optional `synthesis` extra, which only `callrouter prompts build` goes through."""

from __future__ import annotations

import importlib
from typing import Any

from callrouter.prompts.findings import PromptError


def needed(module: str) -> Any:
    """Import a module of the extra at the moment it is needed.

    Raises PromptError with the remedy when the extra is not installed. A running controller and the tests
    never need it: the masters are shipped.
    """
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise PromptError(
            "callrouter prompts build",
            f"rendering needs the Python module {missing.name or module}, which is not installed",
            "install the extra: pip install --require-hashes -r deploy/requirements/synthesis.txt",
        ) from missing
