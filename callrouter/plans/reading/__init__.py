"""From files to plain values with their places: YAML, and CSV lists of numbers."""
