"""A plan written back as files."""
