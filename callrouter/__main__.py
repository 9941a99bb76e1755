"""`python -m callrouter`: the command line."""

import sys

from callrouter.cli import main

sys.exit(main())
