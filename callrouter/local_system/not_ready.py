"""A system that did not come up in time."""

from __future__ import annotations


class NotReady(Exception):
    """The system was started and did not become ready; the text says what is missing, and where logs are."""
