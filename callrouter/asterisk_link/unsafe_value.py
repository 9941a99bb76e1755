"""The error of a value that may not stand in Asterisk's configuration: apart, since templates are slow to load."""

from __future__ import annotations


class UnsafeValue(ValueError):
    """A value could break out of its line of Asterisk's configuration; the text names it and the remedy."""
