"""The command line as the installed program runs it, in this process."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple
from unittest.mock import patch

from callrouter import cli


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def run(*arguments: str) -> Ran:
    """Run `callrouter` with the arguments, in an environment without its settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLROUTER_")}
    out, err = StringIO(), StringIO()
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "argv", ["callrouter", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            code = cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Ran(code, out.getvalue(), err.getvalue())
