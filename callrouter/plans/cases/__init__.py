"""A plan's own tests: calls beside it, what must come of each, and which of its rules they try."""
