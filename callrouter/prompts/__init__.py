"""The announcements callers hear: catalogue, texts, rendering, checking and unpacking for Asterisk."""
