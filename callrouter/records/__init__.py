"""Calls become records: journal → fold → store → outbox."""
